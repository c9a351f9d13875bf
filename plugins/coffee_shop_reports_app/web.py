"""The page's web app. Its address is under Airflow's; whoever opens it has signed in to Airflow.

FastAPI reads the annotations at run time: no postponed ones here.
"""

import os
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from airflow.api_fastapi.app import get_auth_manager
from airflow.api_fastapi.auth.managers.models.resource_details import AccessView, DagAccessEntity, DagDetails
from airflow.api_fastapi.common.db.common import SessionDep
from airflow.api_fastapi.core_api.security import GetUserDep, requires_access_view
from fastapi import Depends, FastAPI, Form, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, StreamingResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from pydantic import BaseModel

from coffee_shop_reports_app.backfill import KINDS as BACKFILL_KINDS
from coffee_shop_reports_app.backfill import FormError, plan_backfill, start_backfill
from coffee_shop_reports_app.bucket import KINDS, ReportsBucket, is_folder, reports_bucket

PAGE_SIZE = 25
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

PAGES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)

app = FastAPI(
    title="Coffee shop reports",
    dependencies=[Depends(requires_access_view(AccessView.WEBSITE))],
    docs_url=None,
    redoc_url=None,
    openapi_url=None,
)

Bucket = Annotated[ReportsBucket, Depends(reports_bucket)]


class Typed(BaseModel):
    """The back-fill form as somebody filled it in."""

    kind: str = "weekly"
    first: str = ""
    last: str = ""
    mail: bool = False
    again: bool = False


def _page(name: str, status: int = 200, **content: Any) -> HTMLResponse:
    common = {"kinds": KINDS, "error": None}
    html = PAGES.get_template(name).render(common | content)
    return HTMLResponse(html, status_code=status, headers={"Cache-Control": "no-store"})


def _form(typed: Typed, status: int = 200, **content: Any) -> HTMLResponse:
    common = {"backfill_kinds": BACKFILL_KINDS, "typed": typed, "backfill": None, "started": None}
    return _page("backfill.html.j2", status, kind=typed.kind, **(common | content))


def _zone() -> ZoneInfo:
    return ZoneInfo(os.environ.get("COFFEE_SHOP_TIME_ZONE") or "America/New_York")


def _may_start(user: Any, dag_id: str) -> bool:
    return get_auth_manager().is_authorized_dag(
        method="POST", access_entity=DagAccessEntity.RUN, details=DagDetails(id=dag_id), user=user
    )


@app.get("/")
def show_reports(bucket: Bucket, kind: str = "weekly", start: int = 0) -> HTMLResponse:
    """Show the reports of a kind, newest period first."""
    if kind not in KINDS or start < 0:
        raise HTTPException(404, "There is no such page.")
    folders = bucket.folders(kind)
    found = [bucket.summary(f"{folder}/summary.json") for folder in folders[start : start + PAGE_SIZE]]
    return _page(
        "reports.html.j2",
        kind=kind,
        summaries=[summary for summary in found if summary],
        count=len(folders),
        start=start,
        page_size=PAGE_SIZE,
    )


@app.get("/report")
def show_report(bucket: Bucket, folder: str) -> HTMLResponse:
    """Show one report: figures, files, earlier versions."""
    summary = bucket.summary(f"{folder}/summary.json") if is_folder(folder) else None
    if summary is None:
        raise HTTPException(404, f"There is no report {folder}.")
    return _page("report.html.j2", kind=folder.split("/")[0], summary=summary, versions=bucket.versions(folder))


@app.get("/download")
def download(bucket: Bucket, key: str) -> StreamingResponse:
    """Give a workbook or a summary."""
    body = bucket.body(key)
    if body is None:
        raise HTTPException(404, f"There is no file {key}.")
    name = key.rsplit("/", 1)[1]
    return StreamingResponse(
        body.iter_chunks(),
        media_type="application/json" if name.endswith(".json") else XLSX,
        headers={"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"},
    )


@app.get("/backfill")
def show_form(user: GetUserDep, typed: Annotated[Typed, Depends()]) -> HTMLResponse:
    """Show the form and, once dates are typed, the periods that it means."""
    if not typed.first and not typed.last:
        return _form(typed)
    try:
        backfill = plan_backfill(typed.kind, typed.first, typed.last, _zone())
    except FormError as error:
        return _form(typed, 400, error=str(error))
    if not _may_start(user, backfill.dag_id):
        return _form(typed, 403, error=f"You may not start runs of {backfill.dag_id}.")
    return _form(typed, backfill=backfill)


@app.post("/backfill")
def make_backfill(
    request: Request, user: GetUserDep, session: SessionDep, typed: Annotated[Typed, Form()]
) -> HTMLResponse:
    """Create the back-fill, for somebody who may start runs of its DAG, from this page only."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise HTTPException(403, "This form can only be sent from this page.")
    try:
        backfill = plan_backfill(typed.kind, typed.first, typed.last, _zone())
    except FormError as error:
        return _form(typed, 400, error=str(error))
    if not _may_start(user, backfill.dag_id):
        return _form(typed, 403, error=f"You may not start runs of {backfill.dag_id}.")
    try:
        number = start_backfill(backfill, mail=typed.mail, again=typed.again, user=user, session=session)
    except HTTPException as error:
        return _form(typed, error.status_code, error=str(error.detail))
    except RequestValidationError as error:
        return _form(typed, 400, error=f"{error} If all these periods have a report, tick the box to make them again.")
    return _form(typed, started=number, planned=backfill)
