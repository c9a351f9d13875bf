"""Athena would take the questions of docs/querying.md, and their form is that of the project's SQL.

What they answer is tested in tests/include/sql/test_querying_page.py.
"""

import re
from pathlib import Path

import pytest
import sqlfluff
from sqlfluff.core import FluffConfig

from infrastructure.sql_lint import contract_tables, problems_of_file

ROOT = Path(__file__).resolve().parents[2]
QUERIES = re.findall(r"```sql\n(.*?)```", (ROOT / "docs" / "querying.md").read_text(), re.DOTALL)
TABLES = contract_tables()
FORM = FluffConfig.from_path(str(ROOT / "include" / "sql"))


@pytest.mark.parametrize("number", range(len(QUERIES)))
def test_athena_takes_it(number, tmp_path):
    file = tmp_path / "question.sql"
    file.write_text(QUERIES[number])
    assert problems_of_file(file, TABLES) == []


@pytest.mark.parametrize("number", range(len(QUERIES)))
def test_its_form_is_the_project_s(number):
    complaints = sqlfluff.lint(QUERIES[number], config=FORM)
    assert [f"line {each['start_line_no']}: {each['description']}" for each in complaints] == []


def test_every_query_says_its_grain():
    assert len(QUERIES) == 10
    for query in QUERIES:
        assert re.match(r"-- [A-Z].*\?\n-- Grain: one row per .*\.\n", query), query
