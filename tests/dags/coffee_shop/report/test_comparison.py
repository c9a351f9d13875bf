from datetime import date, timedelta

import pytest
from coffee_shop.lake.ledger import empty_ledger
from coffee_shop.periods import Period
from coffee_shop.report.comparison import bases_of, compare, trend_of
from coffee_shop.report.expectations import Expectations
from coffee_shop.settings import ClosedOutlet, Settings

from tests.dags.coffee_shop.report.report_samples import sold

DAY = Period("daily", date(2019, 4, 24), date(2019, 4, 24))
WEEK = Period("weekly", date(2019, 4, 22), date(2019, 4, 28))


def published(rows, **settings):
    """What should have been published, when the rows' outlets and days are."""
    ledger = empty_ledger()
    for row in rows:
        if row["salesoutletno"]:
            ledger["days"]["sales_reciept"].setdefault(row["business_date"].isoformat(), {})[row["salesoutletno"]] = {}
    return Expectations(ledger, Settings(**settings))


def days_back(last, count):
    return [last - timedelta(days=back) for back in range(count)]


def spans(period):
    """The bases of a period: name, and first and last day of each period in it."""
    return [
        (name, [(f"{base.period_start}", f"{base.period_end}") for base in bases]) for name, bases in bases_of(period)
    ]


def test_a_day_is_compared_with_its_weekday():
    assert spans(DAY) == [
        ("before", [("2019-04-17", "2019-04-17")]),
        ("year_before", [("2018-04-25", "2018-04-25")]),  # a Wednesday too
        (
            "weekday_average",
            [(day, day) for day in ("2019-04-17", "2019-04-10", "2019-04-03", "2019-03-27")],
        ),
    ]


@pytest.mark.parametrize(
    ("kind", "first", "last", "before", "year_before"),
    [
        ("weekly", "2019-04-22", "2019-04-28", ("2019-04-15", "2019-04-21"), ("2018-04-23", "2018-04-29")),
        ("monthly", "2019-03-01", "2019-03-31", ("2019-02-01", "2019-02-28"), ("2018-03-01", "2018-03-31")),
        ("monthly", "2020-02-01", "2020-02-29", ("2020-01-01", "2020-01-31"), ("2019-02-01", "2019-02-28")),
        ("custom", "2019-04-10", "2019-04-13", ("2019-04-06", "2019-04-09"), ("2018-04-11", "2018-04-14")),
        # by its dates an upload is a week or a month as well
        ("upload", "2019-04-22", "2019-04-28", ("2019-04-15", "2019-04-21"), ("2018-04-23", "2018-04-29")),
        ("upload", "2019-03-01", "2019-03-31", ("2019-02-01", "2019-02-28"), ("2018-03-01", "2018-03-31")),
    ],
)
def test_other_periods_are_compared_with_the_one_before_and_a_year_before(kind, first, last, before, year_before):
    period = Period(kind, date.fromisoformat(first), date.fromisoformat(last))
    assert spans(period) == [("before", [before]), ("year_before", [year_before])]


def test_a_span_of_more_than_a_year_has_no_year_before():
    period = Period("custom", date(2018, 1, 1), date(2018, 12, 31))
    assert spans(period) == [("before", [("2017-01-01", "2017-12-31")])]


def test_figures_of_a_base_are_sums_over_its_days_and_outlets():
    rows = [sold(day, outlet) for day in days_back(date(2019, 4, 28), 14) for outlet in ("3", "8")]

    before, year_before = compare(WEEK, rows, published(rows), complete=True)

    assert before == {
        "base": "before",
        "label": "2019-W16",
        "start": "2019-04-15",
        "end": "2019-04-21",
        "averaged": None,
        "figures": {
            "income": "140.00",
            "net_income": "84.00",
            "transactions": 28,
            "items": 42,
            "average_receipt": 5.0,
            "registered_share": 0.5,
        },
        "reason": None,
        "closed": [],
        "unpublished": [],
        "missing": [],
        "closed_outlets": [],
    }
    assert (year_before["label"], year_before["figures"], year_before["reason"]) == ("2018-W17", None, "not loaded")
    assert year_before["unpublished"] == [f"2018-04-{day}" for day in range(23, 30)]


def test_rows_of_categories_do_not_count_twice():
    rows = [sold(date(2019, 4, 17)), sold(date(2019, 4, 17), category="Tea"), sold(date(2019, 4, 24))]
    before = compare(DAY, rows, published(rows), complete=True)[0]
    assert before["figures"]["income"] == "10.00"


def test_an_average_of_four_weekdays():
    incomes = {"2019-04-17": "10.00", "2019-04-10": "20.00", "2019-04-03": "30.00", "2019-03-27": "41.00"}
    rows = [sold(date.fromisoformat(day), income=income) for day, income in incomes.items()] + [sold(DAY.period_start)]
    # on the other days the shop sold as well: an outlet is expected that sold within 28 days
    average = compare(DAY, rows, published(rows), complete=True)[2]

    assert (average["averaged"], average["reason"]) == (4, None)
    assert average["figures"]["income"] == "25.25"
    assert average["figures"]["transactions"] == 2.0
    assert average["figures"]["average_receipt"] == pytest.approx(101 / 8)


def test_closed_days_do_not_count_in_an_average():
    incomes = {"2019-04-17": "10.00", "2019-04-03": "30.00", "2019-03-27": "50.00"}
    rows = [sold(date.fromisoformat(day), income=income) for day, income in incomes.items()] + [sold(DAY.period_start)]

    average = compare(DAY, rows, published(rows, closed_days=(date(2019, 4, 10),)), complete=True)[2]

    assert (average["averaged"], average["figures"]["income"]) == (3, "30.00")


def test_a_day_of_an_average_that_is_not_loaded_leaves_no_average():
    rows = [sold(date(2019, 4, 17)), sold(date(2019, 4, 3)), sold(date(2019, 3, 27)), sold(DAY.period_start)]
    average = compare(DAY, rows, published(rows), complete=True)[2]
    assert (average["figures"], average["reason"], average["unpublished"]) == (None, "not loaded", ["2019-04-10"])


def test_a_base_without_one_of_its_outlets_is_no_measure():
    rows = [sold(day, outlet) for day in days_back(date(2019, 4, 28), 14) for outlet in ("3", "8")]
    rows.remove(sold(date(2019, 4, 18), "8"))

    before = compare(WEEK, rows, published(rows), complete=True)[0]

    assert (before["figures"], before["reason"]) == (None, "lacks outlets")
    assert before["missing"] == [{"day": "2019-04-18", "outlets": ["8"], "whole_day": False}]


def test_a_base_before_history_begins_is_no_measure_although_nobody_was_expected():
    rows = [sold(day) for day in days_back(date(2019, 4, 28), 10)]  # from the 19th
    before = compare(WEEK, rows, published(rows), complete=True)[0]
    assert (before["figures"], before["reason"]) == (None, "not loaded")
    assert before["unpublished"] == ["2019-04-15", "2019-04-16", "2019-04-17", "2019-04-18"]


def test_a_closed_day_counts_as_closed():
    rows = [sold(day) for day in days_back(date(2019, 4, 28), 14)]
    rows.remove(sold(date(2019, 4, 21)))

    before = compare(WEEK, rows, published(rows, closed_days=(date(2019, 4, 21),)), complete=True)[0]

    assert (before["reason"], before["figures"]["income"], before["closed"]) == (None, "60.00", ["2019-04-21"])


def test_a_closed_base_has_a_reason_and_no_zero():
    rows = [sold(DAY.period_start), sold(date(2019, 4, 16))]
    before = compare(DAY, rows, published(rows, closed_days=(date(2019, 4, 17),)), complete=True)[0]
    assert (before["figures"], before["reason"]) == (None, "closed")


def test_a_base_on_which_an_outlet_was_closed_is_a_measure_that_names_it():
    rows = [sold(day, outlet) for day in days_back(date(2019, 4, 28), 14) for outlet in ("3", "8")]
    rows.remove(sold(date(2019, 4, 18), "8"))
    closed = ClosedOutlet("8", dates=(date(2019, 4, 18),))

    before = compare(WEEK, rows, published(rows, closed_outlets=(closed,)), complete=True)[0]

    assert (before["reason"], before["figures"]["income"], before["missing"]) == (None, "130.00", [])
    assert before["closed_outlets"] == [{"day": "2019-04-18", "outlets": ["8"], "whole_day": False}]


def test_an_outlet_that_is_closed_every_sunday_explains_no_change():
    sundays = (date(2019, 4, 21), date(2019, 4, 28))
    rows = [sold(day, "3") for day in days_back(date(2019, 4, 28), 14)]
    rows += [sold(day, "8") for day in days_back(date(2019, 4, 28), 14) if day not in sundays]
    closed = ClosedOutlet("8", weekdays=("sunday",))

    before = compare(WEEK, rows, published(rows, closed_outlets=(closed,)), complete=True)[0]

    assert (before["figures"]["income"], before["closed_outlets"]) == ("130.00", [])


def test_an_outlet_that_was_closed_on_one_day_of_an_average_is_named():
    wednesdays = ("2019-04-24", "2019-04-17", "2019-04-10", "2019-04-03", "2019-03-27")
    rows = [sold(date.fromisoformat(day), outlet) for day in wednesdays for outlet in ("3", "8")]
    rows.remove(sold(date(2019, 4, 10), "8"))
    closed = ClosedOutlet("8", dates=(date(2019, 4, 10),))

    average = compare(DAY, rows, published(rows, closed_outlets=(closed,)), complete=True)[2]

    assert (average["averaged"], average["figures"]["income"]) == (4, "17.50")
    assert average["closed_outlets"] == [{"day": "2019-04-10", "outlets": ["8"], "whole_day": False}]


def test_a_base_on_which_each_outlet_was_closed_by_itself_has_a_reason():
    rows = [sold(day, outlet) for day in (DAY.period_start, date(2019, 4, 16)) for outlet in ("3", "8")]
    closed = tuple(ClosedOutlet(number, dates=(date(2019, 4, 17),)) for number in ("3", "8"))

    before = compare(DAY, rows, published(rows, closed_outlets=closed), complete=True)[0]

    assert (before["figures"], before["reason"], before["closed"]) == (None, "closed", ["2019-04-17"])


def test_nothing_is_compared_with_an_incomplete_period():
    rows = [sold(day) for day in days_back(date(2019, 4, 28), 14)]
    before = compare(WEEK, rows, published(rows), complete=False)[0]
    assert (before["figures"], before["reason"]) == (None, "period incomplete")


def test_the_trend_of_a_week_is_eight_weeks():
    rows = [sold(day, outlet) for day in days_back(date(2019, 4, 28), 21) for outlet in ("3", "8")]
    rows.remove(sold(date(2019, 4, 18), "8"))

    trend = trend_of(WEEK, rows, published(rows))

    assert [(span["start"], span["complete"], (span["figures"] or {}).get("income")) for span in trend] == [
        ("2019-03-04", False, None),
        ("2019-03-11", False, None),
        ("2019-03-18", False, None),
        ("2019-03-25", False, None),
        ("2019-04-01", False, None),
        ("2019-04-08", True, "140.00"),
        ("2019-04-15", False, "130.00"),
        ("2019-04-22", True, "140.00"),
    ]


@pytest.mark.parametrize(
    ("period", "first", "count"),
    [
        (DAY, "2019-04-11", 14),
        (Period("monthly", date(2019, 4, 1), date(2019, 4, 30)), "2019-04-01", 30),
        (Period("custom", date(2019, 4, 1), date(2019, 4, 3)), "2019-04-01", 3),
    ],
)
def test_the_trend_of_other_periods_is_days(period, first, count):
    trend = trend_of(period, [], published([]))
    assert (trend[0]["start"], trend[-1]["end"], len(trend)) == (first, f"{period.period_end}", count)


def test_a_long_span_has_no_trend():
    assert trend_of(Period("custom", date(2019, 1, 1), date(2019, 4, 1)), [], published([])) == []
