"""What a report's figures are compared with, and how they went lately: from the lake's daily sums and the ledger.

The rows are those of ``headline/history.sql``. Pure functions; docs/figures.md says which periods are compared and when
one is no measure.
"""

from __future__ import annotations

import calendar
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, timedelta

from coffee_shop.periods import CUSTOM, DAILY, MONTHLY, WEEKLY, Period, named_period, period_around
from coffee_shop.report.documents import Comparison, OutletsOfDay, Span
from coffee_shop.report.expectations import Expectations
from coffee_shop.report.history import Row, Sums, figures_of, figures_of_days, sums_by_day, total_of_days

BEFORE, YEAR_BEFORE, WEEKDAY_AVERAGE = "before", "year_before", "weekday_average"
PERIOD_INCOMPLETE, NOT_LOADED, LACKS_OUTLETS, CLOSED = "period incomplete", "not loaded", "lacks outlets", "closed"
YEAR = timedelta(days=364)  # 52 weeks, so that weekdays meet weekdays
WEEKDAYS_AVERAGED = 4
TREND_DAYS, TREND_WEEKS, MOST_TREND_DAYS = 14, 8, 31


def compare(period: Period, history: Iterable[Row], expectations: Expectations, *, complete: bool) -> list[Comparison]:
    """Return the figures of each period that this one is compared with, or why there are none.

    Args:
        period: the dates that the report is about.
        history: the rows of history.sql.
        expectations: what should have been published.
        complete: whether the report's own period is; if not, nothing can be compared with it.

    Returns:
        ``base`` (before, year_before, weekday_average), ``label``, ``days`` that were averaged, ``start`` and ``end``,
        ``figures`` (null if it is no measure), ``reason`` (null, or one of this module's four), ``closed`` and
        ``unpublished`` (ISO days), ``missing`` (as in data_quality) and ``closed_outlets`` (likewise, of days on which
        others sold).
    """
    by_day = sums_by_day(history)
    return [
        _comparison(period, name, periods, by_day, expectations, complete=complete)
        for name, periods in bases_of(period)
    ]


def bases_of(period: Period) -> list[tuple[str, list[Period]]]:
    """Return the periods that one is compared with, by name; several stand for their average.

    What counts is the dates, not the kind: an upload that changed one day is compared as a day.
    """
    like = _by_dates(period)
    bases = [(BEFORE, [_before(like)])]
    if (year_before := _year_before(like)) is not None:
        bases.append((YEAR_BEFORE, [year_before]))
    if like.kind == DAILY:
        weeks = range(1, WEEKDAYS_AVERAGED + 1)
        bases.append((WEEKDAY_AVERAGE, [_shifted(like, timedelta(weeks=number)) for number in weeks]))
    return bases


def _by_dates(period: Period) -> Period:
    """Return the day, week or month that has exactly these dates, else a span."""
    first, last = period.period_start, period.period_end
    kinds = (named_period(kind, first, last) for kind in (DAILY, WEEKLY, MONTHLY))
    return next((named for named in kinds if named.kind != CUSTOM), Period(CUSTOM, first, last))


def _before(period: Period) -> Period:
    if period.kind == DAILY:
        return _shifted(period, timedelta(weeks=1))
    if period.kind == CUSTOM:
        return _shifted(period, timedelta(days=len(period.days)))
    return period_around(period.kind, period.period_start - timedelta(days=1))


def _year_before(period: Period) -> Period | None:
    """Return the same period of the year before; None for a span that is longer than that year."""
    if period.kind == MONTHLY:
        first = period.period_start
        last_day = calendar.monthrange(first.year - 1, first.month)[1]
        return Period(MONTHLY, first.replace(year=first.year - 1), date(first.year - 1, first.month, last_day))
    return _shifted(period, YEAR) if len(period.days) <= YEAR.days else None


def _shifted(period: Period, back: timedelta) -> Period:
    return Period(period.kind, period.period_start - back, period.period_end - back)


def _comparison(
    period: Period,
    name: str,
    periods: list[Period],
    by_day: Mapping[date, Sums],
    expectations: Expectations,
    *,
    complete: bool,
) -> Comparison:
    days = [day for period in periods for day in period.days]
    open_days = [day for day in days if not expectations.is_closed(day)]
    unpublished, missing = expectations.unpublished(days), expectations.missing(days)
    reason = _reason(open_days, unpublished, missing, complete=complete)
    counted = len(open_days) if len(periods) > 1 else 1
    return {
        "base": name,
        "label": periods[0].label,
        "start": min(days).isoformat(),
        "end": max(days).isoformat(),
        "averaged": counted if len(periods) > 1 else None,
        "figures": None if reason else figures_of(total_of_days(by_day, open_days), counted),
        "reason": reason,
        "closed": [day.isoformat() for day in days if day not in open_days],
        "unpublished": [day.isoformat() for day in unpublished],
        "missing": [entry for entry in missing if not entry["whole_day"]],
        "closed_outlets": _closed_otherwise(period, periods, expectations),
    }


def _closed_otherwise(period: Period, bases: list[Period], expectations: Expectations) -> list[OutletsOfDay]:
    """Return the outlets that were not closed as often in the bases as in the period, which explains a change.

    An outlet that is closed every Sunday explains none.
    """
    closed = expectations.closed(day for base in bases for day in base.days)
    own = _days_closed(expectations.closed(period.days))
    otherwise = {outlet for outlet, days in _days_closed(closed).items() if days != own[outlet] * len(bases)}
    entries = [entry | {"outlets": [each for each in entry["outlets"] if each in otherwise]} for entry in closed]
    return [entry for entry in entries if entry["outlets"] and not entry["whole_day"]]


def _days_closed(closed: list[OutletsOfDay]) -> Counter[str]:
    return Counter(outlet for entry in closed for outlet in entry["outlets"])


def _reason(
    open_days: list[date], unpublished: list[date], missing: list[OutletsOfDay], *, complete: bool
) -> str | None:
    if not open_days:
        return CLOSED
    if unpublished:
        return NOT_LOADED
    if missing:
        return LACKS_OUTLETS
    return None if complete else PERIOD_INCOMPLETE


def trend_of(period: Period, history: Iterable[Row], expectations: Expectations) -> list[Span]:
    """Return the figures of the spans that end with the period, oldest first: what a row of small bars shows.

    A day has the fourteen days that end with it, a week eight weeks; other periods of at most 31 days their own days,
    longer ones nothing.

    Returns:
        ``start``, ``end``, ``complete`` (every expected outlet sold), ``figures`` (null where nothing is published).
    """
    by_day = sums_by_day(history)
    return [_span(span, by_day, expectations) for span in _trend_spans(_by_dates(period))]


def _trend_spans(period: Period) -> list[Period]:
    if period.kind == DAILY:
        return [_shifted(period, timedelta(days=back)) for back in reversed(range(TREND_DAYS))]
    if period.kind == WEEKLY:
        return [_shifted(period, timedelta(weeks=back)) for back in reversed(range(TREND_WEEKS))]
    days = period.days
    return [Period(DAILY, day, day) for day in days] if len(days) <= MOST_TREND_DAYS else []


def _span(span: Period, by_day: Mapping[date, Sums], expectations: Expectations) -> Span:
    figures = figures_of_days(by_day, span.days)
    return {
        "start": span.period_start.isoformat(),
        "end": span.period_end.isoformat(),
        "complete": not expectations.unpublished(span.days) and not expectations.missing(span.days),
        "figures": figures if figures["transactions"] else None,
    }
