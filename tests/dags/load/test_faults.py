"""Jobs that are killed at ten moments of their work, one after the other, on the stack of the story (docs/reliability.md)."""

import random
import time
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.dags.lake import objects
from tests.dags.load.story import state_of
from tests.dags.load.till_files import sales

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

KILLS = 10
JUNE = "sales-reciept/june.csv"
JUNE_SALES = sales(
    {"TransactionDate": "2019-06-01", "SaleAmount": "3.00"},
    {"TransactionDate": "2019-06-01", "TransactionNo": "2", "SaleAmount": "4.00", "CustomerNo": "909"},
    {"TransactionDate": "2019-06-02", "SalesOutletNo": "5", "SaleAmount": "5.00"},
    {"TransactionDate": "2019-06-03", "SalesOutletNo": "8", "Quantity": "2", "SaleAmount": "6.00"},
)


class Glue:
    """The template's jobs and crawlers, as the account starts them for one load."""

    def __init__(self, client: Any, load_id: str) -> None:
        self.client, self.load_id = client, load_id

    def start(self, job: str) -> str:
        return str(self.client.start_job_run(JobName=job, Arguments={"--load_id": self.load_id})["JobRunId"])

    def run_of(self, job: str, run_id: str) -> Any:
        return self.client.get_job_run(JobName=job, RunId=run_id)["JobRun"]

    def end_of(self, job: str, run_id: str) -> Any:
        while (run := self.run_of(job, run_id))["JobRunState"] in ("STARTING", "RUNNING", "STOPPING", "WAITING"):
            time.sleep(0.05)
        return run

    def seconds(self, job: str) -> float:
        """How long the last run that succeeded took; one that ended before it was killed says how fast the machine is now."""
        runs = self.client.get_job_runs(JobName=job)["JobRuns"]
        run = max((each for each in runs if each["JobRunState"] == "SUCCEEDED"), key=lambda each: each["StartedOn"])
        return float((run["CompletedOn"] - run["StartedOn"]).total_seconds())

    def kill_after(self, job: str, seconds: float) -> str:
        """Start a run and end its process with SIGKILL after so many seconds of its work; return its last state."""
        run_id = self.start(job)
        while self.run_of(job, run_id)["JobRunState"] in ("STARTING", "WAITING"):
            time.sleep(0.02)
        time.sleep(seconds)
        self.client.batch_stop_job_run(JobName=job, JobRunIds=[run_id])
        return str(self.end_of(job, run_id)["JobRunState"])

    def crawl(self, crawler: str) -> None:
        self.client.start_crawler(Name=crawler)
        while self.client.get_crawler(Name=crawler)["Crawler"]["State"] != "READY":
            time.sleep(0.05)


def plan(s3: Any, stack: dict[str, str], raw: str) -> str:
    """What the task plan_load does."""
    from coffee_shop.lake.ledger import read_ledger
    from coffee_shop.lake.loads import plan_key
    from coffee_shop.lake.state import write_json
    from coffee_shop.load import new_files
    from coffee_shop.settings import Settings

    state = stack["COFFEE_SHOP_STATE_BUCKET"]
    made = new_files.make_plan(
        load_id="killed",
        run_id="killed",
        made_at=datetime.now(UTC),
        ledger=read_ledger(s3, state).value,
        listing=new_files.list_current(s3, raw),
        request=new_files.Request(),
        settings=Settings(),
    )
    write_json(s3, state, plan_key("killed"), made)
    return "killed"


def publish(s3: Any, stack: dict[str, str], load_id: str) -> None:
    from coffee_shop.lake import ledger
    from coffee_shop.lake.loads import read_plan, read_result

    state = stack["COFFEE_SHOP_STATE_BUCKET"]
    documents = read_plan(s3, state, load_id), read_result(s3, state, load_id)
    ledger.publish(s3, state, *documents, datetime.now(UTC))


def test_jobs_that_are_killed_ten_times_each_leave_the_tables_of_an_undisturbed_load(
    reported, account, s3, stack, raw, ask
):
    before = ask("select business_date, count(*), sum(saleamount) from sales_reciept group by 1 order by 1")
    s3.put_object(Bucket=raw, Key=JUNE, Body=JUNE_SALES)
    glue, moments = Glue(account("glue"), plan(s3, stack, raw)), random.Random(2019)
    killed: dict[str, list[str]] = {}
    for job, zone in (("partition_data", "clean"), ("conform_tables", "conform"), ("conform_relations", "conform")):
        name = f"coffee-shop-{job.replace('_', '-')}"
        killed[job] = [glue.kill_after(name, moments.uniform(0, glue.seconds(name))) for _ in range(KILLS)]
        assert glue.end_of(name, glue.start(name))["JobRunState"] == "SUCCEEDED"
        glue.crawl(f"coffee-shop-{zone}")
    publish(s3, stack, glue.load_id)

    for states in killed.values():
        assert states.count("STOPPED") >= KILLS / 2, killed  # others had ended before their moment came
        assert set(states) <= {"STOPPED", "SUCCEEDED"}, killed
    after = ask("select business_date, count(*), sum(saleamount) from sales_reciept group by 1 order by 1")
    june = [("2019-06-01", "2", "7.00"), ("2019-06-02", "1", "5.00"), ("2019-06-03", "1", "6.00")]
    assert [row for row in after if row[0] >= "2019-06"] == june
    assert set(before) <= set(after)  # another file of the story waited for this load too
    members = "select count(*) from sales_reciept join customer using (customer_id) where customerno = '909'"
    assert ask(members) == [("1",)]
    for bucket, table, day in (("CLEAN", "sales_reciept", "date"), ("CONFORM", "sales_reciept", "business_date")):
        folder = objects(s3, stack[f"COFFEE_SHOP_{bucket}_BUCKET"], f"{table}/{day}=2019-06-01/")
        assert len(folder) == 1, folder
    state = objects(s3, stack["COFFEE_SHOP_STATE_BUCKET"])
    assert "pending.json" not in state
    assert state_of(s3, stack, "ledger.json")["loads"][-1]["load_id"] == "killed"
