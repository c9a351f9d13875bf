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


def test_what_is_not_a_number_is_no_value():
    rows = typed_rows('"a"\n"NaN"\n"Infinity"\n"-Infinity"\n"1.5"\n', {"a": "double"})
    assert rows.rows == [(None,), (None,), (None,), (1.5,)]


def test_no_rows():
    assert typed_rows('"a","b"\n', {"a": "varchar", "b": "integer"}).rows == []


def test_a_type_that_no_sheet_can_show():
    with pytest.raises(ValueError, match=r"column tags has type array\(varchar\), which a sheet cannot show"):
        typed_rows('"tags"\n', {"tags": "array(varchar)"})
