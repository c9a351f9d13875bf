"""Put files into the raw bucket and follow the loads that their events start; nothing here starts a load."""

import datetime as dt
import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infrastructure.start_load import why_left_alone
from laptop.airflow_rest import AirflowRest
from laptop.airflow_runs import watch_run
from laptop.phases import Phase, Say
from laptop.stack import Stack, aws_client, read_names

LOAD = "coffee_shop_load"
EVENT_SECONDS = 60
# a machine's clock is set right now and then; the run that an upload starts may seem to be from before it
CLOCK_MAY_GO_BACK = dt.timedelta(seconds=2)


class UploadError(RuntimeError):
    """An upload started no load, or no load took it in; the message says where to look."""


@dataclass(frozen=True)
class Uploaded:
    """What was put into the raw bucket: the version that S3 gave each key, and a moment just before the first."""

    began: dt.datetime
    versions: dict[str, str]


def upload(stack: Stack, folder: Path, say: Say = print) -> Uploaded:
    """Put every CSV below ``folder``, in whatever case of its ending, into the raw bucket; say a line for each."""
    s3 = aws_client(stack, "s3")
    bucket = read_names(stack)["COFFEE_SHOP_RAW_BUCKET"]
    began = dt.datetime.now(dt.UTC) - CLOCK_MAY_GO_BACK
    versions = {}
    for file in sorted(path for path in folder.rglob("*") if path.suffix.lower() == ".csv"):
        key = file.relative_to(folder).as_posix()
        s3.upload_file(str(file), bucket, key)
        if reason := why_left_alone(key):
            say(f"  s3://{bucket}/{key} starts no load, because {reason}")
            continue
        versions[key] = s3.head_object(Bucket=bucket, Key=key)["VersionId"]
        say(f"  s3://{bucket}/{key}  {file.stat().st_size / 1e6:.1f} MB")
    return Uploaded(began, versions)


def read_ledger(stack: Stack) -> dict[str, Any] | None:
    """Return the ledger of the loads, None before the first was published."""
    s3 = aws_client(stack, "s3")
    try:
        body = s3.get_object(Bucket=read_names(stack)["COFFEE_SHOP_STATE_BUCKET"], Key="ledger.json")["Body"]
    except s3.exceptions.NoSuchKey:
        return None
    ledger: dict[str, Any] = json.loads(body.read())
    return ledger


def not_loaded(stack: Stack, uploaded: Uploaded) -> list[str]:
    """Return the keys whose uploaded version no published load has seen, as the ledger says."""
    datasets = (read_ledger(stack) or {"files": {}})["files"].values()
    seen = {key: file["last_seen"]["version_id"] for dataset in datasets for key, file in dataset.items()}
    return [key for key, version in uploaded.versions.items() if seen.get(key) != version]


def watch_loads(stack: Stack, airflow: AirflowRest, uploaded: Uploaded, phase: Phase) -> None:
    """Follow each load that waited, ran or began since the upload until all of it is loaded.

    The phase's outcome says how many loads there were.

    Raises:
        UploadError: no event started a load within a minute, or the loads ended without one of the files.
        RunFailedError: a load failed.
    """
    watched: list[str] = []
    tasks = 0
    waiting_since = time.monotonic()
    while True:
        runs = airflow.runs_under_way(LOAD) + airflow.runs_since(LOAD, uploaded.began)
        new = [run for run in runs if run["dag_run_id"] not in watched]
        if new:
            lines = (new[0]["note"] or "").splitlines()  # the note of a run that has ended says more than its file
            file = next((line for line in lines if line.startswith("s3://")), "no upload")
            phase.say(f"{new[0]['dag_run_id']} was started by {file}")
            tasks += watch_run(airflow, LOAD, new[0]["dag_run_id"], phase)
            watched.append(new[0]["dag_run_id"])
            phase.outcome = f"{tasks} tasks in {_runs(len(watched))} that the upload's event started"
            waiting_since = time.monotonic()
        elif watched and not not_loaded(stack, uploaded):
            return
        elif time.monotonic() - waiting_since > EVENT_SECONDS:
            raise UploadError(
                f"No load took in {', '.join(not_loaded(stack, uploaded))}. Is the DAG {LOAD} switched on? What Lambda "
                "said: make logs PROGRAM=start-load; what it gave up: make replay."
            )
        else:
            time.sleep(0.5)


def _runs(number: int) -> str:
    return "one run" if number == 1 else f"{number} runs"


def changed_dates(ledger: dict[str, Any]) -> str:
    """Return which dates the newest published load changed, in one sentence."""
    load = ledger["loads"][-1]
    return f"Load {load['load_id']} changed the rows of {len(load['changed_dates'])} day: {load['changed_dates']}"
