"""Goals against sales for summary.json, the mail and the big figures: a month's outlets together (figures 7)."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from coffee_shop.periods import Period
from coffee_shop.report.dashboard import Figure
from coffee_shop.report.documents import Draft, MonthOfTargets
from coffee_shop.report.history import amount_text
from coffee_shop.report.target_unit import FORMAT_OF
from coffee_shop.report.wording import Wording
from coffee_shop.settings import TargetUnit

Row = Mapping[str, Any]

GOOD = ("met", "on course")  # as target/01_goals_by_outlet.sql says it


def targets_of(period: Period, rows: Iterable[Row], unit: TargetUnit) -> list[MonthOfTargets]:
    """Return what summary.json says of each month that a period touches, oldest first.

    Args:
        period: the dates that the report is about.
        rows: the rows of target/01_goals_by_outlet.sql.
        unit: what the goals are counted in, items or income.

    Returns:
        ``month``, such as April 2019; ``complete``, whether the period goes to its end; ``unit``; ``days_loaded`` and
        ``days_of_month``; how many ``outlets`` have a goal that can be judged, and how many of them are ``on_course``;
        ``goal``, ``sold`` and ``forecast`` of the outlets with a goal, null without any.
    """
    rows = list(rows)
    months = sorted({day.replace(day=monthrange(day.year, day.month)[1]) for day in period.days})
    return [
        _month(last_day, [row for row in rows if row["month"] == f"{last_day:%B %Y}"], unit, period)
        for last_day in months
    ]


def _month(last_day: date, rows: list[Row], unit: TargetUnit, period: Period) -> MonthOfTargets:
    with_goal = [row for row in rows if row["goal"] is not None]
    judged = [row for row in with_goal if row["status"] != "n/a"]
    forecasts = [row["forecast"] for row in with_goal if row["forecast"] is not None]
    return {
        "month": f"{last_day:%B %Y}",
        "complete": last_day <= period.period_end,
        "unit": unit,
        "days_loaded": max((int(row["days_loaded"]) for row in rows), default=0),
        "days_of_month": last_day.day,
        "outlets": len(judged),
        "on_course": sum(row["status"] in GOOD for row in judged),
        "goal": amount_text(sum(row["goal"] for row in with_goal)) if with_goal else None,
        "sold": amount_text(sum(row["sold"] for row in with_goal)) if with_goal else None,
        "forecast": amount_text(round(sum(forecasts), 2)) if forecasts else None,
    }


def target_figures(summary: Draft, words: Wording) -> dict[str, Figure]:
    """Return the big figures of the newest month with a goal; without any they are ``n/a``.

    Args:
        summary: the draft of summary.json, with sales.
        words: how the shop writes things.
    """
    months = summary["targets"]
    month = next((each for each in reversed(months) if each["goal"] is not None), months[-1])
    form, name = FORMAT_OF[month["unit"]], month["month"]
    amounts = (month["goal"], month["sold"], month["forecast"])
    goal, sold, forecast = (None if amount is None else Decimal(amount) for amount in amounts)
    outlets = f"{month['on_course']:,} of {month['outlets']:,}" if month["outlets"] else None
    label = "Outlets that met their goal" if month["complete"] else "Outlets on course"
    to_date = name if month["complete"] else f"{name}, through {words.day(summary['period']['end'])}"
    days = f"{month['days_loaded']} of {month['days_of_month']} days are loaded"
    return {
        "target_outlets": Figure(label, outlets, "text", name),
        "target_goal": Figure("Goal", goal, form, f"{name}, in {month['unit']}"),
        "target_sold": Figure("Sold so far", sold, form, to_date),
        "target_reached": Figure("Goal reached", _part(sold, goal), "percent", days),
        "target_forecast": Figure("Forecast of goal", _part(forecast, goal), "percent", name),
    }


def _part(figure: Decimal | None, goal: Decimal | None) -> float | None:
    return float(figure / goal) if figure is not None and goal else None


def months_without_targets(summary: Draft) -> list[str]:
    """Return a sentence for the months of a report that have no targets; none when all of them have."""
    months = [month["month"] for month in summary["targets"] if month["goal"] is None]
    return [f"No targets have been loaded for {' and '.join(months)}."] if months else []


def targets_text(summary: Draft) -> str:
    """Return how many outlets reach their goal, month by month, for the mail; nothing where no goal can be judged."""
    # a summary that was made before there were targets in it has none
    months = [month for month in summary.get("targets", []) if month["outlets"]]
    return "; ".join(
        f"{month['on_course']} of {_outlets(month['outlets'])} {_word(month)} {month['month']}" for month in months
    )


def _word(month: MonthOfTargets) -> str:
    return "met the goal of" if month["complete"] else "on course for"


def _outlets(number: int) -> str:
    return f"{number:,} outlet{'' if number == 1 else 's'}"
