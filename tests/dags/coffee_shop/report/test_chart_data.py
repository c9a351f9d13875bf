"""What is drawn of a question's rows: picked, grouped, ranked, with gaps, and never more than can be told apart."""

from dataclasses import replace
from datetime import date

from coffee_shop.report.athena_results import Rows
from coffee_shop.report.chart_data import Block, chart_block
from coffee_shop.report.definition import Chart, Column, Question
from coffee_shop.report.sheet_rows import Sheet, fit_for_excel

GENDERS = Question(
    sql="customer/10_genders.sql",
    sheet="By gender",
    table="by_gender",
    title="Items by gender and category",
    empty="Nothing was sold in this period.",
    columns=(
        Column("gender", "Gender", "text"),
        Column("category", "Category", "text"),
        Column("items", "Items", "integer", total=True),
        Column("lines", "Lines", "integer", total=True),
        Column("items_per_line", "Items per line", "decimal", ratio=("items", "lines")),
    ),
)
DAYS = Question(
    sql="sales/02_days.sql",
    sheet="Per day",
    table="per_day",
    title="Items per day",
    empty="Nothing was sold in this period.",
    columns=(
        Column("day", "Date", "date"),
        Column("number", "Number", "text"),
        Column("name", "Name", "text"),
        Column("items", "Items", "integer", total=True),
    ),
)
SOLD = [
    ("F", "Coffee", 30, 10, 3.0),
    ("F", "Tea", 10, 10, 1.0),
    ("M", "Bakery", 5, 5, 1.0),
    ("M", "Tea", 25, 10, 2.5),
    ("NOT REGISTERED", "Tea", 900, 300, 3.0),
]


def genders(rows: list[tuple] = SOLD) -> Sheet:
    return fit_for_excel(GENDERS, Rows(tuple(column.name for column in GENDERS.columns), rows))


def days(*rows: tuple) -> Sheet:
    return fit_for_excel(DAYS, Rows(("day", "number", "name", "items"), list(rows)))


def drawn(block: Block) -> dict:
    """Return what a reader sees: for each category its figures by the series' names."""
    return {
        member.label: {block.series[series].label: values[series] for series in block.drawn_series}
        for member, values in zip(block.categories[: block.drawn_categories], block.values, strict=False)
    }


def test_rows_are_added_up_by_category():
    block = chart_block(genders(), Chart("column", ("category",), ("items",), beside=()))
    assert drawn(block) == {"Coffee": {"Items": 30}, "Tea": {"Items": 935}, "Bakery": {"Items": 5}}


def test_a_ratio_of_several_rows_is_the_ratio_of_their_sums():
    block = chart_block(genders(), Chart("column", ("category",), ("items_per_line",)))
    assert drawn(block)["Tea"] == {"Items per line": 935 / 320}


def test_sales_to_nobody_registered_stand_beside_as_a_figure():
    block = chart_block(genders(), Chart("column", ("gender",), ("items",)))

    assert drawn(block) == {"F": {"Items": 40}, "M": {"Items": 30}}
    assert block.notes == ["NOT REGISTERED: 900"]


def test_only_the_rows_that_are_wanted():
    block = chart_block(genders(), Chart("bar", ("category",), ("items",), where={"gender": ("F",)}))
    assert drawn(block) == {"Coffee": {"Items": 30}, "Tea": {"Items": 10}}


def test_the_newest_date():
    sheet = days((date(2019, 4, 1), "1", "Ana", 7), (date(2019, 4, 2), "1", "Ana", 8))
    block = chart_block(sheet, Chart("bar", ("number", "name"), ("items",), where={"day": ("last",)}))
    assert drawn(block) == {"Ana": {"Items": 8}}


def test_the_largest_and_what_they_are_of():
    block = chart_block(genders(), Chart("bar", ("category",), ("items",), top=2))

    assert list(drawn(block)) == ["Tea", "Coffee"]
    assert block.notes == ["The 2 largest of 3"]


def test_a_share_of_all_with_the_rest_together():
    rows = [("F", f"Category {number:02}", 10 * (number + 1), 1, 1.0) for number in range(10)]
    block = chart_block(genders(rows), Chart("share", ("category",), ("items",)))

    assert list(drawn(block)) == [*(f"Category {number:02}" for number in range(9, 1, -1)), "Other (2)"]
    assert drawn(block)["Category 09"] == {"Share": 100 / 550}
    assert drawn(block)["Other (2)"] == {"Share": 30 / 550}


def test_a_table_ends_with_the_rest_and_the_total():
    chart = Chart("table", ("category",), ("items", "items_per_line"), top=1)
    assert drawn(chart_block(genders(), chart)) == {
        "Tea": {"Items": 935, "Items per line": 935 / 320},
        "Other (2)": {"Items": 35, "Items per line": 35 / 15},
        "Total": {"Items": 970, "Items per line": 970 / 335},
    }


def test_a_member_that_is_missing_in_the_first_rows_takes_its_place():
    rows = [("F", "2 young", 1, 1, 1.0), ("M", "1 youngest", 1, 1, 1.0), ("M", "2 young", 1, 1, 1.0)]
    block = chart_block(genders(rows), Chart("column", ("category",), ("items",), ("gender",)))
    assert list(drawn(block)) == ["1 youngest", "2 young"]


def test_a_period_of_one_day_has_bars_for_the_series():
    sheet = days((date(2019, 4, 24), "1", "Tea", 3), (date(2019, 4, 24), "2", "Coffee", 8))
    block = chart_block(sheet, Chart("line", ("day",), ("items",), ("number", "name")))

    assert block.chart.kind == "bar"
    assert drawn(block) == {"Coffee": {"Items": 8}, "Tea": {"Items": 3}}


def test_a_period_of_one_day_has_a_bar_where_there_are_no_series():
    block = chart_block(days((date(2019, 4, 24), "1", "Tea", 3)), Chart("line", ("day",), ("items",)))
    assert (block.chart.kind, drawn(block)) == ("column", {date(2019, 4, 24): {"Items": 3}})


def test_a_day_that_is_missing_or_without_any_sale_is_a_gap_in_the_line():
    sheet = days(
        (date(2019, 4, 22), "1", "Tea", 3),
        (date(2019, 4, 22), "2", "Coffee", 0),
        (date(2019, 4, 23), "1", "Tea", 0),
        (date(2019, 4, 23), "2", "Coffee", 0),
        (date(2019, 4, 25), "1", "Tea", 4),
        (date(2019, 4, 25), "2", "Coffee", 5),
    )
    period = (date(2019, 4, 22), date(2019, 4, 26))
    assert drawn(chart_block(sheet, Chart("line", ("day",), ("items",), ("name",)), period)) == {
        date(2019, 4, 22): {"Tea": 3, "Coffee": 0},
        date(2019, 4, 23): {"Tea": None, "Coffee": None},
        date(2019, 4, 24): {"Tea": None, "Coffee": None},
        date(2019, 4, 25): {"Tea": 4, "Coffee": 5},
        date(2019, 4, 26): {"Tea": None, "Coffee": None},
    }


def test_at_most_twelve_series_the_rest_is_other():
    sheet = days(
        *((date(2019, 4, day), str(number), f"Name {number:02}", number) for day in (1, 2) for number in range(1, 16))
    )
    block = chart_block(sheet, Chart("line", ("day",), ("items",), ("name",)))

    assert len(block.drawn_series) == 12
    assert drawn(block)[date(2019, 4, 1)] == {
        **{f"Name {number:02}": number for number in range(5, 16)},
        "Other (4)": 1 + 2 + 3 + 4,
    }


def test_too_many_categories_to_read_are_ranked_and_the_rest_is_other():
    rows = [("F", f"Category {number:03}", number, 1, float(number)) for number in range(1, 301)]
    block = chart_block(genders(rows), Chart("column", ("category",), ("items",)))

    assert len(drawn(block)) == 24
    assert drawn(block)["Category 300"] == {"Items": 300}
    assert drawn(block)["Other (277)"] == {"Items": sum(range(1, 278))}


def test_a_ranking_ends_with_the_median_of_all():
    sheet = days(*((date(2019, 4, 1), str(number), f"Name {number}", number) for number in (1, 2, 4, 10, 50)))
    block = chart_block(sheet, Chart("bar", ("number", "name"), ("items",), top=2, median=True))
    assert drawn(block) == {"Name 50": {"Items": 50}, "Name 10": {"Items": 10}, "Team's median": {"Items": 4}}


def test_lines_of_many_members_are_both_ends_of_the_ranking_and_the_median():
    sheet = days(
        *((date(2019, 4, day), str(number), f"Name {number:02}", number) for day in (1, 2) for number in range(1, 16))
    )
    block = chart_block(sheet, Chart("line", ("day",), ("items",), ("number", "name"), median=True))

    assert list(drawn(block)[date(2019, 4, 2)].items()) == [
        *((f"Name {number:02}", number) for number in (15, 14, 13, 3, 2, 1)),
        ("Team's median", 8),
    ]


def test_of_few_lines_at_the_ends_of_a_ranking_none_is_drawn_twice():
    """Twelve sold on the first day, four of them on the last."""
    sheet = days(
        *((date(2019, 4, 1), str(number), f"Name {number:02}", number) for number in range(1, 13)),
        *((date(2019, 4, 2), str(number), f"Name {number:02}", number) for number in range(1, 5)),
    )
    block = chart_block(sheet, Chart("line", ("day",), ("items",), ("number", "name"), median=True))

    names = [block.series[place].label for place in block.drawn_series]
    assert names == ["Name 04", "Name 03", "Name 02", "Name 01", "Team's median"]
    assert block.notes == ["All 4 on the last day; 8 without a figure on it are left out"]


def test_a_line_that_ends_before_the_last_day_is_drawn_when_there_is_room():
    sheet = days(
        (date(2019, 4, 1), "1", "Ana", 7), (date(2019, 4, 1), "2", "Ben", 5), (date(2019, 4, 2), "1", "Ana", 8)
    )
    block = chart_block(sheet, Chart("line", ("day",), ("items",), ("number", "name"), median=True))
    assert [block.series[place].label for place in block.drawn_series] == ["Ana", "Ben", "Team's median"]
    assert block.notes == []


def test_the_largest_are_those_of_all_series_together():
    rows = [
        ("F", "Tea", 9, 3, 3.0),
        ("F", "Bakery", 1, 1, 1.0),
        ("M", "Bakery", 90, 45, 2.0),
        ("M", "Coffee", 8, 1, 8.0),
    ]
    stacked = Chart("column", ("category",), ("items",), ("gender",), top=2)
    assert list(drawn(chart_block(genders(rows), stacked))) == ["Bakery", "Tea"]
    ratio = Chart("column", ("category",), ("items_per_line",), ("gender",), top=2)
    assert list(drawn(chart_block(genders(rows), ratio))) == ["Coffee", "Tea"]


def test_amounts_beside_a_chart_are_in_the_shops_currency():
    money = replace(GENDERS, columns=(*GENDERS.columns[:2], Column("items", "Income", "money"), *GENDERS.columns[3:]))
    sheet = fit_for_excel(money, Rows(tuple(column.name for column in GENDERS.columns), SOLD))
    assert chart_block(sheet, Chart("column", ("gender",), ("items",)), None, "€").notes == ["NOT REGISTERED: €900.00"]


def test_members_of_one_name_are_told_apart_by_number():
    sheet = days((date(2019, 4, 1), "7", "Maria", 1), (date(2019, 4, 1), "8", "Maria", 2))
    assert list(drawn(chart_block(sheet, Chart("bar", ("number", "name"), ("items",))))) == ["7 Maria", "8 Maria"]


def test_a_long_name_is_cut_and_its_whole_stays_the_key():
    block = chart_block(days((date(2019, 4, 1), "7", "x" * 32_767, 1)), Chart("bar", ("name",), ("items",)))
    assert [member.label for member in block.categories] == ["x" * 39 + "\u2026"]
    assert [member.key for member in block.categories] == [("x" * 32_767,)]


def test_a_heat_map_of_one_row_is_bars():
    block = chart_block(genders(SOLD[:2]), Chart("heat map", ("category",), ("items",), ("gender",)))
    assert (block.chart.kind, drawn(block)) == ("column", {"Coffee": {"Items": 30}, "Tea": {"Items": 10}})


def test_columns_as_categories():
    block = chart_block(genders(SOLD[:1]), Chart("bar", (), ("items", "lines")))
    assert drawn(block) == {"Items": {"Items": 30}, "Lines": {"Items": 10}}


def test_there_is_nothing_to_draw_without_rows_or_with_zeros_only():
    chart = Chart("column", ("category",), ("items",))
    assert chart_block(genders([]), chart).is_empty
    assert chart_block(genders([("F", "Tea", 0, 0, None)]), chart).is_empty
    assert not chart_block(genders(), chart).is_empty
