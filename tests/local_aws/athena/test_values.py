import datetime as dt
from decimal import Decimal

import pytest

from local_aws.athena.trino_types import from_hive
from local_aws.athena.values import formatter, java_double


@pytest.mark.parametrize(
    ("value", "text"),
    [(12.0, "12.0"), (0.1, "0.1"), (1e7, "1.0E7"), (12345678.5, "1.23456785E7"), (0.001, "0.001"), (0.0001, "1.0E-4"),
     (-2.5e-7, "-2.5E-7"), (0.0, "0.0"), (1e300, "1.0E300"), (9999999.0, "9999999.0"), (float("inf"), "Infinity"),
     (float("-inf"), "-Infinity"), (float("nan"), "NaN"), (1 / 3, "0.3333333333333333")],
)  # fmt: skip
def test_doubles_are_printed_as_java_prints_them(value, text):
    assert java_double(value) == text


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        ("boolean", True, "true"),
        ("int", 5, "5"),
        ("float", 0.10000000149011612, "0.1"),
        ("decimal(10,2)", Decimal("5"), "5.00"),
        ("decimal(38,10)", Decimal("1E-10"), "0.0000000001"),
        ("date", dt.date(2021, 3, 4), "2021-03-04"),
        ("timestamp", dt.datetime(2021, 3, 4, 5, 6, 7, 89000), "2021-03-04 05:06:07.089"),
        ("binary", b"\x01ab", "01 61 62"),
        ("array<int>", [1, None], "[1, null]"),
        ("map<string,double>", {"a": 1.0, "b": None}, "{a=1.0, b=null}"),
        ("struct<a:int,b:array<string>>", {"a": 1, "b": ["x"]}, "{a=1, b=[x]}"),
    ],
)
def test_values_as_text(kind, value, text):
    assert formatter(from_hive(kind))(value) == text
