"""The pages' web app. Its address is under Airflow's; whoever opens it has signed in to Airflow."""

import gc
from collections.abc import Awaitable, Callable
from urllib.parse import quote

from airflow.api_fastapi.auth.managers.models.resource_details import AccessView
from airflow.api_fastapi.core_api.security import requires_access_view
from fastapi import Depends, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from coffee_shop_reports_app import backfill_form, loads, reports
from coffee_shop_reports_app.ledger import DocumentError
from coffee_shop_reports_app.pages import FOLDER, HEADERS, page

app = FastAPI(
    title="Coffee shop reports and loads",
    dependencies=[Depends(requires_access_view(AccessView.WEBSITE))],
    docs_url=None,
    redoc_url=None,
    openapi_url=None,
)
app.mount("/static", StaticFiles(directory=FOLDER / "static"))
for part in (reports, loads, backfill_form):
    app.include_router(part.router)


@app.middleware("http")
async def add_headers(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    """Give every answer the headers that keep scripts and other sites out."""
    response = await call_next(request)
    response.headers.update(HEADERS)
    return response


@app.exception_handler(HTTPException)
def say_what_is_wrong(request: Request, error: HTTPException) -> Response:
    """Show a page that says why there is nothing to see; somebody who is not signed in gets a link to do so."""
    here = request.url.path + (f"?{request.url.query}" if request.url.query and request.method == "GET" else "")
    sign_in = f"../../api/v2/auth/login?next={quote(here, safe='')}"
    link = sign_in if error.status_code == 401 else ""
    return page("error.html.j2", error.status_code, here="", sign_in=link, error=error.detail)


@app.exception_handler(DocumentError)
def say_what_to_do(request: Request, error: DocumentError) -> Response:
    """Show a page about a document that is missing or another version's."""
    return say_what_is_wrong(request, HTTPException(404, str(error)))


@app.exception_handler(RequestValidationError)
def say_what_is_missing(request: Request, error: RequestValidationError) -> Response:
    """Show a page about an address or a form that lacks something."""
    wrong = ", ".join(f"{each['loc'][-1]}: {each['msg']}" for each in error.errors())
    return say_what_is_wrong(request, HTTPException(400, f"This address is not one of these pages ({wrong})."))


# What is imported by now stays: without this, the collector walks all of Airflow again and again, and every tenth page
# takes half a second more.
gc.freeze()
