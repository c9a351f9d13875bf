"""A query's result: Athena's types and texts of DuckDB's values, the result file, and its columns' description."""

import datetime as dt
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

# DuckDB's type to Athena's; DuckDB sums whole numbers into HUGEINT where Trino has bigint.
TYPES = {
    "BOOLEAN": "boolean", "TINYINT": "tinyint", "SMALLINT": "smallint", "INTEGER": "integer", "BIGINT": "bigint",
    "HUGEINT": "bigint", "UBIGINT": "bigint", "FLOAT": "float", "DOUBLE": "double", "DATE": "date", "TIME": "time",
    "TIMESTAMP": "timestamp", "TIMESTAMP WITH TIME ZONE": "timestamp with time zone", "BLOB": "varbinary",
}  # fmt: skip
# Amazon Athena API Reference, ColumnInfo: the precision of each type.
PRECISION = {
    "tinyint": 3, "smallint": 5, "integer": 10, "bigint": 19, "float": 17, "double": 17, "timestamp": 3,
    "varchar": 2147483647,
}  # fmt: skip
PAGE = 1000
FIELD = re.compile(r'(?:"((?:[^"]|"")*)")?([,\n])')  # of a result file

Row = list[str | None]


@dataclass(frozen=True)
class Column:
    """A column of a result: its name, and its type as Athena writes it, such as ``decimal(12,2)``."""

    name: str
    type: str


@dataclass(frozen=True)
class Result:
    """What a statement gave: columns, rows as texts (a null is None), bytes read, and the files that it wrote."""

    columns: Sequence[Column] = ()
    rows: Sequence[Row] = ()
    scanned: int = 0
    is_table: bool = True  # a query's result has a header line; DDL and SHOW give plain lines
    files: Sequence[str] = ()


def athena_type(duckdb_type: str) -> str:
    """Return Athena's name for a type as DuckDB describes it."""
    if duckdb_type.endswith("[]"):
        return f"array({athena_type(duckdb_type[:-2])})"
    if duckdb_type.startswith(("DECIMAL", "MAP(", "STRUCT(")):
        return duckdb_type.lower().replace("struct(", "row(")
    return TYPES.get(duckdb_type, "varchar")


def text(value: Any) -> str | None:
    """Return a value as Athena prints it; a null is None."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _double(value)
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, dt.datetime | dt.time):
        form = "%Y-%m-%d %H:%M:%S" if isinstance(value, dt.datetime) else "%H:%M:%S"
        return f"{value.strftime(form)}.{value.microsecond // 1000:03d}"
    if isinstance(value, bytes):
        return value.hex(" ")
    if isinstance(value, list | tuple):
        return "[" + ", ".join(text(item) or "null" for item in value) + "]"
    if isinstance(value, dict):
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


def result_file(result: Result) -> bytes:
    """Return the object that Athena writes.

    Amazon Athena User Guide, "Working with query results": a query's values are all in quotes, a null is nothing;
    DDL gives plain text.
    """
    if not result.is_table:
        return "".join("\t".join(value or "" for value in row) + "\n" for row in result.rows).encode()
    lines: list[Row] = [[column.name for column in result.columns], *result.rows]
    return "".join(",".join(map(_quoted, line)) + "\n" for line in lines if line).encode()


def _quoted(value: str | None) -> str:
    return "" if value is None else '"' + value.replace('"', '""') + '"'


def rows_of_file(body: bytes, *, is_table: bool) -> list[Row]:
    """Read a result file back, its header line included: an unquoted nothing is null, a quoted one the empty text."""
    if not is_table:
        return [[line] for line in body.decode().splitlines()]
    rows: list[Row] = []
    row: Row = []
    for field in FIELD.finditer(body.decode()):
        row.append(field[1].replace('""', '"') if field[1] else field[1])
        if field[2] == "\n":
            rows.append(row)
            row = []
    return rows


def column_info(column: Column) -> dict[str, Any]:
    """Return a column as GetQueryResults describes it (Amazon Athena API Reference, ColumnInfo)."""
    kind, _, size = column.type.partition("(")
    precision, scale = map(int, size.rstrip(")").split(",")) if kind == "decimal" else (PRECISION.get(kind, 0), 0)
    names = {"CatalogName": "hive", "SchemaName": "", "TableName": "", "Name": column.name, "Label": column.name}
    facts = {"Precision": precision, "Scale": scale, "Nullable": "UNKNOWN", "CaseSensitive": kind == "varchar"}
    return {**names, "Type": kind, **facts}
