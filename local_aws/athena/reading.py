# ruff: noqa: S608 (SQL is what this makes; every name and text in it is quoted)
"""Reading tables with DuckDB: which partitions, files, row groups and columns a query needs, and what that costs."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

import duckdb
import pyarrow.parquet as pq

from local_aws.athena.binding.scopes import Condition, Filter, Scan, TableColumn, condition_of
from local_aws.athena.errors import QueryError, Refused
from local_aws.athena.expressions import name, quote
from local_aws.athena.tables import Lister, Partition, StoredFile, Table
from local_aws.athena.trino_types import Type, duck_type


@dataclass(frozen=True)
class Chunk:
    """A column of a row group: compressed size in bytes, and its least and greatest value where the file says so."""

    row_group: int
    column: str
    size: int
    span: tuple[str, str] | None


@dataclass(frozen=True)
class ParquetFile:
    """What a Parquet file says about itself."""

    columns: tuple[tuple[str, str, str], ...]  # name in the file, physical type, logical type
    chunks: tuple[Chunk, ...]


def parquet_file(file: StoredFile) -> ParquetFile:
    """Read a file's footer (remembered until the file changes).

    Raises:
        QueryError: HIVE_CANNOT_OPEN_SPLIT when it is not Parquet.
    """
    stat = file.path.stat()
    try:
        return _footer(str(file.path), stat.st_mtime_ns, stat.st_size)
    except Exception as e:
        raise QueryError("HIVE_CANNOT_OPEN_SPLIT", f"Error opening Hive split {file.uri}: {e}") from e


@lru_cache(maxsize=20_000)
def _footer(path: str, mtime_ns: int, size: int) -> ParquetFile:
    metadata = pq.read_metadata(path)
    schema = metadata.schema
    columns: dict[str, tuple[str, str, str]] = {}
    for i in range(len(schema)):
        leaf = schema.column(i)
        top = leaf.path.split(".", 1)[0]
        nested = "." in leaf.path
        columns.setdefault(top, (top, "GROUP" if nested else leaf.physical_type, str(leaf.logical_type)))
    chunks = []
    for g in range(metadata.num_row_groups):
        group = metadata.row_group(g)
        for c in range(group.num_columns):
            chunk = group.column(c)
            column = chunk.path_in_schema.split(".", 1)[0].lower()
            chunks.append(Chunk(g, column, chunk.total_compressed_size, _span(chunk.statistics)))
    return ParquetFile(tuple(columns.values()), tuple(chunks))


def _span(statistics: Any) -> tuple[str, str] | None:
    if statistics is None or not statistics.has_min_max:
        return None
    least, greatest = statistics.min, statistics.max
    plain = (int, float, str, Decimal, dt.date)
    return (str(least), str(greatest)) if isinstance(least, plain) and isinstance(greatest, plain) else None


# Which physical types a column of the catalog's type can be read from.
# Source: https://docs.aws.amazon.com/athena/latest/ug/handling-schema-updates-chapter.html
_READABLE = {
    "boolean": {"BOOLEAN"}, "tinyint": {"INT32"}, "smallint": {"INT32"}, "integer": {"INT32"},
    "bigint": {"INT32", "INT64"}, "real": {"FLOAT"}, "double": {"DOUBLE", "FLOAT"}, "varchar": {"BYTE_ARRAY"},
    "varbinary": {"BYTE_ARRAY", "FIXED_LEN_BYTE_ARRAY"}, "date": {"INT32"}, "timestamp": {"INT64", "INT96"},
    "decimal": {"INT32", "INT64", "FIXED_LEN_BYTE_ARRAY", "BYTE_ARRAY"}, "array": {"GROUP"}, "map": {"GROUP"},
    "row": {"GROUP"},
}  # fmt: skip


def prepare(con: duckdb.DuckDBPyConnection, scan: Scan, table: Table, lister: Lister) -> int:
    """Make the view that the query reads this table through.

    Returns:
        Compressed bytes that are read from it.
    """
    condition = condition_of(scan)
    partitions = _matching(con, table, condition)
    if table.format == "partitions":
        con.execute(f"CREATE TEMP VIEW {scan.view} AS {_partitions_view(table, partitions)}")
        return 0
    found = [(p, lister(p.location)) for p in partitions]
    found = [(p, files) for p, files in found if files]
    if not found:
        con.execute(f"CREATE TEMP VIEW {scan.view} AS {_empty(table, scan)}")
        return 0
    if table.format == "parquet":
        return _parquet_view(con, scan, table, found)
    return _text_view(con, scan, table, found)


# The folder that Hive, Spark and Athena give to rows without a partition value.
_NO_VALUE = "__HIVE_DEFAULT_PARTITION__"


def _key_value(value: str) -> str | None:
    return None if value == _NO_VALUE else value


def _key_sql(value: str) -> str:
    return "NULL" if value == _NO_VALUE else quote(value)


def _matching(con: duckdb.DuckDBPyConnection, table: Table, condition: Condition) -> list[Partition]:
    """Partitions that can hold a row which meets the condition."""
    keys = table.keys
    if not keys or not table.partitions:
        return table.partitions
    types = {k.name: k.type for k in keys}
    sql = _partition_sql(con, condition, types)
    if sql is None:
        return table.partitions
    rows = ", ".join(f"({i}, {', '.join(map(_key_sql, p.values))})" for i, p in enumerate(table.partitions))
    names = ", ".join(name(k.name) for k in keys)
    casts = ", ".join(f"CAST({name(k.name)} AS {duck_type(k.type)}) AS {name(k.name)}" for k in keys)
    query = f"SELECT i FROM (SELECT i, {casts} FROM (VALUES {rows}) AS p(i, {names})) WHERE {sql} ORDER BY i"
    try:
        return [table.partitions[i] for (i,) in con.execute(query).fetchall()]
    except duckdb.Error:
        return table.partitions  # the query itself will meet the error


def _partition_sql(con: duckdb.DuckDBPyConnection, condition: Condition, types: dict[str, Type]) -> str | None:
    """Return the part of a condition that partition keys alone decide; None when they decide nothing."""
    parts = [f.sql for f in condition.all_of if f.columns <= set(types) and _safe(con, f, types)]
    for group in condition.nested:
        inner = [_partition_sql(con, c, types) for c in group]
        if not inner:
            return "false"  # a query that nothing reads
        if None not in inner:
            parts.append("(" + " OR ".join(f"({i})" for i in inner) + ")")
    return " AND ".join(f"({p})" for p in parts) if parts else None


def _safe(con: duckdb.DuckDBPyConnection, f: Filter, types: dict[str, Type]) -> bool:
    """Whether a row may be dropped early: on an outer join's side only if the condition fails for nulls."""
    if not f.outer:
        return True
    nulls = ", ".join(f"CAST(NULL AS {duck_type(t)}) AS {name(n)}" for n, t in types.items())
    try:
        row = con.execute(f"SELECT ({f.sql}) IS TRUE FROM (SELECT {nulls})").fetchone()
    except duckdb.Error:
        return False
    return row is not None and not row[0]


def _empty(table: Table, scan: Scan) -> str:
    columns = [f"CAST(NULL AS {duck_type(c.type)}) AS {name(c.name)}" for c in table.columns]
    return f"""SELECT {", ".join([*columns, 'CAST(NULL AS VARCHAR) AS "$path"'])} WHERE false"""


def _partitions_view(table: Table, partitions: list[Partition]) -> str:
    names = ", ".join(name(k.name) for k in table.keys)
    casts = ", ".join(f"CAST({name(k.name)} AS {duck_type(k.type)}) AS {name(k.name)}" for k in table.keys)
    rows = ", ".join(f"({', '.join(map(_key_sql, p.values))})" for p in partitions)
    source = f"(VALUES {rows})" if rows else f"(SELECT {', '.join('NULL' for _ in table.keys)} WHERE false)"
    return f"""SELECT {casts}, CAST(NULL AS VARCHAR) AS "$path" FROM {source} AS p({names})"""


def _parquet_view(
    con: duckdb.DuckDBPyConnection, scan: Scan, table: Table, found: list[tuple[Partition, list[StoredFile]]]
) -> int:
    files = [f for _, listed in found for f in listed]
    footers = [parquet_file(f) for f in files]
    _check_types(scan, table, files, footers)
    schemas = {f.columns for f in footers}
    in_file = {c[0].lower(): c[0] for f in footers for c in f.columns}
    union = ", union_by_name=true" if len(schemas) > 1 else ""
    listing = ", ".join(quote(str(f.path)) for f in files)
    source = f"read_parquet([{listing}], hive_partitioning=false, filename='__file'{union})"
    items = [_parquet_item(c, in_file) for c in table.columns if not c.partition]
    con.execute(f"CREATE TEMP VIEW {scan.view} AS {_with_keys(con, scan, table, found, items, source)}")
    skipped = _skipped_groups(con, scan, table, footers)
    return sum(
        c.size
        for i, f in enumerate(footers)
        for c in f.chunks
        if c.column in scan.used and (i, c.row_group) not in skipped
    )


def _skipped_groups(
    con: duckdb.DuckDBPyConnection, scan: Scan, table: Table, footers: list[ParquetFile]
) -> set[tuple[int, int]]:
    """Row groups in which no row can meet the conditions, by the statistics in the files: (file, group)."""
    types = {c.name: c.type for c in table.columns if not c.partition}
    sql, columns = _span_sql(condition_of(scan), set(types))
    if sql is None:
        return set()
    rows = []
    for i, footer in enumerate(footers):
        spans = {(c.row_group, c.column): c.span for c in footer.chunks if c.column in columns}
        for group in sorted({g for g, _ in spans}):
            values = [v for n in sorted(columns) for v in (spans.get((group, n)) or (None, None))]
            rows.append(f"({i}, {group}, {', '.join('NULL' if v is None else quote(v) for v in values)})")
    if not rows:
        return set()
    names = [name(f"{n}__{end}") for n in sorted(columns) for end in ("min", "max")]
    kinds = [duck_type(types[n]) for n in sorted(columns) for _ in ("min", "max")]
    casts = ", ".join(f"CAST({n} AS {k}) AS {n}" for n, k in zip(names, kinds, strict=True))
    source = f"(VALUES {', '.join(rows)}) AS g(file, row_group, {', '.join(names)})"
    try:
        found = con.execute(
            f"SELECT file, row_group FROM (SELECT file, row_group, {casts} FROM {source}) WHERE NOT ({sql})"
        )
        return {(f, g) for f, g in found.fetchall()}
    except duckdb.Error:
        return set()


def _span_sql(condition: Condition, known: set[str]) -> tuple[str | None, set[str]]:
    """Return the part of a condition that least and greatest values decide, and the columns it is about.

    Where a file does not tell them they are null, the whole is not false, and the row group counts.
    """
    parts: list[str] = []
    columns: set[str] = set()
    for f in condition.all_of:
        if f.span is not None and f.columns <= known:
            parts.append(f.span)
            columns |= f.columns
    for group in condition.nested:
        inner = [_span_sql(c, known) for c in group]
        if inner and all(sql is not None for sql, _ in inner):
            parts.append("(" + " OR ".join(f"({sql})" for sql, _ in inner) + ")")
            columns |= {n for _, names in inner for n in names}
    return (" AND ".join(parts) if parts else None), columns


def _parquet_item(c: TableColumn, in_file: dict[str, str]) -> str:
    kind = duck_type(c.type)
    if c.name not in in_file:
        return f"CAST(NULL AS {kind}) AS {name(c.name)}"
    return f"CAST(f.{name(in_file[c.name])} AS {kind}) AS {name(c.name)}"


def _check_types(scan: Scan, table: Table, files: list[StoredFile], footers: list[ParquetFile]) -> None:
    wanted = {c.name: c for c in table.columns if c.name in scan.used and not c.partition}
    for file, footer in zip(files, footers, strict=True):
        for in_file, physical, _ in footer.columns:
            c = wanted.get(in_file.lower())
            if c is not None and physical not in _READABLE[c.type.name]:
                raise QueryError(
                    "HIVE_BAD_DATA",
                    f"Field {c.name}'s type {physical} in parquet file {file.uri} is incompatible with type {c.type} "
                    "defined in table schema",
                )


def _with_keys(
    con: duckdb.DuckDBPyConnection, scan: Scan, table: Table, found: list[tuple[Partition, list[StoredFile]]],
    items: list[str], source: str,
) -> str:  # fmt: skip
    """Select list and source, with the partition keys (and ``$path``) joined in by file name where they are needed."""
    keys = table.keys
    needed = [k for k in keys if k.name in scan.used]
    if not needed and "$path" not in scan.used:
        items += [f"CAST(NULL AS {duck_type(k.type)}) AS {name(k.name)}" for k in keys]
        return f"""SELECT {", ".join([*items, 'CAST(NULL AS VARCHAR) AS "$path"'])} FROM {source} AS f"""
    rows = [(str(f.path), f.uri, *map(_key_value, p.values)) for p, listed in found for f in listed]
    side = f"{scan.view}_files"
    names = ["__path", "__uri", *(k.name for k in keys)]
    values = ", ".join(f"({', '.join('NULL' if v is None else quote(v) for v in row)})" for row in rows)
    con.execute(f"CREATE TEMP TABLE {side} ({', '.join(f'{name(n)} VARCHAR' for n in names)})")
    con.execute(f"INSERT INTO {side} VALUES {values}")
    items += [f"CAST(k.{name(k.name)} AS {duck_type(k.type)}) AS {name(k.name)}" for k in keys]
    items.append('k.__uri AS "$path"')
    return f"SELECT {', '.join(items)} FROM {source} AS f JOIN {side} AS k ON f.__file = k.__path"


def _text_view(
    con: duckdb.DuckDBPyConnection, scan: Scan, table: Table, found: list[tuple[Partition, list[StoredFile]]]
) -> int:
    files = [f for _, listed in found for f in listed]
    columns = [c for c in table.columns if not c.partition]
    listing = ", ".join(quote(str(f.path)) for f in files)
    skip = int(table.options.get("skip.header.line.count", 0) or 0)
    common = (
        f"header=false, skip={skip}, strict_mode=false, auto_detect=false, filename='__file', hive_partitioning=false"
    )
    source = (
        _quoted_fields(table, listing, common, len(columns))
        if table.format == "csv"
        else _plain_fields(table, listing, common)
    )
    items = [_text_item(c, i, table) for i, c in enumerate(columns)]
    con.execute(f"CREATE TEMP VIEW {scan.view} AS {_with_keys(con, scan, table, found, items, source)}")
    return sum(f.size for f in files)


def _quoted_fields(table: Table, listing: str, common: str, count: int) -> str:
    """Read as OpenCSVSerde does: quotes and escapes count."""
    separator, quoting, escape = (
        table.options.get(k, d) for k, d in (("separatorChar", ","), ("quoteChar", '"'), ("escapeChar", "\\"))
    )
    names = ", ".join(f"{quote(f'v{i}')}: 'VARCHAR'" for i in range(count))
    fields = ", ".join(f"v{i}" for i in range(count))
    return (
        f"(SELECT [{fields}] AS fields, __file FROM read_csv([{listing}], delim={quote(separator)}, "
        f"quote={quote(quoting)}, escape={quote(escape)}, columns={{{names}}}, null_padding=true, "
        f"allow_quoted_nulls=false, {common}))"
    )


# Four bytes that no text holds: each line is one field, to be split here as LazySimpleSerDe splits it.
_NO_DELIMITER = "\x02\x03\x02\x03"


def _plain_fields(table: Table, listing: str, common: str) -> str:
    """Read as LazySimpleSerDe does: quotes are text, a backslash and N is null, lines may be short or long."""
    if table.options.get("escape.delim"):
        raise Refused("ESCAPED BY")
    separator = table.options.get("field.delim") or table.options.get("serialization.format") or "\x01"
    separator = {"1": "\x01"}.get(separator, separator)
    return (
        f"(SELECT list_transform(string_split(line, {quote(separator)}), lambda f: nullif(f, '\\N')) AS fields, __file "
        f"FROM read_csv([{listing}], delim={quote(_NO_DELIMITER)}, quote='', escape='', "
        f"columns={{'line': 'VARCHAR'}}, {common}))"
    )


def _text_item(c: TableColumn, index: int, table: Table) -> str:
    """Return a field of a text file. LazySimpleSerDe makes null of what it cannot read, OpenCSVSerde fails."""
    if c.type.name in ("array", "map", "row", "varbinary"):
        raise Refused(f"type {c.type} in a text table")
    if table.format == "csv" and c.type.name in ("date", "timestamp"):
        raise Refused(f"type {c.type} with OpenCSVSerde (a number there)")
    field = f"list_extract(f.fields, {index + 1})"
    if c.type.name == "varchar":
        return f"{field} AS {name(c.name)}"
    word = "CAST" if table.format == "csv" else "TRY_CAST"
    return f"{word}({field} AS {duck_type(c.type)}) AS {name(c.name)}"
