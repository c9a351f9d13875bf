"""Values as text, as Athena writes them into the result file and returns them from GetQueryResults."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from local_aws.athena.trino_types import Type, field_names

Formatter = Callable[[Any], str]


def java_double(value: float) -> str:
    """Return a double as Java's Double.toString prints it: 12.0, 1.2E7, 1.0E-5."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    if value == 0 or 1e-3 <= abs(value) < 1e7:
        return repr(value) if "e" not in repr(value) else f"{value:f}"
    digits = Decimal(repr(value)).as_tuple()
    text = "".join(map(str, digits.digits)).rstrip("0") or "0"
    exponent = len(digits.digits) - 1 + int(digits.exponent)
    return f"{'-' if digits.sign else ''}{text[0]}.{text[1:] or '0'}E{exponent}"


def _real(value: float) -> str:
    import struct

    for digits in range(1, 10):  # the shortest text that is the same 32-bit number
        text = f"{value:.{digits}g}"
        if struct.pack("f", float(text)) == struct.pack("f", value):
            return java_double(float(text))
    return java_double(value)


def _timestamp(precision: int) -> Formatter:
    def text(value: dt.datetime) -> str:
        base = value.strftime("%Y-%m-%d %H:%M:%S") if value.year >= 1000 else value.isoformat(" ", "seconds")
        return f"{base}.{f'{value.microsecond:06d}'[:precision]}" if precision else base

    return text


def formatter(t: Type) -> Formatter:  # noqa: C901 - one line per type
    """How a value of the type, as DuckDB returns it, becomes text."""
    if t.name == "boolean":
        return lambda v: "true" if v else "false"
    if t.name == "double":
        return java_double
    if t.name == "real":
        return _real
    if t.name == "decimal":
        scale = t.args[1]
        return lambda v: f"{v:.{scale}f}"
    if t.name == "timestamp":
        return _timestamp(t.args[0])
    if t.name == "timestamp with time zone":
        plain = _timestamp(t.args[0])
        return lambda v: f"{plain(v)} UTC"
    if t.name == "varbinary":
        return lambda v: " ".join(f"{b:02x}" for b in v)
    if t.name == "array":
        return _array(formatter(t.args[0]))
    if t.name == "map":
        return _map(formatter(t.args[0]), formatter(t.args[1]))
    if t.name == "row":
        return _row(t)
    if t.name == "time":
        return lambda v: f"{v:%H:%M:%S}.{v.microsecond // 1000:03d}"
    if t.name == "interval day to second":
        return _day_interval
    if t.name == "interval year to month":
        return _month_interval
    return str


def _or_null(f: Formatter) -> Formatter:
    return lambda v: "null" if v is None else f(v)


def _array(element: Formatter) -> Formatter:
    text = _or_null(element)
    return lambda v: "[" + ", ".join(text(e) for e in v) + "]"


def _map(key: Formatter, value: Formatter) -> Formatter:
    text = _or_null(value)
    return lambda v: "{" + ", ".join(f"{key(k)}={text(x)}" for k, x in v.items()) + "}"


def _row(t: Type) -> Formatter:
    parts = [(n, _or_null(formatter(ft))) for n, (_, ft) in zip(field_names(t), t.args, strict=True)]
    return lambda v: "{" + ", ".join(f"{n}={f(v[n])}" for n, f in parts) + "}"


def _month_interval(months: int) -> str:
    years, rest = divmod(abs(months), 12)
    return f"{'-' if months < 0 else ''}{years}-{rest}"


def _day_interval(value: dt.timedelta) -> str:
    ms = round(value / dt.timedelta(milliseconds=1))
    sign, ms = ("-", -ms) if ms < 0 else ("", ms)
    days, rest = divmod(ms, 86_400_000)
    hours, rest = divmod(rest, 3_600_000)
    minutes, rest = divmod(rest, 60_000)
    seconds, rest = divmod(rest, 1000)
    return f"{sign}{days} {hours:02d}:{minutes:02d}:{seconds:02d}.{rest:03d}"
