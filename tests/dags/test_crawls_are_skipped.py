"""The load's graph when crawls are skipped, run or fail: its operators do nothing here, their trigger rules all."""

from types import SimpleNamespace
from typing import Any

import pytest

from tests.dags.lake import parsed, run, states

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

CRAWLS = ("crawl_raw", "crawl_clean", "crawl_conform")
JOBS = ("partition_data", "conform_tables", "conform_relations")
LAST = ("judge_checks", "publish_load", "fail_on_refused_files")


class Load:
    """What happens in a run: which zones have something new, what the last crawl was, which task fails."""

    def __init__(self) -> None:
        self.plan: str | None = "load-1"
        self.new: tuple[str, ...] = ()
        self.last_crawl = "SUCCEEDED"
        self.failing = ""

    def run(self) -> dict[str, str]:
        return states(run(parsed("coffee_shop_load")))


@pytest.fixture
def load(airflow_database: None, monkeypatch: pytest.MonkeyPatch) -> Load:
    """A load whose tasks do nothing."""
    from airflow.providers.amazon.aws.operators.athena import AthenaOperator
    from airflow.providers.amazon.aws.operators.glue import GlueJobOperator
    from airflow.providers.amazon.aws.operators.glue_crawler import GlueCrawlerOperator
    from coffee_shop import settings
    from coffee_shop.load import guards, tasks
    from coffee_shop.mail import failures, notes

    made = Load()

    def execute(operator: Any, context: Any) -> str:
        if operator.task_id == made.failing:
            raise RuntimeError(operator.task_id)
        return "an id"

    for operator in (AthenaOperator, GlueJobOperator, GlueCrawlerOperator):
        monkeypatch.setattr(operator, "execute", execute)
    for name in ("hold_lease", "hold_lease_and_check_plan", "before_job", "after_job", "after_failed_job", "release"):
        monkeypatch.setattr(guards, name, lambda *arguments: None)
    glue = SimpleNamespace(
        get_crawler=lambda Name: {"Crawler": {"LastCrawl": {"Status": made.last_crawl}}},  # noqa: N803
    )
    monkeypatch.setattr(guards, "glue_client", lambda: glue)
    monkeypatch.setattr(guards, "_why_crawl", lambda glue, load_id, zone: "it is new" if zone in made.new else None)
    for name in ("describe_tables", "judge_checks", "publish_load", "fail_on_refused_files"):
        monkeypatch.setattr(tasks, name, lambda **context: None)
    monkeypatch.setattr(tasks, "wait_for_quiet_period", lambda **context: _poked())
    monkeypatch.setattr(tasks, "plan_load", lambda **context: made.plan)
    monkeypatch.setattr(tasks, "list_checks", lambda **context: [{"query": "-- a check"}])
    monkeypatch.setattr(notes, "end_run", lambda lines_of, **context: None)
    monkeypatch.setattr(failures, "keep_reason", lambda context: None)
    monkeypatch.setattr(settings, "task_defaults", lambda: {"retries": 0})
    return made


def _poked() -> Any:
    from airflow.sdk import PokeReturnValue

    return PokeReturnValue(True, [])


def test_skipped_crawls_skip_nothing_else(load):
    found = load.run()
    assert {task: found[task] for task in CRAWLS} == dict.fromkeys(CRAWLS, "skipped")
    green = {*JOBS, *LAST, "list_checks", "describe_tables", "checks[0]"}
    assert {task: found[task] for task in green} == dict.fromkeys(green, "success")


def test_one_crawl_may_run_beside_two_that_are_skipped(load):
    load.new = ("raw",)
    found = load.run()
    assert [found[task] for task in CRAWLS] == ["success", "skipped", "skipped"]
    assert found["publish_load"] == "success"


@pytest.mark.parametrize("zone", ["raw", "clean", "conform"])
def test_a_crawl_that_fails_stops_the_load_also_beside_skipped_ones(load, zone):
    load.new, load.last_crawl = (zone,), "FAILED"
    found = load.run()
    assert found[f"crawl_{zone}"] == "failed"
    assert found["publish_load"] == "upstream_failed"


@pytest.mark.parametrize("job", JOBS)
def test_a_job_that_fails_stops_the_load(load, job):
    load.failing = job
    found = load.run()
    assert found[job] == "failed"
    assert {found[task] for task in (*CRAWLS, *LAST, "describe_tables")} == {"upstream_failed"}


def test_a_check_that_fails_stops_the_load(load):
    load.failing = "checks"
    assert load.run()["publish_load"] == "upstream_failed"


def test_nothing_new_still_skips_everything(load):
    load.plan = None
    found = load.run()
    skipped = {task for task, state in found.items() if state == "skipped"}
    assert skipped >= {*JOBS, *CRAWLS, *LAST, "list_checks", "describe_tables"}
    assert found["publish_load"] == "skipped"
