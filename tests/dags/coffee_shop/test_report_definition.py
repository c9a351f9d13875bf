from pathlib import Path

import pytest
from coffee_shop.report_definition import ReportDefinitionError, load_report, load_reports

ROOT = Path(__file__).resolve().parents[3]

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
    chart: {kind: column, categories: plant, values: height}
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
    assert question.chart is not None
    assert question.chart.values == ("height",)


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
        ("values: height", "values: width", "the chart names width"),
        ("values: height", "values: plant", "the chart draws plant, which is not a number"),
        ("kind: column", "kind: pie", "chart kind is 'pie'"),
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


def test_the_three_workbooks_hold_the_22_questions():
    reports = load_reports(ROOT / "include" / "sql")

    assert [(name, report.file, len(report.questions)) for name, report in reports.items()] == [
        ("customer", "customers.xlsx", 11),
        ("employee", "employees.xlsx", 2),
        ("sales", "sales.xlsx", 9),
    ]
