import re

import pytest

from local_aws.athena.binding.handlers import HANDLERS
from local_aws.athena.errors import QueryError
from local_aws.athena.functions import FUNCTIONS
from local_aws.athena.table import TABLE
from tests.local_aws.athena.cases import CONSTRUCTS, REFUSED

FLAT = [pytest.param(*case, id=re.sub(r"\s+", " ", case[0])[:80]) for found in CONSTRUCTS.values() for case in found]


@pytest.mark.parametrize(("sql", "expected"), FLAT)
def test_construct(zoo, sql, expected):
    if isinstance(expected, list):
        assert zoo.rows(sql) == expected
        return
    with pytest.raises(QueryError) as e:
        zoo.query(sql)
    assert str(e.value).startswith(expected)


@pytest.mark.parametrize(("sql", "expected"), REFUSED)
def test_refused(zoo, sql, expected):
    with pytest.raises(QueryError) as e:
        zoo.query(sql)
    assert str(e.value).startswith(expected)


def test_every_construct_of_the_table_has_a_case():
    # a view and question marks need the API around them: test_statements
    assert {e.name for e in TABLE if e.kind == "construct"} == {*CONSTRUCTS, "view", "?"}


def test_the_binder_handles_what_the_table_lists_and_nothing_else():
    assert set(HANDLERS) == {n for e in TABLE for n in e.nodes}


def test_the_table_lists_every_function_once():
    names = [e.name for e in TABLE if e.kind == "function"]
    assert sorted(names) == sorted(FUNCTIONS)


def test_names_in_errors_say_line_and_column(zoo):
    with pytest.raises(QueryError) as e:
        zoo.query("select legs,\n       nosuch\nfrom animals")
    assert str(e.value).startswith("COLUMN_NOT_FOUND: line 2:8: ")


def test_unnamed_columns_are_numbered(zoo):
    assert [c.name for c in zoo.query('select 1, 2 as b, count(*), "legs" from animals group by legs limit 1').columns] == [
        "_col0", "b", "_col2", "legs",
    ]  # fmt: skip
