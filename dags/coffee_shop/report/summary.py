"""`summary.json`: what a report found, in one object; its schema is docs/summary.schema.json.

The workbooks' contents sheets, the mail and the Reports page show nothing that does not stand in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, TypedDict, Unpack

from coffee_shop.lake.documents import Usage
from coffee_shop.periods import Period
from coffee_shop.report.comparison import compare, trend_of
from coffee_shop.report.data_quality import NO_DATA
from coffee_shop.report.documents import (
    Compared,
    DataOfReport,
    DataQuality,
    Day,
    Draft,
    Headline,
    Inventory,
    MonthOfTargets,
    Outlet,
    RunOfReport,
)
from coffee_shop.report.expectations import Expectations
from coffee_shop.report.highlights import highlights_of
from coffee_shop.report.history import amount_text, categories_of
from coffee_shop.report.income_chart import income_chart
from coffee_shop.report.outlet_report import outlet_report

Row = Mapping[str, Any]

FORMAT = 2
NOT_COMPARED: Compared = {
    "comparisons": [],
    "trend": [],
    "highlights": {"judged": False, "moves": []},
    "categories": [],
    "outlet_reports": {},
    "chart": None,
}


class Findings(TypedDict):
    """What a draft is made of."""

    run: RunOfReport
    period: Period
    words: Mapping[str, str]  # shop and currency
    state: DataOfReport  # which data the queries saw
    status: str  # complete, incomplete or no data
    usage: Usage | None  # what the queries used, None when that is not known
    quality: DataQuality  # what data_quality returns
    headline: Row | None  # the row of headline.sql, None without data
    outlets: list[Outlet]  # what outlets_of returns
    days: list[Day]  # what days_of returns
    targets: list[MonthOfTargets]  # what targets_of returns
    inventory: Inventory | None  # what inventory_of returns
    compared: Compared  # what compared_with_history returns


def draft_summary(**findings: Unpack[Findings]) -> Draft:
    """Return everything of summary.json but version, files and the moment it was made."""
    if findings["status"] == NO_DATA or findings["headline"] is None:
        findings |= {"headline": None, "outlets": [], "days": [], "targets": [], "inventory": None}
        findings |= {"compared": NOT_COMPARED}
    period, headline, compared = findings["period"], findings["headline"], findings["compared"]
    return {
        "format": FORMAT,
        "shop": findings["words"]["shop"],
        "currency": findings["words"]["currency"],
        "run": findings["run"],
        "period": {
            "kind": period.kind,
            "start": period.period_start.isoformat(),
            "end": period.period_end.isoformat(),
            "label": period.label,
            "folder": period.folder,
        },
        "status": findings["status"],
        "data": findings["state"],
        "headline": _headline(headline, findings["outlets"], findings["quality"]) if headline else None,
        "outlets": findings["outlets"],
        "days": findings["days"],
        "comparisons": compared["comparisons"],
        "trend": compared["trend"],
        "highlights": compared["highlights"],
        "categories": compared["categories"],
        "chart": compared["chart"],
        "outlet_reports": compared["outlet_reports"],
        "targets": findings["targets"],
        "inventory": findings["inventory"],
        "data_quality": findings["quality"],
        "restated": None,
        "usage": findings["usage"],
    }


def compared_with_history(
    period: Period,
    history: Sequence[Row],
    expectations: Expectations,
    *,
    complete: bool,
    outlets: Iterable[str] = (),
    hours: Iterable[Row] = (),
    hours_before: Iterable[Row] = (),
) -> Compared:
    """Return what summary.json says from the history: comparisons, trend, highlights, categories, chart, outlets.

    Args:
        period: the dates that the report is about.
        history: the rows of history.sql.
        expectations: what should have been published, by the ledger and the settings.
        complete: whether the period itself is complete.
        outlets: the outlets whose own mail somebody gets.
        hours: of a single day, what was sold at which hour.
        hours_before: the same of the day that it is compared with.
    """
    comparisons = compare(period, history, expectations, complete=complete)
    return {
        "comparisons": comparisons,
        "chart": income_chart(period, history, comparisons, hours, hours_before),
        "trend": trend_of(period, history, expectations),
        "highlights": highlights_of(period, history, expectations),
        "categories": categories_of(period, history),
        "outlet_reports": {number: outlet_report(number, period, history, expectations) for number in outlets},
    }


def _headline(row: Row, outlets: Sequence[Outlet], quality: DataQuality) -> Headline:
    transactions = int(row["transactions"] or 0)
    registered = int(row["registered_transactions"] or 0)
    ranked = sorted(outlets, key=lambda outlet: Decimal(outlet["income"]))
    return {
        "income": amount_text(row["income"]),
        "production_cost": amount_text(row["production_cost"]),
        "net_income": amount_text(row["net_income"]),
        "transactions": transactions,
        "items": int(row["items"] or 0),
        "average_receipt": float(row["income"] or 0) / transactions if transactions else None,
        "registered_transactions": registered,
        "registered_share": registered / transactions if transactions else None,
        "lines": int(row["lines"] or 0),
        "best_outlet": ranked[-1] if ranked else None,
        "worst_outlet": ranked[0] if len(ranked) > 1 else None,
        "days_missing": sum(1 for entry in quality["missing"] if entry["whole_day"]),
        "outlet_days_missing": sum(len(entry["outlets"]) for entry in quality["missing"]),
    }
