"""Reports in place, on the real conditional writes and copies of the local AWS's S3."""

import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from coffee_shop.report.store import ReportStoreError, stage, store_report

from tests.dags.coffee_shop.report.report_samples import COMPARED, draft

NOON = datetime(2019, 4, 29, 12, 0, tzinfo=UTC)
ALL = ["customer", "employee", "sales"]
FILES = {"customer": "customers.xlsx", "employee": "employees.xlsx", "sales": "sales.xlsx"}


class Store:
    """A reports and a state bucket."""

    def __init__(self, s3: Any, name: str) -> None:
        self.s3 = s3
        self.reports, self.state = f"reports-{name}", f"state-{name}"
        for bucket in (self.reports, self.state):
            s3.create_bucket(Bucket=bucket)

    def put(self, run_id: str, bodies: dict[str, bytes], asked=ALL, now=NOON, **changes) -> dict[str, Any]:
        run = {"dag_id": "coffee_shop_weekly_report", "run_id": run_id}
        staged = [stage(self.s3, self.state, run, name, FILES[name], body) for name, body in bodies.items()]
        return store_report(
            self.s3,
            reports_bucket=self.reports,
            state_bucket=self.state,
            draft=draft(run=run, **changes),
            staged=staged,
            made_reports=asked,
            now=lambda: now,
        )

    def found(self) -> dict[str, bytes]:
        """The reports bucket: key and body, summaries left out."""
        listed = self.s3.list_objects_v2(Bucket=self.reports).get("Contents", [])
        keys = [entry["Key"] for entry in listed if not entry["Key"].endswith("summary.json")]
        return {key: self.s3.get_object(Bucket=self.reports, Key=key)["Body"].read() for key in keys}

    def summary(self, key: str) -> dict[str, Any]:
        return json.loads(self.s3.get_object(Bucket=self.reports, Key=key)["Body"].read())

    def turns(self) -> list[str]:
        listed = self.s3.list_objects_v2(Bucket=self.state, Prefix="publishing/").get("Contents", [])
        return [entry["Key"] for entry in listed]


@pytest.fixture
def store(s3: Any, request: pytest.FixtureRequest) -> Store:
    return Store(s3, f"{abs(hash(request.node.name)):x}")


THREE = {"customer": b"c1", "employee": b"e1", "sales": b"s1"}


def test_the_first_version_lies_in_the_periods_folder(store):
    summary = store.put("run-1", THREE)

    assert store.found() == {
        "weekly/2019-W17/customers.xlsx": b"c1",
        "weekly/2019-W17/employees.xlsx": b"e1",
        "weekly/2019-W17/sales.xlsx": b"s1",
    }
    assert store.summary("weekly/2019-W17/summary.json") == summary
    assert (summary["version"], summary["made_at"]) == (1, "2019-04-29T12:00:00+00:00")
    assert summary["files"][0] == {
        "report": "customer",
        "file": "customers.xlsx",
        "key": "weekly/2019-W17/customers.xlsx",
        "size": 2,
        "sha256": hashlib.sha256(b"c1").hexdigest(),
        "version": 1,
    }
    assert store.turns() == []


def test_the_same_run_tried_again_changes_nothing(store):
    first = store.put("run-1", THREE)
    again = store.put("run-1", THREE, now=NOON + timedelta(hours=1))

    assert again == first
    assert not any("versions" in key for key in store.found())


def test_the_same_run_tried_again_adds_an_outlet_that_was_listed_since(store):
    first = store.put("run-1", THREE, compared=COMPARED | {"outlet_reports": {"3": {"status": "complete"}}})
    both = {"3": {"status": "incomplete"}, "8": {"status": "complete"}}
    again = store.put("run-1", THREE, compared=COMPARED | {"outlet_reports": both})

    assert again == first | {"outlet_reports": {"3": {"status": "complete"}, "8": {"status": "complete"}}}
    assert store.summary("weekly/2019-W17/summary.json") == again
    assert not any("versions" in key for key in store.found())


def test_another_run_makes_a_new_version_and_keeps_the_one_before(store):
    store.put("run-1", THREE)
    store.put("run-2", {"customer": b"c2", "employee": b"e2", "sales": b"s2"})
    summary = store.put("run-3", {"customer": b"c3", "employee": b"e3", "sales": b"s3"})

    assert summary["version"] == 3
    found = store.found()
    assert found["weekly/2019-W17/sales.xlsx"] == b"s3"
    assert found["weekly/2019-W17/versions/2/sales.xlsx"] == b"s2"
    assert found["weekly/2019-W17/versions/1/sales.xlsx"] == b"s1"
    assert len(found) == 9
    kept = store.summary("weekly/2019-W17/versions/1/summary.json")
    assert (kept["version"], kept["run"]["run_id"]) == (1, "run-1")
    assert kept["files"][2]["key"] == "weekly/2019-W17/versions/1/sales.xlsx"


def test_a_run_that_was_slower_than_one_of_newer_data_leaves_that_ones_report_in_place(store):
    """Two restated runs of a week: the first saw load 7, and one of its tasks was tried again after the second ended."""
    newer = {"load_id": "load-8", "published_at": "2019-05-02T09:03:00+00:00", "changed_while_made": False}
    second = store.put("run-2", THREE | {"sales": b"s2"}, state=newer)
    assert store.put("run-1", THREE) == second
    assert store.found()["weekly/2019-W17/sales.xlsx"] == b"s2"
    assert store.turns() == []


def test_a_run_cleared_after_a_correction_makes_a_new_version(store):
    store.put("run-1", THREE)
    assert store.put("run-1", THREE | {"sales": b"s2"})["version"] == 2


def test_a_run_for_one_workbook_leaves_the_others(store):
    store.put("run-1", THREE)
    summary = store.put("run-2", {"sales": b"s2"}, asked=["sales"])

    assert [(file["file"], file["version"]) for file in summary["files"]] == [
        ("customers.xlsx", 1),
        ("employees.xlsx", 1),
        ("sales.xlsx", 2),
    ]
    found = store.found()
    assert found["weekly/2019-W17/customers.xlsx"] == b"c1"
    assert found["weekly/2019-W17/versions/1/customers.xlsx"] == b"c1"


def test_without_data_the_old_workbooks_are_only_in_their_version(store):
    store.put("run-1", THREE)
    summary = store.put("run-2", {}, status="no data")

    assert (summary["files"], summary["headline"]) == ([], None)
    assert sorted(store.found()) == [f"weekly/2019-W17/versions/1/{file}" for file in sorted(FILES.values())]


def test_killed_between_the_workbooks_and_tried_again(store, s3, monkeypatch):
    store.put("run-1", THREE)
    copy, copies = s3.copy_object, []

    def killed_after_the_first_new_one(**arguments):
        copies.append(arguments["Key"])
        if len(copies) == 5:  # three into versions/1, one new one
            raise KeyboardInterrupt
        return copy(**arguments)

    monkeypatch.setattr(s3, "copy_object", killed_after_the_first_new_one)
    with pytest.raises(KeyboardInterrupt):
        store.put("run-2", {"customer": b"c2", "employee": b"e2", "sales": b"s2"})
    monkeypatch.setattr(s3, "copy_object", copy)
    assert store.summary("weekly/2019-W17/summary.json")["version"] == 1

    summary = store.put("run-2", {"customer": b"c2", "employee": b"e2", "sales": b"s2"})

    found = store.found()
    assert summary["version"] == 2
    assert [found[f"weekly/2019-W17/{file}"] for file in FILES.values()] == [b"c2", b"e2", b"s2"]
    assert [found[f"weekly/2019-W17/versions/1/{file}"] for file in FILES.values()] == [b"c1", b"e1", b"s1"]


def test_two_runs_take_turns(store, s3):
    turn = {"run_id": "run-1", "until": (NOON + timedelta(minutes=5)).isoformat()}
    s3.put_object(Bucket=store.state, Key="publishing/weekly/2019-W17.json", Body=json.dumps(turn).encode())

    with pytest.raises(ReportStoreError, match="Run run-1 is putting the report weekly/2019-W17 in place"):
        store.put("run-2", THREE)
    assert store.put("run-1", THREE)["version"] == 1  # its own turn, after a kill


def test_a_turn_runs_out(store, s3):
    turn = {"run_id": "killed", "until": (NOON - timedelta(seconds=1)).isoformat()}
    s3.put_object(Bucket=store.state, Key="publishing/weekly/2019-W17.json", Body=json.dumps(turn).encode())

    assert store.put("run-2", THREE)["version"] == 1
