"""What is told of a run: each change of a task once, by the name of what it works on."""

import pytest

from laptop.airflow_rest import AirflowRest
from laptop.airflow_runs import RunFailedError, watch_run
from laptop.phases import Phase


class Airflow(AirflowRest):
    """Answers with one page of task instances after another; the run ends with the last."""

    def __init__(self, pages, end):
        self.pages, self.end = pages, end

    def call(self, method, path, body=None):
        if path.endswith("taskInstances?limit=200"):
            return {"task_instances": self.pages.pop(0)}
        return {"state": "running" if len(self.pages) > 1 else self.end}


def instance(task, state, map_index=-1, works_on=None):
    return {"task_id": task, "state": state, "map_index": map_index, "rendered_map_index": works_on}


@pytest.fixture
def told():
    return []


@pytest.fixture
def phase(told):
    return Phase(told.append, lambda done, total: told.append((done, total)))


@pytest.fixture(autouse=True)
def _no_wait(monkeypatch):
    monkeypatch.setattr("laptop.airflow_rest.time.sleep", lambda _: None)


def test_changes_and_counts(told, phase):
    pages = [
        [instance("plan", "running"), instance("checks", None)],
        [instance("plan", "success"), instance("checks", "running", 0, "0"), instance("checks", "running", 1, "keys")],
        [instance("plan", "success"), instance("checks", "success", 0, "totals"), instance("checks", "skipped", 1)],
    ]
    assert watch_run(Airflow(pages, "success"), "load", "run", phase) == 2
    assert told == [
        "plan running",
        (0, 2),
        "plan success",
        "checks: keys running",
        (1, 3),
        "checks: totals success",
        (3, 3),
    ]


def test_a_failed_run_names_the_questions_that_failed(phase):
    pages = [[instance("sales.queries", "failed", 4, "06_volumes_by_category"), instance("mail", "upstream_failed")]]
    with pytest.raises(RunFailedError, match=r"weekly failed in sales\.queries: 06_volumes_by_category: open the UI"):
        watch_run(Airflow(pages, "failed"), "weekly", "run", phase)
