from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException
from airflow.utils.state import DagRunState
from coffee_shop.lake.ledger import LEDGER_KEY, empty_ledger
from coffee_shop.lake.loads import plan_key
from coffee_shop.lake.state import read_json, write_json
from coffee_shop.lake.tables import write_tables
from coffee_shop.load import guards
from coffee_shop.load.lease import LEASE_KEY
from coffee_shop.settings import Settings

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


CRAWL: Any = {"task": SimpleNamespace(config={"Name": "coffee-shop-raw"}), "ti": None}
JOB: Any = {"task": SimpleNamespace(job_name="coffee-shop-partition-data")}


@pytest.mark.parametrize(
    "last_crawl", [{"Status": "FAILED", "ErrorMessage": "no bucket"}, {"Status": "CANCELLED"}, None]
)
def test_a_crawl_that_did_not_succeed_fails_its_task(last_crawl: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guards, "glue_client", lambda: FakeGlue(last_crawl))
    with pytest.raises(guards.GuardError, match="coffee-shop-raw"):
        guards.after_crawl(CRAWL)


def test_a_crawl_that_succeeded_is_fine_and_its_time_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    kept: dict[str, float] = {}
    crawl = CRAWL | {"ti": SimpleNamespace(xcom_push=lambda key, value: kept.update({key: value}))}
    begun = datetime.now(UTC) - timedelta(seconds=70)
    monkeypatch.setattr(guards, "glue_client", lambda: FakeGlue({"Status": "SUCCEEDED", "StartTime": begun}))
    guards.after_crawl(crawl)
    assert kept["crawl_seconds"] == pytest.approx(70, abs=30)


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
    database = state.replace("-", "_")
    glue.create_database(DatabaseInput={"Name": database})
    monkeypatch.setattr(guards, "names", lambda: SimpleNamespace(state_bucket=state, database=lambda zone: database))
    monkeypatch.setattr(guards, "settings", lambda: Settings())
    pushed: dict[str, str] = {}

    def xcom_pull(task_ids: str, key: str = "return_value") -> str | None:
        return "load-1" if task_ids == "plan_load" else pushed.get(key)

    ti = SimpleNamespace(
        task_id="crawl_clean",
        try_number=1,
        xcom_pull=xcom_pull,
        xcom_push=lambda key, value: pushed.update({key: value}),
        get_dagrun_state=lambda dag_id, run_id: "running",
    )
    return {
        "ti": ti,
        "glue": glue,
        "database": database,
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


def test_a_crawler_that_is_not_there_is_named_and_not_made(load: Any, s3: Any) -> None:
    jobs_keep(s3, load, {"sales_reciept": {"quantity": "int"}})
    with pytest.raises(AirflowFailException, match=r"no Glue crawler 'no-such-crawler': apply the infrastructure"):
        guards.before_crawl(load, **CLEAN)


CLEAN: Any = {"zone": "clean"}
SALES: Any = {"quantity": "int", "date": "string"}


def jobs_keep(s3: Any, load: Any, tables: Any) -> None:
    """What ``partition_data`` writes down."""
    write_tables(s3, load["state"], "load-1", "clean", tables)


def catalog_has(load: Any, table: str, **columns: str) -> None:
    *plain, key = [{"Name": name, "Type": kind} for name, kind in columns.items()]
    storage = {"Columns": plain, "Location": "s3://clean/sales_reciept/"}
    table_input = {"Name": table, "StorageDescriptor": storage, "PartitionKeys": [key]}
    load["glue"].create_table(DatabaseName=load["database"], TableInput=table_input)


def why_it_crawls(load: Any) -> str | None:
    """The reason with which the guard goes on to crawl, and then finds no crawler; None when it skips the task."""
    with pytest.raises((AirflowSkipException, AirflowFailException)):
        guards.before_crawl(load, **CLEAN)
    reason: str | None = load["ti"].xcom_pull(task_ids="crawl_clean", key="crawl_reason")
    return reason


def test_nothing_is_crawled_when_the_catalog_has_all_tables_and_columns(load: Any, s3: Any) -> None:
    jobs_keep(s3, load, {"sales_reciept": SALES})
    catalog_has(load, "sales_reciept", quantity="int", discount="int", date="string")  # and one column more
    with pytest.raises(
        AirflowSkipException, match=r"No crawl: the catalog has all tables and columns of the clean zone"
    ):
        guards.before_crawl(load, **CLEAN)
    assert why_it_crawls(load) is None


def test_a_table_that_is_missing_is_crawled(load: Any, s3: Any) -> None:
    jobs_keep(s3, load, {"sales_reciept": SALES, "sales_target": {"beans": "int"}})
    catalog_has(load, "sales_reciept", **SALES)
    assert why_it_crawls(load) == f"there is no table {load['database']}.sales_target in the catalog"


def test_a_column_that_is_new_is_crawled(load: Any, s3: Any) -> None:
    jobs_keep(s3, load, {"sales_reciept": SALES | {"tip": "decimal(12,2)"}})
    catalog_has(load, "sales_reciept", **SALES)
    place = f"{load['database']}.sales_reciept"
    assert why_it_crawls(load) == f"{place} has no column tip of type decimal(12,2) in the catalog"


def test_a_partition_key_of_another_type_is_crawled(load: Any, s3: Any) -> None:
    jobs_keep(s3, load, {"sales_reciept": SALES})
    catalog_has(load, "sales_reciept", quantity="int", date="date")
    assert why_it_crawls(load) == f"{load['database']}.sales_reciept has no column date of type string in the catalog"


def test_a_column_whose_type_the_crawler_guesses_needs_only_its_name(load: Any, s3: Any) -> None:
    jobs_keep(s3, load, {"sales_reciept": {"quantity": None}})
    catalog_has(load, "sales_reciept", **SALES)
    assert why_it_crawls(load) is None


def test_with_the_setting_each_load_crawls(load: Any, s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guards, "settings", lambda: Settings(always_crawl=True))
    assert why_it_crawls(load) == "the setting always_crawl is on"


def test_a_task_that_comes_back_from_the_triggerer_does_not_decide_again(load: Any, s3: Any) -> None:
    jobs_keep(s3, load, {"sales_reciept": SALES})
    assert why_it_crawls(load)
    catalog_has(load, "sales_reciept", **SALES)  # what the crawl found
    with pytest.raises(AirflowFailException, match="no Glue crawler"):
        guards.before_crawl(load, **CLEAN)


def test_a_second_try_crawls_what_the_first_may_have_left_halfway(load: Any, s3: Any) -> None:
    jobs_keep(s3, load, {"sales_reciept": SALES})
    catalog_has(load, "sales_reciept", **SALES)  # and no partition: the server was killed in between
    load["ti"].try_number = 2
    assert why_it_crawls(load) == "an earlier try may have left off halfway"


def test_a_run_without_a_plan_says_what_to_clear(load: Any) -> None:
    load["ti"].xcom_pull = lambda task_ids, **key: None
    with pytest.raises(guards.GuardError, match=r"no plan: clear it from plan_load"):
        guards.before_job(load)
