from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from types import SimpleNamespace

from coffee_shop import failures, sending
from coffee_shop.failures import compose, keep_reason, subject_of, tell_operators, words
from coffee_shop.settings import Settings


def test_the_subject_names_the_first_failed_task():
    assert subject_of("Coffee Shop", "coffee_shop_load", ["gate"]) == "Coffee Shop: coffee_shop_load failed at gate"
    many = subject_of("Coffee\r\nShop", "coffee_shop_load", ["gate", "publish", "quiet"])
    assert many == "Coffee Shop: coffee_shop_load failed at gate and 2 more"


def test_the_text_has_each_task_with_its_reason_and_where_to_look(monkeypatch):
    monkeypatch.setenv("AIRFLOW__API__BASE_URL", "http://127.0.0.1:8080/")
    reasons = {
        "gate": {"reason": "Refused whole:\nsales-reciept/a.csv: line 2", "log": "http://127.0.0.1:8080/log"},
        "mail": {},
    }

    text = words("coffee_shop_load", "manual__2019-04-24T06:00:00+00:00", reasons, more=3, stopped=1)

    assert text == (
        "The run manual__2019-04-24T06:00:00+00:00 of coffee_shop_load has failed.\n"
        "\n"
        "gate:\n"
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
        "A load that failed at gate alone has published everything except the files that it names.\n"
        "docs/operating.md says of each message what it means.\n"
        "\n"
        "Run: http://127.0.0.1:8080/dags/coffee_shop_load/runs/manual__2019-04-24T06%3A00%3A00%2B00%3A00\n"
    )


def test_the_mail_goes_to_all_operators():
    raw = compose(
        "Coffee Shop: coffee_shop_load failed at gate",
        "Käse\n",
        "reports@shop.example",
        ("a@shop.example", "b@shop.example"),
        datetime(2019, 4, 24, 6, tzinfo=UTC),
    )

    mail = message_from_bytes(raw, policy=default)
    assert (mail["To"], mail["Auto-Submitted"]) == ("a@shop.example, b@shop.example", "auto-generated")
    assert mail.get_content().strip() == "Käse"


class Ti(SimpleNamespace):
    """A task instance of a run of which gate and quiet have failed."""

    map_index, log_url = -1, "http://127.0.0.1:8080/log"

    def get_task_states(self, dag_id, run_ids):
        return {run_ids[0]: {"gate": "failed", "quiet": "failed"}}


def test_a_task_that_was_not_cleared_keeps_its_reason(s3, monkeypatch):
    """Both failed, quiet alone was cleared, and failed again for another reason."""
    s3.create_bucket(Bucket="state-of-failures")
    names = SimpleNamespace(state_bucket="state-of-failures", mail_from="reports@shop.example")
    mails = []
    monkeypatch.setattr(failures, "names", lambda: names)
    monkeypatch.setattr(failures, "s3_client", lambda: s3)
    monkeypatch.setattr(failures, "settings", lambda: Settings(mail_operators=("operator@shop.example",)))
    monkeypatch.setattr(sending, "send_once", lambda s3, marker, to, make: mails.append(make()))

    def context(cleared, task="tell_operators", reason=None):
        run = SimpleNamespace(dag_id="coffee_shop_load", run_id="manual__1", clear_number=cleared)
        return {"dag_run": run, "ti": Ti(task_id=task), "exception": reason}

    keep_reason(context(0, "gate", "line 2 is short"))
    keep_reason(context(0, "quiet", "a file was still written"))
    keep_reason(context(1, "quiet", "another file was still written"))
    tell_operators(**context(1))

    lines = message_from_bytes(mails[0], policy=default).get_content().splitlines()
    assert lines[lines.index("gate:") + 1] == "  line 2 is short"
    assert lines[lines.index("quiet:") + 1] == "  another file was still written"
