import pytest

from local_aws.athena.errors import MalformedQuery
from local_aws.athena.words import Words


@pytest.mark.parametrize(
    ("sql", "table"),
    [
        ("eggs", ("farm", "eggs")),
        ("Farm2.Eggs", ("farm2", "eggs")),
        ("`farm2`.`eggs`", ("farm2", "eggs")),
        ('"farm2"."eggs"', ("farm2", "eggs")),
        ("farm2.`eggs`", ("farm2", "eggs")),
        ("AwsDataCatalog.farm2.eggs", ("farm2", "eggs")),
    ],
)
def test_table_names(sql, table):
    words = Words(sql)
    assert words.table("farm") == table
    words.end()


def test_properties_and_strings():
    words = Words("('a'='1', 'it''s'='x\\ty') -- done")
    assert words.properties() == {"a": "1", "it's": "x\ty"}
    words.end()


def test_types():
    words = Words("array<struct<a:int,b:decimal(10, 2)>> comment")
    assert words.type_text() == "array<struct<a:int,b:decimal(10,2)>>"
    words.expect("COMMENT")


def test_errors_name_line_column_and_what_was_expected():
    words = Words("alter\n  tabel x")
    words.expect("ALTER")
    with pytest.raises(MalformedQuery) as e:
        words.expect("TABLE")
    assert str(e.value) == "line 2:3: mismatched input 'tabel'. Expecting: 'TABLE'"


def test_the_rest_keeps_its_place():
    words = Words("create table t as\nselect 1")
    for _ in range(4):
        words.take()
    assert words.rest_from(words.next.start) == " " * 17 + "\nselect 1"
