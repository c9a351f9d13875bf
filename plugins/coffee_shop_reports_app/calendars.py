"""Calendars of reports: which days, ISO weeks or months one shows at once, and what stands in its cells."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from coffee_shop.periods import DAILY, MONTHLY, WEEKLY, Period, PeriodError, period_around, period_of_run


def calendar_period_of_run(kind: str, fields: Mapping[str, Any], due: datetime, zone: ZoneInfo) -> Period | None:
    """Return the period that a run of a report's DAG is about, None for dates of somebody's own.

    Args:
        kind: daily, weekly or monthly.
        fields: what its form says.
        due: the end of its data interval, or when it was due.
        zone: the shop's time zone.
    """
    with suppress(PeriodError):
        period = period_of_run(kind, params=fields, run_after=due, zone=zone)
        return period if period and period.kind == kind else None
    return None


@dataclass(frozen=True)
class Window:
    """What a calendar shows at once: the days of a month, or the weeks or months of a year.

    ``prefix`` is that of its labels, ``before`` and ``after`` name the windows next to it.
    """

    at: str
    title: str
    periods: list[Period]
    prefix: str
    before: str
    after: str


def window_of(kind: str, at: str) -> Window:
    """Return the window that is named by a month such as 2019-04 for days, by a year for weeks and months.

    Raises:
        ValueError: it is no month or year.
    """
    first = date.fromisoformat(f"{at}-01" if kind == DAILY else f"{at}-01-01")
    if not date(1900, 1, 1) <= first < date(3000, 1, 1):
        raise ValueError(f"{at} is out of range.")
    if kind == DAILY:
        month = period_around(MONTHLY, first)
        before, after = first - timedelta(days=1), month.period_end + timedelta(days=1)
        days = [period_around(kind, day) for day in month.days]
        return Window(at, f"{first:%B %Y}", days, f"{at}-", f"{before:%Y-%m}", f"{after:%Y-%m}")
    if kind == WEEKLY:
        count = date(first.year, 12, 28).isocalendar().week
        starts = [date.fromisocalendar(first.year, week, 1) for week in range(1, count + 1)]
    else:
        starts = [date(first.year, month, 1) for month in range(1, 13)]
    prefix = f"{at}-W" if kind == WEEKLY else f"{at}-"
    periods = [period_around(kind, start) for start in starts]
    return Window(at, at, periods, prefix, str(first.year - 1), str(first.year + 1))


@dataclass(frozen=True)
class Cell:
    """A period in the calendar; without a state it is not over yet, or was before the shop's first sales."""

    period: Period
    state: str
    summary: Any
    run: Any


def state_of(summary: Mapping[str, Any], *, mailed: bool) -> str:
    """Return the state of a report: incomplete, no data, restated, sent or made."""
    if summary["status"] != "complete":
        return str(summary["status"])
    if summary.get("restated"):  # a summary made before there was restating has no such part
        return "restated"
    return "sent" if mailed else "made"


def cell_of(period: Period, summary: Any, run: Any, *, mailed: bool, ended: bool) -> Cell:
    """Return a period's cell; a run that failed or is under way counts unless the report was made after it.

    Args:
        period: a day, week or month.
        summary: the report's, None when there is none.
        run: the newest run about the period that did not end well, if any.
        mailed: whether the report's version was mailed.
        ended: whether the period is over, and not before the shop's first sales.
    """
    if run and summary and (ended_at := run.end_date) and ended_at < datetime.fromisoformat(summary["made_at"]):
        run = None
    if run:
        state = "failed" if run.state == "failed" else "under way"
    elif summary:
        state = state_of(summary, mailed=mailed)
    else:
        state = "missing" if ended else ""
    return Cell(period, state, summary, run)
