"""The report DAGs run whole, in this process, against a local AWS with tables written row by row."""

import email
import email.policy
import hashlib
import io
import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import boto3
import jsonschema
import openpyxl
import pytest
from coffee_shop.lake.state import Stored

from tests.dags import report_lake
from tests.dags.athena_faults import UNCHECKED, limit_of_bytes, somebody_cancels, without_table
from tests.dags.coffee_shop.report.test_workbook import recalculated
from tests.dags.lake import note_of, parsed, run_again, states
from tests.dags.report_runs import body, keys, new_mails, run

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
FILES = ["customers.xlsx", "employees.xlsx", "inventory.xlsx", "sales.xlsx", "targets.xlsx"]


@pytest.fixture(scope="module")
def home(airflow_database: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of a local AWS with the small lake; the environment points there while the module's tests run."""
    with report_lake.running(tmp_path_factory.mktemp("report-lake")) as folder:
        yield folder


def rows(sheet: Any) -> list[tuple[Any, ...]]:
    """The rows of a question's sheet below the header, dates as text."""
    found = sheet.iter_rows(min_row=6, values_only=True)
    return [tuple(f"{cell:%Y-%m-%d}" if hasattr(cell, "year") else cell for cell in row) for row in found]


@pytest.fixture(scope="module")
def week(home: Path) -> dict[str, Any]:
    """The run of the weekly report for 2019-W17, by hand with a mail, and what it left."""
    dag_run = run("coffee_shop_weekly_report", **{"from": "2019-04-22", "to": "2019-04-28", "mail": True})
    return {
        "run": dag_run,
        "summary": json.loads(body("weekly/2019-W17/summary.json")),
        "books": {
            file: openpyxl.load_workbook(io.BytesIO(body(f"weekly/2019-W17/{file}")), data_only=True) for file in FILES
        },
        "mails": report_lake.mails(home),
    }


def test_every_task_succeeds_and_each_query_shows_its_question(week):
    assert week["run"].state == "success"
    assert set(states(week["run"]).values()) == {"success"}
    names = {ti.rendered_map_index for ti in week["run"].get_task_instances() if ti.task_id == "sales.queries"}
    assert "02 items per day by category" in names
    assert len(names) == 12


def test_the_headline_figures(week):
    headline = dict(week["summary"]["headline"])
    best, worst = headline.pop("best_outlet"), headline.pop("worst_outlet")

    assert headline == {
        "income": "66.00",
        "production_cost": "9.50",
        "net_income": "26.50",
        "transactions": 13,
        "items": 18,
        "average_receipt": pytest.approx(66 / 13),
        "registered_transactions": 4,
        "registered_share": pytest.approx(4 / 13),
        "lines": 14,
        "days_missing": 0,
        "outlet_days_missing": 1,
    }
    assert (best["number"], best["neighbourhood"], best["income"]) == ("8", "Hell's Kitchen", "41.50")
    assert (worst["number"], worst["neighbourhood"], worst["income"]) == ("3", "Astoria", "24.50")


def test_the_summary_says_what_is_missing_and_which_data_it_saw(week):
    summary = week["summary"]
    schema = json.loads((ROOT / "docs" / "summary.schema.json").read_text())
    jsonschema.Draft202012Validator(schema).validate(summary)

    assert summary["status"] == "incomplete"
    quality = summary["data_quality"]
    assert quality["missing"] == [{"day": "2019-04-24", "outlets": ["8"], "whole_day": False}]
    assert (quality["lines_without_wholesale_price"], quality["income_without_wholesale_price"]) == (1, "30.00")
    assert (quality["quarantine"], quality["refunds"]) == ({"rows": 1}, {"lines": 0, "amount": "0.00"})
    assert summary["data"] == {
        "load_id": "load-1",
        "published_at": "2019-04-29T09:03:00+00:00",
        "changed_while_made": False,
    }
    assert [(day["day"][-2:], day["income"]) for day in summary["days"]] == [
        ("22", "37.50"),
        ("23", "5.50"),
        ("24", "7.00"),
        ("25", "4.00"),
        ("26", "4.00"),
        ("27", "4.00"),
        ("28", "4.00"),
    ]


def test_the_summary_compares_with_the_lake_and_adds_up_to_the_headline(week):
    """The week lacks an outlet on the 24th, and of the week before only the 17th was ever loaded."""
    summary = week["summary"]
    before, year_before = summary["comparisons"]

    assert (before["label"], before["figures"], before["reason"]) == ("2019-W16", None, "not loaded")
    assert before["unpublished"] == [f"2019-04-{day}" for day in (15, 16, 18, 19, 20, 21)]
    assert (year_before["label"], year_before["reason"]) == ("2018-W17", "not loaded")
    last = summary["trend"][-1]
    assert (last["start"], last["complete"]) == ("2019-04-22", False)
    names = ("income", "net_income", "transactions", "items", "average_receipt", "registered_share")
    assert last["figures"] == {name: summary["headline"][name] for name in names}
    assert summary["trend"][-2]["figures"]["income"] == "5.00"
    assert [(each["category"], each["income"]) for each in summary["categories"]] == [
        ("Tea", "30.00"),
        ("Coffee", "22.00"),
        ("Bakery", "14.00"),
    ]
    assert summary["highlights"] == {"judged": False, "moves": []}


def test_files_are_listed_with_size_and_hash(week):
    assert keys("weekly/") == [f"weekly/2019-W17/{name}" for name in sorted([*FILES, "summary.json"])]
    for file in week["summary"]["files"]:
        content = body(file["key"])
        assert (file["size"], file["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())


def test_workbooks_hold_a_dashboard_and_a_sheet_for_each_of_the_36_questions(week):
    assert [len(week["books"][file].sheetnames) for file in FILES] == [17, 6, 7, 15, 6]
    assert all(book.sheetnames[:2] == ["Dashboard", "Contents"] for book in week["books"].values())


def test_figures_on_sheets_are_those_of_the_lines(week):
    customers, sales = week["books"]["customers.xlsx"], week["books"]["sales.xlsx"]

    assert rows(customers["By age"]) == [(28, "20-29", 1), (69, "60 AND OVER", 1), ("Total", None, 2)]
    assert rows(customers["Registered transactions"]) == [
        (4, 13, pytest.approx(4 / 13), 46.5, 66, pytest.approx(46.5 / 66))
    ]
    assert rows(sales["Volumes"]) == [
        ("Bakery", "each", 4, 14),
        ("Coffee", "12 oz", 11, 22),
        ("Tea", "16 oz", 3, 30),
        ("Total", None, 18, 66),
    ]
    assert rows(sales["Per day by category"])[:2] == [
        ("Bakery", "2019-04-22", 1, 2, 6),  # with the scone of the 17th; history begins that day
        ("Bakery", "2019-04-23", 1, 3, 7),
    ]
    assert rows(sales["Net income"])[-1] == ("Total", None, None, None, 18, 66, 30, 9.5, 26.5)


def test_goals_and_sales_of_the_month_to_date(week):
    """Outlet 3 sold 11 items on 8 of 30 days, and has a goal of 25; outlet 8 has no goal."""
    targets = week["books"]["targets.xlsx"]

    assert rows(targets["By outlet"]) == [
        ("April 2019", "3 Astoria", 25, 11, pytest.approx(11 / 25), 8, 30, 41.25, 1.65, "\u25b2 on course"),
        ("April 2019", "8 Hell's Kitchen", None, 9, None, 8, 30, 33.75, None, "n/a"),
        ("Total", None, 25, 20, None, None, None, 75, None, None),
    ]
    assert [row[1:4] + row[-1:] for row in rows(targets["By kind"])[:3]] == [
        ("Beans", 0, 0, 0),
        ("Beverage", 20, 8, 7),
        ("Food", 5, 3, 2),
    ]
    assert week["summary"]["targets"] == [
        {
            "month": "April 2019",
            "complete": False,
            "unit": "items",
            "days_loaded": 8,
            "days_of_month": 30,
            "outlets": 1,
            "on_course": 1,
            "goal": "25.00",
            "sold": "11.00",
            "forecast": "41.25",
        }
    ]


def test_stock_waste_and_where_inventory_and_till_disagree(week):
    inventory = week["books"]["inventory.xlsx"]

    assert rows(inventory["By outlet"])[:-1] == [
        ("3 Astoria", 24, 4, 20, pytest.approx(20 / 24), 20, 0, 2, 1, 0.5),
    ]
    assert rows(inventory["Inventory and till"]) == [("2019-04-24", "3 Astoria", "200", "Oat scone", 3, 2, 1)]
    assert week["summary"]["inventory"] == {
        "stock": 24,
        "sold": 4,
        "waste": 20,
        "waste_share": pytest.approx(20 / 24),
        "waste_cost": "20.00",
        "waste_without_price": 0,
        "compared": 2,
        "agreeing": 1,
    }


def test_the_contents_sheet_repeats_the_headline_figures(week):
    sheet = week["books"]["sales.xlsx"]["Contents"]
    found: dict[Any, Any] = {}
    for row in sheet.iter_rows(values_only=True):
        found.setdefault(row[0], row[1])  # a sheet can have a figure's name

    assert found["Income"] == 66
    assert found["Net income"] == 26.5
    assert found["Transactions"] == 13
    assert found["Best outlet"] == "8 Hell's Kitchen"
    assert "Incomplete: 2019-04-24 lacks outlet 8." in found
    assert "1 row of the files is in quarantine, because it breaks the contract, and not in any figure." in found


def test_no_sheet_shows_a_hash(week):
    import re

    for book in week["books"].values():
        for sheet in book:
            for row in sheet.iter_rows(values_only=True):
                assert not any(re.fullmatch("[0-9a-f]{32}", str(cell)) for cell in row), (sheet.title, row)


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
@pytest.mark.parametrize("file", FILES)
def test_libreoffice_recalculates_and_saves_each_workbook_without_an_error(week, file, tmp_path):
    (tmp_path / file).write_bytes(body(f"weekly/2019-W17/{file}"))
    resaved = recalculated(tmp_path / file, tmp_path / "out")

    assert resaved.sheetnames == week["books"][file].sheetnames
    for sheet in resaved:
        for row in sheet.iter_rows():
            assert not [cell.coordinate for cell in row if cell.data_type == "e"], sheet.title


def test_one_mail_with_the_five_workbooks(week):
    (path,) = week["mails"]
    mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)

    assert mail["Subject"] == "Coffee Shop weekly report 2019-W17: incomplete, income $66.00"
    assert mail["To"] == "boss@coffee-shop.example"
    text = mail.get_body(("plain",)).get_content()  # type: ignore[attr-defined]
    assert text.splitlines()[0] == "Incomplete: 2019-04-24 lacks outlet 8."
    assert "$66.00" in text
    assert "Targets: 1 of 1 outlet on course for April 2019" in text
    assert "Waste: 20 items, 83.3% of stock, $20.00" in text
    assert "Changes on 2018-W17 are n/a: no sales are loaded for 2018-04-23 to 2018-04-29." in text
    html = mail.get_body(("html",)).get_content()  # type: ignore[attr-defined]
    assert 'alt="Income by day. Mon 2019-04-22 $37.50; Tue 2019-04-23 $5.50; Wed 2019-04-24 $7.00;' in html
    attached = {part.get_filename(): part.get_content() for part in mail.iter_attachments()}  # type: ignore[attr-defined]
    assert attached == {file: body(f"weekly/2019-W17/{file}") for file in FILES}


def test_the_run_s_note_says_what_became_of_the_report_and_keeps_what_people_wrote(week):
    said = (
        "**What this run did**: Coffee Shop weekly report 2019-W17: incomplete, income $66.00.\n"
        "- Incomplete, version 1, 5 workbooks.\n"
        "- 1 mail sent."
    )
    assert note_of(week["run"], before="Send again weekly/2019-W17") == f"{said}\n\nSend again weekly/2019-W17"
    assert note_of(week["run"]) == f"{said}\n\nSend again weekly/2019-W17"  # it ended twice


def test_the_employee_report_alone_for_chosen_dates_without_a_mail(week, home):
    dag_run = run("coffee_shop_daily_report", **{"from": "2019-04-22", "to": "2019-04-23", "reports": ["employee"]})

    assert dag_run.state == "success"
    found = states(dag_run)
    assert [found[task] for task in ("workbooks.employee", "workbooks.sales", "send_mail")] == [
        "success",
        *["skipped"] * 2,
    ]
    assert keys("custom/") == [f"custom/2019-04-22_2019-04-23/{name}" for name in ("employees.xlsx", "summary.json")]
    book = openpyxl.load_workbook(io.BytesIO(body("custom/2019-04-22_2019-04-23/employees.xlsx")))
    assert rows(book["Income per transaction"])[:3] == [
        ("2019-04-22", "11", "Sue Smith", "3 Astoria", 2, 9.5, 4.75, 6),
        ("2019-04-22", "12", "Bob Jones", "8 Hell's Kitchen", 2, 33, 16.5, 6),
        ("2019-04-23", "11", "Sue Smith", "3 Astoria", 2, 9.5, 4.75, 7),
    ]
    assert report_lake.mails(home) == week["mails"]
    assert str(note_of(dag_run)).splitlines()[-2:] == [
        "- Complete, version 1, 1 workbook.",
        "- Not mailed. This run was not asked to mail.",
    ]


def test_a_period_without_any_sale_says_no_data_and_alarms(week, home):
    dag_run = run("coffee_shop_monthly_report", **{"from": "2018-03-01", "to": "2018-03-31", "mail": True})

    assert dag_run.state == "success"
    found = states(dag_run)
    assert found["sales.list_questions"] == "success"
    assert found["workbooks.sales"] == "skipped"
    summary = json.loads(body("monthly/2018-03/summary.json"))
    assert (summary["status"], summary["headline"], summary["files"]) == ("no data", None, [])
    assert sorted(mail["Subject"] for mail in new_mails(home, week["mails"])) == [
        "Alarm: Coffee Shop monthly report 2018-03: no data",
        "Coffee Shop monthly report 2018-03: no data",
    ]


def test_a_typed_address_that_is_not_allowed_fails_the_first_task_at_once(week, home):
    mails = report_lake.mails(home)
    dag_run = run(
        "coffee_shop_daily_report",
        **{"from": "2019-04-22", "to": "2019-04-22", "mail": True, "recipients": ["x@evil.example"]},
    )

    assert dag_run.state == "failed"
    (period,) = (ti for ti in dag_run.get_task_instances() if ti.task_id == "decide_request")
    assert (period.state, period.try_number) == ("failed", 1)
    assert keys("daily/") == []
    # the operators alone get a mail
    [alarm] = new_mails(home, mails)
    assert alarm["To"] == "operator@coffee-shop.example"
    assert "x@evil.example" in alarm.get_content()
    assert str(note_of(dag_run)).startswith(
        "**What this run did**: Failed at `decide_request`: `These addresses are not allowed: x@evil.example. Allowed "
    )


def test_yesterday_is_waited_for_in_the_triggerer_until_its_outlets_are_there(home, monkeypatch):
    from coffee_shop.report import published_days

    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    early, late = report_lake.ledger(), report_lake.ledger()
    both = {outlet: {"rows": 0, "quantity": 0, "amount": "0.00", "keys": {}} for outlet in ("3", "8")}
    for ledger, outlets in ((early, {"3": both["3"]}), (late, both)):
        ledger["days"]["sales_reciept"] |= {f"{yesterday - timedelta(days=1)}": both, f"{yesterday}": outlets}
    report_lake.put_ledger(late)
    states_seen = iter([early, late])
    monkeypatch.setattr(published_days, "read_ledger", lambda s3, bucket: Stored(next(states_seen), None))
    monkeypatch.setenv("COFFEE_SHOP_DEFERRABLE", "1")

    dag_run = run("coffee_shop_daily_report", **{"from": f"{yesterday}", "to": f"{yesterday}", "reports": ["employee"]})

    assert dag_run.state == "success"
    assert next(states_seen, None) is None  # it came back from the triggerer and looked again
    assert json.loads(body(f"daily/{yesterday}/summary.json"))["data_quality"]["missing"] == []


def test_a_lake_that_lost_what_was_published_makes_no_report(home):
    ledger = report_lake.ledger()
    ledger["days"]["sales_reciept"]["2019-04-25"]["3"] |= {"rows": 9, "quantity": 12, "amount": "453.35"}
    report_lake.put_ledger(ledger)
    mails = report_lake.mails(home)

    dag_run = run("coffee_shop_daily_report", **{"from": "2019-04-25", "to": "2019-04-25", "mail": True})
    report_lake.put_ledger(report_lake.ledger())

    assert dag_run.state == "failed"
    assert states(dag_run)["settle_queries"] == "failed"
    assert keys("daily/2019-04-25/") == []
    # the operators alone are told, once, with the reason
    [mail] = new_mails(home, mails)
    text = mail.get_content()
    assert mail["To"] == "operator@coffee-shop.example"
    assert mail["Subject"] == "Coffee Shop: coffee_shop_daily_report failed at settle_queries"
    assert "2019-04-25, outlet 3: 9 lines, 12 items, 453.35 were published, the lake has 1 lines, 1 items" in text
    assert "reload_from 2019-04-25 and reload_to 2019-04-25" in text
    assert f"/dags/coffee_shop_daily_report/runs/{quote(dag_run.run_id, safe='')}" in text


def test_queries_run_again_give_the_data_of_now(week):
    """What `settle_queries` does when a load was published between the queries: the same SQL, asked again."""
    from coffee_shop.report.tasks import settle_queries

    athena = boto3.client("athena")
    started = athena.start_query_execution(
        QueryString="select sum(quantity) as items from sales_reciept where business_date = '2019-04-30'",
        WorkGroup="coffee-shop",
        QueryExecutionContext={"Database": "coffee_shop_conform"},
    )["QueryExecutionId"]
    report_lake.put_lines("2019-04-30 | 3 | 1 | 1 | 08:00:00 | 11 | 1 | 100 | 5 | 10.00 | 0.5 | N")
    report_lake.put_ledger(report_lake.ledger(loads=2))

    state = settle_queries(
        {"load_id": "load-1", "has_inventory": True}, {"sales": ([{"question": "items"}], [started])}, 1
    )

    assert state["data"] == {
        "load_id": "load-2",
        "published_at": "2019-04-29T09:03:00+00:00",
        "changed_while_made": False,
    }
    again = state["executions"]["sales/items"]
    assert again != started
    result = athena.get_query_results(QueryExecutionId=again)["ResultSet"]["Rows"]
    assert result[1]["Data"][0]["VarCharValue"] == "5"


def test_the_chart_of_a_single_day_has_its_hours(home):
    report_lake.put_ledger(report_lake.ledger())
    dag_run = run("coffee_shop_daily_report", **{"from": "2019-04-24", "to": "2019-04-24", "reports": ["employee"]})

    assert dag_run.state == "success"
    # a week earlier each outlet sold once; the 24th lacks outlet 8, which is no reason to hide what it is compared with
    assert json.loads(body("daily/2019-04-24/summary.json"))["chart"] == {
        "by": "hour",
        "before": "2019-04-17",
        "bars": [
            {"at": "8", "income": None, "before": "2.00"},
            {"at": "9", "income": None, "before": "3.00"},
            {"at": "10", "income": "7.00", "before": None},
        ],
    }


# --- queries that do not succeed

DAY_OF_EMPLOYEES = {"from": "2019-04-23", "to": "2019-04-23", "reports": ["employee"], "mail": True}


@pytest.mark.timeout(600)
def test_a_query_that_does_not_succeed_makes_a_red_run_with_its_reason_that_goes_on_when_cleared(home, monkeypatch):
    """Over the limit, failed and cancelled, one after the other in the same run, which is cleared each time."""
    report_lake.put_ledger(report_lake.ledger())
    monkeypatch.setattr("coffee_shop.settings.task_defaults", lambda: {"retries": 0})
    monkeypatch.setenv("COFFEE_SHOP_DEFERRABLE", "1")  # as on AWS
    dag, mails = parsed("coffee_shop_daily_report"), report_lake.mails(home)
    athena, glue = boto3.client("athena", config=UNCHECKED), boto3.client("glue")

    with limit_of_bytes(athena, "coffee-shop"):
        dag_run = dag.test(logical_date=None, run_conf=DAY_OF_EMPLOYEES)
    ends_red(dag_run, home, mails, "ended CANCELLED: Bytes scanned limit was exceeded")
    with without_table(glue, "coffee_shop_conform", "staff"):
        dag_run = run_again(dag, dag_run)
    ends_red(dag_run, home, mails, "ended FAILED: TABLE_NOT_FOUND: ")
    with somebody_cancels(athena):
        dag_run = run_again(dag, dag_run)
    ends_red(dag_run, home, mails, "ended CANCELLED: Query cancelled by user")

    dag_run = run_again(dag, dag_run)

    assert dag_run.state == "success"
    assert keys("daily/2019-04-23/") == [f"daily/2019-04-23/{name}" for name in ("employees.xlsx", "summary.json")]
    assert new_mails(home, mails)[-1]["Subject"].startswith("Coffee Shop daily report 2019-04-23: income $5.50")
    note = str(note_of(dag_run))
    assert (note.count("What this run did"), note.count("Failed at")) == (1, 0)


def ends_red(dag_run: Any, home: Path, mails: list[Path], reason: str) -> None:
    """No report and no mail, but the operators', which has the reason, as the run's note has."""
    assert dag_run.state == "failed"
    assert {states(dag_run)[task] for task in ("settle_queries", "store_report", "send_mail")} == {"upstream_failed"}
    assert keys("daily/2019-04-23/") == []
    sent = new_mails(home, mails)
    assert {mail["To"] for mail in sent} == {"operator@coffee-shop.example"}
    assert reason in sent[-1].get_content()
    assert reason in str(note_of(dag_run)).splitlines()[1]
