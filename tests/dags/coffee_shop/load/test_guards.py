from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException
from airflow.utils.state import DagRunState
from coffee_shop.lake.ledger import LEDGER_KEY, empty_ledger
from coffee_shop.lake.loads import plan_key
from coffee_shop.lake.state import read_json, write_json
from coffee_shop.load import guards
from coffee_shop.load.lease import LEASE_KEY

from tests.local_aws_process import KEY


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


# --- before a task, on a real S3 and a real catalog of jobs: the local AWS


@pytest.fixture
def load(s3: Any, local_aws: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The context of a task of run ``mine``, whose load ``load-1`` was planned on the ledger as it is."""
    import boto3

    state = f"guards-{abs(hash(request.node.name)):x}"
    s3.create_bucket(Bucket=state)
    write_json(s3, state, plan_key("load-1"), {"format": 2, "load_id": "load-1", "ledger_revision": 0})
    glue = boto3.Session(*KEY.values(), region_name="us-east-1").client("glue", endpoint_url=local_aws)
    monkeypatch.setattr(guards, "s3_client", lambda: s3)
    monkeypatch.setattr(guards, "glue_client", lambda: glue)
    monkeypatch.setattr(guards, "names", lambda: SimpleNamespace(state_bucket=state))
    monkeypatch.setattr(guards, "settings", lambda: SimpleNamespace(lease_minutes=120))
    ti = SimpleNamespace(xcom_pull=lambda task_ids: "load-1", get_dagrun_state=lambda dag_id, run_id: "running")
    return {
        "ti": ti,
        "run_id": "mine",
        "dag": SimpleNamespace(dag_id="coffee_shop_load"),
        "task": SimpleNamespace(job_name="no-such-job", config={"Name": "no-such-crawler"}),
        "state": state,
    }


def test_a_task_renews_the_lease_of_its_run(load: Any, s3: Any) -> None:
    guards.hold_lease(load)
    guards.hold_lease(load)
    assert read_json(s3, load["state"], LEASE_KEY).value["run_id"] == "mine"


def test_a_task_does_not_go_on_while_another_run_loads(load: Any, s3: Any) -> None:
    guards.hold_lease(load | {"run_id": "other"})
    with pytest.raises(guards.GuardError, match=r"Run other is loading now. Clear this task again"):
        guards.hold_lease(load)


def test_a_job_does_not_start_on_a_plan_that_is_out_of_date(load: Any, s3: Any) -> None:
    write_json(s3, load["state"], LEDGER_KEY, empty_ledger() | {"revision": 1})
    with pytest.raises(AirflowFailException, match=r"made from revision 0 of the ledger; it is at 1"):
        guards.before_job(load)


def test_a_job_that_is_not_there_is_named_and_not_made(load: Any) -> None:
    with pytest.raises(AirflowFailException, match=r"no Glue job 'no-such-job': apply the infrastructure template"):
        guards.before_job(load)


def test_a_crawler_that_is_not_there_is_named_and_not_made(load: Any) -> None:
    with pytest.raises(AirflowFailException, match=r"no Glue crawler 'no-such-crawler': apply the infrastructure"):
        guards.before_crawl(load)


def test_a_run_without_a_plan_says_what_to_clear(load: Any) -> None:
    load["ti"].xcom_pull = lambda task_ids: None
    with pytest.raises(guards.GuardError, match=r"no plan: clear it from plan_load"):
        guards.before_job(load)
