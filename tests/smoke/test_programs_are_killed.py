"""The local AWS and the scheduler are ended by kill -9 while a load works: `make up`, and it ends as if nothing had been."""

import csv
import io
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from infrastructure.start_load import run_id
from laptop import processes
from laptop.airflow_rest import AirflowRest
from laptop.sql import connect
from laptop.stack import Stack, aws_client, read_names
from laptop.uploads import LOAD, read_ledger

ROOT = Path(__file__).resolve().parents[2]
KEY = "sales-reciept/register-9.csv"
DAY = "2019-05-09"  # outside of the periods that other tests look at
MOMENTS = [("partition_data", "local-aws"), ("conform_tables", "scheduler"), ("conform_relations", "local-aws"), ("checks", "scheduler")]  # fmt: skip

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1500)]


def upload(stack: Stack) -> str:
    """Upload a day of forty sales; return the id of the run that its event starts."""
    (april,) = (stack.home / "sample" / "sales-reciept").glob("*.csv")
    line, text = next(csv.DictReader(april.read_text().splitlines())), io.StringIO()
    writer = csv.DictWriter(text, line)
    writer.writeheader()
    for number in range(1, 41):
        receipt = {"TransactionNo": number, "TransactionDate": DAY, "TransactionTime": f"09:00:{number:02}"}
        writer.writerow(line | receipt | {"Quantity": "1", "SaleAmount": "2.50"})
    bucket = read_names(stack)["COFFEE_SHOP_RAW_BUCKET"]
    version = aws_client(stack, "s3").put_object(Bucket=bucket, Key=KEY, Body=text.getvalue().encode())["VersionId"]
    return run_id(bucket, KEY, version)


def wait_for(airflow: AirflowRest, run: str, task: str) -> None:
    """Wait until a task of the run works."""
    end = time.monotonic() + 400
    while True:
        states = airflow.task_states(LOAD, run) if run in runs(airflow) else {}
        if any(name.startswith(task) and state == "running" for name, state in states.items()):
            return
        assert time.monotonic() < end, f"{task} does not run: {states}"
        time.sleep(0.2)


def runs(airflow: AirflowRest) -> dict[str, str]:
    page = airflow.call("GET", f"/dags/{LOAD}/dagRuns?limit=100&order_by=-run_after")
    return {run["dag_run_id"]: run["state"] for run in page["dag_runs"]}


def kill(stack: Stack, program: str) -> None:
    """End a program, and what it started in its session, without a chance to say good-bye."""
    pid = processes.running_pid(stack, program)
    assert pid is not None, f"{program} does not run"
    os.killpg(pid, signal.SIGKILL)


def test_a_load_whose_programs_are_killed_four_times_ends_as_if_nothing_had_been(demo, environment, stack):
    airflow, run = AirflowRest(stack), upload(stack)
    for task, program in MOMENTS:
        wait_for(airflow, run, task)
        kill(stack, program)
        done = subprocess.run(["make", "up"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    assert airflow.wait_for_run(LOAD, run, 700) == "success"

    cursor = connect(stack).cursor()
    cursor.execute(f"select count(*), sum(saleamount) from sales_reciept where business_date = '{DAY}'")
    assert [tuple(map(float, row)) for row in cursor] == [(40, 100.0)]
    ledger = read_ledger(stack) or {}
    assert [load["run_id"] for load in ledger["loads"]].count(run) == 1
    assert DAY in ledger["loads"][-1]["changed_dates"]
    state = aws_client(stack, "s3").list_objects_v2(Bucket=read_names(stack)["COFFEE_SHOP_STATE_BUCKET"])["Contents"]
    assert "pending.json" not in [entry["Key"] for entry in state]
