from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from coffee_shop.periods import Period
from coffee_shop_reports_app.backfill import FormError, plan_backfill

NEW_YORK = ZoneInfo("America/New_York")


def test_weeks_that_hold_the_dates_and_when_their_runs_are_due():
    backfill = plan_backfill("weekly", "2019-04-03", "2019-04-15", NEW_YORK)

    assert backfill.periods == [
        Period("weekly", date(2019, 4, 1), date(2019, 4, 7)),
        Period("weekly", date(2019, 4, 8), date(2019, 4, 14)),
        Period("weekly", date(2019, 4, 15), date(2019, 4, 21)),
    ]
    # runs are due on the Mondays 8, 15 and 22 April at 06:30; no other Monday lies between these two
    assert backfill.due_from == datetime(2019, 4, 8, tzinfo=NEW_YORK)
    assert backfill.due_to == datetime(2019, 4, 28, 23, 59, 59, tzinfo=NEW_YORK)
    assert backfill.dag_id == "coffee_shop_weekly_report"
    assert [period.label for period in backfill.periods] == ["2019-W14", "2019-W15", "2019-W16"]


def test_one_day():
    backfill = plan_backfill("daily", "2019-04-24", "2019-04-24", NEW_YORK)

    assert backfill.periods == [Period("daily", date(2019, 4, 24), date(2019, 4, 24))]
    assert backfill.due_from == datetime(2019, 4, 25, tzinfo=NEW_YORK)
    assert backfill.due_to == datetime(2019, 4, 25, 23, 59, 59, tzinfo=NEW_YORK)


def test_months_over_the_end_of_a_year():
    backfill = plan_backfill("monthly", "2019-12-31", "2020-01-01", NEW_YORK)

    assert backfill.periods == [
        Period("monthly", date(2019, 12, 1), date(2019, 12, 31)),
        Period("monthly", date(2020, 1, 1), date(2020, 1, 31)),
    ]
    assert backfill.due_from == datetime(2020, 1, 1, tzinfo=NEW_YORK)
    assert backfill.due_to == datetime(2020, 2, 29, 23, 59, 59, tzinfo=NEW_YORK)


def test_the_week_that_belongs_to_the_next_year():
    assert [period.label for period in plan_backfill("weekly", "2018-12-31", "2018-12-31", NEW_YORK).periods] == [
        "2019-W01"
    ]


@pytest.mark.parametrize(
    ("kind", "first", "last", "says"),
    [
        ("yearly", "2019-04-01", "2019-04-02", "it can be daily, weekly, monthly"),
        ("daily", "2019-4-1", "2019-04-02", "From is '2019-4-1'; expected a date such as 2019-04-24"),
        ("daily", "2019-04-01", "31 Feb", "To is '31 Feb'"),
        ("daily", "2019-04-02", "2019-04-01", "From (2019-04-02) is after To (2019-04-01)"),
        ("daily", "2015-01-01", "2019-04-01", "more than 400 periods"),
        ("monthly", "2999-01-01", "2999-01-02", "The period 2999-01-01 to 2999-01-31 is not over yet"),
    ],
)
def test_what_cannot_be_backfilled(kind, first, last, says):
    with pytest.raises(FormError) as error:
        plan_backfill(kind, first, last, NEW_YORK)
    assert says in str(error.value)
