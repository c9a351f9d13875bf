import re
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from coffee_shop.periods import PeriodError, TooManyDaysError
from coffee_shop.report.recipients import RecipientsError
from coffee_shop.report.store import put_json
from coffee_shop.report.tasks import (
    ReportRequestError,
    build_workbook,
    decide_request,
    draft_summary,
    list_questions,
    list_reports_to_restate,
    wants_mail,
)
from coffee_shop.settings import REPORT_NAMES, Settings

from tests.dags.coffee_shop.report.report_samples import HEADLINE, draft, summary

SHOP = Settings(mail_recipients=("boss@shop.example",), mail_allowed=("@shop.example",))
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


@pytest.fixture(autouse=True)
def sent(monkeypatch):
    """The folders of reports that went out; nothing is looked up in a bucket."""
    folders: list[str] = []
    monkeypatch.setattr("coffee_shop.report.tasks.names", lambda: SimpleNamespace(state_bucket="state"))
    monkeypatch.setattr("coffee_shop.report.tasks.s3_client", lambda: None)
    for module in ("restatement", "sent"):
        monkeypatch.setattr(
            f"coffee_shop.report.{module}.newest_sent_versions",
            lambda s3, bucket, folder: {None: 1} if folder in folders else {},
        )
    return folders


def test_a_scheduled_run_reports_its_interval_and_mails():
    request = decide_request(
        "weekly", context("scheduled", interval_end=datetime(2019, 4, 29, 10, 30, tzinfo=UTC)), SHOP
    )

    assert request is not None
    assert request["period"]["folder"] == "weekly/2019-W17"
    assert request["mail"]
    assert request["mails"] == [{"recipients": ["boss@shop.example"], "reports": None, "outlet": None}]
    assert request["reports"] == ["customer", "employee", "sales"]
    assert request["run"] == {"dag_id": "coffee_shop_weekly_report", "run_id": "run-1"}
    assert request["mail_once_as"] is None


def test_a_run_by_hand_takes_dates_reports_and_recipients_from_its_form():
    conf = {"from": "2019-04-01", "to": "2019-04-10", "reports": ["sales"], "mail": True}
    request = decide_request("weekly", context(conf=conf | {"recipients": ["new@shop.example"]}), SHOP)

    assert request is not None
    assert request["period"]["folder"] == "custom/2019-04-01_2019-04-10"
    assert (request["reports"], request["mail"]) == (["sales"], True)
    assert request["mails"] == [{"recipients": ["new@shop.example"], "reports": None, "outlet": None}]


def test_a_run_by_hand_without_dates_takes_the_last_whole_week():
    request = decide_request("weekly", context(), SHOP)
    assert request is not None
    assert (request["period"]["label"], request["mail"]) == ("2019-W17", False)


@pytest.mark.parametrize(
    ("conf", "error", "says"),
    [
        ({"period_start": "x' or 1=1 --"}, ReportRequestError, "conf has period_start; this DAG takes from, mail"),
        ({"from": "2019-04-02", "to": "2019-04-01"}, PeriodError, "after"),
        ({"from": "2019-04-02"}, PeriodError, "both"),
        ({"recipients": ["a@evil.example"]}, RecipientsError, "a@evil.example"),
    ],
)
def test_what_a_run_cannot_be_started_with(conf, error, says):
    with pytest.raises(error) as found:
        decide_request("daily", context(conf=conf), SHOP)
    assert says in str(found.value)


def test_an_upload_reports_from_the_first_to_the_last_changed_day_of_all_its_events():
    events = [
        {"load_id": "load-8", "changed_dates": ["2019-04-20", "2019-04-22"]},
        {"load_id": "load-9", "changed_dates": ["2019-04-18"]},
        {"load_id": "load-10", "changed_dates": []},
    ]
    request = decide_request("upload", context("asset_triggered", events=events), SHOP)

    assert request is not None
    assert request["period"]["folder"] == "upload/2019-04-18_2019-04-22/20190429T110000Z"
    assert request["mail"]
    # a hash of the loads, whatever the order of their events
    assert re.fullmatch(r"upload/[0-9a-f]{32}", request["mail_once_as"])
    again = decide_request("upload", context("asset_triggered", events=events[::-1]), SHOP)
    assert again is not None
    assert again["mail_once_as"] == request["mail_once_as"]


def test_an_upload_whose_days_lie_too_far_apart_for_one_report_says_so():
    events = [{"load_id": "load-8", "changed_dates": ["2019-03-01", "2019-04-12"]}]  # 43 days
    with pytest.raises(TooManyDaysError, match=r"from 2019-03-01 to 2019-04-12\. .* at most 42 days .*custom_report"):
        decide_request("upload", context("asset_triggered", events=events), SHOP)

    request = decide_request("upload", context("asset_triggered", events=events), Settings(upload_report_days=43))
    assert request is not None


@pytest.mark.parametrize("kind", ["custom", "restated"])
def test_a_custom_or_a_restated_report_needs_dates(kind):
    with pytest.raises(PeriodError, match="Give from and to"):
        decide_request(kind, context(), SHOP)


def test_a_restated_report_is_of_the_kind_that_its_dates_are():
    conf = {"from": "2019-04-22", "to": "2019-04-28", "mail": True}
    request = decide_request("restated", context("operator_triggered", conf=conf), SHOP)

    assert request is not None
    assert (request["period"]["folder"], request["restates"], request["mail"]) == ("weekly/2019-W17", True, True)
    assert request["mails"] == [{"recipients": ["boss@shop.example"], "reports": None, "outlet": None}]


EVENTS = [{"load_id": "load-8", "changed_dates": ["2019-04-20", "2019-04-24"]}, {"load_id": "load-9"}]


def test_a_load_has_each_report_made_again_that_went_out_and_holds_a_changed_day(sent):
    sent += ["weekly/2019-W17", "daily/2019-04-24", "daily/2019-04-25"]

    assert list_reports_to_restate(context("asset_triggered", events=EVENTS)) == [
        {
            "conf": {"from": "2019-04-22", "to": "2019-04-28", "mail": True},
            "trigger_run_id": "restated__load-9__weekly-2019-W17",
            "note": "weekly/2019-W17 went out before load load-9 changed its days",
        },
        {
            "conf": {"from": "2019-04-24", "to": "2019-04-24", "mail": True},
            "trigger_run_id": "restated__load-9__daily-2019-04-24",
            "note": "daily/2019-04-24 went out before load load-9 changed its days",
        },
    ]
    assert list_reports_to_restate(context()) == []


def test_a_load_that_undoes_a_change_too_small_for_a_mail_makes_the_report_again(s3, sent, monkeypatch):
    """Version 2, which nobody got, would go on saying 601."""
    sent.append("weekly/2019-W17")
    undone = draft_after_two_versions(s3, monkeypatch, ("600.00", "601.00"), "600.00")
    assert undone is not None
    assert undone["restated"] is None  # people have these figures: no mail
    more = draft_after_two_versions(s3, monkeypatch, ("600.00", "601.00"), "602.00")
    assert more is not None
    assert more["restated"]
    assert more["restated"]["before"]["income"] == "600.00"


def test_a_load_that_changes_no_figure_of_any_version_makes_no_report(s3, sent, monkeypatch):
    sent.append("weekly/2019-W17")
    assert draft_after_two_versions(s3, monkeypatch, ("600.00", "600.00"), "600.00") is None


def draft_after_two_versions(s3, monkeypatch, incomes, income):
    """What a restated report comes to when version 1 was mailed and version 2 was not."""
    bucket = f"buckets-{'-'.join((*incomes, income))}"
    s3.create_bucket(Bucket=bucket)
    first, second = (summary(headline=HEADLINE | {"income": each}) for each in incomes)
    put_json(s3, bucket, "weekly/2019-W17/versions/1/summary.json", first)
    put_json(s3, bucket, "weekly/2019-W17/summary.json", second | {"version": 2})
    names = SimpleNamespace(state_bucket=bucket, reports_bucket=bucket)
    new = draft(headline=HEADLINE | {"income": income})
    monkeypatch.setattr("coffee_shop.report.tasks.names", lambda: names)
    monkeypatch.setattr("coffee_shop.report.tasks.s3_client", lambda: s3)
    monkeypatch.setattr("coffee_shop.report.tasks._draft_of_now", lambda *given: new)
    return draft_summary({"period": new["period"], "restates": True}, {}, {})  # type: ignore[typeddict-item]


def test_a_report_on_an_upload_does_not_repeat_what_restated_reports_say(sent):
    sent.append("weekly/2019-W17")
    request = decide_request("upload", context("asset_triggered", events=EVENTS), SHOP)
    assert request is not None
    assert request["period"]["folder"].startswith("upload/2019-04-20_2019-04-20/")

    sent.append("monthly/2019-04")
    assert decide_request("upload", context("asset_triggered", events=EVENTS), SHOP) is None


def test_an_upload_that_changed_nothing_is_no_report():
    events = [{"load_id": "load-8", "changed_dates": []}]
    assert decide_request("upload", context("asset_triggered", events=events), SHOP) is None


def test_uploads_can_be_switched_off_but_not_a_run_by_hand():
    off = Settings(upload_report=False)
    events = [{"load_id": "load-8", "changed_dates": ["2019-04-20"]}]
    by_hand = {"from": "2019-04-20", "to": "2019-04-20"}

    assert decide_request("upload", context("asset_triggered", events=events), off) is None
    request = decide_request("upload", context(conf=by_hand), off)
    assert request is not None
    assert request["period"]["folder"] == "custom/2019-04-20_2019-04-20"


@pytest.mark.parametrize(
    ("kind", "run_type", "mails"),
    [("daily", "scheduled", 0), ("daily", "manual", 1), ("weekly", "scheduled", 1), ("monthly", "scheduled", 1)],
)
def test_with_a_digest_days_are_mailed_by_hand_only(kind, run_type, mails):
    digest = Settings(mail_recipients=("boss@shop.example",), mail_digest=True)
    request = decide_request(kind, context(run_type), digest)
    assert request is not None
    assert len(request["mails"]) == mails


def test_with_a_digest_uploads_are_not_mailed():
    digest = Settings(mail_recipients=("boss@shop.example",), mail_digest=True)
    events = [{"load_id": "load-8", "changed_dates": ["2019-04-20"]}]
    request = decide_request("upload", context("asset_triggered", events=events), digest)
    assert request is not None
    assert request["mails"] == []


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
    monkeypatch.setattr("coffee_shop.report.tasks.names", lambda: SimpleNamespace(clean_database="clean_db"))
    period = {"period_start": "2019-04-22", "period_end": "2019-04-28"}
    request = {"reports": ["employee"], "period": period, "target_unit": "items"}

    assert list_questions("employee", request, {"status": "complete", "has_inventory": True})[0] == {
        "question": "01_income_per_transaction",
        "sql": "employee/01_income_per_transaction.sql",
        "period_start": "2019-04-22",
        "period_end": "2019-04-28",
        "clean_database": "clean_db",
        "target_unit": "items",
    }
    published = {"status": "incomplete", "has_inventory": True}
    assert [question["question"] for question in list_questions("headline", request, published)] == [
        "headline",
        "history",
        "quarantine",
    ]


def test_of_a_report_that_was_not_asked_for_only_what_the_mail_shows(monkeypatch):
    monkeypatch.setattr("coffee_shop.report.tasks.names", lambda: SimpleNamespace(clean_database="clean_db"))
    period = {"period_start": "2019-04-22", "period_end": "2019-04-28"}
    request = {"reports": ["employee"], "period": period, "target_unit": "items"}
    published = {"status": "complete", "has_inventory": True}
    questions = {report: list_questions(report, request, published) for report in REPORT_NAMES}

    assert {report: [question["question"] for question in asked] for report, asked in questions.items()} == {
        "customer": [],
        "employee": [
            "01_income_per_transaction",
            "02_lines_outside_tea_coffee_and_chocolate",
            "03_sales_by_employee_and_outlet",
        ],
        "sales": [],
        "target": ["01_goals_by_outlet"],
        "inventory": ["01_stock_and_waste_by_outlet"],
    }


def test_a_single_day_asks_for_its_hours_and_those_of_the_day_that_it_is_compared_with(monkeypatch):
    monkeypatch.setattr("coffee_shop.report.tasks.names", lambda: SimpleNamespace(clean_database="clean_db"))
    request = decide_request("daily", context(conf={"from": "2019-04-24", "to": "2019-04-24"}), SHOP)
    assert request is not None
    request["reports"] = ["customer"]
    published = {"status": "complete", "has_inventory": False}

    questions = [list_questions("sales", request, published)[-1], list_questions("headline", request, published)[-1]]

    assert [(each["question"], each["sql"], each["period_start"], each["period_end"]) for each in questions] == [
        ("11_sales_by_weekday_and_hour", "sales/11_sales_by_weekday_and_hour.sql", "2019-04-24", "2019-04-24"),
        ("hours_before", "sales/11_sales_by_weekday_and_hour.sql", "2019-04-17", "2019-04-17"),
    ]


def test_without_any_inventory_nothing_asks_its_table_and_there_is_no_workbook_of_it(monkeypatch):
    monkeypatch.setattr("coffee_shop.report.tasks.names", lambda: SimpleNamespace(clean_database="clean_db"))
    period = {"period_start": "2019-04-22", "period_end": "2019-04-28"}
    request = {"reports": ["inventory"], "period": period, "target_unit": "items"}
    published = {"status": "complete", "has_inventory": False}

    assert list_questions("inventory", request, published) == []
    assert (
        build_workbook("inventory", request, {"executions": {}, "has_inventory": False}, {"status": "complete"}) is None
    )
    assert list_questions("sales", request, {"status": "complete"}) == []  # not asked for
    assert list_questions("employee", request, {"status": "no data"}) == []
