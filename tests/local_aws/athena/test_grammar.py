import pytest

from local_aws.athena import dialect
from local_aws.athena.errors import MalformedQuery


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("select a, from t", "line 1:11: mismatched input 'from'"),
        ("select a,", "line 1:10: mismatched input '<EOF>'"),
        ("select lower(a,) from t", "line 1:16: mismatched input ')'"),
        ("from t select a", "line 1:1: mismatched input 'from'"),
        ("select * from (from t)", "line 1:16: mismatched input 'from'"),
        ("select a::varchar", "line 1:9: mismatched input '::'"),
        ("select 1 == 1", "line 1:10: mismatched input '=='"),
        ("select 1 <=> 1", "line 1:10: mismatched input '<=>'"),
        ("select !true", "line 1:8: mismatched input '!'"),
        ("select [1, 2]", "line 1:8: mismatched input '['"),
        ("select 1 isnull", "line 1:10: mismatched input 'isnull'"),
        ("select a from t limit 1, 2", "line 1:24: mismatched input ','"),
        ("select interval 1 day", "line 1:17: mismatched input '1'. Expecting: '+', '-', <string>"),
        ("select interval '1 day'", "line 1:24: mismatched input '<EOF>'. Expecting: 'DAY'"),
        ("select interval '1' week", "line 1:21: mismatched input 'week'. Expecting: 'DAY'"),
        ("select interval '2' days", "line 1:21: mismatched input 'days'"),
        ("select 1 as 'x'", "line 1:13: mismatched input ''x''"),
        ("select 1_000", "line 1:9: mismatched input '_000'"),
        ("select 0x1F", "line 1:8: mismatched input '0x1F'"),
        ("select 1 in ()", "line 1:14: mismatched input ')'"),
        ("select a as order from t", "line 1:13: mismatched input 'order'. Expecting: <identifier>"),
        ("select a end from t", "line 1:10: mismatched input 'end'. Expecting: <identifier>"),
        ("select a from t as table", "line 1:20: mismatched input 'table'. Expecting: <identifier>"),
        ("select a\nfrom t\nwhere where", "mismatched input"),
    ],
)
def test_spellings_of_other_engines_are_malformed(sql, message):
    with pytest.raises(MalformedQuery) as e:
        dialect.parse(sql)
    assert message in str(e.value)


@pytest.mark.parametrize(
    "sql",
    [
        'select a as "order", "end" from t as "table"',
        "select array[array[1], array[2]][1][1], m['a'], f(x)[1]",
        "select interval '1' day, interval -'2' month, -interval '3' hour",
        "select extract(year from d), trim(both ' ' from s), count(distinct a), a <> b, a != b",
        "select date, year, month, day, week, first, last, text, value, key, name, type, position, rank from t",
        "select a from (select 1 as a) t where a in (1) and not a is null",
    ],
)
def test_trino_s_own_spellings_parse(sql):
    dialect.parse(sql)
