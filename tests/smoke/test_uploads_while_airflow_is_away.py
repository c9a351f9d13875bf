"""Uploads that Airflow cannot hear of: on the stack that the demo left running, with its Airflow stopped.

On AWS Lambda tries again after one minute and after two more. Here it gives one upload up within seconds; for the other it
waits long enough for Airflow to be back.
"""

import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from infrastructure.start_load import run_id
from laptop import processes
from laptop.airflow_rest import AirflowRest
from laptop.stack import Stack, aws_client, read_names
from laptop.uploads import LOAD

ROOT = Path(__file__).resolve().parents[2]

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]


def make(target: str, environment: dict[str, str]) -> str:
    done = subprocess.run(
        ["make", target], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=200, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def until(what: str, condition: Callable[[], Any], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"not within {seconds:.0f} s: {what}"
        time.sleep(0.5)


def restart_local_aws(stack: Stack, monkeypatch: pytest.MonkeyPatch, retry_seconds: str) -> None:
    """Start the local AWS anew with other waits of Lambda; its state stays."""
    monkeypatch.setenv("LOCAL_AWS_LAMBDA_RETRY_SECONDS", retry_seconds)
    processes.stop(stack, "local-aws")
    processes.start_local_aws(stack)


def upload(stack: Stack, key: str) -> str:
    """Upload the correction of the README's command again as another key; return the id of its run."""
    (file,) = (stack.home / "correction-upload").rglob("*.csv")
    bucket = read_names(stack)["COFFEE_SHOP_RAW_BUCKET"]
    version = aws_client(stack, "s3").put_object(Bucket=bucket, Key=key, Body=file.read_bytes())["VersionId"]
    return run_id(bucket, key, version)


def function_log(stack: Stack) -> str:
    events = aws_client(stack, "logs").filter_log_events(logGroupName="/aws/lambda/coffee-shop-start-load")["events"]
    return "".join(event["message"] for event in events)


def letters(stack: Stack) -> int:
    url = read_names(stack)["COFFEE_SHOP_DEAD_LETTER_QUEUE"]
    name = "ApproximateNumberOfMessages"
    answer = aws_client(stack, "sqs").get_queue_attributes(QueueUrl=url, AttributeNames=[name])
    return int(answer["Attributes"][name])


def runs(stack: Stack) -> dict[str, str]:
    page = AirflowRest(stack).call("GET", f"/dags/{LOAD}/dagRuns?limit=100")
    return {run["dag_run_id"]: run["state"] for run in page["dag_runs"]}


def test_uploads_wait_for_airflow_in_the_retry_or_the_dead_letter_queue(environment, stack, monkeypatch):
    processes.stop(stack, "api-server")
    restart_local_aws(stack, monkeypatch, "1,1")
    lost = upload(stack, "sales-reciept/corrections/away-for-long.csv")
    until("it is given up after its retries", lambda: letters(stack) == 1)
    # a restart while the letter is written would try the upload again
    until("its event is done", lambda: not list((stack.home / "aws" / "lambda").glob("*.json")))
    refused = function_log(stack).count("Connection refused")
    restart_local_aws(stack, monkeypatch, "40,80")
    waiting = upload(stack, "sales-reciept/corrections/away-for-a-moment.csv")
    until("its first try is refused", lambda: function_log(stack).count("Connection refused") > refused)
    make("up", environment)
    until("a retry starts its run", lambda: runs(stack).get(waiting) in ("running", "success"), 400)
    assert lost not in runs(stack)
    assert "1 handed over, 0 failed again" in make("replay", environment)
    assert lost in runs(stack)
    assert letters(stack) == 0
