"""A weekly report written out by hand, for the tests of summary, words and mail."""

from copy import deepcopy
from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

from coffee_shop.periods import Period
from coffee_shop.report.summary import draft_summary
from coffee_shop.report.wording import Wording

WORDS = Wording("Coffee Shop", "$", "%Y-%m-%d", ZoneInfo("America/New_York"))
WEEK = Period("weekly", date(2019, 4, 22), date(2019, 4, 28))

QUALITY = {
    "missing": [{"day": "2019-04-24", "outlets": ["8"], "whole_day": False}],
    "closed": [],
    "history_begins": None,
    "lines_without_wholesale_price": 12,
    "income_without_wholesale_price": "45.60",
    "refunds": {"lines": 2, "amount": "-7.50"},
    "unreadable_columns": [
        {"key": "sales-reciept/a.csv", "column": "loyaltycardnumber", "rows": 24, "of": 120},
    ],
    "quarantine": {"rows": 1},
    "open_files": [
        {
            "dataset": "sales_reciept",
            "key": "sales-reciept/<b>.csv",
            "status": "refused",
            "reason": "line 1: column Quantity is missing",
            "at": "2019-04-29T09:03:00+00:00",
        }
    ],
    "handovers": [
        {
            "day": "2019-04-23",
            "outlet": "3",
            "from_key": "sales-reciept/a.csv",
            "to_key": "sales-reciept/corrections/a.csv",
            "rows_before": 1200,
            "rows_after": 1199,
            "amount_before": "4000.00",
            "amount_after": "3998.50",
        }
    ],
}
ALL_THERE = {
    "missing": [],
    "closed": [],
    "history_begins": None,
    "lines_without_wholesale_price": 0,
    "income_without_wholesale_price": "0.00",
    "refunds": {"lines": 0, "amount": "0.00"},
    "unreadable_columns": [],
    "quarantine": {"rows": 0},
    "open_files": [],
    "handovers": [],
}
CLOSED = ALL_THERE | {
    "closed": [{"day": f"2019-04-{day}", "outlets": ["3", "8"], "whole_day": True} for day in range(22, 29)]
}
USAGE = {
    "job_dpu_seconds": {},
    "crawl_seconds": {},
    "queries": 44,
    "bytes_scanned": 3 * 2**20,
    "price": "0.0021",
}
HEADLINE = {
    "income": Decimal("600.00"),
    "production_cost": Decimal("150.1250"),
    "net_income": Decimal("449.8750"),
    "transactions": 90,
    "items": 300,
    "registered_transactions": 45,
    "lines": 200,
    "lines_without_wholesale_price": 12,
    "income_without_wholesale_price": Decimal("45.60"),
}
OUTLETS = [
    {
        "number": "3",
        "neighbourhood": "Astoria",
        "income": "350.00",
        "transactions": 50,
        "items": 200,
    },
    {
        "number": "8",
        "neighbourhood": "Hell's <Kitchen>",
        "income": "250.00",
        "transactions": 40,
        "items": 100,
    },
]
DAYS = [
    {"day": f"2019-04-{day}", "income": income, "transactions": 15, "items": 50, "outlets": 2}
    for day, income in ((22, "100.00"), (23, "200.00"), (24, "50.00"), (25, "250.00"), (26, "0.00"))
]
LAST_WEEK = {
    "base": "before",
    "label": "2019-W16",
    "start": "2019-04-15",
    "end": "2019-04-21",
    "averaged": None,
    "figures": {
        "income": "500.00",
        "net_income": "500.00",
        "transactions": 90,
        "items": 0,
        "average_receipt": 5.0,
        "registered_share": 0.48,
    },
    "reason": None,
    "closed": [],
    "closed_outlets": [],
    "unpublished": [],
    "missing": [],
}
A_YEAR_BEFORE = LAST_WEEK | {
    "base": "year_before",
    "label": "2018-W17",
    "start": "2018-04-23",
    "end": "2018-04-29",
    "figures": None,
    "reason": "not loaded",
    "unpublished": [f"2018-04-{day}" for day in range(23, 30)],
}
FIGURES = LAST_WEEK["figures"]
COMPARED = {
    "comparisons": [LAST_WEEK, A_YEAR_BEFORE],
    "trend": [
        {"start": "2019-04-08", "end": "2019-04-14", "complete": True, "figures": None},
        {"start": "2019-04-15", "end": "2019-04-21", "complete": True, "figures": FIGURES},
        {"start": "2019-04-22", "end": "2019-04-28", "complete": False, "figures": FIGURES | {"income": "600.00"}},
    ],
    "highlights": {
        "judged": True,
        "moves": [{"of": "outlet", "name": "8", "income": "250.00", "usual": "200.00", "days_left_out": 1}],
    },
    "categories": [
        {"category": "Coffee", "income": "400.00", "items": 200},
        {"category": "NO INFO", "income": "150.00", "items": 75},
        {"category": "Tea & <more>", "income": "50.00", "items": 25},
    ],
    "outlet_reports": {},
    "chart": {
        "by": "day",
        "before": "2019-W16",
        "bars": [
            {"at": "2019-04-22", "income": "100.00", "before": "80.00"},
            {"at": "2019-04-23", "income": "200.00", "before": None},
            {"at": "2019-04-24", "income": None, "before": "120.00"},
        ],
    },
}
TARGETS = [
    {
        "month": "April 2019",
        "complete": False,
        "unit": "items",
        "days_loaded": 27,
        "days_of_month": 30,
        "outlets": 3,
        "on_course": 2,
        "goal": "1500.00",
        "sold": "1200.00",
        "forecast": "1333.33",
    }
]
INVENTORY = {
    "stock": 200,
    "sold": 163,
    "waste": 37,
    "waste_without_price": 5,
    "compared": 40,
    "agreeing": 36,
    "waste_share": 0.185,
    "waste_cost": "24.50",
}


# of a report that the week's replaces: a correction has brought the 23rd from 150.00 to 200.00
RESTATED = {
    "at": "2019-05-02T09:03:00+00:00",
    "version": 1,
    "made_at": "2019-04-29T10:31:00+00:00",
    "before": {
        "income": "550.00",
        "net_income": "449.8750",
        "transactions": 89,
        "items": 290,
        "average_receipt": 550 / 89,
        "registered_share": 0.5,
    },
    "income_change": 50 / 550,
    "days": [{"day": "2019-04-23", "before": "150.00", "after": "200.00"}],
    "outlets": [{"number": "8", "neighbourhood": "Hell's <Kitchen>", "before": "200.00", "after": "250.00"}],
    "causes": [
        {
            "key": "sales-reciept/corrections/<a>.csv",
            "what": "loaded",
            "load_id": "load-8",
            "at": "2019-05-02T09:03:00+00:00",
            "days": ["2019-04-23"],
        }
    ],
}


def draft(**changes):
    """The draft of the week's summary, with some of its parts changed."""
    parts = {
        "run": {"dag_id": "coffee_shop_weekly_report", "run_id": "scheduled__2019-04-29"},
        "period": WEEK,
        "words": {"shop": "Coffee Shop", "currency": "$"},
        "state": {
            "load_id": "load-7",
            "published_at": "2019-04-29T09:03:00+00:00",
            "changed_while_made": False,
        },
        "status": "incomplete",
        "usage": USAGE,
        "quality": QUALITY,
        "headline": HEADLINE,
        "outlets": OUTLETS,
        "days": DAYS,
        "targets": TARGETS,
        "inventory": INVENTORY,
        "compared": COMPARED,
    }
    return draft_summary(**deepcopy(parts | changes))


def summary(**changes):
    """The week's summary, with some of its parts changed."""
    return draft(**changes) | {"version": 1, "made_at": "2019-04-29T10:31:00+00:00", "files": []}


NEIGHBOURHOODS = {"3": "Astoria", "8": "Hell's <Kitchen>"}


def sold(day, outlet="3", income="10.00", net_income="6.00", transactions=2, items=3, registered=1, category=None):
    """A row of history.sql."""
    return {
        "business_date": day,
        "salesoutletno": None if category else outlet,
        "neighbourhood": None if category else NEIGHBOURHOODS.get(outlet),
        "productcategory": category,
        "lines": items,
        "income": Decimal(income),
        "net_income": Decimal(net_income),
        "transactions": transactions,
        "items": items,
        "registered_transactions": registered,
    }
