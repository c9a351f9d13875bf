"""The date table: every calendar day from the first to the last month that any fact or target touches."""

from __future__ import annotations

import calendar
from collections.abc import Iterable
from datetime import date, timedelta

from .cells import MONTHS
from .row_ids import md5

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

DateRow = tuple[str, date, int, str, int, int, str, int, str, str, int, str, int]


def months_span(days_and_months: Iterable[str]) -> tuple[date, date] | None:
    """Return the first day of the first month and the last day of the last, of days and months such as 2019-04.

    None when there are none.
    """
    months = sorted({text[:7] for text in days_and_months})
    if not months:
        return None
    year, month = (int(part) for part in months[-1].split("-"))
    last = date(year, month, calendar.monthrange(year, month)[1])
    return date.fromisoformat(f"{months[0]}-01"), last


def date_rows(span: tuple[date, date] | None) -> list[DateRow]:
    """Return the rows of the date table for a span, both days included: ISO weeks, 1 = Monday, calendar years."""
    if span is None:
        return []
    first, last = span
    return [_row(first + timedelta(days=n)) for n in range((last - first).days + 1)]


def _row(day: date) -> DateRow:
    week = day.isocalendar().week
    quarter = (day.month + 2) // 3
    return (
        md5(day.isoformat()),
        day,
        day.isoweekday(),
        WEEKDAYS[day.weekday()],
        day.day,
        week,
        f"Week {week}",
        day.month,
        MONTHS[day.month - 1],
        md5(day.isoformat()[:7]),
        quarter,
        f"Q{quarter}",
        day.year,
    )
