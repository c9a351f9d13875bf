"""What a bound expression is, and how it is turned into another type: coercion and CAST."""

from __future__ import annotations

from dataclasses import dataclass

from local_aws.athena.errors import QueryError, Refused
from local_aws.athena.trino_types import (
    DATE,
    INTEGERS,
    UNKNOWN,
    Type,
    as_decimal,
    coerces,
    duck_type,
    field_names,
    is_exact,
    is_integer,
    is_numeric,
)

Place = tuple[int, int] | None


@dataclass(frozen=True)
class Typed:
    """A bound expression: the DuckDB SQL that computes it, its Trino type, its text if it is a constant string."""

    sql: str
    type: Type
    constant: str | None = None


def quote(text: str) -> str:
    """Return a string literal."""
    return "'" + text.replace("'", "''") + "'"


def name(identifier: str) -> str:
    """Return a quoted identifier."""
    return '"' + identifier.replace('"', '""') + '"'


def coerce(value: Typed, target: Type) -> str:
    """Return the SQL of ``value`` as ``target``; only for types that widen (see ``coerces``)."""
    if value.type == target or (value.type.name == target.name == "varchar"):
        return value.sql
    if value.type.name in ("array", "map", "row") or target.name != value.type.name or target.name == "decimal":
        return f"CAST({value.sql} AS {duck_type(target)})"
    return value.sql


# How a text must look before it is cast; what does not fit is handed on with a "!" in front, so that DuckDB's own
# cast fails (TRY and TRY_CAST then give NULL) although DuckDB alone would have taken ' 12', '1.5' or '1_000'.
_TEXT_FORMS = {
    "integer": r"[+-]?[0-9]+",
    "double": r"\s*[+-]?([0-9]+\.?[0-9]*([eE][+-]?[0-9]+)?|\.[0-9]+([eE][+-]?[0-9]+)?|Infinity|NaN)\s*",
    "decimal": r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?",
    "boolean": r"(?i:t|true|1|f|false|0)",
    "date": r"\s*[+-]?[0-9]{4,}-[0-9]{1,2}-[0-9]{1,2}\s*",
    "timestamp": r"[0-9]{4,}-[0-9]{1,2}-[0-9]{1,2}( [0-9]{1,2}:[0-9]{1,2}(:[0-9]{1,2}(\.[0-9]{1,12})?)?)?",
}


def _checked_text(sql: str, form: str) -> str:
    return f"CASE WHEN regexp_full_match({sql}, {quote(_TEXT_FORMS[form])}) THEN {sql} ELSE '!' || {sql} END"


def cast(value: Typed, target: Type, at: Place, *, safe: bool = False) -> Typed:
    """CAST or, with ``safe``, TRY_CAST.

    Source: https://trino.io/docs/current/functions/conversion.html

    Raises:
        QueryError: TYPE_MISMATCH when Trino has no such cast.
        Refused: when Trino has it and this table does not.
    """
    sql = _cast_sql(value, target, at)
    if safe:
        sql = f"TRY({sql})"
    constant = value.constant if target.name == value.type.name == "varchar" and not target.args else None
    return Typed(sql, target, constant)


def _cast_sql(value: Typed, target: Type, at: Place) -> str:  # noqa: C901 - one branch per family of types
    source, sql = value.type, value.sql
    plain = f"CAST({sql} AS {duck_type(target)})"
    if source == target:
        return sql
    if source == UNKNOWN:
        return plain
    if target.name == "varchar":
        return _to_varchar(value, target, at)
    if source.name == "varchar":
        return _from_varchar(sql, target, at, source)
    if is_numeric(source) and is_numeric(target):
        return _number_to_number(sql, source, target)
    if source.name == "boolean" and is_numeric(target):
        return plain
    if is_numeric(source) and target.name == "boolean":
        return f"({sql} <> 0)"
    moments = ("date", "timestamp", "timestamp with time zone")
    if source.name in moments and target.name in moments:
        if source.name == "timestamp with time zone":
            return f"CAST({sql} AT TIME ZONE 'UTC' AS {duck_type(target)})"
        return plain
    if source.name == "timestamp" and target.name == "time":
        return plain
    if source.name == target.name == "array":
        inner = _cast_sql(Typed("x", source.args[0]), target.args[0], at)
        return f"list_transform({sql}, lambda x: {inner})"
    if source.name == target.name == "row" and len(source.args) == len(target.args):
        parts = []
        for old, new, (_, ot), (_, nt) in zip(
            field_names(source), field_names(target), source.args, target.args, strict=True
        ):
            parts.append(f"{name(new)} := {_cast_sql(Typed(f'struct_extract({sql}, {quote(old)})', ot), nt, at)}")
        return f"CASE WHEN {sql} IS NOT NULL THEN struct_pack({', '.join(parts)}) END"
    if source.name == target.name == "map" and source.args[0] == target.args[0] and coerces(source, target):
        return plain
    if target.name == source.name == "json":
        return sql
    if "json" in (source.name, target.name) or source.name == target.name:
        raise Refused(f"cast from {source} to {target}", at)
    raise QueryError("TYPE_MISMATCH", f"Cannot cast {source} to {target}", at)


def _to_varchar(value: Typed, target: Type, at: Place) -> str:
    source, sql = value.type, value.sql
    if source.name == "varchar":
        return f"left({sql}, {target.args[0]})" if target.args and source.args != target.args else sql
    if is_exact(source) or source.name in ("boolean", "date", "time"):
        text = f"CAST({sql} AS VARCHAR)"
    elif source.name in ("double", "real"):
        text = f"{source.name}_text({sql})"
    elif source.name == "timestamp":
        text = timestamp_text(sql, source.args[0])
    elif source.name == "timestamp with time zone":
        in_utc = f"({sql} AT TIME ZONE 'UTC')"
        text = f"{timestamp_text(in_utc, source.args[0])} || ' UTC'"
    elif source.name in ("array", "map", "row", "varbinary"):
        raise QueryError("TYPE_MISMATCH", f"Cannot cast {source} to {target}", at)
    else:
        raise Refused(f"cast from {source} to varchar", at)
    if target.args:
        length = target.args[0]
        return f"CASE WHEN length({text}) <= {length} THEN {text} ELSE CAST('!' || {text} AS UUID)::VARCHAR END"
    return text


def timestamp_text(sql: str, precision: int) -> str:
    """Return the SQL of a timestamp as Trino prints it, with exactly ``precision`` digits (0, 3, 6)."""
    digits = {0: "", 3: ".%g", 6: ".%f"}.get(precision)
    if digits is None:
        raise Refused(f"timestamp({precision})")
    return f"strftime({sql}, '%Y-%m-%d %H:%M:%S{digits}')"


def _from_varchar(sql: str, target: Type, at: Place, source: Type) -> str:
    if is_integer(target):
        form = "integer"
    elif target.name in ("double", "real"):
        form = "double"
    elif target.name in _TEXT_FORMS:
        form = target.name
    elif target.name in ("time", "timestamp with time zone", "uuid"):
        raise Refused(f"cast from varchar to {target}", at)
    elif target.name == "varbinary":
        raise QueryError("TYPE_MISMATCH", f"Cannot cast {source} to varbinary", at)
    else:
        raise Refused(f"cast from {source} to {target}", at)
    return f"CAST({_checked_text(sql, form)} AS {duck_type(target)})"


def _number_to_number(sql: str, source: Type, target: Type) -> str:
    if source.name in ("double", "real") and is_integer(target):
        return f"CAST(round({sql}) AS {duck_type(target)})"  # half away from zero, as Trino
    if source.name in ("double", "real") and target.name == "decimal":
        return f"CAST(CAST({sql} AS VARCHAR) AS {duck_type(target)})"  # rounds what is printed, half up, as Trino
    return f"CAST({sql} AS {duck_type(target)})"


def literal_type(number: str) -> Type:
    """Type of a number as it is written: ``1`` integer, ``1.5`` decimal(2,1), ``1e0`` double.

    Source: https://trino.io/docs/current/language/types.html#floating-point
    """
    if "e" in number.lower():
        return Type("double")
    if "." in number:
        whole, _, fraction = number.partition(".")
        digits = len(whole.lstrip("0")) + len(fraction)
        return Type("decimal", (max(digits, 1), len(fraction)))
    value = int(number)
    if value <= 2**31 - 1:
        return Type("integer")
    return Type("bigint") if value <= 2**63 - 1 else Type("decimal", (len(number), 0))


def arithmetic(op: str, a: Typed, b: Typed) -> Typed | None:
    """Compute ``a op b`` for numbers, with Trino's result types; None when the types do not fit.

    Source: https://trino.io/docs/current/functions/decimal.html
    """
    if not (is_numeric(a.type) and is_numeric(b.type)):
        return None
    if not (is_exact(a.type) and is_exact(b.type)):
        wide = Type("double") if "double" in (a.type.name, b.type.name) else Type("real")
        x, y = coerce(a, wide), coerce(b, wide)
        return Typed(f"({x} {op} {y})", wide)
    if is_integer(a.type) and is_integer(b.type):
        wide = max(a.type, b.type, key=lambda t: list(INTEGERS).index(t.name))
        x, y = f"CAST({a.sql} AS {duck_type(wide)})", f"CAST({b.sql} AS {duck_type(wide)})"
        return Typed(f"({x} {'//' if op == '/' else op} {y})", wide)
    return _decimal_arithmetic(op, a, b)


def _decimal_arithmetic(op: str, a: Typed, b: Typed) -> Typed:
    ta, tb = as_decimal(a.type), as_decimal(b.type)
    x, y = coerce(a, ta), coerce(b, tb)
    (p1, s1), (p2, s2) = ta.args, tb.args
    if op in "+-":
        scale = max(s1, s2)
        result = Type("decimal", (min(38, max(p1 - s1, p2 - s2) + scale + 1), scale))
        wide = duck_type(result)
        return Typed(f"CAST(CAST({x} AS {wide}) {op} CAST({y} AS {wide}) AS {wide})", result)
    if op == "*":
        if s1 + s2 > 38:
            raise QueryError("TYPE_MISMATCH", f"DECIMAL scale must be in range [0, precision (38)]: {s1 + s2}")
        result = Type("decimal", (min(38, p1 + p2), s1 + s2))
        return Typed(f"CAST({_roomy(x, p1 + p2, s1)} * {y} AS {duck_type(result)})", result)
    scale = max(s1, s2)
    if op == "%":
        result = Type("decimal", (min(p2 - s2, p1 - s1) + scale, scale))
        return Typed(f"CAST({x} % {y} AS {duck_type(result)})", result)
    result = Type("decimal", (min(38, p1 + s2 + max(s2 - s1, 0)), scale))
    return Typed(decimal_division(x, ta, y, tb, result), result)


def _roomy(sql: str, digits: int, scale: int) -> str:
    """Return a factor so wide that the product has room: DuckDB multiplies two narrow ones in 64 bits."""
    return f"CAST({sql} AS DECIMAL(38,{scale}))" if digits > 18 else sql


def unscaled(sql: str, t: Type) -> str:
    """Return the SQL of a decimal's digits without its point, as HUGEINT."""
    precision, scale = t.args
    if scale == 0:
        return f"CAST({sql} AS HUGEINT)"
    if precision + scale + 1 <= 38:
        wide = _roomy(sql, precision + scale + 1, scale)
        return f"CAST({wide} * CAST({10**scale} AS DECIMAL({scale + 1},0)) AS HUGEINT)"
    return f"CAST(replace(CAST({sql} AS VARCHAR), '.', '') AS HUGEINT)"


def scaled(sql: str, t: Type) -> str:
    """Return the SQL of a HUGEINT of digits as the decimal ``t``."""
    precision, scale = t.args
    if scale == 0:
        return f"CAST({sql} AS DECIMAL({precision},0))"
    unit = "0." + "0" * (scale - 1) + "1"
    return f"CAST(CAST({sql} AS DECIMAL(38,0)) * {unit} AS DECIMAL({precision},{scale}))"


def decimal_division(x: str, tx: Type, y: str, ty: Type, result: Type) -> str:
    """Exact division of two decimals, rounded half up to the result's scale."""
    shift = result.args[1] - tx.args[1] + ty.args[1]
    top, bottom = unscaled(x, tx), unscaled(y, ty)
    if not shift:
        return scaled(f"divide_half_up({top}, {bottom})", result)
    return scaled(f"divide_with_digits({top}, {bottom}, CAST({10**shift} AS HUGEINT))", result)


def day_of(sql: str) -> str:
    """Return the SQL of a computed timestamp as the date it is."""
    return f"CAST({sql} AS {duck_type(DATE)})"


# Macros that the database gets before it runs a query.
MACROS = (
    # HUGEINT division, rounded half away from zero; division by zero is DuckDB's own error.
    """CREATE MACRO divide_half_up(n, d) AS
       n // d + CASE WHEN 2 * abs(n % d) >= abs(d) THEN CASE WHEN (n < 0) = (d < 0) THEN 1 ELSE -1 END ELSE 0 END""",
    # The same with more digits: the whole part first, so that only the rest is made larger.
    """CREATE MACRO divide_with_digits(n, d, factor) AS (n // d) * factor + divide_half_up((n % d) * factor, d)""",
    # CAST(double AS varchar) is 1.2E1 for 12 and 1.0E-1 for 0.1, the digits as few as tell the number from others.
    # Source: https://github.com/trinodb/trino/pull/10657
    """CREATE MACRO digits_of(t) AS rtrim(ltrim(replace(split_part(t, 'e', 1), '.', ''), '0'), '0')""",
    """CREATE MACRO exponent_of(t) AS CASE
         WHEN contains(t, 'e') THEN CAST(split_part(t, 'e', 2) AS INTEGER)
         WHEN starts_with(t, '0.') THEN length(ltrim(substring(t, 3), '0')) - length(t) + 1
         ELSE length(split_part(t, '.', 1)) - 1 END""",
    """CREATE MACRO scientific(negative, t) AS
         CASE WHEN negative THEN '-' ELSE '' END || digits_of(t)[1] || '.'
         || coalesce(nullif(digits_of(t)[2:], ''), '0') || 'E' || CAST(exponent_of(t) AS VARCHAR)""",
    """CREATE MACRO double_text(v) AS CASE
         WHEN v IS NULL THEN NULL
         WHEN isnan(v) THEN 'NaN'
         WHEN isinf(v) THEN CASE WHEN v > 0 THEN 'Infinity' ELSE '-Infinity' END
         WHEN v = 0 THEN CASE WHEN starts_with(CAST(v AS VARCHAR), '-') THEN '-0E0' ELSE '0E0' END
         ELSE scientific(v < 0, CAST(abs(v) AS VARCHAR)) END""",
    """CREATE MACRO real_text(v) AS CASE
         WHEN v IS NULL OR isnan(v) OR isinf(v) OR v = 0 THEN double_text(CAST(v AS DOUBLE))
         ELSE scientific(v < 0, format('{:.6e}', abs(v))) END""",
)
