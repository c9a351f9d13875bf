from pathlib import Path

import pytest
from coffee_shop.report.definition import Place, ReportDefinitionError, Tile, load_report
from coffee_shop.settings import REPORT_NAMES

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
tiles: [rain, {title: All heights, sql: 01_height.sql, column: height}]
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

    assert (report.name, report.file, report.title) == ("plants", "plants.xlsx", "Plants")
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
    assert beside_the_table.place is None
    assert on_the_dashboard.place == Place(row=1, column=1, width=6, height=1)
    assert report.tiles == (Tile("rain"), Tile("01_height.height", "All heights", "01_height", "height"))


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("sheet: Height", "sheet: Height of all the plants there are", "1 to 31 letters"),
        ("sheet: Height", "sheet: a/b", "without [ ]"),
        ("sheet: Height", "sheet: History", "not History"),
        ("sheet: Height", "sheet: contents", "sheet 'contents' stands there twice"),
        ("table: height", "table: A1", "do not look like a cell"),
        ("table: height", "table: two words", "letters, digits and _"),
        ("format: text", "format: words", "can be text, integer, decimal, money, percent, date"),
        ("format: decimal", "format: percent", "is a percent and cannot have a total"),
        ("title: Height,", "title: Plant,", "column title 'Plant' stands there twice"),
        ("name: height", "name: plant", "column name 'plant' stands there twice"),
        ("title: Plant,", 'title: "Pla\\nnt",', "on one line"),
        ("sql: 01_height.sql", "sql: 02_width.sql", "there is no file plants/02_width.sql"),
        ("    empty: No plant.\n", "", "question 1: empty is missing"),
        ("    empty:", "    emty: x\n    empty:", "emty is unknown"),
        ("sheet: Height", "sheet: Dashboard", "sheet 'Dashboard' stands there twice"),
        ("values: height}", "values: width}", "question 1, chart 1: the chart names width"),
        ("values: height}", "values: plant}", "the chart draws plant, which is not a number"),
        ("values: height}", "values: height, where: {height: 3}}", "where can restrict a text column"),
        ("values: height}", "values: height, where: {colour: red}}", "the chart names colour"),
        ("kind: column", "kind: pie", "chart kind is 'pie'; it can be bar, column, line, share, heat map, table"),
        ("kind: column", "kind: table", "a table wants a place on the dashboard"),
        ("kind: share", "kind: heat map", "a heat map wants categories, its columns, and series, its rows"),
        ("top: 3", "top: none", "chart 2: top is 'none'; it can be a number from 1 on"),
        ("column: 1, width: 6", "column: 8, width: 6", "the dashboard has 12 columns; the chart goes beyond"),
        ("row: 1,", "row: 0,", "numbers from 1 on"),
        (
            "{kind: column, categories: plant, values: height}",
            "{kind: bar, categories: plant, values: height, dashboard: {row: 1, column: 6, width: 1}}",
            "row 1, column 6 of the dashboard is taken twice",
        ),
        ("column: height}", "column: plant}", "tiles: 01_height.sql has no column plant that is a number"),
        ("total: true", "ratio: [height, plant]", "the ratio of column height is ['height', 'plant']"),
        ("file: plants.xlsx", "file: plants.csv", "must end in .xlsx"),
    ],
)
def test_what_no_workbook_can_be_made_from(tmp_path, old, new, says):
    assert old in GOOD
    folder = folder_with(tmp_path, GOOD.replace(old, new), "01_height.sql")

    with pytest.raises(ReportDefinitionError) as error:
        load_report(folder)
    assert says in str(error.value)
    assert "plants/report.yaml" in str(error.value)


def test_a_query_without_an_entry_is_named(tmp_path):
    with pytest.raises(ReportDefinitionError, match=r"no entry for 02_width\.sql"):
        load_report(folder_with(tmp_path, GOOD, "01_height.sql", "02_width.sql"))


def test_the_five_workbooks_hold_the_36_questions():
    reports = [load_report(ROOT / "include" / "sql" / name) for name in REPORT_NAMES]

    assert [(report.name, report.file, len(report.questions)) for report in reports] == [
        ("customer", "customers.xlsx", 14),
        ("employee", "employees.xlsx", 3),
        ("sales", "sales.xlsx", 12),
        ("target", "targets.xlsx", 3),
        ("inventory", "inventory.xlsx", 4),
    ]
