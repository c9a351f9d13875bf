"""The command: rendering, grammar, the contract's tables, its answer. The rules themselves: test_sql_rules.py."""

import sys

import pytest

from infrastructure import sql_lint
from infrastructure.sql_lint import SQL, all_queries, contract_tables, problems_of_file

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
        ("checks", "first_date, last_date, clean_database"),
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
            "{% from 'macros/customers.sql' import cards %}\nwith {{ cards() }}\nselect cards.gender from cards",
            "None: line 9 of the rendered SQL: no column gender in reach",
        ),
    ],
)
def test_a_query_with_macros(tmp_path, text, expected):
    assert said(tmp_path, text) == [expected]


def test_a_file_of_macros_is_read_where_it_is_imported(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["sql_lint", str(SQL / "macros" / "days.sql")])
    assert sql_lint.main() == 0
    assert capsys.readouterr().out == f"SQL for Athena: {len(all_queries())} files, 0 problems\n"


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


def test_a_line_that_only_the_rendered_query_has(tmp_path):
    text = "select\n{% for name in ['gender', 'gendre'] %}\n{{ name }},\n{% endfor %}\nbirthyear from customer"
    assert said(tmp_path, text) == ["None: line 5 of the rendered SQL: no column gendre in reach; did you mean gender?"]


@pytest.mark.parametrize(
    ("text", "status", "expected"),
    [
        ("select gender from customer", 0, "SQL for Athena: 1 files, 0 problems\n"),
        (
            "select\ngendre from customer",
            1,
            "{file}:2: no column gendre in reach; did you mean gender?\nSQL for Athena: 1 files, 1 problems\n",
        ),
        (
            "select 1 as x; select 2 as x",
            1,
            "{file}: 2 statements, expected one: Athena runs one at a time\nSQL for Athena: 1 files, 1 problems\n",
        ),
    ],
)
def test_the_command_names_file_and_line(tmp_path, monkeypatch, capsys, text, status, expected):
    file = tmp_path / "question.sql"
    file.write_text(text)
    monkeypatch.setattr(sys, "argv", ["sql_lint", str(file)])
    assert sql_lint.main() == status
    assert capsys.readouterr().out == expected.format(file=file)
