"""The form that back-fills past periods: it shows the periods first, and creates the back-fill when they are confirmed.

FastAPI reads the annotations at run time: no postponed ones here.
"""

from typing import Annotated, Any

from airflow.api_fastapi.common.db.common import SessionDep
from airflow.api_fastapi.core_api.security import GetUserDep
from coffee_shop.periods import CALENDAR_KINDS
from fastapi import APIRouter, Depends, Form, HTTPException
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse
from pydantic import BaseModel

from coffee_shop_reports_app.backfill import Backfill, FormError, plan_backfill, start_backfill
from coffee_shop_reports_app.pages import page, zone
from coffee_shop_reports_app.runs import from_this_page, is_paused, refuse_others

router = APIRouter()


class Typed(BaseModel):
    """The form as somebody filled it in."""

    kind: str = "weekly"
    first: str = ""
    last: str = ""
    mail: bool = False
    again: bool = False


def _form(typed: Typed, status: int = 200, **content: Any) -> HTMLResponse:
    common = {
        "here": "backfill",
        "kinds": CALENDAR_KINDS,
        "typed": typed,
        "backfill": None,
        "started": None,
        "paused": False,
    }
    return page("backfill.html.j2", status, **(common | content))


def _planned(typed: Typed, user: Any) -> Backfill | HTMLResponse:
    """Return the back-fill that was asked for, or the form with what is wrong."""
    try:
        backfill = plan_backfill(typed.kind, typed.first, typed.last, zone())
        refuse_others(user, backfill.dag_id)
    except FormError as error:
        return _form(typed, 400, error=str(error))
    except HTTPException as error:
        return _form(typed, error.status_code, error=error.detail)
    return backfill


@router.get("/backfill")
def show_form(user: GetUserDep, session: SessionDep, typed: Annotated[Typed, Depends()]) -> HTMLResponse:
    """Show the form and, once dates are typed, the periods that it means."""
    if not typed.first and not typed.last:
        return _form(typed)
    planned = _planned(typed, user)
    if isinstance(planned, HTMLResponse):
        return planned
    return _form(typed, backfill=planned, paused=is_paused(planned.dag_id, session))


@router.post("/backfill", dependencies=[Depends(from_this_page)])
def make_backfill(user: GetUserDep, session: SessionDep, typed: Annotated[Typed, Form()]) -> HTMLResponse:
    """Create the back-fill, for somebody who may start runs of its DAG."""
    planned = _planned(typed, user)
    if isinstance(planned, HTMLResponse):
        return planned
    try:
        number = start_backfill(planned, mail=typed.mail, again=typed.again, user=user, session=session)
    except HTTPException as error:
        return _form(typed, error.status_code, error=str(error.detail))
    except RequestValidationError as error:
        return _form(typed, 400, error=f"{error} If all these periods have a report, tick the box to make them again.")
    return _form(typed, started=number, planned=planned, paused=is_paused(planned.dag_id, session))
