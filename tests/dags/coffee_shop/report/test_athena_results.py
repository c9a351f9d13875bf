from datetime import date
from decimal import Decimal

import pytest
from coffee_shop.report.athena_results import typed_rows


def test_values_have_the_types_that_athena_names():
    rows = typed_rows(
        '"name","n","amount","price","ratio","day","flag"\n'
        '"Anna ""A"", née Ö","3","1234.50","0.1000","0.25","2019-04-24","true"\n'
        ",,,,,,\n",
        {
            "name": "varchar",
            "n": "bigint",
            "amount": "decimal(12,2)",
            "price": "decimal",
            "ratio": "double",
            "day": "date",
            "flag": "boolean",
        },
    )

    assert rows.columns == ("name", "n", "amount", "price", "ratio", "day", "flag")
    assert rows.rows == [
        ('Anna "A", née Ö', 3, Decimal("1234.50"), Decimal("0.1000"), 0.25, date(2019, 4, 24), True),
        (None,) * 7,
    ]
    assert str(rows.rows[0][3]) == "0.1000"


def test_line_breaks_inside_a_value_and_a_lone_null():
    assert typed_rows('"a"\n"one\ntwo"\n\n"x"\n', {"a": "varchar"}).rows == [("one\ntwo",), (None,), ("x",)]


def test_texts_that_look_like_nothing_and_odd_letters_stay():
    rows = typed_rows('"a"\n"NA"\n"None"\n"null"\n" 007 "\n"one\rtwo"\n"x\u2028y"\n"a\0b"\n""\n', {"a": "varchar"}).rows
    assert rows == [("NA",), ("None",), ("null",), (" 007 ",), ("one\rtwo",), ("x\u2028y",), ("a\ufffdb",), (None,)]


def test_every_digit_of_a_large_number_stays():
    rows = typed_rows(
        '"a","b"\n"9007199254740993","12345678901234567890.1200"\n', {"a": "bigint", "b": "decimal(38,4)"}
    )
    assert rows.rows == [(9007199254740993, Decimal("12345678901234567890.1200"))]


def test_what_is_not_a_number_is_no_value():
    rows = typed_rows('"a"\n"NaN"\n"Infinity"\n"-Infinity"\n"1.5"\n', {"a": "double"})
    assert rows.rows == [(None,), (None,), (None,), (1.5,)]


def test_two_columns_of_one_name():
    with pytest.raises(ValueError, match="the query gives a, a: each column needs a name of its own"):
        typed_rows('"a","a"\n"1","2"\n', {"a": "varchar"})


def test_no_rows():
    assert typed_rows('"a","b"\n', {"a": "varchar", "b": "integer"}).rows == []


def test_a_type_that_no_sheet_can_show():
    with pytest.raises(ValueError, match=r"column tags has type array\(varchar\), which a sheet cannot show"):
        typed_rows('"tags"\n', {"tags": "array(varchar)"})
