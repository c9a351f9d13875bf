"""The pages about loads: what each read, refused and changed, which files wait, and how one is accepted or withdrawn.

FastAPI reads the annotations at run time: no postponed ones here.
"""

from typing import Annotated, Any, Literal
from urllib.parse import quote

from airflow.api_fastapi.common.db.common import SessionDep
from airflow.api_fastapi.core_api.security import GetUserDep
from fastapi import APIRouter, Depends, Form, HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel

from coffee_shop_reports_app import ledger as documents
from coffee_shop_reports_app import runs
from coffee_shop_reports_app.bucket import Bucket, Json, state_bucket
from coffee_shop_reports_app.pages import page

DAG_ID = "coffee_shop_load"
PAGE_SIZE = 25
MOST_FILES = 100

router = APIRouter()
State = Annotated[Bucket, Depends(state_bucket)]


class Decision(BaseModel):
    """What somebody decides about a file."""

    action: Literal["accept", "withdraw"]
    key: str
    version: str = ""  # of the upload that the page was about


def _page(name: str, user: Any, session: Any, **content: Any) -> HTMLResponse:
    """Return a page that knows what is under way for each file, and what its reader may do."""
    under_way = runs.in_states((DAG_ID,), runs.UNDER_WAY, session)
    decided = {
        key: (action, run)
        for run in under_way
        for action in ("accept", "withdraw")
        for key in (run.conf or {}).get(action) or ()
    }
    known: Json = {"dag_id": DAG_ID, "runs": under_way, "decided": decided, "may_decide": runs.may_start(user, DAG_ID)}
    return page(name, here="loads", paused=runs.is_paused(DAG_ID, session), **known, **content)


@router.get("/loads")
def show_loads(
    state: State, user: GetUserDep, session: SessionDep, start: int = 0, started: str | None = None
) -> HTMLResponse:
    """Show the files that wait for a decision, and the published loads, newest first."""
    ledger = documents.read_ledger(state)
    loads = list(reversed(ledger["loads"])) if ledger else []
    return _page(
        "loads.html.j2",
        user,
        session,
        open_files=[file for file in documents.files_of(ledger) if file["open"]] if ledger else [],
        loads=[{**load, "days": documents.spans(load["changed_dates"])} for load in loads[start:][:PAGE_SIZE]],
        count=len(loads),
        start=max(start, 0),
        page_size=PAGE_SIZE,
        started=runs.find(DAG_ID, started, session) if started else None,
    )


@router.get("/load")
def show_load(state: State, user: GetUserDep, session: SessionDep, id: str) -> HTMLResponse:  # noqa: A002
    """Show one load: its files, what was not read, which days it changed and what changed hands."""
    plan, result = documents.read_load(state, id)
    ledger = documents.read_ledger(state)
    return _page(
        "load.html.j2",
        user,
        session,
        plan=plan,
        result=result,
        published=documents.load_in(ledger, id),
        files=documents.files_of_load(ledger, result) if result else [],
        changed={dataset: documents.spans(days) for dataset, days in result["changed"].items()} if result else {},
    )


@router.get("/files")
def show_files(state: State, user: GetUserDep, session: SessionDep, text: str = "") -> HTMLResponse:
    """Show the files that loads have seen and whose key has a text in it."""
    ledger = documents.read_ledger(state)
    files = [file for file in documents.files_of(ledger) if text.lower() in file["key"].lower()] if ledger else []
    return _page("files.html.j2", user, session, text=text, files=files[:MOST_FILES], count=len(files))


@router.get("/decide")
def show_decision(
    state: State, user: GetUserDep, session: SessionDep, decision: Annotated[Decision, Depends()]
) -> HTMLResponse:
    """Say in words what accepting or withdrawing a file will do, before anything is started."""
    runs.refuse_others(user, DAG_ID)
    ledger, file = _file_to_decide(state, decision)
    held = documents.held_by(ledger, file["dataset"], decision.key)
    return _page("decide.html.j2", user, session, decision=decision, file=file, held=held)


@router.post("/decide", dependencies=[Depends(runs.from_this_page)])
def decide(
    request: Request, state: State, user: GetUserDep, session: SessionDep, decision: Annotated[Decision, Form()]
) -> RedirectResponse:
    """Start the load that accepts or withdraws a file, for somebody who may start loads."""
    runs.refuse_others(user, DAG_ID)
    _, file = _file_to_decide(state, decision)
    if decision.version != file["last_seen"].get("version_id", ""):
        raise HTTPException(409, f"A load has met another upload of {decision.key} meanwhile: look at it first.")
    note = f"{decision.action.capitalize()} {decision.key}, asked for on the page Loads"
    run_id = runs.start(DAG_ID, {decision.action: [decision.key]}, note, request, user, session)
    return RedirectResponse(f"./loads?started={quote(run_id, safe='')}", status_code=303)


def _file_to_decide(state: Bucket, decision: Decision) -> tuple[Json, Json]:
    """Return the ledger and the file of it that is decided about.

    Raises:
        HTTPException: there is nothing to decide; the message says why.
    """
    ledger = documents.read_ledger(state)
    file = documents.file_of(ledger, decision.key)
    if ledger is None or file is None:
        raise HTTPException(404, f"No load has seen a file {decision.key}.")
    if decision.action == "accept" and not (file["open"] and file["last_seen"]["status"] == documents.HELD_BACK):
        raise HTTPException(409, f"{decision.key} is not held back: there is nothing to accept.")
    if decision.action == "withdraw" and file["withdrawn"]:
        raise HTTPException(409, f"{decision.key} has been withdrawn already.")
    return ledger, file
