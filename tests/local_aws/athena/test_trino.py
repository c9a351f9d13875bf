"""Where Trino and DuckDB differ without an error: each rule of the translation, by its answer."""

import duckdb
import pytest
import sqlglot

from local_aws.athena import trino


def answer(sql):
    typed = trino.typed(sqlglot.parse_one(sql, read="trino"), {}, "forest")
    ((value,),) = duckdb.connect().execute(trino.duckdb_sql(typed)).fetchall()
    return str(value)


@pytest.mark.parametrize(
    ("sql", "value"),
    [
        ("select cast(date '2020-03-01' - interval '1' day as varchar)", "2020-02-29"),  # a date, not a timestamp
        ("select cast(date_add('month', 1, date '2020-01-31') as varchar)", "2020-02-29"),
        ("select cast(date_trunc('month', date '2020-01-31') as varchar)", "2020-01-01"),
        (
            "select cast(element_at(sequence(date '2020-01-01', date '2020-01-03', interval '1' day), 2) as varchar)",
            "2020-01-02",
        ),
        ("select 7 / 2", "3"),  # whole numbers divide to a whole number, towards zero
        ("select -7 / 2", "-3"),
        ("select cast(7 as decimal(12,2)) / cast(3 as decimal(12,2))", "2.33"),  # the larger of the two scales
        ("select 7e0 / 2", "3.5"),
        ("select count_if(x > 1) from (values 1) as t (x) where x > 5", "0"),  # of no rows, not null
        ("select cast(2.5e0 as integer)", "3"),  # half away from zero
        ("select date_diff('day', date '2020-01-01', date '2020-02-01')", "31"),
        ("select array_join(array_agg(x order by x), ', ') from (values 'b', 'a') as t (x)", "a, b"),
        ("select day_of_week(date '2020-01-05')", "7"),  # Sunday
        ("select extract(dow from date '2020-01-05')", "7"),
        ("select format('%s: %03d', 'trees', 7)", "trees: 007"),
        ("select date_format(date '2020-01-05', '%W %M %Y-%m')", "Sunday January 2020-01"),
    ],
)
def test_an_answer_is_trino_s(sql, value):
    assert answer(sql) == value
