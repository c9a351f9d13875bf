from types import SimpleNamespace
from typing import Any

import pytest
from coffee_shop.mail import failures
from coffee_shop.mail.failures import keep_reason, subject_of, words


def test_the_subject_names_the_first_failed_task():
    assert (
        subject_of("Coffee Shop", "coffee_shop_load", ["fail_on_refused_files"])
        == "Coffee Shop: coffee_shop_load failed at fail_on_refused_files"
    )
    many = subject_of("Coffee Shop", "coffee_shop_load", ["fail_on_refused_files", "publish", "wait_for_quiet_period"])
    assert many == "Coffee Shop: coffee_shop_load failed at fail_on_refused_files and 2 more"


def test_the_text_has_each_task_with_its_reason_and_where_to_look(monkeypatch):
    monkeypatch.setenv("AIRFLOW__API__BASE_URL", "http://127.0.0.1:8080/")
    reasons = {
        "fail_on_refused_files": {
            "reason": "Refused whole:\nsales-reciept/a.csv: line 2",
            "log": "http://127.0.0.1:8080/log",
        },
        "mail": {},
    }

    text = words("coffee_shop_load", "manual__2019-04-24T06:00:00+00:00", reasons, more=3, stopped=1)

    assert text == (
        "The run manual__2019-04-24T06:00:00+00:00 of coffee_shop_load has failed.\n"
        "\n"
        "fail_on_refused_files:\n"
        "  Refused whole:\n"
        "  sales-reciept/a.csv: line 2\n"
        "  Log: http://127.0.0.1:8080/log\n"
        "\n"
        "mail:\n"
        "  see its log\n"
        "\n"
        "3 more failed.\n"
        "\n"
        "1 tasks after them did not run.\n"
        "\n"
        "What to do: mend the cause, then clear the failed task with all that follows it; every task may run twice.\n"
        "A load that failed at fail_on_refused_files alone has published everything except the files that it names.\n"
        "docs/operating.md says of each message what it means.\n"
        "\n"
        "Run: http://127.0.0.1:8080/dags/coffee_shop_load/runs/manual__2019-04-24T06%3A00%3A00%2B00%3A00\n"
    )


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Let a task of a job that ran in Glue fail; return the reason that is kept."""
    monkeypatch.setattr(failures, "s3_client", lambda: None)
    monkeypatch.setattr(failures, "names", lambda: SimpleNamespace(state_bucket="state"))

    def fail(**job_run: Any) -> str:
        written: list[Any] = []
        monkeypatch.setattr(failures, "write_json", lambda s3, bucket, key, value: written.append(value))
        glue = SimpleNamespace(get_job_run=lambda JobName, RunId: {"JobRun": job_run})  # noqa: N803
        monkeypatch.setattr(failures, "glue_client", lambda: glue)
        ti = SimpleNamespace(
            task_id="partition_data",
            map_index=-1,
            log_url="http://127.0.0.1:8080/log",
            xcom_pull=lambda task_ids, map_indexes, key: "jr_1" if key == "glue_job_run_id" else None,
        )
        context: Any = {"ti": ti, "task": SimpleNamespace(job_name="coffee-shop-partition-data")}
        context |= {"dag_run": SimpleNamespace(dag_id="coffee_shop_load", run_id="r", clear_number=0)}
        keep_reason(context | {"exception": RuntimeError("Exiting Job jr_1 Run State: FAILED")})
        return str(written[0]["reason"])

    return fail


def test_why_a_job_failed_is_what_glue_says(kept):
    assert kept(JobRunState="FAILED", ErrorMessage="RawFileError: no file of sales") == (
        "The run jr_1 of job coffee-shop-partition-data ended FAILED: RawFileError: no file of sales"
    )
    assert kept(JobRunState="STOPPED") == "The run jr_1 of job coffee-shop-partition-data ended STOPPED: no message"


def test_what_the_operator_says_is_kept_when_the_job_did_not_fail_or_glue_does_not_answer(kept):
    assert kept(JobRunState="SUCCEEDED") == "Exiting Job jr_1 Run State: FAILED"
    assert kept() == "Exiting Job jr_1 Run State: FAILED"
