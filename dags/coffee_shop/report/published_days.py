"""The wait before a report: until the young days of its period are published, or long enough."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseSensorOperator

from coffee_shop.aws import s3_client
from coffee_shop.lake.documents import INVENTORY, Ledger
from coffee_shop.lake.ledger import has_rows, newest_load, read_ledger
from coffee_shop.periods import Period, period_from_json
from coffee_shop.report.data_quality import status_of, waiting_for
from coffee_shop.report.documents import Published
from coffee_shop.report.expectations import Expectations
from coffee_shop.settings import Settings, names, settings

if TYPE_CHECKING:
    from airflow.sdk import Context


def look(ledger: Ledger, period: Period, shop: Settings, today: date) -> Published:
    """Return what is there and what is missing for a period.

    Returns:
        ``status`` (complete, incomplete, no data), ``missing`` (days with outlets), ``waiting_for`` (those of them
        worth waiting for) and ``load_id``, the newest published load.
    """
    missing = Expectations(ledger, shop).missing(period.days)
    return {
        "status": status_of(ledger, period.days, missing),
        "missing": missing,
        "waiting_for": waiting_for(missing, today, shop.wait_days),
        "load_id": newest_load(ledger),
        "has_inventory": has_rows(ledger, INVENTORY),
    }


class PublishedDaysSensor(BaseSensorOperator):
    """Wait until every expected outlet has published sales for the young days of a period.

    It never fails for want of data: after the setting ``wait_hours``, counted from the run's start, it returns what
    `look` found, and the report says what is missing. Waiting takes no worker: deferred, or rescheduled where there is
    no triggerer.

    Args:
        request: what the run is to do; its period counts.
        deferrable: wait in the triggerer.
    """

    template_fields: Sequence[str] = ("request",)

    def __init__(self, *, request: Any, deferrable: bool, **kwargs: Any) -> None:
        super().__init__(mode="reschedule", **kwargs)
        self.request = request
        self.deferrable = deferrable

    def execute(self, context: Context) -> Published:
        """Look, and go on waiting if it is worth it."""
        now = datetime.now(UTC)
        since = context["dag_run"].start_date or now  # the same however often the task comes back
        shop = settings()
        ledger = read_ledger(s3_client(), names().state_bucket).value
        found = look(ledger, period_from_json(self.request["period"]), shop, now.astimezone(shop.zone).date())
        if found["waiting_for"] and now - since < timedelta(hours=shop.wait_hours):
            self.log.info("Waiting since %s for %s", since.isoformat(), found["waiting_for"])
            self._wait(now)
        if found["missing"]:
            self.log.warning("Going on without %s", found["missing"])
        return found

    def look_again(self, context: Context, event: Any = None) -> Published:
        """Look once more, back from the triggerer."""
        return self.execute(context)

    def _wait(self, now: datetime) -> None:
        from airflow.providers.standard.triggers.temporal import DateTimeTrigger
        from airflow.sdk.exceptions import AirflowRescheduleException

        next_look = now + timedelta(seconds=self.poke_interval)
        if not self.deferrable:
            raise AirflowRescheduleException(next_look)  # type: ignore[no-untyped-call]
        self.defer(trigger=DateTimeTrigger(moment=next_look), method_name="look_again")
