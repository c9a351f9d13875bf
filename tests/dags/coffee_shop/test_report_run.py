import re
from datetime import UTC, date, datetime
from types import SimpleNamespace

import pytest
from coffee_shop.mail import RecipientsError
from coffee_shop.periods import PeriodError, TooManyDaysError
from coffee_shop.report_run import OrderError, order_of_run, questions_of, wants_mail
from coffee_shop.settings import Settings

SHOP = Settings(
    mail_recipients=("boss@shop.example",), mail_allowed=("@shop.example",), closed_days=(date(2019, 12, 25),)
)
FORM = {"from": None, "to": None, "reports": ["customer", "employee", "sales"], "mail": False, "recipients": None}


def context(
    run_type="manual", conf=None, events=(), interval_end=None, run_after=datetime(2019, 4, 29, 11, tzinfo=UTC)
):
    """A task's context as Airflow gives it, of a run that was started with `conf`."""
    found = {
        "dag_run": SimpleNamespace(
            dag_id="coffee_shop_weekly_report",
            run_id="run-1",
            run_type=SimpleNamespace(value=run_type),
            run_after=run_after,
            conf=conf or {},
        ),
        "params": FORM | (conf or {}),
        "dag": SimpleNamespace(params=FORM),
        "triggering_asset_events": {"the asset": [SimpleNamespace(extra=extra) for extra in events]},
    }
    if interval_end:
        found["data_interval_end"] = interval_end
    return found


def test_a_scheduled_run_reports_its_interval_and_mails():
    order = order_of_run("weekly", context("scheduled", interval_end=datetime(2019, 4, 29, 10, 30, tzinfo=UTC)), SHOP)

    assert order is not None
    assert order["period"]["folder"] == "weekly/2019-W17"
    assert order["mail"]
    assert order["mails"] == [{"recipients": ["boss@shop.example"], "reports": None, "outlet": None}]
    assert order["reports"] == ["customer", "employee", "sales"]
    assert order["run"] == {"dag_id": "coffee_shop_weekly_report", "run_id": "run-1"}
    assert (order["mail_once_as"], order["closed"]) == (None, False)


def test_a_run_by_hand_takes_dates_reports_and_recipients_from_its_form():
    conf = {"from": "2019-04-01", "to": "2019-04-10", "reports": ["sales"], "mail": True}
    order = order_of_run("weekly", context(conf=conf | {"recipients": ["new@shop.example"]}), SHOP)

    assert order is not None
    assert order["period"]["folder"] == "custom/2019-04-01_2019-04-10"
    assert (order["reports"], order["mail"]) == (["sales"], True)
    assert order["mails"] == [{"recipients": ["new@shop.example"], "reports": None, "outlet": None}]


def test_a_run_by_hand_without_dates_takes_the_last_whole_week():
    order = order_of_run("weekly", context(), SHOP)
    assert order is not None
    assert (order["period"]["label"], order["mail"]) == ("2019-W17", False)


@pytest.mark.parametrize(
    ("conf", "error", "says"),
    [
        ({"period_start": "x' or 1=1 --"}, OrderError, "conf has period_start; this DAG takes from, mail"),
        ({"from": "2019-04-02", "to": "2019-04-01"}, PeriodError, "after"),
        ({"from": "2019-04-02"}, PeriodError, "both"),
        ({"recipients": ["a@evil.example"]}, RecipientsError, "a@evil.example"),
    ],
)
def test_what_a_run_cannot_be_started_with(conf, error, says):
    with pytest.raises(error) as found:
        order_of_run("daily", context(conf=conf), SHOP)
    assert says in str(found.value)


def test_an_upload_reports_from_the_first_to_the_last_changed_day_of_all_its_events():
    events = [
        {"load_id": "load-8", "changed_dates": ["2019-04-20", "2019-04-22"]},
        {"load_id": "load-9", "changed_dates": ["2019-04-18"]},
        {"load_id": "load-10", "changed_dates": []},
    ]
    order = order_of_run("upload", context("asset_triggered", events=events), SHOP)

    assert order is not None
    assert order["period"]["folder"] == "upload/2019-04-18_2019-04-22/20190429T110000Z"
    assert order["mail"]
    # a hash of the loads, whatever the order of their events
    assert re.fullmatch(r"upload/[0-9a-f]{32}", order["mail_once_as"])
    again = order_of_run("upload", context("asset_triggered", events=events[::-1]), SHOP)
    assert again is not None
    assert again["mail_once_as"] == order["mail_once_as"]


def test_an_upload_whose_days_lie_too_far_apart_for_one_report_says_so():
    events = [{"load_id": "load-8", "changed_dates": ["2019-03-01", "2019-04-12"]}]  # 43 days
    with pytest.raises(TooManyDaysError, match=r"from 2019-03-01 to 2019-04-12\. .* at most 42 days .*custom_report"):
        order_of_run("upload", context("asset_triggered", events=events), SHOP)

    order = order_of_run("upload", context("asset_triggered", events=events), Settings(upload_report_days=43))
    assert order is not None


def test_a_custom_report_needs_dates():
    with pytest.raises(PeriodError, match="Give from and to"):
        order_of_run("custom", context(), SHOP)


def test_an_upload_that_changed_nothing_is_no_report():
    events = [{"load_id": "load-8", "changed_dates": []}]
    assert order_of_run("upload", context("asset_triggered", events=events), SHOP) is None


def test_uploads_can_be_switched_off_but_not_a_run_by_hand():
    off = Settings(upload_report=False)
    events = [{"load_id": "load-8", "changed_dates": ["2019-04-20"]}]
    by_hand = {"from": "2019-04-20", "to": "2019-04-20"}

    assert order_of_run("upload", context("asset_triggered", events=events), off) is None
    order = order_of_run("upload", context(conf=by_hand), off)
    assert order is not None
    assert order["period"]["folder"] == "custom/2019-04-20_2019-04-20"


@pytest.mark.parametrize(
    ("kind", "run_type", "mails"),
    [("daily", "scheduled", 0), ("daily", "manual", 1), ("weekly", "scheduled", 1), ("monthly", "scheduled", 1)],
)
def test_with_a_digest_days_are_mailed_by_hand_only(kind, run_type, mails):
    digest = Settings(mail_recipients=("boss@shop.example",), mail_digest=True)
    order = order_of_run(kind, context(run_type), digest)
    assert order is not None
    assert len(order["mails"]) == mails


def test_with_a_digest_uploads_are_not_mailed():
    digest = Settings(mail_recipients=("boss@shop.example",), mail_digest=True)
    events = [{"load_id": "load-8", "changed_dates": ["2019-04-20"]}]
    order = order_of_run("upload", context("asset_triggered", events=events), digest)
    assert order is not None
    assert order["mails"] == []


def test_a_closed_day_is_known_as_such():
    order = order_of_run("daily", context(conf={"from": "2019-12-25", "to": "2019-12-25"}), SHOP)
    assert order is not None
    assert order["closed"]


@pytest.mark.parametrize(
    ("run_type", "asked", "on_backfill", "mails"),
    [
        ("scheduled", False, False, True),
        ("asset_triggered", False, False, True),
        ("manual", False, True, False),
        ("manual", True, False, True),
        ("backfill", False, False, False),
        ("backfill", True, False, True),
        ("backfill", False, True, True),
    ],
)
def test_who_mails(run_type, asked, on_backfill, mails):
    assert wants_mail(run_type, asked=asked, on_backfill=on_backfill) is mails


def test_questions_carry_file_period_and_name(monkeypatch):
    monkeypatch.setattr("coffee_shop.report_run.names", lambda: SimpleNamespace(clean_database="clean_db"))
    order = {"reports": ["employee"], "period": {"period_start": "2019-04-22", "period_end": "2019-04-28"}}

    assert questions_of("employee", order, {"status": "complete"})[0] == {
        "question": "01_income_per_transaction",
        "sql": "employee/01_income_per_transaction.sql",
        "period_start": "2019-04-22",
        "period_end": "2019-04-28",
        "clean_database": "clean_db",
    }
    assert [question["question"] for question in questions_of("headline", order, {"status": "incomplete"})] == [
        "days",
        "headline",
        "history",
        "outlet_days",
        "outlets",
        "quarantine",
    ]
    assert questions_of("sales", order, {"status": "complete"}) == []  # not asked for
    assert questions_of("employee", order, {"status": "no data"}) == []
