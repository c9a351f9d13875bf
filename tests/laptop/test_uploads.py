"""Which loads are followed after an upload."""

import datetime as dt

import pytest

from laptop import uploads
from laptop.phases import Phase
from laptop.uploads import Uploaded, UploadError, watch_loads

UPLOADED = Uploaded(dt.datetime(2019, 5, 1, tzinfo=dt.UTC), {"sales-reciept/a.csv": "v1"})


class Airflow:
    """Knows a run that waited before the upload, and those that began since."""

    def __init__(self, waiting=(), since=()):
        self.waiting, self.since = list(waiting), list(since)

    def runs_under_way(self, dag_id):
        return self.waiting

    def runs_since(self, dag_id, moment):
        return self.since


def run(run_id, note="s3://raw/a.csv"):
    return {"dag_run_id": run_id, "note": note}


@pytest.fixture
def watch(monkeypatch):
    """Watch with an Airflow; the file is loaded once that many runs were followed. Returns which were."""

    def watching(airflow, loaded_after, say=lambda _: None):
        followed = []
        monkeypatch.setattr(uploads, "watch_run", lambda _, dag, run_id, phase: followed.append(run_id) or 28)
        monkeypatch.setattr(
            uploads, "not_loaded", lambda *_: [] if len(followed) >= loaded_after else ["sales-reciept/a.csv"]
        )
        monkeypatch.setattr(uploads, "EVENT_SECONDS", 0.1)
        watch_loads(None, airflow, UPLOADED, Phase(say, lambda *_: None))
        return followed

    return watching


def test_each_load_that_began_since_is_followed_once(watch):
    assert watch(Airflow(since=[run("first"), run("second")]), loaded_after=2) == ["first", "second"]


def test_a_load_that_waited_before_the_upload_may_take_it_in(watch):
    assert watch(Airflow(waiting=[run("queued before")]), loaded_after=1) == ["queued before"]


@pytest.mark.parametrize(
    ("note", "file"),
    [
        ("s3://raw/a.csv", "s3://raw/a.csv"),
        ("**What this run did**: Nothing was new: no table was touched.\n\ns3://raw/a.csv", "s3://raw/a.csv"),
        (None, "no upload"),
    ],
)
def test_what_started_a_load_is_named_also_when_it_has_ended(watch, note, file):
    said = []
    watch(Airflow(since=[run("first", note)]), loaded_after=1, say=said.append)
    assert said == [f"first was started by {file}"]


def test_without_a_load_it_says_where_to_look(watch):
    with pytest.raises(UploadError, match=r"No load took in sales-reciept/a.csv.*make logs PROGRAM=start-load"):
        watch(Airflow(), loaded_after=1)
