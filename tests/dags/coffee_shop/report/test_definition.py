from pathlib import Path
from typing import get_args

import pytest
from coffee_shop.report.dashboard_figures import dashboard_figures
from coffee_shop.report.definition import HeadlineFigure, Place, ReportDefinitionError, Tile, load_report
from coffee_shop.report.stock import stock_figures
from coffee_shop.report.targets import target_figures
from coffee_shop.settings import REPORT_NAMES

from tests.dags.coffee_shop.report.report_samples import INVENTORY, TARGETS, WORDS, draft

ROOT = Path(__file__).resolve().parents[4]

GOOD = """
file: plants.xlsx
title: Plants
questions:
  - sql: 01_height.sql
    sheet: Height
    table: height
    title: Height of plants
    empty: No plant.
    columns:
      - {name: plant, title: Plant, format: text}
      - {name: height, title: Height, format: decimal, total: true}
    charts:
      - {kind: column, categories: plant, values: height}
      - {kind: share, categories: plant, values: height, top: 3, dashboard: {row: 1, column: 1, width: 6}}
tiles: [income, {title: All heights, sql: 01_height.sql, column: height}]
"""


def folder_with(tmp_path: Path, definition: str, *sql: str) -> Path:
    folder = tmp_path / "plants"
    folder.mkdir()
    (folder / "report.yaml").write_text(definition)
    for name in sql:
        (folder / name).write_text("select 1")
    return folder


def test_a_report_is_read(tmp_path):
    report = load_report(folder_with(tmp_path, GOOD, "01_height.sql"))

    assert (report.file, report.title) == ("plants.xlsx", "Plants")
    (question,) = report.questions
    assert (question.name, question.sql) == ("01_height", "plants/01_height.sql")
    assert [(column.name, column.format, column.total) for column in question.columns] == [
        ("plant", "text", False),
        ("height", "decimal", True),
    ]
    beside_the_table, on_the_dashboard = question.charts
    assert (beside_the_table.kind, beside_the_table.categories, beside_the_table.values) == (
        "column",
        ("plant",),
        ("height",),
    )
    assert beside_the_table.dashboard is None
    assert on_the_dashboard.dashboard == Place(row=1, column=1, width=6, height=1)
    assert report.tiles == (Tile("income"), Tile(title="All heights", sql="plants/01_height.sql", column="height"))
    assert [tile.name for tile in report.tiles] == ["income", "01_height.height"]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (
            "sheet: Height",
            "sheet: Height of all the plants there are",
            "6: question 1, sheet is 'Height of all the plants there are'; Excel wants 1 to 31 letters without [ ] : * ? / \\, no apostrophe at an end, and not History",
        ),
        (
            "sheet: Height",
            "sheet: a/b",
            "6: question 1, sheet is 'a/b'; Excel wants 1 to 31 letters without [ ] : * ? / \\, no apostrophe at an end, and not History",
        ),
        (
            "sheet: Height",
            "sheet: 'History'",
            "6: question 1, sheet is 'History'; Excel wants 1 to 31 letters without [ ] : * ? / \\, no apostrophe at an end, and not History",
        ),
        ("sheet: Height", "sheet: contents", "6: question 1, sheet: 'contents' stands there twice"),
        ("sheet: Height", "sheet: Dashboard", "6: question 1, sheet: 'Dashboard' stands there twice"),
        (
            "table: height",
            "table: A1",
            "7: question 1, table is 'A1'; Excel wants letters, digits and _ that do not look like a cell",
        ),
        (
            "table: height",
            "table: two words",
            "7: question 1, table is 'two words'; Excel wants letters, digits and _ that do not look like a cell",
        ),
        (
            "format: text",
            "format: words",
            "11: question 1, column 1, format is 'words'; it should be 'text', 'integer', 'decimal', 'money', 'percent', 'date', 'goal' or 'status'",
        ),
        ("format: decimal", "format: percent", "12: question 1, column 2, total: a percent cannot have a total"),
        ("title: Height,", "title: Plant,", "12: question 1, column 2, title: 'Plant' stands there twice"),
        ("name: height", "name: plant", "12: question 1, column 2, name: 'plant' stands there twice"),
        (
            "title: Plant,",
            'title: "Pla\\nnt",',
            "11: question 1, column 1, title is 'Pla\\nnt'; Excel wants 1 to 255 letters on one line",
        ),
        ("title: Plant,", "title: 2019,", "11: question 1, column 1, title is 2019; it should be a valid string"),
        (
            "sql: 01_height.sql\n    sheet",
            "sql: 02_width.sql\n    sheet",
            "5: question 1, sql is '02_width.sql'; there is no file plants/02_width.sql",
        ),
        ("    empty: No plant.\n", "", "5: question 1, empty is missing"),
        (
            "    empty:",
            "    emty: x\n    empty:",
            "9: question 1, emty is unknown; it can be sql, sheet, table, title, empty, columns, charts",
        ),
        (
            "total: true",
            "total: yes please",
            "12: question 1, column 2, total is 'yes please'; it should be a valid boolean",
        ),
        (
            "values: height}",
            "values: width}",
            "14: question 1, chart 1, values: the chart names width, which is no column",
        ),
        (
            "values: height}",
            "values: plant}",
            "14: question 1, chart 1, values: the chart draws plant, which is not a number",
        ),
        (
            "values: height}",
            "value: height}",
            "14: question 1, chart 1, value is unknown; it can be kind, categories, values, series, title, where, top, stacked, median, beside, note, dashboard",
        ),
        (
            "values: height}",
            "values: height, where: {height: 3}}",
            "14: question 1, chart 1, where: where can restrict a text column, or a date column to last",
        ),
        (
            "values: height}",
            "values: height, where: {colour: red}}",
            "14: question 1, chart 1, where: the chart names colour, which is no column",
        ),
        (
            "kind: column",
            "kind: pie",
            "14: question 1, chart 1, kind is 'pie'; it should be 'bar', 'column', 'line', 'share', 'heat map', 'table' or 'list'",
        ),
        (
            "kind: column",
            "kind: table",
            "14: question 1, chart 1, kind: a table wants a place on the dashboard; the sheet has the rows",
        ),
        (
            "kind: share",
            "kind: heat map",
            "15: question 1, chart 2, kind: a heat map wants categories, its columns, and series, its rows",
        ),
        (
            "values: height, top: 3",
            "values: [height, height], top: 3",
            "15: question 1, chart 2, values: a share, and a chart with series, draws one column of values",
        ),
        ("top: 3", "top: none", "15: question 1, chart 2, top is 'none'; it should be a valid integer"),
        (
            "column: 1, width: 6",
            "column: 8, width: 6",
            "15: question 1, chart 2, dashboard, width: the dashboard has 12 columns; the chart goes beyond",
        ),
        ("row: 1,", "row: 0,", "15: question 1, chart 2, dashboard, row is 0; it should be greater than 0"),
        (
            "{kind: column, categories: plant, values: height}",
            "{kind: bar, categories: plant, values: height, dashboard: {row: 1, column: 6, width: 1}}",
            "15: question 1, chart 2, dashboard: row 1, column 6 is taken already, by 01_height",
        ),
        (
            "column: height}]",
            "column: plant}]",
            "16: tile 2, column: plants/01_height.sql has no column plant that is a number",
        ),
        (
            "[income,",
            "[incme,",
            "16: tile 1, figure is 'incme'; it should be 'income', 'net_income', 'margin', 'transactions', 'items', 'average_receipt', 'refunds', 'target_outlets', 'target_goal', 'target_sold', 'target_reached', 'target_forecast', 'stock', 'stock_sold', 'waste', 'waste_share', 'waste_cost' or 'inventory_agreement'",
        ),
        (
            "sql: 01_height.sql, column: height}]",
            "column: height}]",
            "16: tile 2: expected the name of a headline figure, or title, sql and column",
        ),
        (
            "total: true",
            "ratio: [height, plant]",
            "12: question 1, column 2, ratio: expected two columns with numbers, what is divided and by what",
        ),
        ("file: plants.xlsx", "file: plants.csv", "2: file is 'plants.csv'; it must end in .xlsx"),
        (
            "title: Plants",
            "tiles: [",
            " while parsing a flow node\nexpected the node content, but found '-'\n  in \"<unicode string>\", line 5, column 3:\n      - sql: 01_height.sql\n      ^",
        ),
    ],
)
def test_what_no_workbook_can_be_made_from(tmp_path, old, new, says):
    assert old in GOOD
    folder = folder_with(tmp_path, GOOD.replace(old, new), "01_height.sql")

    with pytest.raises(ReportDefinitionError) as error:
        load_report(folder)
    assert str(error.value) == f"plants/report.yaml:{says}"


def test_every_fault_has_a_line(tmp_path):
    wrong = GOOD.replace("table: height", "table: A1").replace("format: decimal", "format: metres")
    with pytest.raises(ReportDefinitionError) as error:
        load_report(folder_with(tmp_path, wrong, "01_height.sql"))
    assert str(error.value).splitlines() == [
        "plants/report.yaml:7: question 1, table is 'A1'; Excel wants letters, digits and _ that do not look like a cell",
        "plants/report.yaml:12: question 1, column 2, format is 'metres'; it should be 'text', 'integer', 'decimal', 'money', 'percent', 'date', 'goal' or 'status'",
    ]


def test_a_file_that_is_empty(tmp_path):
    with pytest.raises(ReportDefinitionError, match=r"^plants/report\.yaml:1: all is None; it should be an object$"):
        load_report(folder_with(tmp_path, ""))


def test_a_query_without_an_entry_is_named(tmp_path):
    with pytest.raises(ReportDefinitionError, match=r"^plants/report\.yaml:4: questions: no entry for 02_width\.sql"):
        load_report(folder_with(tmp_path, GOOD, "01_height.sql", "02_width.sql"))


def test_a_tile_can_name_each_headline_figure():
    summary = draft(targets=TARGETS, inventory=INVENTORY)
    figures = dashboard_figures(summary, WORDS) | target_figures(summary, WORDS) | stock_figures(summary)

    assert set(get_args(HeadlineFigure)) == {name for name in figures if "." not in name}


def test_the_five_workbooks_hold_the_36_questions():
    reports = [load_report(ROOT / "include" / "sql" / name) for name in REPORT_NAMES]

    assert [(report.file, len(report.questions)) for report in reports] == [
        ("customers.xlsx", 14),
        ("employees.xlsx", 3),
        ("sales.xlsx", 12),
        ("targets.xlsx", 3),
        ("inventory.xlsx", 4),
    ]
