"""Trino's types: their names, how they widen into each other, and what DuckDB and the catalog call them.

Source: https://trino.io/docs/current/language/types.html and
https://docs.aws.amazon.com/athena/latest/ug/data-types.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Type:
    """One SQL type.

    ``args`` holds the length of a varchar, (precision, scale) of a decimal, the precision of a
    timestamp, the element types of array and map, or (name or None, type) pairs of a row.
    """

    name: str
    args: tuple[Any, ...] = ()

    def __str__(self) -> str:
        if self.name == "row":
            fields = (f"{n} {t}" if n else str(t) for n, t in self.args)
            return f"row({', '.join(fields)})"
        if self.name == "timestamp with time zone":
            return f"timestamp({self.args[0]}) with time zone" if self.args else self.name
        if self.args:
            glue = "," if self.name == "decimal" else ", "
            return f"{self.name}({glue.join(map(str, self.args))})"
        return self.name


BOOLEAN, TINYINT, SMALLINT = Type("boolean"), Type("tinyint"), Type("smallint")
INTEGER, BIGINT, REAL, DOUBLE = Type("integer"), Type("bigint"), Type("real"), Type("double")
VARCHAR, VARBINARY, DATE, TIME = Type("varchar"), Type("varbinary"), Type("date"), Type("time", (3,))
TIMESTAMP, TIMESTAMP_TZ = Type("timestamp", (3,)), Type("timestamp with time zone", (3,))
JSON, UNKNOWN = Type("json"), Type("unknown")
DAY_INTERVAL, MONTH_INTERVAL = Type("interval day to second"), Type("interval year to month")

INTEGERS = {"tinyint": 3, "smallint": 5, "integer": 10, "bigint": 19}
_INTEGER_ORDER = list(INTEGERS)
MAX_PRECISION = 38


def decimal(precision: int, scale: int) -> Type:
    """Decimal type of that precision and scale."""
    return Type("decimal", (precision, scale))


def array(element: Type) -> Type:
    """Array of that element type."""
    return Type("array", (element,))


def is_integer(t: Type) -> bool:
    """Whether the type is one of the four integer types."""
    return t.name in INTEGERS


def is_exact(t: Type) -> bool:
    """Whether the type is an integer or a decimal."""
    return is_integer(t) or t.name == "decimal"


def is_numeric(t: Type) -> bool:
    """Whether the type is a number."""
    return is_exact(t) or t.name in ("real", "double")


def as_decimal(t: Type) -> Type:
    """Decimal that holds every value of an exact numeric type."""
    return t if t.name == "decimal" else decimal(INTEGERS[t.name], 0)


def common_type(a: Type, b: Type) -> Type | None:
    """Type that both widen to without a cast, or None.

    Source: https://trino.io/docs/current/functions/conversion.html
    """
    if a == b or b == UNKNOWN:
        return a
    if a == UNKNOWN:
        return b
    if is_numeric(a) and is_numeric(b):
        return _common_number(a, b)
    if a.name == b.name == "varchar":
        return Type("varchar", (max(a.args[0], b.args[0]),)) if a.args and b.args else VARCHAR
    if a.name == b.name and a.name in ("timestamp", "timestamp with time zone", "time"):
        return Type(a.name, (max(a.args[0], b.args[0]),))
    moments = {"date": 0, "timestamp": 1, "timestamp with time zone": 2}
    if a.name in moments and b.name in moments:
        wide = max(a, b, key=lambda t: moments[t.name])
        return Type(wide.name, (max((t.args[0] for t in (a, b) if t.args), default=3),))
    if a.name == b.name and a.name in ("array", "map"):
        parts = [common_type(x, y) for x, y in zip(a.args, b.args, strict=True)]
        return Type(a.name, tuple(parts)) if None not in parts else None
    if a.name == b.name == "row" and len(a.args) == len(b.args):
        fields = [
            (x[0] if x[0] == y[0] else None, common_type(x[1], y[1])) for x, y in zip(a.args, b.args, strict=True)
        ]
        return Type("row", tuple(fields)) if all(t for _, t in fields) else None
    return None


def _common_number(a: Type, b: Type) -> Type:
    if "double" in (a.name, b.name):
        return DOUBLE
    if "real" in (a.name, b.name):
        return REAL
    if is_integer(a) and is_integer(b):
        return max(a, b, key=lambda t: _INTEGER_ORDER.index(t.name))
    (p1, s1), (p2, s2) = as_decimal(a).args, as_decimal(b).args
    scale = max(s1, s2)
    return decimal(min(MAX_PRECISION, max(p1 - s1, p2 - s2) + scale), scale)


def coerces(source: Type, target: Type) -> bool:
    """Whether Trino turns a value of ``source`` into ``target`` by itself."""
    return common_type(source, target) == target


_DUCK = {
    "boolean": "BOOLEAN", "tinyint": "TINYINT", "smallint": "SMALLINT", "integer": "INTEGER", "bigint": "BIGINT",
    "real": "FLOAT", "double": "DOUBLE", "varchar": "VARCHAR", "varbinary": "BLOB", "date": "DATE", "time": "TIME",
    "timestamp": "TIMESTAMP", "timestamp with time zone": "TIMESTAMPTZ", "json": "JSON", "unknown": "INTEGER",
    "interval day to second": "INTERVAL", "interval year to month": "INTERVAL",
}  # fmt: skip


def field_names(row: Type) -> list[str]:
    """Names that DuckDB's struct gives the fields of a row; unnamed ones get theirs by position."""
    return [n or f"field{i}" for i, (n, _) in enumerate(row.args)]


def duck_type(t: Type) -> str:
    """DuckDB's name of the type."""
    if t.name == "decimal":
        return f"DECIMAL({t.args[0]},{t.args[1]})"
    if t.name == "array":
        return f"{duck_type(t.args[0])}[]"
    if t.name == "map":
        return f"MAP({duck_type(t.args[0])}, {duck_type(t.args[1])})"
    if t.name == "row":
        fields = zip(field_names(t), t.args, strict=True)
        return "STRUCT(" + ", ".join(f'"{n}" {duck_type(ft)}' for n, (_, ft) in fields) + ")"
    return _DUCK[t.name]


_HIVE = {
    "string": "varchar", "int": "integer", "float": "real", "binary": "varbinary", "tinyint": "tinyint",
    "smallint": "smallint", "bigint": "bigint", "double": "double", "boolean": "boolean", "date": "date",
    "integer": "integer",
}  # fmt: skip


class UnknownHiveType(ValueError):
    """A catalog type that the local Athena cannot read."""


def from_hive(text: str) -> Type:
    """Read a type as the Glue catalog writes it, such as ``array<struct<a:int>>``.

    Raises:
        UnknownHiveType: for a type that is not in the table.
    """
    t = text.strip().lower()
    if t in _HIVE:
        return Type(_HIVE[t])
    if t == "timestamp":
        return TIMESTAMP
    if m := re.fullmatch(r"decimal(?:\((\d+)(?:,\s*(\d+))?\))?", t):
        return decimal(int(m[1] or 10), int(m[2] or 0))
    if m := re.fullmatch(r"varchar\((\d+)\)", t):
        return Type("varchar", (int(m[1]),))
    if m := re.fullmatch(r"(array|map|struct)<(.*)>", t):
        parts = _split_types(m[2])
        if m[1] == "struct":
            pairs = [p.split(":", 1) for p in parts]
            return Type("row", tuple((n.strip(), from_hive(ft)) for n, ft in pairs))
        return Type(m[1], tuple(from_hive(p) for p in parts))
    raise UnknownHiveType(text)


def _split_types(text: str) -> list[str]:
    parts, depth, start = [], 0, 0
    for i, c in enumerate(text):
        depth += (c in "<(") - (c in ">)")
        if c == "," and depth == 0:
            parts.append(text[start:i])
            start = i + 1
    return [*parts, text[start:]]


_TO_HIVE = {v: k for k, v in _HIVE.items() if k != "integer"}


def to_hive(t: Type) -> str:
    """Return the type as the Glue catalog writes it.

    Raises:
        UnknownHiveType: for a type that a Hive table cannot hold.
    """
    if t.name == "decimal":
        return f"decimal({t.args[0]},{t.args[1]})"
    if t.name == "timestamp":
        return "timestamp"
    if t.name == "array":
        return f"array<{to_hive(t.args[0])}>"
    if t.name == "map":
        return f"map<{to_hive(t.args[0])},{to_hive(t.args[1])}>"
    if t.name == "row" and all(n for n, _ in t.args):
        return "struct<" + ",".join(f"{n}:{to_hive(ft)}" for n, ft in t.args) + ">"
    if t.name == "varchar" and t.args:
        return f"varchar({t.args[0]})"
    if t.name in _TO_HIVE:
        return _TO_HIVE[t.name]
    raise UnknownHiveType(str(t))
