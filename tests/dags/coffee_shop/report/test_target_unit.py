"""The columns of goals as the setting `target_unit` wants them."""

from pathlib import Path

import pytest
from coffee_shop.report.definition import load_report
from coffee_shop.report.target_unit import in_target_unit

TARGET = Path(__file__).parents[4] / "include" / "sql" / "target"


@pytest.mark.parametrize(("unit", "form"), [("items", "integer"), ("income", "money")])
def test_columns_and_titles_say_what_a_goal_is_counted_in(unit, form):
    report = in_target_unit(load_report(TARGET), unit)
    question = report.questions[0]
    columns = {column.name: column for column in question.columns}

    assert question.title == f"Goals by outlet, in {unit}: month to date and forecast"
    assert {columns[name].format for name in ("goal", "sold", "forecast")} == {form}
    assert columns["goal"].title == f"Goal, {unit}"
    assert columns["reached"].format == "percent"
    assert question.charts[0].title == f"Outlets, goals in {unit}"


def test_nothing_is_left_to_fill_in():
    assert "{unit}" in repr(load_report(TARGET))
    assert "{unit}" not in repr(in_target_unit(load_report(TARGET), "items"))


def test_other_reports_stay_as_they_are():
    sales = load_report(TARGET.parent / "sales")

    assert in_target_unit(sales, "income") == sales
