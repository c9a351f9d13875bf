"""The command: rendering, grammar, the contract's tables, report.yaml, its answer. The rules: test_sql_rules.py."""

import pytest
from coffee_shop.settings import REPORT_NAMES

from infrastructure import sql_lint
from infrastructure.sql_lint import SQL, all_queries, contract_tables, problems_of_file, problems_of_report

TABLES = contract_tables()


def said(tmp_path, text, folder="sales"):
    file = tmp_path / folder / "question.sql"
    file.parent.mkdir()
    file.write_text(text)
    return [f"{problem.line}: {problem.text}" for problem in problems_of_file(file, TABLES)]


@pytest.mark.parametrize("file", all_queries(), ids=lambda file: file.relative_to(SQL).as_posix())
def test_athena_takes_every_file_of_the_project(file):
    assert problems_of_file(file, TABLES) == []


def test_the_tables_are_those_of_the_contract():
    conform, clean = TABLES["coffee_shop_conform"], TABLES["coffee_shop_clean"]
    assert conform["sales_outlet"]["storesquarefeet"] == "int"
    assert conform["sales_reciept"]["saleamount"] == "decimal(12,2)"
    assert conform["pastry_inventory$partitions"] == {"business_date": "string"}
    assert "date$partitions" not in conform
    assert clean["sales_reciept"]["transactiondate"] == "date"
    assert (clean["sales_reciept"]["source_key"], clean["sales_reciept"]["date"]) == ("string", "string")
    assert "date" not in clean["sales_target"]
    assert clean["quarantine"]["row_number"] == "bigint"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "-- a comment\nselect gender,\nfrom customer\n",
            "3: not Trino's grammar: Expected an expression, found: from",
        ),
        ("select `gender` from customer", "1: not Trino's grammar: Expected: an expression, found: `"),
        (
            "select gender::varchar as x from customer",
            "1: not Trino's grammar: Trino '::' is only valid in a static method call",
        ),
        (
            "select sum(birthyear, 1) as x from customer",
            "1: not Trino's grammar: function argument error: Trino built-in function 'sum' expects 1 argument; got 2",
        ),
        ("select 1 as x;\nselect 2 as x", "None: 2 statements, expected one: Athena runs one at a time"),
        ("select\nifnull(gender, 'x') as x from customer", "2: Trino has no function ifnull"),
        ("select cast(gender as string) as x from customer", "1: Trino has no type string"),
    ],
)
def test_what_is_not_trino(tmp_path, text, expected):
    assert said(tmp_path, text) == [expected]


def test_the_tables_are_looked_at_too(tmp_path):
    assert said(tmp_path, "select gender\nfrom customers") == [
        "2: no table customers in coffee_shop_conform; did you mean customer?"
    ]


@pytest.mark.parametrize(
    ("folder", "known"),
    [
        ("sales", "period_start, period_end, clean_database, target_unit"),
        ("checks", "first_date, last_date, clean_database, absent"),
    ],
)
def test_a_parameter_that_no_dag_fills_in(tmp_path, folder, known):
    assert said(tmp_path, "select\n'{{ params.day }}' as x", folder) == [
        f"2: 'dict object' has no attribute 'day'; params has {known}"
    ]


def test_a_template_that_cannot_be_read(tmp_path):
    assert said(tmp_path, "select 1 as x\n{% if %}") == [
        "2: the template cannot be read: Expected an expression, got 'end of statement block'"
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "select 1 as x\n{% from 'macros/sums.sql' import net %}",
            "2: there is no file macros/sums.sql in include/sql",
        ),
        (
            "{% from 'macros/customers.sql' import pets %}\nwith {{ pets() }}",
            "2: the template 'macros/customers.sql' (imported on line 1) does not export the requested name 'pets'",
        ),
        (
            "{% from 'macros/customers.sql' import genders %}\nwith {{ genders() }}\nselect genders.age from genders",
            "None: line 13 of the rendered SQL: no column age in reach",
        ),
    ],
)
def test_a_query_with_macros(tmp_path, text, expected):
    assert said(tmp_path, text) == [expected]


def test_a_file_of_macros_that_cannot_be_read(tmp_path, monkeypatch):
    (tmp_path / "macros").mkdir()
    (tmp_path / "macros" / "sums.sql").write_text("{% macro net() %}\n{% if %}")
    monkeypatch.setattr(sql_lint, "SQL", tmp_path)
    assert said(tmp_path, "select 1 as x\n{% from 'macros/sums.sql' import net %}") == [
        "2: macros/sums.sql, line 2 cannot be read: Expected an expression, got 'end of statement block'"
    ]


def test_each_period_is_tried(tmp_path):
    wrong = "{% if params.period_start != params.period_end %}quantiti{% else %}quantity{% endif %}"
    assert said(tmp_path, f"select {wrong} from sales_reciept") == [
        "1: no column quantiti in reach; did you mean quantity?"
    ]


def test_a_check_is_tried_with_no_date_touched(tmp_path):
    wrong = "{% if params.first_date > params.last_date %}quantiti{% else %}quantity{% endif %}"
    assert said(tmp_path, f"select {wrong} from sales_reciept", "checks") == [
        "1: no column quantiti in reach; did you mean quantity?"
    ]


def test_a_check_is_tried_without_a_table_of_a_fact(tmp_path):
    wrong = "{% if 'pastry_inventory' in params.absent %}quantiti{% else %}quantity{% endif %}"
    assert said(tmp_path, f"select {wrong} from sales_reciept", "checks") == [
        "1: no column quantiti in reach; did you mean quantity?"
    ]


def test_a_line_that_only_the_rendered_query_has(tmp_path):
    text = "select\n{% for name in ['gender', 'gendre'] %}\n{{ name }},\n{% endfor %}\nbirthyear from customer"
    assert said(tmp_path, text) == ["None: line 5 of the rendered SQL: no column gendre in reach; did you mean gender?"]


# --- report.yaml beside the queries

QUERY = """-- How many items did each outlet sell?
-- Grain: one row per outlet.
select
    sales_outlet.neighbourhood,
    sum(sales_reciept.quantity) as items
from sales_reciept
inner join sales_outlet on sales_reciept.salesoutlet_id = sales_outlet.salesoutlet_id
group by sales_outlet.neighbourhood
"""
REPORT = """file: sales.xlsx
title: Sales
questions:
  - sql: 01_items.sql
    sheet: Items
    table: items
    title: Items by outlet
    empty: Nothing was sold.
    columns:
      - {name: neighbourhood, title: Neighbourhood, format: text}
      - {name: items, title: Items, format: integer, total: true}
    charts:
      - {kind: bar, categories: neighbourhood, values: items}
      - {kind: share, categories: neighbourhood, values: items, dashboard: {row: 1, column: 1, width: 3}}
"""


@pytest.fixture
def sales(tmp_path, monkeypatch):
    """A folder of SQL with one report, sales, of one question with two charts."""
    monkeypatch.setattr(sql_lint, "SQL", tmp_path)
    monkeypatch.setattr(sql_lint, "REPORT_NAMES", ("sales",))
    folder = tmp_path / "sales"
    folder.mkdir()
    (folder / "01_items.sql").write_text(QUERY)
    (folder / "report.yaml").write_text(REPORT)
    return folder


@pytest.mark.parametrize("name", REPORT_NAMES)
def test_every_report_of_the_project_fits_its_queries(name):
    assert problems_of_report(name, TABLES) == []


def test_a_question_with_its_entry_and_charts_needs_nothing_else(sales, capsys):
    assert sql_lint.main() == 0
    assert capsys.readouterr().out == "SQL for Athena: 1 files, 0 problems\n"


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (
            "{name: neighbourhood, title",
            "{name: neighborhood, title",
            "13: question 1, chart 1, categories: the chart names neighbourhood, which is no column",
        ),
        (
            "kind: bar, categories: neighbourhood",
            "kind: bar, categories: outlet",
            "13: question 1, chart 1, categories: the chart names outlet, which is no column",
        ),
        (
            "values: items}\n",
            "values: income}\n",
            "13: question 1, chart 1, values: the chart names income, which is no column",
        ),
        ("row: 1,", "row: first,", "14: question 1, chart 2, dashboard, row is 'first'; it should be a valid integer"),
        (
            "format: text",
            "format: date",
            "10: question 1, column 1, format: neighbourhood is varchar, and date wants date",
        ),
        (
            "format: integer",
            "format: money",
            "11: question 1, column 2, format: items is bigint, and money wants decimal or double",
        ),
        (
            "sql: 01_items.sql",
            "sql: 02_items.sql",
            "4: question 1, sql is '02_items.sql'; there is no file sales/02_items.sql",
        ),
    ],
)
def test_an_entry_that_does_not_fit(sales, old, new, says):
    assert old in REPORT
    (sales / "report.yaml").write_text(REPORT.replace(old, new))
    assert problems_of_report("sales", TABLES) == [f"sales/report.yaml:{says}"]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (
            " as items",
            " as pieces",
            [
                "11: question 1, column 2, name: sales/01_items.sql gives no items; it gives neighbourhood, pieces",
                "9: question 1, columns: sales/01_items.sql gives pieces too; name each column that it gives",
            ],
        ),
        (
            "    sum(",
            "    avg(sales_reciept.unitprice) as price,\n    sum(",
            ["9: question 1, columns: sales/01_items.sql gives price too; name each column that it gives"],
        ),
        (
            "sum(sales_reciept.quantity)",
            "avg(sales_reciept.quantity)",
            ["11: question 1, column 2, format: items is double, and integer wants integer or bigint"],
        ),
    ],
)
def test_a_query_that_gives_other_columns(sales, old, new, says):
    assert old in QUERY
    (sales / "01_items.sql").write_text(QUERY.replace(old, new))
    assert problems_of_report("sales", TABLES) == [f"sales/report.yaml:{each}" for each in says]


def test_a_file_without_an_entry(sales):
    (sales / "02_income.sql").write_text(QUERY)
    assert problems_of_report("sales", TABLES) == [
        "sales/report.yaml:3: questions: no entry for 02_income.sql; add one, or take the file away"
    ]


# --- the command


def test_the_command_names_file_and_line(sales, capsys):
    """A query that cannot be read is said once; what it gives is not known then."""
    (sales / "01_items.sql").write_text(QUERY.replace("quantity", "quantiti"))
    (sales / "report.yaml").write_text(REPORT.replace("kind: bar", "kind: pie"))
    assert sql_lint.main() == 1
    assert capsys.readouterr().out.splitlines() == [
        "include/sql/sales/01_items.sql:5: no column quantiti in reach; did you mean quantity?",
        "include/sql/sales/report.yaml:13: question 1, chart 1, kind is 'pie'; it should be 'bar', 'column', 'line', 'share', 'heat map', 'table' or 'list'",
        "SQL for Athena: 1 files, 2 problems",
    ]
    (sales / "report.yaml").write_text(REPORT)
    assert sql_lint.main() == 1
    assert capsys.readouterr().out.splitlines()[1:] == ["SQL for Athena: 1 files, 1 problems"]


def test_a_problem_without_a_line(sales, capsys):
    (sales / "01_items.sql").write_text("select 'x' as neighbourhood, 1 as items; select 2 as x")
    assert sql_lint.main() == 1
    assert (
        "include/sql/sales/01_items.sql: 2 statements, expected one: Athena runs one at a time"
        in capsys.readouterr().out
    )


def test_a_folder_that_no_report_has(sales, capsys):
    (sales.parent / "sails").mkdir()
    (sales.parent / "sails" / "01_items.sql").write_text(QUERY)
    assert sql_lint.main() == 1
    assert "include/sql/sails: no report has this folder; there are sales\n" in capsys.readouterr().out
