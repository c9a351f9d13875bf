"""A month from upload to mail, a million lines in one load, and one more day on top of each."""

import statistics
import time
from typing import Any

from bench.function import own_seconds
from bench.memory import PeakMemory
from bench.stacks import MONTH, Run, program_ids, run_report, running_stack, upload_sample, wait_for_load
from bench.table import show
from laptop import demo
from laptop.airflow_rest import AirflowRest
from laptop.stack import Stack, aws_client
from laptop.uploads import LOAD, read_ledger

UNDER_WAY = ("QUEUED", "RUNNING")
JOBS = ("partition_data", "conform_tables", "conform_relations")
TWENTY_MONTHS = ("2017-09-01", "2019-04-30")
NEXT_DAYS = ("2019-05-01", "2019-05-02", "2019-05-03")
BURST = ("2019-05-04", "2019-06-22", "--per", "day", "--lines-per-month", "9000")  # 50 days: 100 files, and targets


def measure_month(stack: Stack, airflow: AirflowRest) -> None:
    """Measure a month from upload to mail: the load with its jobs and checks, the weekly report, memory, queries."""
    first, last = (day.isoformat() for day in demo.WEEK)
    with PeakMemory(program_ids(stack)) as memory:
        uploaded = upload_sample(stack, *MONTH)
        put = time.time()
        load = wait_for_load(stack, airflow, uploaded)[0]
        report = run_report(airflow, "weekly", first, last, mail=True, recipients=[demo.RECIPIENT])
    mailed = demo.newest_mail(stack)[0].stat().st_mtime
    show("last object put to weekly mail accepted, 50,000 lines", mailed - put, "s", 45)
    show("last object put to the load's start in Airflow", load.began - put, "s", 5)
    show("load of a month", load.ended - load.began, "s")
    load.show_tasks()
    show("  its three jobs as tasks", load.seconds_of(*JOBS), "s", 15)
    show("  its checks' share, from the first's begin to the last's end", load.share_of("checks"), "%", 15)
    show("weekly report with its mail", report.ended - report.began, "s")
    report.show_tasks()
    show("  engine time of its queries, added up", _engine_seconds(stack, airflow, report), "s", 5)
    show("memory of the whole stack meanwhile, peak", memory.gb, "GB", 6)
    show("Lambda's own work beside Airflow's answers, a new process", own_seconds(stack), "s", 1)


def _engine_seconds(stack: Stack, airflow: AirflowRest, report: Run) -> float:
    """Run a report's queries again, one after another, so that none waits for another or for a task."""
    athena = aws_client(stack, "athena")
    ids = report.returned(airflow, "settle_queries")["queries"]
    return sum(_seconds_alone(athena, each) for each in ids)


def _seconds_alone(athena: Any, query_id: str) -> float:
    old = athena.get_query_execution(QueryExecutionId=query_id)["QueryExecution"]
    same = {"QueryExecutionContext": old["QueryExecutionContext"], "WorkGroup": old["WorkGroup"]}
    again = athena.start_query_execution(QueryString=old["Query"], **same)["QueryExecutionId"]
    while (new := athena.get_query_execution(QueryExecutionId=again)["QueryExecution"])["Status"]["State"] in UNDER_WAY:
        time.sleep(0.05)
    return float(new["Statistics"]["EngineExecutionTimeInMillis"]) / 1000


def measure_next_days(stack: Stack, airflow: AirflowRest, on_top_of: str) -> float:
    """Load three more days, each by itself; return the median of the seconds from upload to the load's end."""
    seconds = []
    for day in NEXT_DAYS:
        uploaded = upload_sample(stack, day, day, "--per", "day")
        put = time.time()
        seconds.append(wait_for_load(stack, airflow, uploaded)[-1].ended - put)
    show(f"one more day on top of {on_top_of}, median of {len(NEXT_DAYS)}", statistics.median(seconds), "s")
    return statistics.median(seconds)


def measure_burst(stack: Stack, airflow: AirflowRest) -> None:
    """Upload a hundred files at once and show in how many loads they came to be."""
    before = len((read_ledger(stack) or {})["loads"])
    uploaded = upload_sample(stack, *BURST)
    put = time.time()
    runs = wait_for_load(stack, airflow, uploaded)
    loads = (read_ledger(stack) or {})["loads"][before:]
    files = sum(load["files"] for load in loads)
    show("files uploaded in a burst / loaded, each once", f"{len(uploaded.versions)} / {files}")
    show("  runs, and at most 3 of them that did work", f"{len(runs)} / {len(loads)}")
    show("  last object put to all loaded", runs[-1].ended - put, "s")


def measure_twenty_months() -> float:
    """Measure a million lines in one load, then one more day; return that day's seconds."""
    with running_stack("twenty-months") as (stack, airflow):
        with PeakMemory(program_ids(stack)[:1]) as memory:
            airflow.pause(LOAD, True)  # the first event's run waits, so that one run loads all files
            uploaded = upload_sample(stack, *TWENTY_MONTHS)
            airflow.pause(LOAD, False)
            load = wait_for_load(stack, airflow, uploaded)[0]
        show("load of 20 months, 1,000,000 lines", load.ended - load.began, "s")
        load.show_tasks()
        show("  its three jobs as tasks", load.seconds_of(*JOBS), "s", 32)
        show("  memory of the local AWS and its jobs meanwhile, peak", memory.gb, "GB", 3)
        return measure_next_days(stack, airflow, "20 months")
