"""A query's result: Athena's types and texts of DuckDB's values, the result file, and its columns' description."""

import datetime as dt
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlglot import exp

NAMES = {"HUGEINT": "BIGINT", "UBIGINT": "BIGINT", '"NULL"': "VARCHAR"}  # Trino's sum of whole numbers is a bigint
# Amazon Athena API Reference, ColumnInfo: the precision of each type.
PRECISION = {"tinyint": 3, "smallint": 5, "integer": 10, "bigint": 19, "float": 17, "double": 17, "timestamp": 3}
PRECISION["varchar"] = 2147483647
FIELD = re.compile(r'(?:"((?:[^"]|"")*)")?([,\n])')  # of a result file

Row = list[str | None]
Column = tuple[str, str]  # its name, and its type as Trino writes it, such as decimal(12,2)


@dataclass(frozen=True)
class Result:
    """What a statement gave: columns, rows as texts (a null is None), bytes read, and the files that it wrote."""

    columns: Sequence[Column] = ()
    rows: Sequence[Row] = ()
    scanned: int = 0
    files: Sequence[str] = ()


def type_name(kind: str | exp.DataType, dialect: str) -> str:
    """Return Trino's or Hive's name of a type, which DuckDB described if it is a text."""
    own = exp.DataType.build(NAMES.get(str(kind), kind), dialect="duckdb")
    return own.sql(dialect=dialect).lower().replace(", ", ",").replace(": ", ":")


def text(value: Any) -> str | None:
    """Return a value as Athena prints it; a null is None."""
    match value:
        case None | str():
            return value
        case bool():
            return str(value).lower()
        case float():
            return _double(value)
        case Decimal():
            return f"{value:f}"
        case dt.datetime():
            return value.replace(tzinfo=None).isoformat(" ", "milliseconds")
        case dt.time():
            return value.isoformat("milliseconds")
        case bytes():
            return value.hex(" ")
        case list() | tuple():
            return "[" + ", ".join(text(item) or "null" for item in value) + "]"
        case dict():
            return "{" + ", ".join(f"{name}={text(item) or 'null'}" for name, item in value.items()) + "}"
    return str(value)


def _double(value: float) -> str:
    """Return a double as Java prints it (Double.toString): 12.0, 1.2E7, 1.0E-5."""
    if math.isnan(value) or math.isinf(value):
        return str(value).replace("nan", "NaN").replace("inf", "Infinity")
    if value == 0 or 1e-3 <= abs(value) < 1e7:
        return repr(value)
    mantissa, _, exponent = f"{Decimal(repr(value)).normalize():E}".partition("E")
    return f"{mantissa if '.' in mantissa else mantissa + '.0'}E{int(exponent)}"


def result_file(result: Result, *, is_table: bool) -> bytes:
    """Return what Athena writes: plain lines for DDL; a query's header and values in quotes, nothing for a null.

    Amazon Athena User Guide, "Working with query results".
    """
    if not is_table:
        return "".join(f"{row[0]}\n" for row in result.rows).encode()
    header: Row = [name for name, _ in result.columns]
    lines = [header, *result.rows]
    cells = [["" if value is None else '"' + value.replace('"', '""') + '"' for value in line] for line in lines]
    return "".join(",".join(line) + "\n" for line in cells if line).encode()


def rows_of_file(body: bytes, *, is_table: bool) -> list[Row]:
    """Read a result file back, its header line included: an unquoted nothing is null, a quoted one the empty text."""
    if not is_table:
        return [[line] for line in body.decode().splitlines()]
    rows: list[Row] = [[]]
    for field in FIELD.finditer(body.decode()):
        rows[-1].append(field[1].replace('""', '"') if field[1] else field[1])
        if field[2] == "\n":
            rows.append([])
    return rows[:-1]


def column_info(name: str, full_type: str) -> dict[str, Any]:
    """Return a column as GetQueryResults describes it (Amazon Athena API Reference, ColumnInfo)."""
    kind, _, size = full_type.replace("real", "float").partition("(")
    precision, scale = map(int, size.rstrip(")").split(",")) if kind == "decimal" else (PRECISION.get(kind, 0), 0)
    names = {"CatalogName": "hive", "SchemaName": "", "TableName": "", "Name": name, "Label": name, "Type": kind}
    return {**names, "Precision": precision, "Scale": scale, "Nullable": "UNKNOWN", "CaseSensitive": kind == "varchar"}
