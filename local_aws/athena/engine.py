# ruff: noqa: S608 (SQL is what this makes; every name and text in it is quoted)
"""Running a bound query on DuckDB: a connection of its own, two threads, a memory limit, cancelable."""

from __future__ import annotations

import re
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
from sqlglot import exp

from local_aws.athena import expressions, reading
from local_aws.athena.binding.binder import Binder
from local_aws.athena.binding.scopes import Bound, mark_used
from local_aws.athena.errors import QueryError
from local_aws.athena.tables import GlueCatalog, Lister
from local_aws.athena.trino_types import Type
from local_aws.athena.values import formatter

_THREADS, _MEMORY = 2, "2GB"
_SETTINGS: dict[str, str | bool | int | float | list[str]] = {
    "threads": _THREADS,
    "memory_limit": _MEMORY,
    "enable_external_file_cache": False,  # files are replaced in place
    "autoinstall_known_extensions": False,  # nothing is fetched
    "autoload_known_extensions": False,
}

_MACROS = (
    *expressions.MACROS,
    # substr counts from 1, or from the end; out of range gives ''
    """CREATE MACRO trino_substr(s, start, len) AS CASE
         WHEN s IS NULL OR start IS NULL THEN NULL
         WHEN start = 0 OR abs(start) > length(s) THEN ''
         WHEN len IS NULL THEN substring(s, CASE WHEN start < 0 THEN length(s) + start + 1 ELSE start END)
         WHEN len <= 0 THEN ''
         ELSE substring(s, CASE WHEN start < 0 THEN length(s) + start + 1 ELSE start END, len) END""",
    """CREATE MACRO trino_array_distinct(a) AS
         list_filter(a, lambda e, i: list_position(a, e) = i OR (e IS NULL AND
           i = list_position(list_transform(a, lambda x: x IS NULL), true)))""",
    """CREATE MACRO three_valued_any(b) AS CASE
         WHEN b IS NULL THEN NULL WHEN list_contains(b, true) THEN true
         WHEN len(list_filter(b, lambda e: e IS NULL)) > 0 THEN NULL ELSE false END""",
    """CREATE MACRO three_valued_all(b) AS CASE
         WHEN b IS NULL THEN NULL WHEN list_contains(b, false) THEN false
         WHEN len(list_filter(b, lambda e: e IS NULL)) > 0 THEN NULL ELSE true END""",
    """CREATE MACRO trino_json_scalar(j, path) AS CASE json_type(j, path)
         WHEN 'OBJECT' THEN NULL WHEN 'ARRAY' THEN NULL WHEN 'NULL' THEN NULL ELSE json_extract_string(j, path) END""",
    """CREATE MACRO trino_json_length(j) AS
         CASE WHEN json_type(j) = 'ARRAY' THEN CAST(json_array_length(j) AS BIGINT) END""",
    # a[i] and m[k] fail where element_at gives null
    """CREATE MACRO trino_subscript(a, i) AS CASE
         WHEN a IS NULL OR i IS NULL THEN NULL
         WHEN i > 0 AND i <= len(a) THEN list_extract(a, i)
         ELSE list_extract(a,
           CAST('!subscript ' || CAST(i AS VARCHAR) || ' ' || CAST(len(a) AS VARCHAR) AS BIGINT)) END""",
    """CREATE MACRO trino_element_at(a, i) AS CASE
         WHEN i = 0 THEN list_extract(a, CAST('!subscript 0 0' AS BIGINT)) ELSE list_extract(a, i) END""",
    """CREATE MACRO trino_map_value(m, k) AS CASE
         WHEN m IS NULL OR k IS NULL OR map_contains(m, k) THEN m[k]
         ELSE list_extract(map_values(m), CAST('!key ' || CAST(k AS VARCHAR) AS BIGINT)) END""",
)


@dataclass(frozen=True)
class ResultColumn:
    """A column of a result: its name as printed and its type."""

    name: str
    type: Type


@dataclass
class Result:
    """Rows of a query as text (None is null), and the bytes that were read for them."""

    columns: list[ResultColumn]
    rows: list[list[str | None]]
    scanned: int = 0


_instance: duckdb.DuckDBPyConnection | None = None
_opening = threading.Lock()
_spill: Path | None = None


def spill_to(folder: Path) -> None:
    """Say where queries that outgrow their memory put what does not fit."""
    global _spill
    _spill = folder


def _open() -> duckdb.DuckDBPyConnection:
    """Open the process's one DuckDB, in memory: its threads and memory are all that queries get together."""
    global _instance
    with _opening:
        if _instance is None:
            folder = _spill or Path(tempfile.gettempdir()) / "local-aws-athena"
            opened = duckdb.connect(":memory:", config={**_SETTINGS, "temp_directory": str(folder)})
            opened.execute("SET GLOBAL TimeZone = 'UTC'")
            for macro in _MACROS:
                opened.execute(macro)
            _instance = opened
        return _instance


@contextmanager
def connection(
    on_open: Callable[[duckdb.DuckDBPyConnection], None] | None = None,
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Yield a connection with temporary views of its own; ``on_open`` gets it too, to interrupt it."""
    con = _open().cursor()
    try:
        if on_open is not None:
            on_open(con)
        yield con
    finally:
        con.close()


@dataclass
class Prepared:
    """A query ready to run: its SQL for DuckDB, its columns, and the bytes it will read."""

    sql: str
    columns: list[ResultColumn]
    scanned: int


def bind(text: str, tree: exp.Expr, catalog: GlueCatalog, database: str) -> tuple[Binder, Bound]:
    """Bind a query against the catalog."""
    binder = Binder(text, catalog, database)
    return binder, binder.statement(tree)


def prepare(
    con: duckdb.DuckDBPyConnection, text: str, tree: exp.Expr, catalog: GlueCatalog, database: str, lister: Lister
) -> Prepared:
    """Bind a query and make the views it reads its tables through."""
    binder, bound = bind(text, tree, catalog, database)
    mark_used(bound.body)
    scanned = 0
    for scan in binder.scans:
        scanned += reading.prepare(con, scan, catalog.table(scan.database, scan.table), lister)
    return Prepared(bound.sql, [ResultColumn(c.name, c.type) for c in bound.columns], scanned)


def fetch(con: duckdb.DuckDBPyConnection, prepared: Prepared) -> Result:
    """Run a prepared query.

    Raises:
        QueryError: with Athena's code for what went wrong.
    """
    try:
        cursor = con.execute(_printable(prepared))
        raw = cursor.fetchall()
    except duckdb.InterruptException:
        raise
    except duckdb.Error as e:
        raise translate(e) from e
    formatters = [formatter(c.type) for c in prepared.columns]
    rows = [[None if v is None else f(v) for f, v in zip(formatters, row, strict=True)] for row in raw]
    return Result(prepared.columns, rows, prepared.scanned)


# Types whose values leave DuckDB in another form: with a zone as plain UTC times (DuckDB's own need a package that is
# not there), intervals of months as their number.
_FETCHED_AS = {
    "timestamp with time zone": "{} AT TIME ZONE 'UTC'",
    "interval year to month": "CAST(12 * date_part('year', {0}) + date_part('month', {0}) AS BIGINT)",
}


def _printable(prepared: Prepared) -> str:
    if not any(c.type.name in _FETCHED_AS for c in prepared.columns):
        return prepared.sql
    names = [f"p{i}" for i in range(len(prepared.columns))]
    items = [_FETCHED_AS.get(c.type.name, "{}").format(n) for n, c in zip(names, prepared.columns, strict=True)]
    return f"SELECT {', '.join(items)} FROM ({prepared.sql}) AS p({', '.join(names)})"


_DUCK_TO_TRINO = {
    "INT8": "TINYINT", "INT16": "SMALLINT", "INT32": "INT", "INT64": "BIGINT", "BOOL": "BOOLEAN", "FLOAT": "REAL",
}  # fmt: skip


def translate(error: duckdb.Error) -> QueryError:  # noqa: C901 - one line per message
    """DuckDB's error as Athena's."""
    text = str(error).split("\n")[0].split("Error: ", 1)[-1]
    if "Division by zero" in text:
        return QueryError("DIVISION_BY_ZERO", "Division by zero")
    if m := re.search(r"Could not convert string ['\"]!subscript (-?\d+) (\d+)", text):
        index, size = int(m[1]), int(m[2])
        if index == 0:
            return QueryError("INVALID_FUNCTION_ARGUMENT", "SQL array indices start at 1")
        if index < 0:
            return QueryError("INVALID_FUNCTION_ARGUMENT", f"Array subscript is negative: {index}")
        return QueryError(
            "INVALID_FUNCTION_ARGUMENT", f"Array subscript must be less than or equal to array length: {index} > {size}"
        )
    if m := re.search(r"Could not convert string ['\"]!key (.*)['\"] to", text):
        return QueryError("INVALID_FUNCTION_ARGUMENT", f"Key not present in map: {m[1]}")
    if m := re.search(r"Could not convert string ['\"]!?(.*)['\"] to (\w+)(\(\d+,\d+\))?", text):
        if m[2] == "DECIMAL":
            return QueryError(
                "INVALID_CAST_ARGUMENT",
                f"Cannot cast VARCHAR '{m[1]}' to DECIMAL{(m[3] or '').replace(',', ', ')}. Value is not a number.",
            )
        return QueryError("INVALID_CAST_ARGUMENT", f"Cannot cast '{m[1]}' to {_DUCK_TO_TRINO.get(m[2], m[2])}")
    if m := re.search(r"(date|timestamp|time) field (?:value out of range|format): \"!?(.*?)\"", text):
        return QueryError("INVALID_CAST_ARGUMENT", f"Value cannot be cast to {m[1]}: {m[2]}")
    if m := re.search(r"invalid (date|timestamp) field format: \"!?(.*?)\"", text):
        return QueryError("INVALID_CAST_ARGUMENT", f"Value cannot be cast to {m[1]}: {m[2]}")
    if m := re.search(r"Could not parse string \"(.*)\" according to format specifier", text):
        return QueryError("INVALID_FUNCTION_ARGUMENT", f'Invalid format: "{m[1]}"')
    if "More than one row returned by a subquery" in text:
        return QueryError("SUBQUERY_MULTIPLE_ROWS", "Scalar sub-query has returned multiple rows")
    if re.search(r"Overflow|out of range", text):
        return QueryError("NUMERIC_VALUE_OUT_OF_RANGE", text)
    if isinstance(error, duckdb.IOException):
        return QueryError("HIVE_CANNOT_OPEN_SPLIT", f"Error opening Hive split: {text}")
    if isinstance(error, duckdb.OutOfMemoryException):
        return QueryError("EXCEEDED_MEMORY_LIMIT", f"Query exceeded per-node memory limit of {_MEMORY}")
    return QueryError("GENERIC_INTERNAL_ERROR", text)
