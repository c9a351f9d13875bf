from datetime import date, timedelta

from coffee_shop.lake.ledger import empty_ledger
from coffee_shop.report.data_quality import (
    data_quality,
    history_begins,
    status_of,
    waiting_for,
)

SALES = "sales_reciept"
HELD = {"key": "sales-reciept/a.csv", "version_id": "v1", "rows": 1, "quantity": 1, "amount": "1.00"}


def ledger_with(days: dict[str, str]) -> dict:
    """A ledger of days and the outlets that sold on them, such as {"2019-04-01": "3 5"}."""
    ledger = empty_ledger()
    ledger["days"][SALES] = {day: dict.fromkeys(outlets.split(), HELD) for day, outlets in days.items()}
    return ledger


def days(first: str, last: str) -> list[date]:
    start = date.fromisoformat(first)
    return [start + timedelta(days=n) for n in range((date.fromisoformat(last) - start).days + 1)]


def test_history_begins_with_the_first_day_that_has_sales():
    assert history_begins(ledger_with({"2019-04-10": "3", "2019-04-09": "", "2019-04-11": "3"})) == "2019-04-10"


def test_only_young_days_are_waited_for():
    missing = [
        {"day": "2019-04-20", "outlets": ["3"], "whole_day": False},
        {"day": "2019-04-21", "outlets": ["3"], "whole_day": False},
        {"day": "2019-04-24", "outlets": ["3"], "whole_day": False},
    ]
    assert [entry["day"] for entry in waiting_for(missing, date(2019, 4, 24), 3)] == ["2019-04-21", "2019-04-24"]


def test_status():
    ledger = ledger_with({"2019-04-01": "3", "2019-04-02": ""})

    assert status_of(ledger, days("2019-04-02", "2019-04-03"), [{"day": "2019-04-02"}]) == "no data"
    assert status_of(ledger, days("2019-04-01", "2019-04-02"), [{"day": "2019-04-02"}]) == "incomplete"
    assert status_of(ledger, days("2019-04-01", "2019-04-01"), []) == "complete"


def file(version: str, status: str = "published", withdrawn: dict | None = None) -> dict:
    seen = {
        "version_id": version,
        "status": status,
        "reason": "no header line" if status == "refused" else None,
        "load_id": "load-1",
        "run_id": "run-1",
        "at": "2019-05-01T09:00:00+00:00",
    }
    return {"last_seen": seen, "holding": None, "withdrawn": withdrawn}


def holding(day: str, unreadable: dict[str, int]) -> dict:
    return {"rows_read": 120, "claims": {day: {"3": []}}, "unreadable": unreadable}


def test_what_summary_json_says_about_the_data():
    ledger = ledger_with({"2019-04-10": "3"})
    ledger["files"][SALES] = {
        "sales-reciept/a.csv": file("v2") | {"holding": holding("2019-04-10", {"loyaltycardnumber": 24})},
        "sales-reciept/before.csv": file("v2") | {"holding": holding("2019-04-08", {"loyaltycardnumber": 9})},
        "sales-reciept/b.csv": file("v1", "refused"),
        "sales-reciept/gone.csv": file("v1", withdrawn={"run_id": "r", "at": "2019-05-01T09:00:00+00:00"}),
    }
    handover = {
        "load_id": "load-1",
        "at": "2019-05-01T09:00:00+00:00",
        "dataset": SALES,
        "day": "2019-04-10",
        "outlet": "3",
        "from_key": "sales-reciept/a.csv",
        "to_key": "sales-reciept/c.csv",
        "rows_before": 10,
        "rows_after": 9,
        "amount_before": "20.00",
        "amount_after": "18.00",
    }
    ledger["handovers"] = [
        handover,
        handover | {"day": "2019-04-12"},
        handover | {"dataset": "pastry_inventory"},
    ]
    quarantine = [
        {"dataset": SALES, "source_key": key, "version_id": version} | counts
        for key, version, counts in (
            ("sales-reciept/a.csv", "v1", {"quarantined": 100}),  # replaced
            ("sales-reciept/a.csv", "v2", {"quarantined": 5}),
            ("sales-reciept/gone.csv", "v1", {"quarantined": 9}),
            ("sales-reciept/b.csv", "v1", {"quarantined": 1}),
        )
    ]
    headline = {
        "lines_without_wholesale_price": 12,
        "income_without_wholesale_price": "45.6",
        "refund_lines": 3,
        "refund_amount": "-7.5",
    }

    closed = [{"day": "2019-04-11", "outlets": ["3"], "whole_day": False}]
    assert data_quality(ledger, days("2019-04-09", "2019-04-11"), [], closed, headline, quarantine) == {
        "missing": [],
        "closed": closed,
        "history_begins": "2019-04-10",
        "lines_without_wholesale_price": 12,
        "income_without_wholesale_price": "45.60",
        "refunds": {"lines": 3, "amount": "-7.50"},
        "unreadable_columns": [{"key": "sales-reciept/a.csv", "column": "loyaltycardnumber", "rows": 24, "of": 120}],
        "quarantine": {"rows": 6},
        "open_files": [
            {
                "dataset": SALES,
                "key": "sales-reciept/b.csv",
                "status": "refused",
                "reason": "no header line",
                "at": "2019-05-01T09:00:00+00:00",
            }
        ],
        "handovers": [handover],
    }
