"""Days, ISO weeks and months as the pages show them: what is around a date, and what a calendar has in its cells."""

import calendar
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

KINDS = ("daily", "weekly", "monthly")

Period = tuple[date, date]  # first and last date, both included


def period_around(kind: str, day: date) -> Period:
    """Return first and last date of the day, ISO week or month that holds ``day``."""
    if kind == "daily":
        return day, day
    if kind == "weekly":
        monday = day - timedelta(days=day.weekday())
        return monday, monday + timedelta(days=6)
    return day.replace(day=1), day.replace(day=calendar.monthrange(day.year, day.month)[1])


def label_of(kind: str, first: date) -> str:
    """Return the name of a period, as in the reports bucket."""
    if kind == "weekly":
        year, week, _ = first.isocalendar()
        return f"{year}-W{week:02d}"
    return f"{first:%Y-%m}" if kind == "monthly" else first.isoformat()


def period_of_run(kind: str, fields: Mapping[str, Any], due: datetime, zone: ZoneInfo) -> Period | None:
    """Return the period that a run of a report's DAG is about, None for dates of somebody's own.

    Args:
        kind: daily, weekly or monthly.
        fields: what its form says.
        due: the end of its data interval, or when it was due.
        zone: the shop's time zone.
    """
    if not fields.get("from"):
        return period_around(kind, period_around(kind, due.astimezone(zone).date())[0] - timedelta(days=1))
    try:
        typed = date.fromisoformat(fields["from"]), date.fromisoformat(fields.get("to") or "")
    except (TypeError, ValueError):
        return None
    return typed if period_around(kind, typed[0]) == typed else None


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
    first = date.fromisoformat(f"{at}-01" if kind == "daily" else f"{at}-01-01")
    if not date(1900, 1, 1) <= first < date(3000, 1, 1):
        raise ValueError(f"{at} is out of range.")
    if kind == "daily":
        last = period_around("monthly", first)[1]
        days = [(first + timedelta(days=n),) * 2 for n in range(last.day)]
        before, after = first - timedelta(days=1), last + timedelta(days=1)
        return Window(at, f"{first:%B %Y}", days, f"{at}-", f"{before:%Y-%m}", f"{after:%Y-%m}")
    next_to = (str(first.year - 1), str(first.year + 1))
    if kind == "weekly":
        count = date(first.year, 12, 28).isocalendar().week
        mondays = [date.fromisocalendar(first.year, week, 1) for week in range(1, count + 1)]
        return Window(at, at, [period_around(kind, monday) for monday in mondays], f"{at}-W", *next_to)
    months = [period_around(kind, date(first.year, month, 1)) for month in range(1, 13)]
    return Window(at, at, months, f"{at}-", *next_to)


@dataclass(frozen=True)
class Cell:
    """A period in the calendar; without a state it is not over yet, or was before the shop's first sales."""

    label: str
    first: date
    last: date
    state: str
    summary: Any
    run: Any


def state_of(summary: Mapping[str, Any], *, mailed: bool) -> str:
    """Return the state of a report: incomplete, no data, restated, sent or made."""
    if summary["status"] != "complete":
        return str(summary["status"])
    if summary["version"] > 1:
        return "restated"
    return "sent" if mailed else "made"


def cell_of(kind: str, period: Period, summary: Any, run: Any, *, mailed: bool, ended: bool) -> Cell:
    """Return a period's cell; a run that failed or is under way counts unless the report was made after it.

    Args:
        kind: daily, weekly or monthly.
        period: first and last date.
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
    return Cell(label_of(kind, period[0]), *period, state, summary, run)
