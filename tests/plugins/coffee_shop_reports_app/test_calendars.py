from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from coffee_shop.periods import Period
from coffee_shop_reports_app.calendars import calendar_period_of_run, window_of

NEW_YORK = ZoneInfo("America/New_York")


def test_a_window_of_days_is_a_month():
    window = window_of("daily", "2019-02")

    assert (window.title, window.before, window.after, window.prefix) == (
        "February 2019",
        "2019-01",
        "2019-03",
        "2019-02-",
    )
    assert len(window.periods) == 28
    assert window.periods[-1] == Period("daily", date(2019, 2, 28), date(2019, 2, 28))


def test_a_year_has_52_weeks_or_53_and_12_months():
    assert len(window_of("weekly", "2019").periods) == 52
    assert window_of("weekly", "2020").periods[-1] == Period("weekly", date(2020, 12, 28), date(2021, 1, 3))  # W53
    assert window_of("monthly", "2020").periods[1] == Period("monthly", date(2020, 2, 1), date(2020, 2, 29))


@pytest.mark.parametrize(
    ("kind", "due", "first"),
    [
        ("daily", datetime(2019, 4, 25, 3, tzinfo=UTC), date(2019, 4, 23)),  # still the 24th in New York
        ("daily", datetime(2019, 4, 25, 10, tzinfo=UTC), date(2019, 4, 24)),
        ("weekly", datetime(2019, 4, 29, 10, tzinfo=UTC), date(2019, 4, 22)),
        ("monthly", datetime(2019, 5, 1, 11, tzinfo=UTC), date(2019, 4, 1)),
    ],
)
def test_a_run_without_dates_is_about_the_last_whole_period(kind, due, first):
    period = calendar_period_of_run(kind, {}, due, NEW_YORK)

    assert period
    assert period.period_start == first


@pytest.mark.parametrize(
    ("fields", "first"),
    [
        ({"from": "2019-04-22", "to": "2019-04-28"}, date(2019, 4, 22)),
        ({"from": "2019-04-22", "to": "2019-04-23"}, None),
        ({"from": "2019-04-22"}, None),
        ({"from": "tomorrow", "to": "2019-04-23"}, None),
        ({"from": 7, "to": None}, None),
    ],
)
def test_typed_dates_count_when_they_are_exactly_one_period(fields, first):
    period = calendar_period_of_run("weekly", fields, datetime(2019, 5, 20, tzinfo=UTC), NEW_YORK)

    assert (period and period.period_start) == first
