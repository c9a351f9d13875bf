"""Goals and sales of a month's outlets together, from the rows of the question by outlet."""

from datetime import date
from decimal import Decimal

import pytest
from coffee_shop.periods import Period
from coffee_shop.report.dashboard import Figure
from coffee_shop.report.targets import months_without_targets, target_figures, targets_of, targets_text

from tests.dags.coffee_shop.report.report_samples import TARGETS, WORDS, draft


def outlet(goal, sold, forecast, status, month="April 2019", loaded=28):
    return {
        "month": month,
        "goal": None if goal is None else Decimal(goal),
        "sold": Decimal(sold),
        "forecast": forecast,
        "status": status,
        "days_loaded": loaded,
        "days_of_month": 30,
    }


ROWS = [
    outlet("100.00", "98.00", 105.0, "on course"),
    outlet("100.00", "91.00", 97.5, "close"),
    outlet("50.00", "0.00", 0.0, "behind"),
    outlet(None, "7.00", 7.5, "n/a"),
]
WEEK = Period("weekly", date(2019, 4, 22), date(2019, 4, 28))


def test_a_month_that_runs_has_the_outlets_with_a_goal():
    assert targets_of(WEEK, ROWS, "items") == [
        {
            "month": "April 2019",
            "complete": False,
            "unit": "items",
            "days_loaded": 28,
            "days_of_month": 30,
            "outlets": 3,
            "on_course": 1,
            "goal": "250.00",
            "sold": "189.00",
            "forecast": "202.50",
        }
    ]


def test_each_month_that_the_period_touches_and_which_are_over():
    rows = [outlet("10.00", "12.00", 12.0, "met"), outlet("9.00", "1.00", 31.0, "on course", "May 2019", loaded=1)]
    months = targets_of(Period("weekly", date(2019, 4, 29), date(2019, 5, 5)), rows, "income")

    assert [(each["month"], each["complete"], each["on_course"]) for each in months] == [
        ("April 2019", True, 1),
        ("May 2019", False, 1),
    ]
    assert [each["days_of_month"] for each in months] == [30, 31]


@pytest.mark.parametrize("rows", [[], [outlet(None, "7.00", 7.5, "n/a")]])
def test_a_month_without_targets_has_no_figures_and_a_sentence(rows):
    months = targets_of(WEEK, rows, "items")

    assert (months[0]["outlets"], months[0]["goal"], months[0]["sold"], months[0]["forecast"]) == (0, None, None, None)
    assert months_without_targets({"targets": months}) == ["No targets have been loaded for April 2019."]
    assert targets_text({"targets": months}) == ""


def test_a_goal_that_cannot_be_judged_is_no_outlet_of_the_mail():
    months = targets_of(WEEK, [outlet("10.00", "0.00", None, "n/a", loaded=0)], "items")

    assert (months[0]["outlets"], months[0]["goal"], months[0]["forecast"]) == (0, "10.00", None)
    assert months_without_targets({"targets": months}) == []
    assert targets_text({"targets": months}) == ""


def test_the_line_of_the_mail():
    april = targets_of(WEEK, ROWS, "items")[0]

    assert targets_text({"targets": [april]}) == "1 of 3 outlets on course for April 2019"
    assert targets_text({"targets": [april | {"complete": True}]}) == "1 of 3 outlets met the goal of April 2019"
    both = [april | {"complete": True, "outlets": 1}, april | {"month": "May 2019"}]
    assert targets_text({"targets": both}) == (
        "1 of 1 outlet met the goal of April 2019; 1 of 3 outlets on course for May 2019"
    )


def test_a_summary_from_before_there_were_targets_says_nothing():
    assert targets_text({}) == ""


WITHOUT = {"outlets": 0, "on_course": 0, "goal": None, "sold": None, "forecast": None}


def test_the_big_figures_are_of_the_newest_month_with_a_goal():
    before, after = TARGETS[0] | {"month": "March 2019", "outlets": 9}, TARGETS[0] | WITHOUT | {"month": "May 2019"}
    assert target_figures(draft(targets=[before, *TARGETS, after]), WORDS) == {
        "target_outlets": Figure("Outlets on course", "2 of 3", "text", "April 2019"),
        "target_goal": Figure("Goal", Decimal("1500.00"), "integer", "April 2019, in items"),
        "target_sold": Figure("Sold so far", Decimal("1200.00"), "integer", "April 2019, through 2019-04-28"),
        "target_reached": Figure("Goal reached", 0.8, "percent", "27 of 30 days are loaded"),
        "target_forecast": Figure("Forecast of goal", float(Decimal("1333.33") / 1500), "percent", "April 2019"),
    }


def test_the_big_figures_of_a_month_that_is_over_and_counted_in_dollars():
    figures = target_figures(draft(targets=[TARGETS[0] | {"complete": True, "unit": "income"}]), WORDS)
    assert (figures["target_outlets"].label, figures["target_goal"].format) == ("Outlets that met their goal", "money")
    assert figures["target_sold"].remark == "April 2019"


def test_without_a_goal_the_big_figures_are_not_available():
    figures = target_figures(draft(targets=[TARGETS[0] | WITHOUT]), WORDS)
    assert {figure.value for figure in figures.values()} == {None}
