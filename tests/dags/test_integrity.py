"""What must hold of every DAG file, whatever it does."""

import ast
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
DAG_FILES = sorted((ROOT / "dags").glob("*.py"))
GRAPHS = Path(__file__).with_name("graphs.json")
HEAVY = {"pandas", "openpyxl", "numpy", "pyarrow", "matplotlib", "pyspark", "duckdb", "ministack", "pytest"}


@pytest.fixture(scope="module")
def dags(airflow_database: None) -> dict[str, Any]:
    from airflow.dag_processing.dagbag import DagBag

    bag = DagBag(dag_folder=str(ROOT / "dags"))
    assert bag.import_errors == {}
    return dict(bag.dags)


def test_every_dag_is_found(dags: dict[str, Any]) -> None:
    assert sorted(dags) == [
        "coffee_shop_custom_report",
        "coffee_shop_daily_report",
        "coffee_shop_load",
        "coffee_shop_monthly_report",
        "coffee_shop_restate",
        "coffee_shop_restated_report",
        "coffee_shop_upload_report",
        "coffee_shop_weekly_report",
    ]


@pytest.mark.parametrize(
    ("of_task", "reports"),
    [("coffee_shop_weekly_report", ["coffee_shop_weekly_report"]), ("coffee_shop_load", [])],
)
def test_a_task_s_process_builds_its_own_report_alone(
    airflow_database: None, monkeypatch: pytest.MonkeyPatch, of_task: str, reports: list[str]
) -> None:
    from airflow.dag_processing.dagbag import DagBag

    monkeypatch.setenv("_AIRFLOW_PARSING_CONTEXT_DAG_ID", of_task)  # as Airflow sets it for a task
    assert list(DagBag(dag_folder=str(ROOT / "dags" / "coffee_shop_reports.py")).dags) == reports


def test_no_dag_has_a_cycle_and_each_survives_storage(dags: dict[str, Any]) -> None:
    from airflow.serialization.serialized_objects import DagSerialization

    for dag in dags.values():
        dag.check_cycle()
        stored = DagSerialization.from_dict(json.loads(json.dumps(DagSerialization.to_dict(dag))))
        assert set(stored.task_ids) == set(dag.task_ids)


def test_every_dag_explains_itself(dags: dict[str, Any]) -> None:
    for dag in dags.values():
        assert dag.doc_md, dag.dag_id
        assert "coffee shop" in dag.tags, dag.dag_id
        assert dag.catchup is False, dag.dag_id
        for task in dag.tasks:
            assert task.retries == 2, f"{dag.dag_id}.{task.task_id}"
            assert task.retry_exponential_backoff, f"{dag.dag_id}.{task.task_id}"


def test_one_load_at_a_time_and_a_daily_net(dags: dict[str, Any]) -> None:
    load = dags["coffee_shop_load"]
    assert load.max_active_runs == 1
    assert str(load.timetable.timezone) == "America/New_York"
    assert load.timetable.expression == "0 5 * * *"


def test_every_dag_has_a_name_for_people(dags: dict[str, Any]) -> None:
    assert {dag_id: dag.dag_display_name for dag_id, dag in dags.items()} == {
        "coffee_shop_load": "Coffee shop: load files",
        "coffee_shop_daily_report": "Coffee shop: daily report",
        "coffee_shop_weekly_report": "Coffee shop: weekly report",
        "coffee_shop_monthly_report": "Coffee shop: monthly report",
        "coffee_shop_custom_report": "Coffee shop: report of any dates",
        "coffee_shop_upload_report": "Coffee shop: report on an upload",
        "coffee_shop_restated_report": "Coffee shop: restated report",
        "coffee_shop_restate": "Coffee shop: find reports to restate",
    }


def test_every_task_and_group_has_a_name_for_people(dags: dict[str, Any]) -> None:
    for dag in dags.values():
        groups = [group for name, group in dag.task_group_dict.items() if name]
        names = {task.task_id: task.task_display_name for task in dag.tasks}
        names |= {group.group_id: group.group_display_name for group in groups}
        for task_id, name in names.items():
            assert " " in name or name in ("Customers", "Employees", "Sales", "Targets", "Workbooks"), task_id
            assert "_" not in name, task_id


def test_every_field_of_a_form_explains_itself(dags: dict[str, Any]) -> None:
    for dag in dags.values():
        for name in dag.params:
            schema = dag.params.get_param(name).schema
            assert schema["title"], f"{dag.dag_id}: {name}"
            assert dag.params.get_param(name).description, f"{dag.dag_id}: {name}"


def test_a_question_says_what_clearing_it_does_to_the_mail(dags: dict[str, Any]) -> None:
    words = dags["coffee_shop_weekly_report"].get_task("sales.queries").doc_md
    assert "nobody is mailed again" in words
    assert "**is mailed again**" in words


def graph(dag: Any) -> dict[str, Any]:
    return {
        task.task_id: {
            "operator": getattr(task, "task_type", None) or task.operator_name,
            "mapped": task.is_mapped,
            "after": sorted(task.upstream_task_ids),
            "trigger_rule": str(getattr(task.trigger_rule, "value", task.trigger_rule)),
            "outlets": sorted(asset.name for asset in task.outlets),
        }
        for task in sorted(dag.tasks, key=lambda task: task.task_id)
    }


def test_the_graphs_are_the_ones_on_record(dags: dict[str, Any]) -> None:
    """RECORD_GRAPHS=1 writes the record anew; the difference belongs into the commit that caused it."""
    now = {dag_id: graph(dag) for dag_id, dag in sorted(dags.items())}
    if os.environ.get("RECORD_GRAPHS"):
        GRAPHS.write_text(json.dumps(now, indent=1) + "\n")
    assert now == json.loads(GRAPHS.read_text())


def test_a_list_of_checks_that_fails_keeps_the_lease(dags: dict[str, Any]) -> None:
    """Jobs write beside it: another load must not begin."""
    from coffee_shop.load import guards

    load = dags["coffee_shop_load"]
    does = {name: load.get_task(name).on_failure_callback for name in ("list_checks", "judge_checks")}

    assert guards.release in does["judge_checks"]
    assert guards.release not in does["list_checks"]


@pytest.fixture(scope="module")
def parsed() -> dict[str, list[str]]:
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("parse_watch.py"))],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(ROOT / "dags")},
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, list[str]] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_parsing_reads_nothing_but_the_project(parsed: dict[str, list[str]]) -> None:
    assert parsed["seen"] == []


def test_parsing_brings_in_nothing_heavy(parsed: dict[str, list[str]]) -> None:
    assert "coffee_shop" in parsed["brought_in"]
    assert HEAVY & set(parsed["brought_in"]) == set()


def imports_of(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


@pytest.mark.parametrize("file", sorted((ROOT / "dags").rglob("*.py")), ids=lambda file: file.name)
def test_imports_run_one_way(file: Path) -> None:
    forbidden = ("coffee_shop_jobs", "local_aws", "laptop", "infrastructure", "plugins", "include", "tests")
    if file.parent.name == "coffee_shop":
        forbidden += ("coffee_shop_load", "coffee_shop_reports")
    assert [name for name in imports_of(file) if name.partition(".")[0] in forbidden] == []


@pytest.mark.parametrize("file", DAG_FILES, ids=lambda file: file.name)
def test_a_task_is_called_like_its_variable(file: Path) -> None:
    wrong = []
    for node in ast.walk(ast.parse(file.read_text())):
        if not (isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)):
            continue
        for call in (inner for inner in ast.walk(node.value) if isinstance(inner, ast.Call)):
            ids = [word.value.value for word in call.keywords if word.arg == "task_id" and _is_text(word.value)]
            wrong += [task_id for task_id in ids if task_id != node.targets[0].id]
    assert wrong == []


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)
