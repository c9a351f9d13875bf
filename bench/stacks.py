"""A whole stack for a bench alone: started in an empty home on free ports, asked for loads and reports, removed."""

import argparse
import contextlib
import datetime as dt
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Any, TypeVar

from bench.table import show
from laptop import processes
from laptop.__main__ import down, up
from laptop.airflow_rest import AirflowRest
from laptop.stack import ROOT, Stack, stack_from_environment
from laptop.uploads import LOAD, Uploaded, not_loaded, upload

Result = TypeVar("Result")
MONTH = ("2019-04-01", "2019-04-30")


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def running_stack(name: str) -> Iterator[tuple[Stack, AirflowRest]]:
    """Start a stack and yield it with its Airflow; stop it in the end. Its home goes too, unless the bench failed."""
    home = stack_from_environment().home / "bench" / name
    shutil.rmtree(home, ignore_errors=True)
    stack = Stack(home, free_port(), free_port())
    aside = contextlib.redirect_stdout(sys.stderr)  # what it says on its way is no part of the table
    try:
        with aside:
            up(stack, argparse.Namespace())
        yield stack, AirflowRest(stack)
    finally:
        with aside:
            down(stack, argparse.Namespace())
    shutil.rmtree(home, ignore_errors=True)


def program_ids(stack: Stack) -> list[int]:
    """Return the process ids of the stack's programs, the local AWS first."""
    return [pid for name in processes.PROGRAMS if (pid := processes.running_pid(stack, name))]


def upload_sample(stack: Stack, first: str, last: str, *more: str) -> Uploaded:
    """Make sample data of some days and upload them."""
    folder = stack.home / f"sample-{first}-{last}"
    command = [sys.executable, "-m", "sample_data", "--from", first, "--to", last, "--output", str(folder), *more]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return upload(stack, folder, say=lambda words: None)


@dataclass(frozen=True)
class Run:
    """A run that went well: its place in the REST API, begin and end in seconds since 1970, and its task instances."""

    place: str
    began: float
    ended: float
    instances: list[dict[str, Any]]

    def seconds_of(self, *task_ids: str) -> float:
        """Return how long all instances of some tasks ran, added up."""
        return sum(each["duration"] or 0.0 for each in self.instances if each["task_id"] in task_ids)

    def share_of(self, task_id: str) -> float:
        """Return the time from the first begin of a task's instances to their last end, in per cent of the run's."""
        own = [each for each in self.instances if each["task_id"] == task_id]
        began, ended = min(_moment(each["start_date"]) for each in own), max(_moment(each["end_date"]) for each in own)
        return 100 * (ended - began) / (self.ended - self.began)

    def show_tasks(self) -> None:
        """Print a line for each task that ran for a second or more."""
        for task_id in dict.fromkeys(each["task_id"] for each in self.instances):
            if self.seconds_of(task_id) >= 1:
                show(f"    {task_id}", self.seconds_of(task_id), "s")

    def returned(self, airflow: AirflowRest, task_id: str) -> Any:
        """Return what a task returned."""
        value = airflow.call("GET", f"{self.place}/taskInstances/{task_id}/xcomEntries/return_value")["value"]
        return json.loads(value) if isinstance(value, str) else value


def _moment(text: str) -> float:
    return dt.datetime.fromisoformat(text).timestamp()


def _run(airflow: AirflowRest, dag_id: str, run_id: str) -> Run:
    place = f"/dags/{dag_id}/dagRuns/{run_id}"
    run, page = airflow.call("GET", place), airflow.call("GET", f"{place}/taskInstances?limit=200")
    return Run(place, _moment(run["start_date"]), _moment(run["end_date"]), page["task_instances"])


def wait_for_load(stack: Stack, airflow: AirflowRest, uploaded: Uploaded) -> list[Run]:
    """Wait until an upload is loaded and return its runs, the earliest first.

    Raises:
        RuntimeError: a load failed, or an hour went by.
    """
    for _ in range(3600):
        runs = airflow.runs_since(LOAD, uploaded.began)
        if any(run["state"] == "failed" for run in runs):
            raise RuntimeError(f"a load failed: {runs}")
        if runs and all(run["state"] == "success" for run in runs) and not not_loaded(stack, uploaded):
            return [_run(airflow, LOAD, run["dag_run_id"]) for run in runs]
        time.sleep(1)
    raise RuntimeError(f"not loaded after an hour: {not_loaded(stack, uploaded)}")


def run_report(airflow: AirflowRest, kind: str, first: str, last: str, **more: Any) -> Run:
    """Make a report of some dates.

    Raises:
        RuntimeError: the run failed.
    """
    dag_id = f"coffee_shop_{kind}_report"
    airflow.pause(dag_id, False)
    run_id = airflow.trigger(dag_id, {"from": first, "to": last} | more)
    if airflow.wait_for_run(dag_id, run_id, 3600) != "success":
        raise RuntimeError(f"{run_id} failed: {airflow.task_states(dag_id, run_id)}")
    return _run(airflow, dag_id, run_id)


def in_new_process(environment: dict[str, str], work: Callable[..., Result], *arguments: Any) -> Result:
    """Return what a function returns in a new process: Airflow reads its environment when it is imported.

    Airflow logs to standard output there, where the table is, so it logs errors alone.
    """
    quiet = environment | {"AIRFLOW__LOGGING__LOGGING_LEVEL": "ERROR"}
    with ProcessPoolExecutor(1, get_context("spawn"), _add_to_environment, (quiet,)) as pool:
        return pool.submit(work, *arguments).result()


def _add_to_environment(more: dict[str, str]) -> None:
    os.environ.update(more)
