"""The scheduler writes into each run's note what the run did; comes after the tests that start runs."""

import re

import pytest

from laptop.airflow_rest import AirflowRest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

HEADING = "**What this run did**"
DAGS = ("coffee_shop_load", "coffee_shop_weekly_report", "coffee_shop_restate")


@pytest.fixture(scope="module")
def rest(demo, stack):
    return AirflowRest(stack)


@pytest.mark.parametrize("dag_id", DAGS)
def test_every_run_that_has_ended_has_one(rest, dag_id):
    runs = rest.call("GET", f"/dags/{dag_id}/dagRuns?state=success&state=failed&limit=100")["dag_runs"]
    assert runs
    assert {run["dag_run_id"]: (run["note"] or "").count(HEADING) for run in runs} == {
        run["dag_run_id"]: 1 for run in runs
    }


def test_the_load_of_an_upload_says_it_above_the_file(rest):
    first, *_ = rest.call("GET", "/dags/coffee_shop_load/dagRuns?order_by=id&limit=100")["dag_runs"]
    published, files, *_, empty, address = first["note"].splitlines()
    assert re.fullmatch(rf"{re.escape(HEADING)}: Load \S+ is published\.", published)
    assert (address.startswith("s3://coffee-shop-raw-"), empty) == (True, "")
    assert re.fullmatch(r"- \d files? read: [0-9,]+ rows, none in quarantine\.", files)


def test_a_run_that_ends_again_keeps_what_somebody_wrote(rest):
    dag_id = "coffee_shop_weekly_report"
    run = rest.call("GET", f"/dags/{dag_id}/dagRuns?state=success&limit=1")["dag_runs"][0]
    note = f"Looked at by Bob.\n\n{run['note']}\n\nAll well."
    rest.call("PATCH", f"/dags/{dag_id}/dagRuns/{run['dag_run_id']}?update_mask=note", {"note": note})

    cleared = {"dag_run_id": run["dag_run_id"], "task_ids": ["tell_operators"], "dry_run": False}
    rest.pause(dag_id, False)  # or no task of it would run
    rest.call("POST", f"/dags/{dag_id}/clearTaskInstances", cleared | {"only_failed": False})
    rest.wait_for_run(dag_id, run["dag_run_id"], 120)
    rest.pause(dag_id, True)

    assert rest.call("GET", f"/dags/{dag_id}/dagRuns/{run['dag_run_id']}")["note"] == note
