from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pytest
from airflow.sdk.exceptions import AirflowRescheduleException, TaskDeferred
from coffee_shop.lake.ledger import empty_ledger
from coffee_shop.periods import Period
from coffee_shop.report import published_days
from coffee_shop.report.published_days import PublishedDaysSensor, look
from coffee_shop.settings import Settings

TODAY = datetime.now(UTC).date()
YESTERDAY = TODAY - timedelta(days=1)


def ledger_of(days: dict[date, str]) -> dict:
    ledger = empty_ledger()
    ledger["days"]["sales_reciept"] = {
        day.isoformat(): {key: {} for key in outlets.split()} for day, outlets in days.items()
    }
    ledger["loads"] = [{"load_id": "load-1", "published_at": "2019-05-01T09:00:00+00:00"}]
    return ledger


def test_an_old_gap_is_not_waited_for():
    ledger = ledger_of({date(2019, 4, 1): "3 8", date(2019, 4, 2): "3"})
    day = Period("daily", date(2019, 4, 2), date(2019, 4, 2))

    assert look(ledger, day, Settings(), date(2019, 4, 6)) == {
        "status": "incomplete",
        "missing": [{"day": "2019-04-02", "outlets": ["8"], "whole_day": False}],
        "waiting_for": [],
        "load_id": "load-1",
        "has_inventory": False,
    }
    assert look(ledger, day, Settings(), date(2019, 4, 5))["waiting_for"]


@pytest.fixture
def sensor(monkeypatch):
    """Makes a sensor for yesterday, on a ledger and settings as given."""

    def make(ledger: dict, *, deferrable: bool, **changes) -> PublishedDaysSensor:
        monkeypatch.setattr(published_days, "s3_client", lambda: None)
        monkeypatch.setattr(published_days, "names", lambda: SimpleNamespace(state_bucket="state"))
        monkeypatch.setattr(published_days, "settings", lambda: Settings(time_zone="UTC", **changes))
        monkeypatch.setattr(published_days, "read_ledger", lambda s3, bucket: SimpleNamespace(value=ledger))
        period = Period("daily", YESTERDAY, YESTERDAY)
        return PublishedDaysSensor(
            task_id="wait", request={"period": period.as_json()}, deferrable=deferrable, poke_interval=60
        )

    return make


def context(run_started: datetime | None = None) -> dict:
    return {"dag_run": SimpleNamespace(start_date=run_started or datetime.now(UTC))}


GAP = {YESTERDAY - timedelta(days=1): "3 8", YESTERDAY: "3"}


@pytest.mark.parametrize("deferrable", [True, False])
def test_all_there_is_no_wait(sensor, deferrable):
    ledger = ledger_of(GAP | {YESTERDAY: "3 8"})
    assert sensor(ledger, deferrable=deferrable).execute(context())["status"] == "complete"


def test_a_missing_outlet_is_waited_for_in_the_triggerer(sensor):
    with pytest.raises(TaskDeferred) as deferred:
        sensor(ledger_of(GAP), deferrable=True).execute(context())

    assert deferred.value.method_name == "look_again"


def test_or_by_being_scheduled_again(sensor):
    with pytest.raises(AirflowRescheduleException):
        sensor(ledger_of(GAP), deferrable=False).execute(context())


def test_after_three_hours_the_report_goes_on(sensor):
    long_ago = datetime.now(UTC) - timedelta(hours=3, seconds=1)

    found = sensor(ledger_of(GAP), deferrable=True).look_again(context(long_ago))
    assert (found["status"], found["missing"][0]["outlets"]) == ("incomplete", ["8"])

    found = sensor(ledger_of(GAP), deferrable=False).execute(context(long_ago))
    assert found["status"] == "incomplete"


def test_the_setting_says_how_long(sensor):
    assert sensor(ledger_of(GAP), deferrable=True, wait_hours=0).execute(context())["status"] == "incomplete"
    assert sensor(ledger_of(GAP), deferrable=True, wait_days=0).execute(context())["status"] == "incomplete"


def test_a_closed_day_is_not_waited_for(sensor):
    ledger = ledger_of({YESTERDAY - timedelta(days=1): "3 8"})
    found = sensor(ledger, deferrable=True, closed_days=(YESTERDAY,)).execute(context())

    assert (found["status"], found["missing"]) == ("no data", [])


def test_nothing_loaded_ever_is_no_data_at_once(sensor):
    ledger = empty_ledger()
    found = sensor(ledger, deferrable=True).execute(context())
    assert (found["status"], found["load_id"]) == ("no data", None)
