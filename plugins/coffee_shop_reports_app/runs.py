"""What the pages ask of Airflow: who may start runs of a DAG, that one is started, and how runs got on."""

from typing import Any
from urllib.parse import quote, urlsplit

from airflow.api_fastapi.app import get_auth_manager
from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity, DagDetails
from airflow.configuration import conf
from airflow.models.dag import DagModel
from airflow.models.dagrun import DagRun
from fastapi import HTTPException, Request
from sqlalchemy import select

UNDER_WAY = ("queued", "running")
MOST_RUNS = 200


def may_start(user: Any, dag_id: str) -> bool:
    """Tell whether somebody may start runs of a DAG."""
    return get_auth_manager().is_authorized_dag(
        method="POST", access_entity=DagAccessEntity.RUN, details=DagDetails(id=dag_id), user=user
    )


def refuse_others(user: Any, dag_id: str) -> None:
    """Refuse somebody who may not start runs of a DAG.

    Raises:
        HTTPException: 403, with words.
    """
    if not may_start(user, dag_id):
        raise HTTPException(403, f"You may not start runs of {dag_id}.")


def from_this_page(request: Request) -> None:
    """Refuse a form that another site has sent with the cookie of somebody who is signed in.

    Browsers say in `Sec-Fetch-Site` where a form comes from, and without https at least in `Origin`. Only a program
    that brings its own token, which no other site has, may send neither.

    Raises:
        HTTPException: 403.
    """
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site:
        is_ours = site in ("same-origin", "none")
    elif origin:
        own = {request.headers.get("host"), urlsplit(conf.get("api", "base_url", fallback="")).netloc}
        is_ours = urlsplit(origin).netloc in own - {"", None}
    else:
        is_ours = "authorization" in request.headers
    if not is_ours:
        raise HTTPException(403, "This form can only be sent from this page.")


def start(dag_id: str, fields: dict[str, Any], note: str, request: Request, user: Any, session: Any) -> str:
    """Start a run with the form's fields, as Airflow's REST API does, and return its id.

    Raises:
        HTTPException: Airflow does not know the DAG, or does not take the fields.
    """
    from airflow.api_fastapi.common.dagbag import create_dag_bag
    from airflow.api_fastapi.core_api.datamodels.dag_run import TriggerDAGRunPostBody
    from airflow.api_fastapi.core_api.routes.public.dag_run import trigger_dag_run

    body = TriggerDAGRunPostBody.model_validate({"logical_date": None, "conf": fields, "note": note})
    run: Any = trigger_dag_run(dag_id, body, create_dag_bag(), user, session, request)
    session.commit()  # the page that is shown next looks for it
    return str(run.run_id)


def find(dag_id: str, run_id: str, session: Any) -> Any:
    """Return a run, None when Airflow does not know it."""
    return session.scalar(select(DagRun).where(DagRun.dag_id == dag_id, DagRun.run_id == run_id))


def in_states(dag_ids: tuple[str, ...], states: tuple[str, ...], session: Any) -> list[Any]:
    """Return the newest runs of some DAGs that are in one of some states, the newest first."""
    wanted = select(DagRun).where(DagRun.dag_id.in_(dag_ids), DagRun.state.in_(states))
    return list(session.scalars(wanted.order_by(DagRun.id.desc()).limit(MOST_RUNS)))


def is_paused(dag_id: str, session: Any) -> bool:
    """Tell whether a DAG is switched off, so that its runs wait."""
    return bool(session.scalar(select(DagModel.is_paused).where(DagModel.dag_id == dag_id)))


def run_link(dag_id: str, run_id: str) -> str:
    """Return where Airflow shows a run, relative to any of the pages."""
    return f"../../dags/{quote(dag_id, safe='')}/runs/{quote(run_id, safe='')}"
