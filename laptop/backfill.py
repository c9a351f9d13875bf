"""Report past periods: print them, create the back-fill through Airflow's REST API, wait until its runs have ended."""

import os
import sys
import time
import urllib.parse
from http import HTTPStatus
from typing import Any
from zoneinfo import ZoneInfo

from laptop.airflow_rest import ENDED, AirflowRest, RestError
from laptop.stack import ROOT

sys.path.insert(0, str(ROOT / "plugins"))  # as Airflow does
from coffee_shop_reports_app.backfill import Backfill, FormError, plan_backfill

SECONDS_FOR_ANOTHER = 60
# there is another back-fill; Airflow's database is locked, which it says in two ways
BUSY = (HTTPStatus.CONFLICT, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.INTERNAL_SERVER_ERROR)


class BackfillError(RuntimeError):
    """The back-fill could not be created, or a run of it failed; the message says what to do."""


def create_backfill(airflow: AirflowRest, plan: Backfill, *, mail: bool, again: bool) -> int:
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
        "dag_run_conf": {"mail": mail},
        "reprocess_behavior": "completed" if again else "none",
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
            print("Airflow still has another back-fill of this DAG, or is busy: waiting up to a minute", flush=True)
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


def wait_for_backfill(airflow: AirflowRest, plan: Backfill) -> None:
    """Wait until every run of the back-fill has ended, and print each as it ends.

    Airflow makes or clears all its runs before it answers the call that creates it.

    Raises:
        BackfillError: a run failed.
    """
    told: dict[str, str] = {}
    while True:
        runs = _runs_of(airflow, plan)
        for run in runs:
            if run["state"] in ENDED and told.get(run["dag_run_id"]) != run["state"]:
                told[run["dag_run_id"]] = run["state"]
                print(f"  {run['dag_run_id']:<60} {run['state']}", flush=True)
        if all(run["state"] in ENDED for run in runs):
            break
        time.sleep(2)
    failed = [run["dag_run_id"] for run in runs if run["state"] == "failed"]
    if failed:
        raise BackfillError(
            f"{len(failed)} of {len(runs)} runs failed: {', '.join(failed)}. Open the UI for their logs."
        )


def run_backfill(airflow: AirflowRest, kind: str, first: str, last: str, *, mail: bool, again: bool) -> None:
    """Report every period that holds the business dates ``first`` to ``last``, both included.

    The DAG is switched on only meanwhile if it was off, so that its schedule stays as it was.

    Raises:
        BackfillError: wrong dates, a refused back-fill, a failed run.
    """
    zone = ZoneInfo(os.environ.get("COFFEE_SHOP_TIME_ZONE") or "America/New_York")
    try:
        plan = plan_backfill(kind, first, last, zone)
    except FormError as error:
        raise BackfillError(str(error)) from error
    print(f"{len(plan.periods)} {kind} reports, {'mailed' if mail else 'not mailed (MAIL=1 mails them)'}:")
    for start, end in plan.periods:
        print(f"  {plan.label(start):<10} {start} to {end}")
    if not again:
        for run in _runs_of(airflow, plan):
            print(f"  {run['dag_run_id']} ran before and is left as it is (AGAIN=1 reports it again)")
    paused = airflow.is_paused(plan.dag_id)
    number = create_backfill(airflow, plan, mail=mail, again=again)
    print(f"Back-fill {number} of {plan.dag_id}:")
    try:
        airflow.pause(plan.dag_id, False)
        wait_for_backfill(airflow, plan)
    finally:
        airflow.pause(plan.dag_id, paused)
