"""A question's first rows on a dashboard, with words, signs and colours."""

import pytest
from coffee_shop.report.athena_results import Rows
from coffee_shop.report.chart_data import chart_block
from coffee_shop.report.dashboard_list import list_cells, list_notes
from coffee_shop.report.definition import Chart, Column, Place, Question
from coffee_shop.report.sheet_rows import fit_for_excel
from coffee_shop.report.workbook_style import INK, number_formats

COLUMNS = (
    Column("month", "Month", "text"),
    Column("outlet", "Outlet", "text"),
    Column("goal", "Goal in items of the month", "integer"),
    Column("status", "Status", "status"),
)
CHART = Chart("list", ("month", "outlet"), ("goal", "status"), dashboard=Place(1, 1, 12))
APRIL = [
    ("April 2019", "3 Harbor Point", 120, "on course"),
    ("April 2019", "8", None, "n/a"),
    ("April 2019", "10", 90, "close"),
    ("April 2019", "11", 80, "behind"),
]
FORMATS = number_formats("$")


def block_of(rows, chart=CHART):
    question = Question("target/q.sql", "By outlet", "q", "Title", "Empty.", COLUMNS, (chart,))
    return chart_block(fit_for_excel(question, Rows(tuple(column.name for column in COLUMNS), rows)), chart)


def shown(rows, lines=13, over=24, chart=CHART):
    """The values by row, those of a header's two lines first."""
    found: dict[int, list] = {}
    for cell in list_cells(block_of(rows, chart), lines, over, FORMATS):
        found.setdefault(cell.row, []).append(cell.value)
    return found


def test_rows_as_they_are_below_a_header_of_two_lines():
    assert shown(APRIL) == {
        0: ["Goal in items", None],
        1: [None, "of the month", "Status"],
        2: ["3 Harbor Point", 120, "\u25b2 on course"],
        3: ["8", None, "n/a"],
        4: ["10", 90, "\u25a0 close"],
        5: ["11", 80, "\u25bc behind"],
    }


def test_several_months_stand_before_the_names():
    rows = [*APRIL[:1], ("May 2019", "3 Harbor Point", 130, "behind")]
    assert [values[0] for row, values in shown(rows).items() if row > 1] == [
        "April 2019 3 Harbor Point",
        "May 2019 3 Harbor Point",
    ]


def test_a_list_that_is_longer_than_its_panel_says_so():
    assert list_notes(block_of(APRIL), 13) == []
    assert list_notes(block_of(APRIL), 5) == ["The first 3 of 4; all on the sheet By outlet"]
    assert max(shown(APRIL, lines=5)) == 4


def test_the_cells_of_a_row_stand_side_by_side_with_a_gap_before_a_status_and_fill_the_panel():
    name, goal, status = [cell for cell in list_cells(block_of(APRIL), 13, 24, FORMATS) if cell.row == 2]
    assert (name.column, goal.column) == (0, name.over)
    assert (status.column, status.column + status.over) == (goal.column + goal.over + 1, 24)


@pytest.mark.parametrize(
    ("number", "fill", "colour"), [(2, "117733", "FFFFFF"), (4, "DDCC77", INK), (5, "882255", "FFFFFF")]
)
def test_a_status_has_a_colour_of_the_palette(number, fill, colour):
    status = [cell for cell in list_cells(block_of(APRIL), 13, 24, FORMATS) if cell.row == number][-1]
    assert (status.look["fill"], status.look["colour"]) == (fill, colour)


def test_no_status_has_no_colour():
    status = [cell for cell in list_cells(block_of(APRIL), 13, 24, FORMATS) if cell.row == 3][-1]
    assert (status.value, status.look["fill"]) == ("n/a", None)


def test_its_rows_are_no_figures_of_the_sheet_chart_data():
    assert block_of(APRIL).is_empty
