"""`summary.json`: what a report found, in one object; its schema is docs/summary.schema.json.

The workbooks' contents sheets, the mail and the Reports page show nothing that does not stand in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

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


def draft_summary(
    *,
    run: RunOfReport,
    period: Period,
    words: Mapping[str, str],
    state: DataOfReport,
    status: str,
    usage: Usage | None,
    quality: DataQuality,
    headline: Row | None,
    outlets: list[Outlet],
    days: list[Day],
    targets: list[MonthOfTargets],
    inventory: Inventory | None,
    compared: Compared,
) -> Draft:
    """Return everything of summary.json but version, files and the moment it was made.

    Args:
        run: dag_id and run_id.
        period: the dates that the report is about.
        words: shop and currency.
        state: load_id, published_at, changed_while_made: which data the queries saw.
        status: complete, incomplete or no data.
        usage: what the queries used, None when that is not known.
        quality: what ``data_quality`` found.
        headline: the row of headline.sql, None without data.
        outlets: what ``outlets_of`` returns.
        days: what ``days_of`` returns.
        targets: what ``targets_of`` returns.
        inventory: what ``inventory_of`` returns.
        compared: what ``compared_with_history`` returns.
    """
    there = status != NO_DATA and headline is not None
    told = compared if there else NOT_COMPARED
    return {
        "format": FORMAT,
        "shop": words["shop"],
        "currency": words["currency"],
        "run": run,
        "period": {
            "kind": period.kind,
            "start": period.period_start.isoformat(),
            "end": period.period_end.isoformat(),
            "label": period.label,
            "folder": period.folder,
        },
        "status": status,
        "data": state,
        "headline": _headline(headline, outlets, quality) if there and headline else None,
        "outlets": outlets if there else [],
        "days": days if there else [],
        "comparisons": told["comparisons"],
        "trend": told["trend"],
        "highlights": told["highlights"],
        "categories": told["categories"],
        "chart": told["chart"],
        "outlet_reports": told["outlet_reports"],
        "targets": targets if there else [],
        "inventory": inventory if there else None,
        "data_quality": quality,
        "restated": None,
        "usage": usage,
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
