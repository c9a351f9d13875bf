import re

import pytest

from local_aws.athena.errors import QueryError
from local_aws.athena.functions import FUNCTIONS as KNOWN
from tests.local_aws.athena.cases import AGGREGATES, FUNCTIONS, WINDOWS, V


def _flat(cases):
    return [pytest.param(*case, id=re.sub(r"\s+", " ", case[0])[:70]) for found in cases.values() for case in found]


def _check(zoo, sql, kind, expected):
    if kind == "error":
        with pytest.raises(QueryError) as e:
            zoo.query(sql)
        assert str(e.value).startswith(expected)
        return
    result = zoo.query(sql)
    assert [str(c.type) for c in result.columns] == [kind]
    assert result.rows == [[v] for v in (expected if isinstance(expected, list) else [expected])]


@pytest.mark.parametrize(("expression", "kind", "expected"), _flat(FUNCTIONS))
def test_scalar(zoo, expression, kind, expected):
    _check(zoo, f"select {expression}", kind, expected)


@pytest.mark.parametrize(("expression", "kind", "expected"), _flat(AGGREGATES))
def test_aggregate(zoo, expression, kind, expected):
    _check(zoo, f"select {expression} from {V}", kind, expected)


@pytest.mark.parametrize(("expression", "kind", "expected"), _flat(WINDOWS))
def test_window(zoo, expression, kind, expected):
    _check(zoo, f"select {expression} from {V} order by n", kind, expected)


def test_every_function_of_the_table_has_a_case():
    assert set(KNOWN) == {*FUNCTIONS, *AGGREGATES, *WINDOWS}


def test_every_function_names_its_source():
    assert all(f.source.startswith("https://trino.io/docs/") for f in KNOWN.values())


def test_a_function_that_is_not_in_the_table_is_refused_by_name(zoo):
    with pytest.raises(QueryError) as e:
        zoo.query("select\n  soundex('a')")
    assert str(e.value) == "NOT_SUPPORTED: line 2:3: function soundex is not in the local Athena's table"
