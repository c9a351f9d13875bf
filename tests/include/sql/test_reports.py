"""`report.yaml` and the queries agree: files, columns, types, names that Excel takes."""

import re

import pytest
import yaml

from tests.include.sql.rendering import SQL, question

REPORTS = {path.parent.name: yaml.safe_load(path.read_text(encoding="utf-8")) for path in SQL.glob("*/report.yaml")}
QUESTIONS = [(name, question["sql"]) for name, report in REPORTS.items() for question in report["questions"]]
# Which of Athena's types a format can show. A date column never holds text, a text column never a number.
TYPES = {
    "text": {"varchar"},
    "integer": {"integer", "bigint"},
    "decimal": {"decimal", "double"},
    "money": {"decimal", "double"},
    "percent": {"double"},
    "goal": {"decimal", "double"},
    "status": {"varchar"},
    "date": {"date"},
}


def sheet_of(name, sql):
    return next(question for question in REPORTS[name]["questions"] if question["sql"] == sql)


def test_five_workbooks_hold_the_questions_of_figures_4():
    asked = {"customer": 14, "employee": 3, "sales": 12, "target": 3, "inventory": 4}
    assert REPORTS.keys() == asked.keys()
    assert all(len(REPORTS[name]["questions"]) >= number for name, number in asked.items())
    files = {"customers.xlsx", "employees.xlsx", "sales.xlsx", "targets.xlsx", "inventory.xlsx"}
    assert {report["file"] for report in REPORTS.values()} == files


@pytest.mark.parametrize("name", REPORTS)
def test_every_query_has_its_sheet_in_the_order_of_the_numbers(name):
    listed = [question["sql"] for question in REPORTS[name]["questions"]]
    assert listed == sorted(path.name for path in (SQL / name).glob("*.sql"))
    assert [int(sql[:2]) for sql in listed] == list(range(1, len(listed) + 1))


@pytest.mark.parametrize(("name", "sql"), QUESTIONS)
def test_columns_are_the_query_s_in_its_order_and_types(lake, name, sql):
    answer = lake.query(question((SQL / name / sql).read_text(encoding="utf-8"), "2019-04-08", "2019-04-11"))
    columns = sheet_of(name, sql)["columns"]
    assert [column["name"] for column in columns] == answer.columns
    for column, kind in zip(columns, answer.types, strict=True):
        assert kind in TYPES[column["format"]], column["name"]
        assert not any(
            re.fullmatch("[0-9a-f]{32}", str(row[answer.columns.index(column["name"])])) for row in answer.rows
        )


@pytest.mark.parametrize("name", REPORTS)
def test_sheet_and_table_names_are_legal_and_unique(name):
    questions = REPORTS[name]["questions"]
    sheets = [question["sheet"] for question in questions]
    tables = [question["table"] for question in questions]
    assert len({sheet.casefold() for sheet in [*sheets, "Dashboard", "Contents", "Chart data"]}) == len(sheets) + 3
    assert len({table.casefold() for table in tables}) == len(tables)
    assert all(re.fullmatch(r"[A-Z][A-Za-z ]{0,30}", sheet) for sheet in sheets)
    assert all(re.fullmatch(r"[a-z_]{4,60}", table) for table in tables)


@pytest.mark.parametrize(("name", "sql"), QUESTIONS)
def test_titles_are_unique_and_every_sheet_says_why_it_is_empty(name, sql):
    sheet = sheet_of(name, sql)
    titles = [column["title"].casefold() for column in sheet["columns"]]
    assert len(set(titles)) == len(titles)
    assert re.fullmatch(r"[A-Z].*\.", sheet["empty"])
    assert sheet["title"]


@pytest.mark.parametrize(("name", "sql"), QUESTIONS)
def test_only_what_adds_up_has_a_total(name, sql):
    """Figures 4: items, amounts and rows of one file add up, and people in groups that no one is in twice."""
    adds_up = {
        "items", "income", "production_cost", "net_income", "income_without_wholesale_price", "customers",
        "card_holders", "new_customers", "lines", "goal", "sold", "forecast", "sold_without_goal", "stock", "waste",
        "waste_cost", "waste_without_price", "compared", "agreeing",
    }  # fmt: skip
    sheet = sheet_of(name, sql)
    with_total = {column["name"] for column in sheet["columns"] if column.get("total")}
    assert with_total <= adds_up
    if "days" in {column["name"] for column in sheet["columns"]} and name == "employee":
        assert not with_total, "seven days overlap from one row to the next"
    for column in sheet["columns"]:
        if column["name"] == "transactions" and len(sheet["columns"]) > 1 and "by_registered" not in sql:
            assert column["title"].startswith("Transactions with "), column["title"]


@pytest.mark.parametrize(("name", "sql"), QUESTIONS)
def test_a_query_opens_with_its_question_and_grain(name, sql):
    first, second, *_ = (SQL / name / sql).read_text(encoding="utf-8").splitlines()
    assert re.fullmatch(r"-- [A-Z].*\?", first)
    assert second.startswith("-- Grain: one row ")
