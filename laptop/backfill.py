"""Report past periods: create the back-fill through Airflow's REST API, and wait until its runs have ended."""

import os
import time
import urllib.parse
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from coffee_shop_reports_app.backfill import Backfill, FormError, plan_backfill

from laptop.airflow_rest import ENDED, AirflowRest, RestError
from laptop.phases import Phase, Phases, Say
from laptop.stack import typed_path

SECONDS_FOR_ANOTHER = 60
SHOWN = 10  # folders that are listed at the end
# there is another back-fill; Airflow's database is locked, which it says in two ways
BUSY = (HTTPStatus.CONFLICT, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.INTERNAL_SERVER_ERROR)


class BackfillError(RuntimeError):
    """The back-fill could not be created, or a run of it failed; the message says what to do."""


@dataclass(frozen=True)
class BackfillRequest:
    """What was typed: the kind of report, two business dates, both included, and two switches."""

    kind: str
    first: str
    last: str
    mail: bool = False
    again: bool = False


def create_backfill(airflow: AirflowRest, plan: Backfill, request: BackfillRequest, say: Say) -> int:
    """Create the back-fill and return its id.

    Airflow takes one back-fill of a DAG at a time, and its scheduler looks twice a minute whether one has ended. On
    SQLite it also refuses one, and leaves nothing of it, when another program writes meanwhile.

    Raises:
        BackfillError: Airflow refused it; another one of this DAG still runs, for example.
    """
    body = {
        "dag_id": plan.dag_id,
        "from_date": plan.due_from.isoformat(),
        "to_date": plan.due_to.isoformat(),
        "dag_run_conf": {"mail": request.mail},
        "reprocess_behavior": "completed" if request.again else "none",
        "max_active_runs": 2,
    }
    for second in range(0, SECONDS_FOR_ANOTHER, 2):
        try:
            return int(airflow.call("POST", "/backfills", body)["id"])
        except RestError as error:
            refusal = BackfillError(f"Airflow refused the back-fill. {error}")
            if error.status not in BUSY:
                raise refusal from error
        if not second:
            say("Airflow still has another back-fill of this DAG, or is busy: waiting up to a minute")
        time.sleep(2)
    raise refusal


def _runs_of(airflow: AirflowRest, plan: Backfill) -> list[dict[str, Any]]:
    words = urllib.parse.urlencode(
        {
            "run_type": "backfill",
            "run_after_gte": plan.due_from.isoformat(),
            "run_after_lte": plan.due_to.isoformat(),
            "order_by": "run_after",
            "limit": 500,
        }
    )
    runs: list[dict[str, Any]] = airflow.call("GET", f"/dags/{plan.dag_id}/dagRuns?{words}")["dag_runs"]
    return runs


def wait_for_backfill(airflow: AirflowRest, plan: Backfill, phase: Phase) -> None:
    """Wait until every run of the back-fill has ended, and say of each when it begins and how it ends.

    Airflow makes or clears all its runs before it answers the call that creates it.

    Raises:
        BackfillError: a run failed.
    """
    told: dict[str, str] = {}
    while True:
        runs = _runs_of(airflow, plan)
        for run in runs:
            if run["state"] in ("running", *ENDED) and told.get(run["dag_run_id"]) != run["state"]:
                told[run["dag_run_id"]] = run["state"]
                phase.say(f"{run['dag_run_id']} {run['state']}")
        phase.count(sum(run["state"] in ENDED for run in runs), len(runs))
        if all(run["state"] in ENDED for run in runs):
            break
        time.sleep(2)
    failed = [run["dag_run_id"] for run in runs if run["state"] == "failed"]
    if failed:
        raise BackfillError(
            f"{len(failed)} of {len(runs)} runs failed: {', '.join(failed)}. Open the UI for their logs."
        )


def run_backfill(airflow: AirflowRest, request: BackfillRequest, phases: Phases) -> Backfill:
    """Report every period that holds a business date of the request, and return these periods.

    The DAG is switched on only meanwhile if it was off, so that its schedule stays as it was.

    Raises:
        BackfillError: wrong dates, a refused back-fill, a failed run.
    """
    zone = ZoneInfo(os.environ.get("COFFEE_SHOP_TIME_ZONE") or "America/New_York")
    try:
        plan = plan_backfill(request.kind, request.first, request.last, zone)
    except FormError as error:
        raise BackfillError(str(error)) from error
    print(announcement(plan, request))
    if not request.again and (earlier := _runs_of(airflow, plan)):
        print(left_alone(len(earlier)))
    paused = airflow.is_paused(plan.dag_id)
    with phases.phase("Back-fill") as phase:
        number = create_backfill(airflow, plan, request, phase.say)
        try:
            airflow.pause(plan.dag_id, False)
            wait_for_backfill(airflow, plan, phase)
        finally:
            airflow.pause(plan.dag_id, paused)
        phase.outcome = f"number {number} of {plan.dag_id} has ended"
    return plan


def announcement(plan: Backfill, request: BackfillRequest) -> str:
    """Return which periods will be reported, in one sentence."""
    first, last = plan.periods[0], plan.periods[-1]
    dates = f"({first.period_start} to {last.period_end})"
    mailed = "mailed" if request.mail else "not mailed (MAIL=1 mails them)"
    if len(plan.periods) == 1:
        return f"One {plan.kind} report, {first.label} {dates}, {mailed}"
    return f"{len(plan.periods)} {plan.kind} reports, {first.label} to {last.label} {dates}, {mailed}"


def left_alone(runs: int) -> str:
    """Return the sentence about runs of an earlier back-fill."""
    if runs == 1:
        return "One of them ran before and is left as it is (AGAIN=1 reports it again)"
    return f"{runs} of them ran before and are left as they are (AGAIN=1 reports them again)"


def report_folders(bucket: Path, plan: Backfill) -> str:
    """Return where the workbooks of the periods lie, a line for each folder and for many the first and the last.

    Args:
        bucket: the folder in which the local S3 keeps the objects of the reports bucket.
        plan: the periods.
    """
    folders = [typed_path(bucket / period.folder) for period in plan.periods]
    if len(folders) > SHOWN:
        folders = [*folders[: SHOWN - 1], "...", folders[-1]]
    return "Workbooks   " + "\n            ".join(folders)
