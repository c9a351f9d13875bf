"""Incomes of a shop of two outlets and two categories, the same every week, but for what a test changes."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from coffee_shop.periods import Period
from coffee_shop.report.highlights import _variance, highlights_of

from tests.dags.coffee_shop.report.test_comparison import published, sold

DAY = Period("daily", date(2019, 4, 24), date(2019, 4, 24))
WEEK = Period("weekly", date(2019, 4, 22), date(2019, 4, 28))
# outlet 3 sells for 100 dollars on a Monday and 106 on a Sunday, in every other week 2 dollars more
WEEKDAY_INCOMES = (100, 101, 102, 103, 104, 105, 106)


def history(last, weeks=9, swing=2):
    """Rows of so many weeks up to a day: outlet 3, outlet 8 with half as much, Coffee with all, and Tea with 1 dollar.

    In odd weeks outlet 3 has `swing` dollars a day more.
    """
    rows = []
    for back in range(7 * weeks):
        day = last - timedelta(days=back)
        income = Decimal(WEEKDAY_INCOMES[day.weekday()] + swing * (day.isocalendar().week % 2))
        rows += [
            sold(day, "3", income=income),
            sold(day, "8", income=income / 2),
            sold(day, category="Coffee", income=income * 3 / 2 - 1),
            sold(day, category="Tea", income=1),
        ]
    return rows


def changed(rows, day, incomes):
    """The rows with other incomes on a day, by outlet or category."""
    return [
        row | {"income": Decimal(incomes[row["salesoutletno"] or row["productcategory"]])}
        if row["business_date"] == day and (row["salesoutletno"] or row["productcategory"]) in incomes
        else row
        for row in rows
    ]


def moves(period, rows, expected=None):
    return highlights_of(period, rows, expected or published(rows))["moves"]


def test_an_ordinary_day_has_no_highlight():
    rows = history(DAY.period_end)
    assert highlights_of(DAY, rows, published(rows)) == {"judged": True, "moves": []}


def test_the_largest_difference_comes_first():
    # a Wednesday: usual are 103 for outlet 3, 51.50 for outlet 8, 153.50 for Coffee and 1 for Tea
    rows = changed(history(DAY.period_end), DAY.period_start, {"3": "163", "8": "31.5", "Tea": "41", "Coffee": "153.5"})
    assert moves(DAY, rows) == [
        {"of": "outlet", "name": "3", "income": "163.00", "usual": "103.00", "days_left_out": 0},
        {"of": "category", "name": "Tea", "income": "41.00", "usual": "1.00", "days_left_out": 0},
        {"of": "shop", "name": "", "income": "194.50", "usual": "154.50", "days_left_out": 0},
    ]


def test_there_are_at_most_three():
    incomes = {"3": "163", "8": "31.5", "Tea": "41", "Coffee": "99"}
    rows = changed(history(DAY.period_end), DAY.period_start, incomes)
    assert [(move["of"], move["name"]) for move in moves(DAY, rows)] == [
        ("outlet", "3"),
        ("category", "Coffee"),
        ("category", "Tea"),
    ]


def test_a_move_within_three_standard_deviations_is_chance():
    """Outlet 3's Wednesdays are usually 112 dollars, and lie 10 from that: a standard deviation of 10.69, and of 11.34
    because the mean is only known from eight weeks.
    """
    rows = history(DAY.period_end, swing=20)
    for income, stands_out in (("145", False), ("147", True), ("79", False), ("77", True)):
        of_day = changed(rows, DAY.period_start, {"3": income})
        assert [move["name"] for move in moves(DAY, of_day) if move["of"] == "outlet"] == ["3"] * stands_out


def test_a_small_share_is_not_worth_a_sentence_however_certain():
    """Without any ups and downs each difference is more than chance."""
    rows = [row | {"income": Decimal(100)} for row in history(DAY.period_end)]
    for income, stands_out in (("104.90", False), ("105.00", True)):
        of_day = changed(rows, DAY.period_start, {"3": income})
        assert [move["name"] for move in moves(DAY, of_day) if move["of"] == "outlet"] == ["3"] * stands_out


def test_days_without_all_outlets_count_in_no_amount_of_the_shop():
    rows = [
        row for row in history(WEEK.period_end) if not (row["business_date"].day == 24 and row["salesoutletno"] == "8")
    ]
    rows = [row | {"income": row["income"] * 2} if row["business_date"] >= WEEK.period_start else row for row in rows]
    expected = published(rows)

    found = {(move["of"], move["name"]): move["days_left_out"] for move in moves(WEEK, rows, expected)}

    assert found == {("shop", ""): 1, ("category", "Coffee"): 1, ("outlet", "3"): 0}


def test_a_closed_day_is_not_left_out():
    closed = date(2019, 4, 24)
    rows = [row for row in history(WEEK.period_end) if row["business_date"] != closed]
    rows = [row | {"income": row["income"] * 2} if row["business_date"] >= WEEK.period_start else row for row in rows]

    assert {move["days_left_out"] for move in moves(WEEK, rows, published(rows, closed_days=(closed,)))} == {0}


@pytest.mark.parametrize(("weeks", "judged"), [(5, True), (4, False)])
def test_it_takes_four_weeks_before(weeks, judged):
    """The week itself and four or three before it."""
    rows = history(WEEK.period_end, weeks=weeks)
    assert highlights_of(WEEK, rows, published(rows))["judged"] is judged


def test_a_new_category_had_nothing_before():
    day = DAY.period_start
    rows = [*history(day), sold(day, category="Ice cream", income="50")]
    (ice_cream,) = moves(DAY, rows)
    assert (ice_cream["name"], ice_cream["income"], ice_cream["usual"]) == ("Ice cream", "50.00", "0.00")


def test_a_single_outlet_is_the_shop():
    rows = [row for row in history(DAY.period_end) if row["salesoutletno"] != "8"]
    rows = changed(rows, DAY.period_start, {"3": "200"})
    assert [move["of"] for move in moves(DAY, rows)] == ["shop"]


def test_weeks_that_go_up_and_down_together_are_chance_for_a_week():
    """By its days alone a week of 50 dollars more would stand out; every other week has been like that."""
    rows = [
        row | {"income": row["income"] + 50 * (row["business_date"].isocalendar().week % 2)}
        for row in history(WEEK.period_end)
    ]
    assert moves(WEEK, rows) == []


def test_the_chance_of_a_week_is_that_of_the_weeks_there_are():
    """Four weeks before, 70 and -70 dollars from their mean in turn: a variance of 4 * 70**2 / 3 a week."""
    first = date(2019, 4, 1)
    rest = {first + timedelta(days=day): 10.0 if day // 7 % 2 else -10.0 for day in range(28)}
    assert _variance(rest, means=7, days=7) == pytest.approx(4 * 70**2 / 3 / 7)
