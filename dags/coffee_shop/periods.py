"""Which dates a run is about: a day, an ISO week, a calendar month, or any two dates.

All dates are business dates, as the till wrote them, and both ends are included. "The last complete" period is the
last one that had ended, in the shop's time zone, when the run was due.
"""

import calendar
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TypedDict
from zoneinfo import ZoneInfo

DAILY, WEEKLY, MONTHLY, CUSTOM, UPLOAD = "daily", "weekly", "monthly", "custom", "upload"
RESTATED = "restated"  # of a DAG, not of a period: it makes reports of the calendar kinds again
CALENDAR_KINDS = (DAILY, WEEKLY, MONTHLY)


class PeriodError(ValueError):
    """The dates that were asked for make no period; the message says what to type."""


class TooManyDaysError(PeriodError):
    """An upload changed days that lie too far apart for one report."""


@dataclass(frozen=True)
class Period:
    """The dates of one report, both ends included.

    ``stamp`` is set for uploads only: when their run was due (``20190424T060000Z``), so that two uploads of one day
    do not write to the same folder.
    """

    kind: str
    period_start: date
    period_end: date
    stamp: str | None = None

    @property
    def label(self) -> str:
        """The period's short name: 2019-04-24, 2019-W17, 2019-04 or 2019-04-22_2019-04-24."""
        if self.kind == WEEKLY:
            year, week, _ = self.period_start.isocalendar()
            return f"{year}-W{week:02d}"
        if self.kind == MONTHLY:
            return f"{self.period_start:%Y-%m}"
        if self.kind == DAILY:
            return self.period_start.isoformat()
        return f"{self.period_start}_{self.period_end}"

    @property
    def folder(self) -> str:
        """Where the period's workbooks lie in the reports bucket, with no slash at the end."""
        folder = f"{self.kind}/{self.label}"
        return f"{folder}/{self.stamp}" if self.stamp else folder

    @property
    def days(self) -> list[date]:
        """Every calendar day of the period."""
        count = (self.period_end - self.period_start).days + 1
        return [self.period_start + timedelta(days=n) for n in range(count)]

    def as_json(self) -> "PeriodAsJson":
        """Return the period as templates and XCom take it: kind, ISO dates, label, folder, stamp."""
        return {
            "kind": self.kind,
            "period_start": self.period_start.isoformat(),
            "period_end": self.period_end.isoformat(),
            "label": self.label,
            "folder": self.folder,
            "stamp": self.stamp,
        }


class DatesAsJson(TypedDict):
    """What a period is made from again."""

    kind: str
    period_start: str
    period_end: str
    stamp: str | None


class PeriodAsJson(DatesAsJson):
    """A period as templates and XCom take it."""

    label: str
    folder: str


def period_from_json(dates: DatesAsJson) -> Period:
    """Return the period that ``as_json`` wrote."""
    first, last = date.fromisoformat(dates["period_start"]), date.fromisoformat(dates["period_end"])
    return Period(dates["kind"], first, last, dates["stamp"])


def period_of_run(
    kind: str,
    *,
    params: Mapping[str, object],
    run_after: datetime,
    zone: ZoneInfo,
    interval_end: datetime | None = None,
    events: Sequence[Mapping[str, object]] | None = None,
    most_upload_days: int = 42,
) -> Period | None:
    """Return the dates that a run is about, or None when its upload events changed nothing.

    The first of these that is there counts: ``params`` with ``from`` and ``to``; for an upload its events; the data
    interval; else the moment the run was due. A run of a calendar kind whose form names exactly one such period gets
    that period; other dates make a custom one.

    Args:
        kind: daily, weekly, monthly, custom, upload or restated: what the DAG reports.
        params: the run's params; ``from`` and ``to`` are ISO dates or null.
        run_after: when the run was due; runs started by REST or by an asset have nothing else.
        zone: the shop's time zone.
        interval_end: the end of the data interval, if the run has one.
        events: the ``extra`` of each asset event that started the run; ``changed_dates`` in it lists ISO dates.
        most_upload_days: how many days a report on an upload may span.

    Raises:
        PeriodError: only one of the two dates, dates that are none, in the wrong order, or a custom, a restated or an
            upload report started by hand without any.
        TooManyDaysError: an upload changed days of a longer span.
    """
    asked = _asked_for(params)
    if asked is not None:
        return named_period(kind, *asked)
    if kind == UPLOAD:
        return _uploaded(events, run_after, most_upload_days)
    if kind in (CUSTOM, RESTATED):
        raise PeriodError("Give from and to: this report has no dates of its own.")
    moment = interval_end or run_after
    return last_complete(kind, moment.astimezone(zone).date())


def _asked_for(params: Mapping[str, object]) -> tuple[date, date] | None:
    first, last = params.get("from") or None, params.get("to") or None
    if first is None and last is None:
        return None
    if first is None or last is None:
        raise PeriodError("Give both from and to, or neither; for one day give it twice.")
    start, end = _date(first, "from"), _date(last, "to")
    if start > end:
        raise PeriodError(f"from ({start}) is after to ({end}).")
    return start, end


def _date(value: object, name: str) -> date:
    try:
        return date.fromisoformat(str(value))
    except ValueError as error:
        raise PeriodError(f"{name} is {value!r}; expected a date such as 2019-04-24.") from error


def _uploaded(events: Sequence[Mapping[str, object]] | None, run_after: datetime, most_days: int) -> Period | None:
    if not events:
        raise PeriodError("This run has no upload event: give from and to.")
    changed: list[str] = []
    for event in events:
        dates = event.get("changed_dates")
        changed += [str(day) for day in dates] if isinstance(dates, list) else []
    if not changed:
        return None
    stamp = f"{run_after.astimezone(ZoneInfo('UTC')):%Y%m%dT%H%M%SZ}"
    period = Period(UPLOAD, date.fromisoformat(min(changed)), date.fromisoformat(max(changed)), stamp)
    if len(period.days) > most_days:
        raise TooManyDaysError(
            f"The upload changed days from {min(changed)} to {max(changed)}. A report on an upload spans at most "
            f"{most_days} days (setting upload_report_days), so none is made; trigger coffee_shop_custom_report."
        )
    return period


def named_period(kind: str, first: date, last: date) -> Period:
    """Return the period from ``first`` to ``last``: of this calendar kind if they are exactly one, else custom.

    A restated report is of whichever calendar kind they are one of.
    """
    for each in CALENDAR_KINDS:
        if kind in (each, RESTATED) and period_around(each, first) == Period(each, first, last):
            return Period(each, first, last)
    return Period(CUSTOM, first, last)


def period_around(kind: str, day: date) -> Period:
    """Return the day, ISO week or calendar month in which ``day`` lies.

    Raises:
        PeriodError: ``kind`` is not daily, weekly or monthly.
    """
    if kind == DAILY:
        return Period(DAILY, day, day)
    if kind == WEEKLY:
        monday = day - timedelta(days=day.weekday())
        return Period(WEEKLY, monday, monday + timedelta(days=6))
    if kind == MONTHLY:
        days_in_month = calendar.monthrange(day.year, day.month)[1]
        return Period(MONTHLY, day.replace(day=1), day.replace(day=days_in_month))
    raise PeriodError(f"The kind of period is {kind!r}; expected one of {', '.join(CALENDAR_KINDS)}.")


def last_complete(kind: str, today: date) -> Period:
    """Return the last day, ISO week or calendar month that had ended before ``today`` began."""
    day_before_this_one = period_around(kind, today).period_start - timedelta(days=1)
    return period_around(kind, day_before_this_one)
