"""The pages about reports: calendars, search, a report with its figures and files, and making or mailing it again.

FastAPI reads the annotations at run time: no postponed ones here.
"""

import re
from collections.abc import Iterable
from contextlib import suppress
from datetime import date, datetime
from typing import Annotated, Any
from urllib.parse import quote

from airflow.api_fastapi.common.db.common import SessionDep
from airflow.api_fastapi.core_api.security import GetUserDep
from coffee_shop.periods import CALENDAR_KINDS, period_around
from fastapi import APIRouter, Depends, Form, HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse, StreamingResponse
from pydantic import BaseModel

from coffee_shop_reports_app import runs
from coffee_shop_reports_app.bucket import (
    Bucket,
    Json,
    is_file,
    is_folder,
    period_folders,
    reports_bucket,
    state_bucket,
    summaries,
    summaries_of_periods,
    versions,
)
from coffee_shop_reports_app.calendars import Window, calendar_period_of_run, cell_of, state_of, window_of
from coffee_shop_reports_app.ledger import SALES, DocumentError, read_ledger
from coffee_shop_reports_app.pages import page, zone

PAGE_SIZE = 25
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
RESTATED_DAG = "coffee_shop_restated_report"
KINDS = {"daily": "Daily", "weekly": "Weekly", "monthly": "Monthly", "custom": "Chosen dates", "upload": "Uploads"}

router = APIRouter()
Reports = Annotated[Bucket, Depends(reports_bucket)]
State = Annotated[Bucket, Depends(state_bucket)]


def _page(name: str, **content: Any) -> HTMLResponse:
    return page(name, here="reports", kinds=KINDS, **content)


@router.get("/")
def show_reports(
    reports: Reports,
    state: State,
    user: GetUserDep,
    session: SessionDep,
    kind: str = "weekly",
    at: str = "",
    start: int = 0,
) -> HTMLResponse:
    """Show the reports of a kind: days, weeks and months as a calendar, others as a list, newest first."""
    if kind not in KINDS or start < 0:
        raise HTTPException(404, "There is no such page.")
    if kind not in CALENDAR_KINDS:
        periods = period_folders(reports, kind)
        shown = summaries_of_periods(reports, periods[start : start + PAGE_SIZE])
        return _page("list.html.j2", kind=kind, summaries=shown, count=len(periods), start=start, page_size=PAGE_SIZE)
    width = len("2019-04") if kind == "daily" else len("2019")
    newest = next(iter(period_folders(reports, kind)), f"{kind}/{datetime.now(zone()).date()}") if not at else ""
    try:
        window = window_of(kind, at or newest.split("/")[1][:width])
    except ValueError as error:
        raise HTTPException(404, f"There is no calendar of {at}.") from error
    cells = _cells(kind, window, reports, state, _runs_by_day(kind, session))
    may_fill = runs.may_start(user, f"coffee_shop_{kind}_report")
    return _page("calendar.html.j2", kind=kind, window=window, cells=cells, may_fill=may_fill)


def _cells(kind: str, window: Window, reports: Bucket, state: Bucket, not_green: dict[date, Any]) -> list[Any]:
    made = {
        summary["period"]["label"]: summary
        for summary in summaries(reports, reports.folders(f"{kind}/{window.prefix}"))
    }
    mailed = _mailed(state.keys(f"mails/{kind}/{window.prefix}"))
    begins, today = _first_day(state), datetime.now(zone()).date()
    cells = []
    for period in window.periods:
        summary = made.get(period.label)
        is_mailed = summary is not None and (summary["period"]["folder"], summary["version"]) in mailed
        ended = begins is not None and begins <= period.period_end < today
        cells.append(cell_of(period, summary, not_green.get(period.period_start), mailed=is_mailed, ended=ended))
    return cells


def _mailed(markers: Iterable[str]) -> set[tuple[str, int]]:
    """Return folder and version of the reports that were mailed, from the markers that the mails leave."""
    found = (re.fullmatch(r"mails/(.+)/(\d+)(-.+)?\.json", marker) for marker in markers)
    return {(match[1], int(match[2])) for match in found if match and match[3] != "-alarm"}


def _first_day(state: Bucket) -> date | None:
    """Return the first day with sales, None when nothing is loaded or the ledger is another version's."""
    with suppress(DocumentError):
        days = (read_ledger(state) or {"days": {}})["days"].get(SALES)
        return date.fromisoformat(min(days)) if days else None
    return None


def _runs_by_day(kind: str, session: Any) -> dict[date, Any]:
    """Return the newest run that failed or is under way, by the first day of the period that it is about."""
    found: dict[date, Any] = {}
    dags = (f"coffee_shop_{kind}_report", RESTATED_DAG)
    for run in runs.in_states(dags, ("failed", *runs.UNDER_WAY), session):
        due = run.data_interval_end or run.run_after
        if period := calendar_period_of_run(kind, run.conf or {}, due, zone()):
            found.setdefault(period.period_start, run)
    return found


@router.get("/search")
def search_reports(reports: Reports, text: str = "") -> HTMLResponse:
    """Show the reports whose period has a text in its name; a date finds its week and month too."""
    text = text.strip()
    wanted = [text.lower()] if text else []
    with suppress(ValueError):
        wanted += [period_around(kind, date.fromisoformat(text)).folder.lower() for kind in CALENDAR_KINDS]
    periods = period_folders(reports, *(KINDS if wanted else ()))
    found = [period for period in periods if any(part in period.lower() for part in wanted)]
    shown = summaries_of_periods(reports, found[:PAGE_SIZE])
    return _page("search.html.j2", kind="", text=text, summaries=shown, count=len(found), page_size=PAGE_SIZE)


def _report(reports: Bucket, folder: str) -> Json:
    """Return a report's summary.

    Raises:
        HTTPException: 404, there is none.
    """
    found = summaries(reports, [folder]) if is_folder(folder) else []
    if not found:
        raise HTTPException(404, f"There is no report {folder}.")
    return found[0]


def _dag_for(summary: Json) -> str:
    """Return the DAG that makes a report of the same dates; dates of an upload can only be chosen ones."""
    kind = summary["period"]["kind"]
    return f"coffee_shop_{kind if kind in CALENDAR_KINDS else 'custom'}_report"


@router.get("/report")
def show_report(
    reports: Reports, state: State, user: GetUserDep, session: SessionDep, folder: str, started: str | None = None
) -> HTMLResponse:
    """Show one report: figures, what stands out, what to know about the data, files, earlier versions."""
    summary = _report(reports, folder)
    dag_id, kind = _dag_for(summary), summary["period"]["kind"]
    prefix = f"mails/{folder}/{summary['version']}"
    markers = [key for key in state.keys(prefix) if key.startswith((f"{prefix}.", f"{prefix}-"))]
    mails = [mail for mail in state.documents(key for key in markers if _mailed([key])) if mail["state"] == "sent"]
    run = None
    if kind in CALENDAR_KINDS:
        period = period_around(kind, date.fromisoformat(summary["period"]["start"]))
        newest = _runs_by_day(kind, session).get(period.period_start)
        run = cell_of(period, summary, newest, mailed=bool(mails), ended=True).run
    return _page(
        "report.html.j2",
        kind=kind,
        folder=folder,
        summary=summary,
        state=state_of(summary, mailed=bool(mails)),
        mails=mails,
        versions=versions(reports, folder),
        dag_id=dag_id,
        run=run,
        started=runs.find(dag_id, started, session) if started else None,
        may_start=runs.may_start(user, dag_id),
    )


@router.get("/download")
def download(reports: Reports, key: str) -> StreamingResponse:
    """Give a workbook or a summary."""
    body = reports.body(key) if is_file(key) else None
    if body is None:
        raise HTTPException(404, f"There is no file {key}.")
    name = key.rsplit("/", 1)[1]
    return StreamingResponse(
        body.iter_chunks(),
        media_type="application/json" if name.endswith(".json") else XLSX,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


class Again(BaseModel):
    """Which report is to be made again, and whether it is mailed."""

    folder: str
    mail: bool = False


@router.get("/again")
def ask_again(reports: Reports, user: GetUserDep, session: SessionDep, again: Annotated[Again, Depends()]) -> Any:
    """Say in words what making or sending a report again will do, before anything is started."""
    summary = _report(reports, again.folder)
    dag_id = _dag_for(summary)
    runs.refuse_others(user, dag_id)
    return _page(
        "again.html.j2", again=again, summary=summary, dag_id=dag_id, kind="", paused=runs.is_paused(dag_id, session)
    )


@router.post("/again", dependencies=[Depends(runs.from_this_page)])
def make_again(
    request: Request, reports: Reports, user: GetUserDep, session: SessionDep, again: Annotated[Again, Form()]
) -> RedirectResponse:
    """Start the run that makes a report again, for somebody who may start runs of its DAG."""
    summary = _report(reports, again.folder)
    dag_id, period = _dag_for(summary), summary["period"]
    runs.refuse_others(user, dag_id)
    fields = {"from": period["start"], "to": period["end"], "mail": again.mail}
    note = f"{again.folder} again, asked for on the page Reports"
    run_id = runs.start(dag_id, fields, note, request, user, session)
    return RedirectResponse(f"./report?folder={quote(again.folder)}&started={quote(run_id, safe='')}", status_code=303)
