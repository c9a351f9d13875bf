from decimal import ROUND_HALF_UP, Decimal, localcontext

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local_aws.athena import engine, expressions
from local_aws.athena.expressions import Typed
from local_aws.athena.trino_types import DOUBLE, VARCHAR, decimal, duck_type


@pytest.fixture(scope="module")
def con():
    with engine.connection() as opened:
        yield opened


@st.composite
def decimals(draw):
    """A decimal type and a value of it."""
    precision = draw(st.integers(1, 18))
    scale = draw(st.integers(0, precision))
    unscaled = draw(st.integers(-(10**precision) + 1, 10**precision - 1))
    return decimal(precision, scale), Decimal(unscaled).scaleb(-scale)


def typed(kind, value):
    return Typed(f"CAST('{value:f}' AS {duck_type(kind)})", kind)


def half_up(value, scale):
    return value.quantize(Decimal(1).scaleb(-scale), ROUND_HALF_UP)


@settings(max_examples=200, deadline=None)
@given(decimals(), decimals())
def test_decimals_divide_as_in_trino(con, a, b):
    if b[1] == 0:
        return
    result = expressions.arithmetic("/", typed(*a), typed(*b))
    (p1, s1), (p2, s2) = a[0].args, b[0].args
    assert result.type == decimal(min(38, p1 + s2 + max(s2 - s1, 0)), max(s1, s2))
    with localcontext() as context:
        context.prec = 80
        expected = half_up(a[1] / b[1], max(s1, s2))
        fits = abs(expected.scaleb(max(s1, s2))) < Decimal(10) ** 38
    if not fits or p2 + max(s1, s2) - s1 + s2 > 38:
        return  # too large for the result, or for what stands in between: an error, never a wrong number
    assert con.execute(f"SELECT {result.sql}").fetchone()[0] == expected


@settings(max_examples=100, deadline=None)
@given(st.sampled_from("+-*"), decimals(), decimals())
def test_decimals_add_and_multiply_exactly(con, op, a, b):
    result = expressions.arithmetic(op, typed(*a), typed(*b))
    with localcontext() as context:
        context.prec = 80
        expected = {"+": a[1] + b[1], "-": a[1] - b[1], "*": a[1] * b[1]}[op]
    assert con.execute(f"SELECT {result.sql}").fetchone()[0] == expected
    (p1, s1), (p2, s2) = a[0].args, b[0].args
    scale = s1 + s2 if op == "*" else max(s1, s2)
    precision = p1 + p2 if op == "*" else max(p1 - s1, p2 - s2) + scale + 1
    assert result.type == decimal(min(38, precision), scale)


@settings(max_examples=200, deadline=None)
@given(st.floats(-1e9, 1e9), st.integers(0, 6))
def test_doubles_become_decimals_by_what_is_printed(con, value, scale):
    cast = expressions.cast(Typed(f"CAST('{value!r}' AS DOUBLE)", DOUBLE), decimal(20, scale), None)
    assert con.execute(f"SELECT {cast.sql}").fetchone()[0] == half_up(Decimal(repr(value)), scale)


@settings(max_examples=300, deadline=None)
@given(st.floats(allow_nan=False, allow_infinity=False))
def test_doubles_become_text_in_scientific_notation(con, value):
    cast = expressions.cast(Typed(f"CAST('{value!r}' AS DOUBLE)", DOUBLE), VARCHAR, None)
    text = con.execute(f"SELECT {cast.sql}").fetchone()[0]
    mantissa, _, exponent = text.partition("E")
    assert float(text) == value
    assert exponent == str(int(exponent))
    if value != 0:
        whole, _, fraction = mantissa.lstrip("-").partition(".")
        assert len(whole) == 1
        assert whole != "0"
        assert fraction == "0" or not fraction.endswith("0")


@settings(max_examples=100, deadline=None)
@given(st.floats(-1e15, 1e15))
def test_doubles_round_half_away_from_zero(con, value):
    cast = expressions.cast(Typed(f"CAST('{value!r}' AS DOUBLE)", DOUBLE), expressions.literal_type("3000000000"), None)
    assert con.execute(f"SELECT {cast.sql}").fetchone()[0] == int(half_up(Decimal(value), 0))


@pytest.mark.parametrize(
    ("number", "kind"),
    [("1", "integer"), ("2147483648", "bigint"), ("9223372036854775808", "decimal(19,0)"), ("1.50", "decimal(3,2)"),
     ("0.05", "decimal(2,2)"), ("1e3", "double"), ("1.", "decimal(1,0)")],
)  # fmt: skip
def test_number_literals(number, kind):
    assert str(expressions.literal_type(number)) == kind
