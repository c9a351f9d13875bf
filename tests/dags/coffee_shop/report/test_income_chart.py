from datetime import date
from decimal import Decimal

import pytest
from coffee_shop.periods import Period
from coffee_shop.report.income_chart import income_chart, period_before

WEEK = Period("weekly", date(2019, 4, 22), date(2019, 4, 28))
DAY = Period("daily", date(2019, 4, 24), date(2019, 4, 24))
MEASURE = [{"reason": None}]


def sold(day, income, outlet="3"):
    return {
        "business_date": date.fromisoformat(day),
        "salesoutletno": outlet,
        "income": Decimal(income),
        "net_income": Decimal(0),
        "transactions": 1,
        "items": 1,
        "registered_transactions": 0,
    }


HISTORY = [
    sold("2019-04-15", "4.00"),
    sold("2019-04-22", "5.00"),
    sold("2019-04-22", "2.50", outlet="8"),
    sold("2019-04-22", "7.50", outlet=None),  # of a category
    sold("2019-04-23", "1.00"),
]


def test_each_day_beside_the_same_weekday_of_the_week_before():
    chart = income_chart(WEEK, HISTORY, MEASURE, (), ())

    assert chart
    assert (chart["by"], chart["before"], len(chart["bars"])) == ("day", "2019-W16", 7)
    assert chart["bars"][:3] == [
        {"at": "2019-04-22", "income": "7.50", "before": "4.00"},
        {"at": "2019-04-23", "income": "1.00", "before": None},
        {"at": "2019-04-24", "income": None, "before": None},
    ]


@pytest.mark.parametrize("comparisons", [[], [{"reason": "not loaded"}], [{"reason": "lacks outlets"}]])
def test_a_period_before_that_is_no_measure_is_left_out(comparisons):
    chart = income_chart(WEEK, HISTORY, comparisons, (), ())
    assert chart
    assert (chart["before"], chart["bars"][0]["before"]) == (None, None)


def test_an_incomplete_period_stands_beside_the_one_before_all_the_same():
    chart = income_chart(WEEK, HISTORY, [{"reason": "period incomplete"}], (), ())
    assert chart
    assert chart["before"] == "2019-W16"


def test_a_day_of_a_month_that_the_month_before_does_not_have():
    march = Period("monthly", date(2019, 3, 1), date(2019, 3, 31))
    rows = [sold("2019-03-28", "3.00"), sold("2019-02-28", "2.00"), sold("2019-03-29", "4.00"), sold("2019-03-01", "1")]
    chart = income_chart(march, rows, MEASURE, (), ())
    assert chart
    assert chart["bars"][27:29] == [
        {"at": "2019-03-28", "income": "3.00", "before": "2.00"},
        {"at": "2019-03-29", "income": "4.00", "before": None},
    ]


def test_a_day_is_shown_by_hour_beside_the_same_weekday_a_week_earlier():
    hours = [{"hour_of_day": 7, "income": Decimal("5.00")}, {"hour_of_day": 9, "income": Decimal("1.50")}]
    chart = income_chart(DAY, HISTORY, MEASURE, hours, [{"hour_of_day": 8, "income": Decimal("2.00")}])

    assert period_before(DAY).label == "2019-04-17"
    assert chart == {
        "by": "hour",
        "before": "2019-04-17",
        "bars": [
            {"at": "7", "income": "5.00", "before": None},
            {"at": "8", "income": None, "before": "2.00"},
            {"at": "9", "income": "1.50", "before": None},
        ],
    }


def test_too_few_or_too_many_bars_are_no_chart():
    assert income_chart(DAY, HISTORY, MEASURE, [{"hour_of_day": 7, "income": Decimal(5)}], ()) is None
    assert income_chart(DAY, HISTORY, MEASURE, (), ()) is None
    quarter = Period("custom", date(2019, 1, 1), date(2019, 3, 31))
    assert income_chart(quarter, HISTORY, MEASURE, (), ()) is None
