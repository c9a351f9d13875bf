"""What tests ask of the lake in the local AWS: rows by Athena, objects of a bucket, runs of a DAG."""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]

Row = tuple[str | None, ...]


def query(athena: Any, sql: str, names: Mapping[str, str]) -> list[Row]:
    """Return the rows of a query over the conform tables, as text."""
    query_id = athena.start_query_execution(
        QueryString=sql,
        QueryExecutionContext={"Database": names["COFFEE_SHOP_CONFORM_DATABASE"]},
        WorkGroup=names["COFFEE_SHOP_WORKGROUP"],
    )["QueryExecutionId"]
    status: Any = {"State": "QUEUED"}
    while status["State"] in ("QUEUED", "RUNNING"):
        time.sleep(0.05)
        status = athena.get_query_execution(QueryExecutionId=query_id)["QueryExecution"]["Status"]
    assert status["State"] == "SUCCEEDED", status
    rows = athena.get_query_results(QueryExecutionId=query_id)["ResultSet"]["Rows"]
    return [tuple(cell.get("VarCharValue") for cell in row["Data"]) for row in rows[1:]]


def objects(s3: Any, bucket: str, prefix: str = "") -> dict[str, tuple[str, Any]]:
    """Return ETag and LastModified of every object of a bucket."""
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    return {
        found["Key"]: (found["ETag"], found["LastModified"]) for page in pages for found in page.get("Contents", [])
    }


def parsed(dag_id: str) -> Any:
    """Return a DAG as its file makes it in the environment of now."""
    from airflow.dag_processing.dagbag import DagBag

    file = ROOT / "dags" / f"{dag_id}.py"
    bag = DagBag(dag_folder=str(file if file.exists() else file.with_name("coffee_shop_reports.py")))
    assert bag.import_errors == {}
    return bag.dags[dag_id]


def run(dag: Any, conf: Mapping[str, object] | None = None) -> Any:
    """Run a DAG in this process, as REST does: without a logical date. Return the DAG run."""
    return dag.test(logical_date=None, run_conf=dict(conf or {}))


def states(dag_run: Any) -> dict[str, str]:
    """Return the state of each task of a run; mapped ones as ``task[index]``."""
    return {
        ti.task_id + (f"[{ti.map_index}]" if ti.map_index >= 0 else ""): str(ti.state)
        for ti in dag_run.get_task_instances()
    }


def not_green(dag_run: Any) -> dict[str, str]:
    """Return the tasks of a run that did not end in success."""
    return {task: state for task, state in states(dag_run).items() if state != "success"}


def run_again(dag: Any, dag_run: Any) -> Any:
    """Clear the failed tasks of a run that has ended, with all that follows them, and run it on. Return the DAG run."""
    from airflow.models import dagrun
    from airflow.models.taskinstance import clear_task_instances
    from airflow.serialization.definitions.dag import SerializedDAG
    from airflow.utils.session import create_session

    with create_session() as session:
        there = session.get(dagrun.DagRun, dag_run.id)
        instances = there.get_task_instances(session=session)
        failed = {ti.task_id for ti in instances if ti.state == "failed"}
        cleared = failed.union(*(dag.get_task(task_id).get_flat_relative_ids(upstream=False) for task_id in failed))
        again = [ti for ti in instances if ti.task_id in cleared]
        clear_task_instances(again, session)
        for ti in again:  # cleared, they have the retries of the DAG in the database, which an earlier test put there
            ti.max_tries = ti.try_number + dag.get_task(ti.task_id).retries
        there.state = "running"

    def the_cleared_run(**new: Any) -> Any:
        found = new["session"].get(dagrun.DagRun, dag_run.id)
        found.dag = new["dag"]
        return found

    # dag.test() would clear all runs, what succeeded too, and make a new one
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SerializedDAG, "clear_dags", lambda **_: 0)
        patch.setattr(dagrun, "get_or_create_dagrun", the_cleared_run)
        return dag.test(logical_date=None)


def note_of(dag_run: Any, before: str | None = None) -> str | None:
    """Let a run end as the scheduler does, in a session, as dag.test() has none then. Return its note.

    Args:
        dag_run: a run whose tasks have ended.
        before: a note to put there first.
    """
    from airflow.models.dagbag import DBDagBag
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session

    with create_session() as session:
        there = session.get(DagRun, dag_run.id)
        there.note = before or there.note
        there.dag, there.state = DBDagBag().get_dag_for_run(dag_run=there, session=session), "running"
        there.update_state(session=session, execute_callbacks=False)
        assert there.state == dag_run.state
    with create_session() as session:
        return session.get(DagRun, dag_run.id).note


def events(asset_name: str) -> Sequence[Any]:
    """Return what the events of an asset carry, oldest first."""
    from airflow.models.asset import AssetEvent, AssetModel
    from airflow.utils.session import create_session
    from sqlalchemy import select

    with create_session() as session:
        found = session.scalars(
            select(AssetEvent)
            .join(AssetModel, AssetModel.id == AssetEvent.asset_id)
            .where(AssetModel.name == asset_name)
            .order_by(AssetEvent.timestamp)
        )
        return [event.extra for event in found]
