"""Measure the whole stack on this machine; every figure in one run, so that they can be compared with each other.

Starts stacks of its own in new folders under LOCAL_HOME, on free ports, and removes them. Takes about ten
minutes on two quiet cores.
"""

import argparse
import datetime as dt
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

from bench.function import own_seconds
from bench.memory import PeakMemory
from bench.parsing import seconds_to_parse
from laptop import demo, processes
from laptop.__main__ import down, up
from laptop.airflow_rest import AirflowRest
from laptop.stack import ROOT, Stack, aws_client, read_names, stack_from_environment
from laptop.uploads import LOAD, Uploaded, not_loaded, read_ledger, upload

MONTH = ("2019-04-01", "2019-04-30")
TWENTY_MONTHS = ("2017-09-01", "2019-04-30")
NEXT_DAY = "2019-05-01"
BURST = ("2019-05-02", "2019-06-20", "--per", "day", "--lines-per-month", "9000")  # 50 days: 100 files, and targets


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def new_stack(name: str) -> Stack:
    """Return a stack with an empty home of its own."""
    home = stack_from_environment().home / "bench" / name
    shutil.rmtree(home, ignore_errors=True)
    return Stack(home, free_port(), free_port())


def sample(stack: Stack, first: str, last: str, *more: str) -> Path:
    """Make sample data and return its folder."""
    folder = stack.home / f"sample-{first}-{last}"
    command = [sys.executable, "-m", "sample_data", "--from", first, "--to", last, "--output", str(folder), *more]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return folder


def load_of(stack: Stack, airflow: AirflowRest, uploaded: Uploaded) -> tuple[str, float, float]:
    """Wait until an upload is loaded; return the first run, the seconds to its start, and to the end of all its runs.

    Raises:
        RuntimeError: a load failed, or an hour went by.
    """
    ended = time.time()
    for _ in range(3600):
        runs = airflow.runs_since(LOAD, uploaded.began)
        if any(run["state"] == "failed" for run in runs):
            raise RuntimeError(f"a load failed: {runs}")
        if runs and all(run["state"] == "success" for run in runs) and not not_loaded(stack, uploaded):
            first = dt.datetime.fromisoformat(runs[0]["start_date"]).timestamp()
            last = max(dt.datetime.fromisoformat(run["end_date"]).timestamp() for run in runs)
            return runs[0]["dag_run_id"], first - ended, last - ended
        time.sleep(1)
    raise RuntimeError(f"not loaded after an hour: {not_loaded(stack, uploaded)}")


def run_report(airflow: AirflowRest, conf: dict[str, object]) -> tuple[str, float]:
    """Run the weekly report to its end; return the run's id and how many seconds it took.

    Raises:
        RuntimeError: the run failed.
    """
    airflow.pause(demo.WEEKLY, False)
    started = time.monotonic()
    run_id = airflow.trigger(demo.WEEKLY, conf)
    if airflow.wait_for_run(demo.WEEKLY, run_id, 3600) != "success":
        raise RuntimeError(f"{run_id} failed: {airflow.task_states(demo.WEEKLY, run_id)}")
    return run_id, time.monotonic() - started


def task_seconds(airflow: AirflowRest, dag_id: str, run_id: str) -> dict[str, float]:
    """Return how long each task ran; the instances of a mapped task are added up."""
    page = airflow.call("GET", f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances?limit=200")
    found: dict[str, float] = {}
    for instance in page["task_instances"]:
        found[instance["task_id"]] = found.get(instance["task_id"], 0.0) + (instance["duration"] or 0.0)
    return found


def modified_since(stack: Stack, moment: dt.datetime) -> list[str]:
    """Return the keys in clean and conform that were written after ``moment``."""
    names, s3 = read_names(stack), aws_client(stack, "s3")
    found = []
    for bucket in (names["COFFEE_SHOP_CLEAN_BUCKET"], names["COFFEE_SHOP_CONFORM_BUCKET"]):
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
            found += [item["Key"] for item in page.get("Contents", []) if item["LastModified"] > moment]
    return sorted(found)


def query_seconds(stack: Stack, count: int) -> float:
    """Return the sum of the engine's run times of the newest ``count`` queries."""
    athena, names = aws_client(stack, "athena"), read_names(stack)
    ids = athena.list_query_executions(WorkGroup=names["COFFEE_SHOP_WORKGROUP"], MaxResults=50)["QueryExecutionIds"]
    executions = [athena.get_query_execution(QueryExecutionId=i)["QueryExecution"] for i in ids]
    newest = sorted(executions, key=lambda e: e["Status"]["SubmissionDateTime"])[-count:]
    return sum(float(e["Statistics"]["EngineExecutionTimeInMillis"]) for e in newest) / 1000


def show(figure: str, value: str) -> None:
    """Print one row of the table."""
    print(f"  {figure:<72} {value}", flush=True)


def program_ids(stack: Stack) -> list[int]:
    """Return the process ids of the stack's programs."""
    return [pid for name in processes.PROGRAMS if (pid := processes.running_pid(stack, name))]


def load_next_day(stack: Stack, airflow: AirflowRest) -> tuple[float, list[str]]:
    """Load one more day; return the seconds from the upload to its load's end and the keys that it wrote."""
    folder = sample(stack, NEXT_DAY, NEXT_DAY, "--per", "day")
    before = dt.datetime.now(dt.UTC).replace(microsecond=0)
    time.sleep(1.1)  # LastModified has whole seconds
    _, _, seconds = load_of(stack, airflow, upload(stack, folder))
    return seconds, modified_since(stack, before)


def load_burst(stack: Stack, airflow: AirflowRest) -> None:
    """Upload a hundred files at once and show in how many loads they came to be."""
    ledger = read_ledger(stack) or {"loads": []}
    known = {load["load_id"] for load in ledger["loads"]}
    uploaded = upload(stack, sample(stack, *BURST))
    _, _, seconds = load_of(stack, airflow, uploaded)
    ledger = read_ledger(stack) or {"loads": []}
    loads = [load for load in ledger["loads"] if load["load_id"] not in known]
    files = sum(load["files"] for load in loads)
    show("files uploaded in a burst / loaded, each once", f"{len(uploaded.versions)} / {files}")
    show("  runs / runs that did work (at most 3)", f"{len(airflow.runs_since(LOAD, uploaded.began))} / {len(loads)}")
    show("  last object put to all loaded", f"{seconds:.0f} s")


def measure_month() -> float:
    """Measure a month from upload to mail, one more day, and a burst; return that day's seconds."""
    stack, nothing = new_stack("month"), argparse.Namespace()
    try:
        up(stack, nothing)
        airflow = AirflowRest(stack)
        folder = sample(stack, *MONTH)
        with PeakMemory(program_ids(stack)) as memory:
            uploaded = upload(stack, folder)
            started = time.monotonic()
            load_id, to_start, load = load_of(stack, airflow, uploaded)
            first, last = (day.isoformat() for day in demo.WEEK)
            weekly = {"from": first, "to": last, "mail": True, "recipients": [demo.RECIPIENT]}
            report_id, report = run_report(airflow, dict(weekly))
            to_mail = time.monotonic() - started
        show("last object put to the run's start in Airflow (at most 5 s)", f"{to_start:.1f} s")
        show("last object put to weekly mail accepted, 50,000 lines (at most 180 s)", f"{to_mail:.0f} s")
        for dag_id, run_id, seconds in ((LOAD, load_id, load), (demo.WEEKLY, report_id, report)):
            show(f"  {dag_id}", f"{seconds:.0f} s")
            for task, duration in task_seconds(airflow, dag_id, run_id).items():
                show(f"    {task}", f"{duration:.1f} s")
        show("memory of the whole stack, peak (at most 6 GB)", f"{memory.gb:.1f} GB")
        show("engine time of a week's queries, added up (at most 5 s)", f"{query_seconds(stack, 25):.1f} s")
        show("Lambda's own work beside Airflow's answers, a new process (at most 1 s)", f"{own_seconds(stack):.2f} s")
        day, keys = load_next_day(stack, airflow)
        show("one more day on top of 1 month", f"{day:.0f} s")
        for key in keys:
            show(f"    written: {key}", "")
        load_burst(stack, airflow)
        return day
    finally:
        down(stack, nothing)


def measure_twenty_months() -> float:
    """Measure a million lines in one load, then one more day; return that day's seconds."""
    stack, nothing = new_stack("twenty-months"), argparse.Namespace()
    try:
        up(stack, nothing)
        airflow = AirflowRest(stack)
        folder = sample(stack, *TWENTY_MONTHS)
        with PeakMemory(program_ids(stack)[:1]) as memory:
            airflow.pause(LOAD, True)  # the first event's run waits, so that one run loads all files
            uploaded = upload(stack, folder)
            airflow.pause(LOAD, False)
            run_id, _, seconds = load_of(stack, airflow, uploaded)
        show("20 months, loaded from the last object put", f"{seconds:.0f} s")
        for task, duration in task_seconds(airflow, LOAD, run_id).items():
            show(f"    {task}", f"{duration:.1f} s")
        show("memory of the local AWS and its jobs meanwhile, peak (at most 4 GB)", f"{memory.gb:.1f} GB")
        day, keys = load_next_day(stack, airflow)
        show("one more day on top of 20 months", f"{day:.0f} s")
        for key in keys:
            show(f"    written: {key}", "")
        return day
    finally:
        down(stack, nothing)


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("part", nargs="?", choices=["parsing", "month", "all"], default="all")
    part = parser.parse_args().part
    show("parsing all DAG files beyond importing the operators (at most 0.5 s)", f"{seconds_to_parse():.2f} s")
    if part == "parsing":
        return 0
    on_one = measure_month()
    if part == "all":
        on_twenty = measure_twenty_months()
        show("one more day on 20 months / on 1 month (at most 1.3)", f"{on_twenty / on_one:.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
