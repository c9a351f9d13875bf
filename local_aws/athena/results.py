"""A query's result: Athena's types and texts of DuckDB's values, the result file, and what GetQueryResults returns."""

import csv
import datetime as dt
import io
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

# DuckDB's type to Athena's; DuckDB sums whole numbers into HUGEINT where Trino has bigint.
TYPES = {
    "BOOLEAN": "boolean", "TINYINT": "tinyint", "SMALLINT": "smallint", "INTEGER": "integer", "BIGINT": "bigint",
    "HUGEINT": "bigint", "UBIGINT": "bigint", "UINTEGER": "bigint", "FLOAT": "float", "DOUBLE": "double",
    "VARCHAR": "varchar", "DATE": "date", "TIMESTAMP": "timestamp", "TIMESTAMP WITH TIME ZONE": "timestamp with time zone",
    "TIME": "time", "BLOB": "varbinary", "INTERVAL": "interval day to second", "JSON": "json",
}  # fmt: skip
# Amazon Athena API Reference, ColumnInfo: precision of each type.
PRECISION = {"tinyint": 3, "smallint": 5, "integer": 10, "bigint": 19, "float": 17, "double": 17, "timestamp": 3}
UNBOUNDED = 2147483647  # of a varchar without a length
PAGE = 1000

Row = list[str | None]


@dataclass(frozen=True)
class Column:
    """A column of a result: its name, and its type as Athena and Hive write it, such as ``decimal(12,2)``."""

    name: str
    type: str


@dataclass(frozen=True)
class Result:
    """What a statement gave: columns, rows as texts (null is None), and the bytes that it read."""

    columns: Sequence[Column] = ()
    rows: Sequence[Row] = ()
    scanned: int = 0
    is_table: bool = True  # a query's result has a header line; DDL and SHOW give plain lines
    files: Sequence[str] = ()  # addresses of what CTAS, INSERT and UNLOAD wrote


def athena_type(duckdb_type: str) -> str:
    """Return Athena's name for a type as DuckDB describes it."""
    if duckdb_type.startswith("DECIMAL"):
        return duckdb_type.lower()
    if duckdb_type.endswith("[]"):
        return f"array({athena_type(duckdb_type[:-2])})"
    if duckdb_type.startswith("MAP("):
        key, _, value = duckdb_type[4:-1].partition(", ")
        return f"map({athena_type(key)}, {athena_type(value)})"
    if duckdb_type.startswith("STRUCT("):
        return "row"
    return TYPES.get(duckdb_type, "varchar")


def text(value: Any) -> str | None:
    """Return a value as Athena prints it; null is None."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _double(value)
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, dt.datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S.") + f"{value.microsecond // 1000:03d}"
    if isinstance(value, dt.time):
        return value.strftime("%H:%M:%S.") + f"{value.microsecond // 1000:03d}"
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
        return "NaN" if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")
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
    lines: Iterable[Sequence[str | None]] = [[column.name for column in result.columns], *result.rows]
    return "".join(",".join(map(_quoted, line)) + "\n" for line in lines).encode()


def _quoted(value: str | None) -> str:
    return "" if value is None else '"' + value.replace('"', '""') + '"'


_FIELD = re.compile(r'(?:"((?:[^"]|"")*)")?([,\n])')


def rows_of_file(body: bytes, *, is_table: bool) -> list[Row]:
    """Read a result file back, its header line included: an unquoted nothing is null, a quoted one the empty text."""
    if not is_table:
        return [list(row) for row in csv.reader(io.StringIO(body.decode()), delimiter="\t", quoting=csv.QUOTE_NONE)]
    rows: list[Row] = []
    row: Row = []
    for field in _FIELD.finditer(body.decode()):
        row.append(field[1].replace('""', '"') if field[1] else field[1])
        if field[2] == "\n":
            rows.append(row)
            row = []
    return rows


def column_info(column: Column) -> dict[str, Any]:
    """Return a column as GetQueryResults describes it (Amazon Athena API Reference, ColumnInfo)."""
    kind, _, size = column.type.partition("(")
    precision, scale = PRECISION.get(kind, 0), 0
    if kind == "decimal":
        precision, scale = (int(part) for part in size.rstrip(")").split(","))
    return {
        "CatalogName": "hive",
        "SchemaName": "",
        "TableName": "",
        "Name": column.name,
        "Label": column.name,
        "Type": kind,
        "Precision": UNBOUNDED if kind == "varchar" else precision,
        "Scale": scale,
        "Nullable": "UNKNOWN",
        "CaseSensitive": kind == "varchar",
    }
