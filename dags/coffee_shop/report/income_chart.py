"""The chart of a report's mail: income by day, of a single day by hour, beside that of the period before."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from coffee_shop.periods import Period
from coffee_shop.report.comparison import BEFORE, PERIOD_INCOMPLETE, bases_of
from coffee_shop.report.documents import Bar, Comparison, IncomeChart
from coffee_shop.report.history import Row, amount_text, sums_by_day

DAY, HOUR = "day", "hour"
MOST_DAYS = 62  # more bars than two months' are a blur on a phone


def period_before(period: Period) -> Period:
    """Return the period whose income stands beside that of a report: the first that it is compared with."""
    return dict(bases_of(period))[BEFORE][0]


def income_chart(
    period: Period,
    history: Iterable[Row],
    comparisons: Sequence[Comparison],
    hours: Iterable[Row],
    hours_before: Iterable[Row],
) -> IncomeChart | None:
    """Return what the chart shows; None where there are too few or too many bars to show.

    Args:
        period: the dates that the report is about.
        history: the rows of history.sql.
        comparisons: what ``compare`` returns; a period before that is no measure is left out.
        hours: of a single day, the rows of the sales report's question on weekdays and hours.
        hours_before: the same of the day before.

    Returns:
        ``by`` (day, hour); ``before``, the label of the period before or null; ``bars``: ``at`` (an ISO date, or an
        hour from 0), ``income`` and ``before`` as texts, null where nothing was sold or there is no such day.
    """
    before = period_before(period)
    is_measure = bool(comparisons) and comparisons[0]["reason"] in (None, PERIOD_INCOMPLETE)
    if len(period.days) == 1:
        bars = _by_hour(hours, hours_before if is_measure else ())
        by = HOUR
    else:
        bars = _by_day(period, before if is_measure else None, history)
        by = DAY
    if not 2 <= len(bars) <= MOST_DAYS:
        return None
    return {"by": by, "before": before.label if is_measure else None, "bars": bars}


def _by_hour(hours: Iterable[Row], hours_before: Iterable[Row]) -> list[Bar]:
    now, then = ({int(row["hour_of_day"]): row["income"] for row in rows} for rows in (hours, hours_before))
    sold_at = now.keys() | then.keys()
    return (
        [_bar(str(hour), now.get(hour), then.get(hour)) for hour in range(min(sold_at), max(sold_at) + 1)]
        if now
        else []
    )


def _by_day(period: Period, before: Period | None, history: Iterable[Row]) -> list[Bar]:
    sums = sums_by_day(history)
    incomes = {day: each["income"] for day, each in sums.items()}
    bars = []
    for number, day in enumerate(period.days):
        then = before.period_start + timedelta(days=number) if before else None
        is_inside = before is not None and then is not None and then <= before.period_end
        bars.append(_bar(day.isoformat(), incomes.get(day), incomes.get(then) if then and is_inside else None))
    return bars


def _bar(at: str, income: Any, before: Any) -> Bar:
    return {
        "at": at,
        "income": None if income is None else amount_text(income),
        "before": None if before is None else amount_text(before),
    }
