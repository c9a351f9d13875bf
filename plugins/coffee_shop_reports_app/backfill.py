"""A back-fill as people ask for it, in business dates, and as Airflow takes it, in moments when runs are due."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from coffee_shop.periods import CALENDAR_KINDS, Period, period_around

MOST_PERIODS = 400


class FormError(ValueError):
    """What was typed into the form makes no back-fill; the message says what to type."""


@dataclass(frozen=True)
class Backfill:
    """A back-fill as the form asks for it: whole periods that hold the dates, and when their runs are due."""

    kind: str
    periods: list[Period]
    due_from: datetime
    due_to: datetime

    @property
    def dag_id(self) -> str:
        """The DAG that makes these reports."""
        return f"coffee_shop_{self.kind}_report"


def plan_backfill(kind: str, first: str, last: str, zone: ZoneInfo) -> Backfill:
    """Return the periods that hold the business dates ``first`` to ``last``, both included.

    A period's run is due after it has ended and before the next one has, at whatever hour the schedule says; Airflow's
    back-fill takes the range of those moments, not of the dates that people mean.

    Raises:
        FormError: unknown kind, dates that are none, in the wrong order, not over yet, or too many.
    """
    if kind not in CALENDAR_KINDS:
        raise FormError(f"Report is {kind!r}; it can be {', '.join(CALENDAR_KINDS)}.")
    start, end = _typed_date(first, "From"), _typed_date(last, "To")
    if start > end:
        raise FormError(f"From ({start}) is after To ({end}).")
    periods = [period_around(kind, start)]
    while periods[-1].period_end < end:
        if len(periods) == MOST_PERIODS:
            raise FormError(f"These are more than {MOST_PERIODS} periods. Take a shorter time.")
        periods.append(_next(periods[-1]))
    last_period = periods[-1]
    if last_period.period_end >= datetime.now(zone).date():
        dates = f"{last_period.period_start} to {last_period.period_end}"
        raise FormError(f"The period {dates} is not over yet. Take an earlier To.")
    return Backfill(
        kind,
        periods,
        due_from=_midnight_after(periods[0], zone),
        due_to=_midnight_after(_next(last_period), zone) - timedelta(seconds=1),
    )


def _next(period: Period) -> Period:
    return period_around(period.kind, period.period_end + timedelta(days=1))


def _midnight_after(period: Period, zone: ZoneInfo) -> datetime:
    return datetime.combine(period.period_end + timedelta(days=1), time(), zone)


def _typed_date(text: str, name: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise FormError(f"{name} is {text!r}; expected a date such as 2019-04-24.") from error


def start_backfill(backfill: Backfill, *, mail: bool, again: bool, user: Any, session: Any) -> int:
    """Create a back-fill as Airflow's REST API does, and return its id.

    Args:
        backfill: the periods.
        mail: whether its runs mail.
        again: make periods again that have a report.
        user: who asks.
        session: a session of Airflow's database.
    """
    from airflow.api_fastapi.core_api.datamodels.backfills import BackfillPostBody
    from airflow.api_fastapi.core_api.routes.public.backfills import create_backfill

    body = BackfillPostBody.model_validate(
        {
            "dag_id": backfill.dag_id,
            "from_date": backfill.due_from.isoformat(),
            "to_date": backfill.due_to.isoformat(),
            "dag_run_conf": {"mail": mail},
            "reprocess_behavior": "completed" if again else "none",
            "max_active_runs": 2,
        }
    )
    return int(create_backfill(body, user, session).id)
