"""What an outlet's own mail says: the figures of one outlet, from the same rows and by the same rules as the shop's."""

from __future__ import annotations

from collections.abc import Iterable

from coffee_shop.periods import Period
from coffee_shop.report.comparison import compare, trend_of
from coffee_shop.report.data_quality import COMPLETE, INCOMPLETE, NO_DATA
from coffee_shop.report.documents import (
    Draft,
    Headline,
    Highlights,
    OutletReport,
    OutletsOfDay,
    Summary,
)
from coffee_shop.report.expectations import Expectations
from coffee_shop.report.highlights import OUTLET, highlights_of
from coffee_shop.report.history import Row, days_of, figures_of_days, sums_by_day
from coffee_shop.report.wording import outlet_name

NOTHING: OutletReport = {
    "status": NO_DATA,
    "figures": None,
    "registered_transactions": 0,
    "missing": [],
    "days": [],
    "comparisons": [],
    "trend": [],
    "highlights": {"judged": False, "moves": []},
    "restated": None,
}


def outlet_report(number: str, period: Period, history: Iterable[Row], expectations: Expectations) -> OutletReport:
    """Return what summary.json says of one outlet beside the shop.

    Args:
        number: the outlet's number.
        period: the dates that the report is about.
        history: the rows of history.sql, of all outlets.
        expectations: what should have been published, of all outlets.

    Returns:
        ``status``, ``figures`` (null without sales), ``registered_transactions``, ``missing`` (ISO days), and ``days``,
        ``comparisons``, ``trend`` and ``highlights`` as the summary has them of the shop.
    """
    rows = [row for row in history if row["salesoutletno"] == number]
    own = expectations.of_outlet(number)
    by_day = sums_by_day(rows)
    sold = [by_day[day] for day in period.days if day in by_day]
    if not sold:
        return NOTHING
    missing = [entry["day"] for entry in own.missing(period.days)]
    return {
        "status": INCOMPLETE if missing else COMPLETE,
        "figures": figures_of_days(by_day, period.days),
        "registered_transactions": sum(day["registered_transactions"] for day in sold),
        "missing": missing,
        "days": days_of(period, rows),
        "comparisons": compare(period, rows, own, complete=not missing),
        "trend": trend_of(period, rows, own),
        "highlights": _of_outlet(number, highlights_of(period, rows, own)),
        "restated": None,
    }


def _of_outlet(number: str, highlights: Highlights) -> Highlights:
    """Return highlights of a single outlet as that outlet's; to the rule it is a shop of its own."""
    return highlights | {"moves": [move | {"of": OUTLET, "name": number} for move in highlights["moves"]]}


def summary_of_outlet(summary: Summary, number: str) -> Summary:
    """Return a report's summary as an outlet's mail needs it: its figures in place of the shop's, no workbooks.

    Raises:
        ValueError: the shop has sales, and the summary has no report of this outlet.
    """
    if summary["status"] != NO_DATA and number not in summary["outlet_reports"]:
        raise ValueError(
            f"summary.json of {summary['period']['folder']} has no report of outlet {number}: it was made before the "
            "setting mail_lists named this outlet. Clear the run's task figures and what follows it."
        )
    own = summary["outlet_reports"].get(number, NOTHING)
    closed = [each for each in summary["data_quality"]["closed"] if each["whole_day"] or number in each["outlets"]]
    return {
        **summary,
        "outlet": number,
        "status": own["status"],
        "headline": _headline(own),
        "outlets": [outlet for outlet in summary["outlets"] if outlet["number"] == number],
        "days": own["days"],
        "comparisons": own["comparisons"],
        "trend": own["trend"],
        "highlights": own["highlights"],
        "categories": [],
        "chart": None,
        "targets": [],
        "inventory": None,
        "restated": own["restated"],
        "files": [],
        "data_quality": {
            **summary["data_quality"],
            "missing": [_whole_day(day, number) for day in own["missing"]],
            "closed": [_whole_day(each["day"], number) for each in closed],
        },
    }


def _headline(own: OutletReport) -> Headline | None:
    if not (figures := own["figures"]):
        return None
    return Headline(
        income=figures["income"],
        net_income=figures["net_income"],
        transactions=figures["transactions"],
        items=figures["items"],
        average_receipt=figures["average_receipt"],
        registered_share=figures["registered_share"],
        registered_transactions=own["registered_transactions"],
        best_outlet=None,
        worst_outlet=None,
        days_missing=len(own["missing"]),
        outlet_days_missing=len(own["missing"]),
    )


def _whole_day(day: str, number: str) -> OutletsOfDay:
    return {"day": day, "outlets": [number], "whole_day": True}


def outlet_of(summary: Draft) -> str:
    """Return what an outlet's mail calls it: its number, with its neighbourhood when it sold in the period."""
    names = [outlet_name(outlet) for outlet in summary["outlets"] if outlet["number"] == summary["outlet"]]
    return f"outlet {names[0] if names else summary['outlet']}"
