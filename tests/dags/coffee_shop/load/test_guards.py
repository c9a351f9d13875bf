from types import SimpleNamespace
from typing import Any

import pytest
from airflow.utils.state import DagRunState
from coffee_shop.load import guards


def context(answer: Any) -> Any:
    def get_dagrun_state(dag_id: str, run_id: str) -> Any:
        assert (dag_id, run_id) == ("coffee_shop_load", "other")
        if isinstance(answer, Exception):
            raise answer
        return answer

    return {"ti": SimpleNamespace(get_dagrun_state=get_dagrun_state), "dag": SimpleNamespace(dag_id="coffee_shop_load")}


@pytest.mark.parametrize(
    ("answer", "ended"),
    [
        (DagRunState.SUCCESS, True),
        (DagRunState.FAILED, True),
        (DagRunState.RUNNING, False),
        (DagRunState.QUEUED, False),
        ("failed", True),
        # a run of another Airflow: its lease counts until it ends by itself
        (RuntimeError("not found"), False),
    ],
)
def test_whether_the_holder_has_ended(answer: Any, ended: bool) -> None:
    assert guards._run_has_ended(context(answer), "other") is ended


class FakeGlue:
    """Answers about one crawler and one job run."""

    def __init__(self, last_crawl: Any = None, job_run: Any = None) -> None:
        self.last_crawl, self.job_run = last_crawl, job_run

    def get_crawler(self, Name: str) -> Any:  # noqa: N803
        return {"Crawler": {"Name": Name} | ({"LastCrawl": self.last_crawl} if self.last_crawl else {})}

    def get_job_run(self, JobName: str, RunId: str) -> Any:  # noqa: N803
        return {"JobRun": self.job_run}


CRAWL: Any = {"task": SimpleNamespace(config={"Name": "coffee-shop-raw"})}
JOB: Any = {"task": SimpleNamespace(job_name="coffee-shop-partition-data")}


@pytest.mark.parametrize(
    "last_crawl", [{"Status": "FAILED", "ErrorMessage": "no bucket"}, {"Status": "CANCELLED"}, None]
)
def test_a_crawl_that_did_not_succeed_fails_its_task(last_crawl: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guards, "glue_client", lambda: FakeGlue(last_crawl))
    with pytest.raises(guards.GuardError, match="coffee-shop-raw"):
        guards.after_crawl(CRAWL)


def test_a_crawl_that_succeeded_is_fine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guards, "glue_client", lambda: FakeGlue({"Status": "SUCCEEDED"}))
    guards.after_crawl(CRAWL)


@pytest.mark.parametrize("state", ["STOPPED", "TIMEOUT", "FAILED"])
def test_a_job_run_that_somebody_stopped_fails_its_task(state: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guards, "glue_client", lambda: FakeGlue(job_run={"JobRunState": state, "ErrorMessage": "why"}))
    with pytest.raises(guards.GuardError, match=f"{state}: why"):
        guards.after_job(JOB, "jr_1")


def test_a_job_run_that_succeeded_is_fine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guards, "glue_client", lambda: FakeGlue(job_run={"JobRunState": "SUCCEEDED"}))
    guards.after_job(JOB, "jr_1")
