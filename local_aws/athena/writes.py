# ruff: noqa: S608 (SQL is what this makes; every name and text in it is quoted)
"""Statements that write: CREATE TABLE AS, INSERT INTO, UNLOAD and CREATE VIEW.

Sources: https://docs.aws.amazon.com/athena/latest/ug/create-table-as.html, insert-into.html, unload.html and
create-view.html beside it.
"""

from __future__ import annotations

import base64
import json
import re
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
from sqlglot import exp

from local_aws.athena import ddl, dialect, engine
from local_aws.athena.engine import Prepared, ResultColumn
from local_aws.athena.errors import MalformedQuery, QueryError, Refused
from local_aws.athena.expressions import Typed, coerce, name
from local_aws.athena.tables import CATALOG, GlueCatalog
from local_aws.athena.trino_types import UnknownHiveType, coerces, duck_type, to_hive
from local_aws.athena.words import Words

if TYPE_CHECKING:
    from local_aws.athena.statements import Context

_MOST_PARTITIONS = 100


@dataclass
class Write:
    """A parsed statement that writes."""

    kind: str  # CREATE_TABLE_AS_SELECT, INSERT, UNLOAD, CREATE_VIEW
    database: str
    table: str
    query: str
    tree: exp.Expr
    gently: bool = False
    options: dict[str, Any] = field(default_factory=dict)
    columns: list[str] = field(default_factory=list)
    location: str = ""


def parse(sql: str, database: str) -> Write | None:
    """Recognise a statement that writes; None when it is none.

    Raises:
        MalformedQuery: for one that does not parse.
    """
    words = Words(sql)
    if words.take_if("CREATE", "OR", "REPLACE", "VIEW"):
        return _view(words, database, replace=True)
    if words.take_if("CREATE", "VIEW"):
        return _view(words, database, replace=False)
    if words.take_if("CREATE", "TABLE"):
        return _create_table_as(words, database)
    if words.take_if("INSERT", "INTO"):
        return _insert(words, database)
    if words.take_if("UNLOAD"):
        return _unload(words, database)
    return None


def _query(words: Words) -> tuple[str, exp.Expr]:
    start = words.next.start if words.next is not None else len(words.sql)
    text = words.rest_from(start)
    return text, dialect.parse(text)


def _view(words: Words, database: str, *, replace: bool) -> Write:
    db, table = words.table(database)
    words.expect("AS")
    text, tree = _query(words)
    return Write("CREATE_VIEW", db, table, text, tree, gently=replace)


def _create_table_as(words: Words, database: str) -> Write:
    gently = words.take_if("IF", "NOT", "EXISTS")
    db, table = words.table(database)
    options = _options(words) if words.take_if("WITH") else {}
    words.expect("AS")
    text, tree = _query(words)
    if tree.args.get("data") is False:
        raise Refused("CREATE TABLE AS ... WITH NO DATA")
    return Write("CREATE_TABLE_AS_SELECT", db, table, text, tree, gently, options)


def _insert(words: Words, database: str) -> Write:
    db, table = words.table(database)
    columns: list[str] = []
    start = words.next
    if (
        start is not None
        and start.text == "("
        and not re.match(r"\(\s*(select|with|values)\b", words.sql[start.start :], re.I)
    ):
        words.take()
        columns.append(words.identifier())
        while words.take_if(","):
            columns.append(words.identifier())
        words.expect(")")
    text, tree = _query(words)
    return Write("INSERT", db, table, text, tree, columns=columns)


def _unload(words: Words, database: str) -> Write:
    if words.next is None or words.next.text != "(":
        raise words.wrong("'('")
    start, depth = words.take().end, 1
    end = start
    while depth:
        word = words.take()
        depth += (word.text == "(") - (word.text == ")") if word.kind == "mark" else 0
        end = word.start
    text = re.sub(r"[^\n]", " ", words.sql[:start]) + words.sql[start:end]
    words.expect("TO")
    location = words.string()
    options = _options(words) if words.take_if("WITH") else {}
    words.end()
    if "format" not in options:
        raise MalformedQuery("line 1:1: UNLOAD needs the property 'format'")
    return Write("UNLOAD", database, "", text, dialect.parse(text), options=options, location=_folder(location))


def _folder(location: str) -> str:
    if not location.startswith("s3://"):
        raise QueryError("INVALID_TABLE_PROPERTY", f"Unsupported location '{location}'")
    return location if location.endswith("/") else f"{location}/"


def _options(words: Words) -> dict[str, Any]:
    found: dict[str, Any] = {}
    words.expect("(")
    while True:
        key = words.identifier()
        words.expect("=")
        if words.take_if("ARRAY"):
            words.expect("[")
            found[key] = [words.string().lower()]
            while words.take_if(","):
                found[key].append(words.string().lower())
            words.expect("]")
        else:
            found[key] = words.take().text
        if not words.take_if(","):
            words.expect(")")
            return found


# --- running ---------------------------------------------------------------------------------------------------------


@dataclass
class Written:
    """Objects that were written, and how many rows."""

    files: list[str]
    rows: int


def run(write: Write, context: Context, catalog: GlueCatalog) -> Written:
    """Run a statement that writes."""
    if write.kind == "CREATE_VIEW":
        return _create_view(write, catalog)
    if write.kind == "INSERT":
        return _run_insert(write, context, catalog)
    return _run_select_into(write, context, catalog)


def _create_view(write: Write, catalog: GlueCatalog) -> Written:
    _, bound = engine.bind(write.query, write.tree, catalog, write.database)
    _check_names([ResultColumn(c.name if c.explicit_name else "", c.type) for c in bound.columns])
    tables = _tables(catalog, write.database)
    if write.table in tables:
        old = tables[write.table].as_dict()
        if not write.gently or old.get("TableType") != "VIRTUAL_VIEW":
            raise QueryError("TABLE_ALREADY_EXISTS" if write.gently else "VIEW_ALREADY_EXISTS",
                             f"View already exists: '{write.database}.{write.table}'")  # fmt: skip
        catalog.ask("DeleteTable", write.database, write.table)
        catalog.backend.delete_table(write.database, write.table)
    columns = [{"name": c.name, "type": str(c.type)} for c in bound.columns]
    stored = {"originalSql": write.query.strip(), "catalog": CATALOG, "schema": write.database, "columns": columns}
    text = base64.b64encode(json.dumps(stored).encode()).decode()
    entry = ddl.table_input(
        write.table, [{"Name": c.name, "Type": to_hive(c.type)} for c in bound.columns], [], "", "", "", "", {},
        {"presto_view": "true", "comment": "Presto View"},
    )  # fmt: skip
    entry.update(
        {
            "TableType": "VIRTUAL_VIEW",
            "ViewOriginalText": f"/* Presto View: {text} */",
            "ViewExpandedText": "/* Presto View */",
        }
    )
    catalog.ask("CreateTable", write.database, write.table)
    catalog.backend.create_table(write.database, write.table, entry)
    return Written([], 0)


def _tables(catalog: GlueCatalog, database: str) -> dict[str, Any]:
    catalog.ask("GetDatabase", database)
    if database not in catalog.backend.databases:
        raise QueryError("SCHEMA_NOT_FOUND", f"Schema '{database}' does not exist")
    return dict(catalog.backend.databases[database].tables)


def _check_names(columns: list[ResultColumn]) -> None:
    for i, c in enumerate(columns):
        if not c.name:
            raise QueryError("MISSING_COLUMN_NAME", f"Column name not specified at position {i + 1}", (1, 1))
        if c.type.name == "unknown":
            raise QueryError("COLUMN_TYPE_UNKNOWN", f"Column type is unknown: {c.name}", (1, 1))
    names = [c.name.lower() for c in columns]
    for n in names:
        if names.count(n) > 1:
            raise QueryError("DUPLICATE_COLUMN_NAME", f"Column name '{n}' specified more than once", (1, 1))


_CTAS_OPTIONS = {
    "format",
    "external_location",
    "partitioned_by",
    "write_compression",
    "parquet_compression",
    "table_type",
}
_UNLOAD_OPTIONS = {"format", "partitioned_by", "compression"}
_COMPRESSIONS = {"GZIP", "SNAPPY", "ZSTD", "NONE"}


def _check_options(write: Write) -> tuple[list[str], str]:
    """Partition columns and compression of a CTAS or UNLOAD; what else was asked for is refused."""
    known = _UNLOAD_OPTIONS if write.kind == "UNLOAD" else _CTAS_OPTIONS
    for key in sorted(set(write.options) - known):
        raise Refused(f"property {key} of {write.kind}")
    if (kind := str(write.options.get("format", "PARQUET")).upper()) != "PARQUET":
        raise Refused(f"format {kind} of {write.kind}")
    if (table_type := str(write.options.get("table_type", "HIVE")).upper()) != "HIVE":
        raise Refused(f"table_type {table_type}")
    asked = next(
        (write.options[k] for k in ("write_compression", "parquet_compression", "compression") if k in write.options),
        "GZIP",
    )
    if str(asked).upper() not in _COMPRESSIONS:
        raise Refused(f"compression {asked}")
    return list(write.options.get("partitioned_by") or []), str(asked).upper()


def _run_select_into(write: Write, context: Context, catalog: GlueCatalog) -> Written:
    keys, compression = _check_options(write)
    is_table = write.kind == "CREATE_TABLE_AS_SELECT"
    if is_table:
        if write.table in _tables(catalog, write.database):
            if write.gently:
                return Written([], 0)
            raise QueryError(
                "TABLE_ALREADY_EXISTS",
                f"Destination table '{CATALOG}.{write.database}.{write.table}' already exists",
                (1, 1),
            )
        write.location = _table_location(write, context)
    if catalog.files_at(write.location):
        raise QueryError(
            "HIVE_PATH_ALREADY_EXISTS",
            f"Target directory for table '{write.database}.{write.table or context.execution_id}' already exists: "
            f"{write.location}. You may need to manually clean the data at location '{context.output_folder}tables/"
            f"{context.execution_id}' before retrying. Athena will not delete data in your account.",
        )
    with engine.connection(context.opened) as con:
        prepared = engine.prepare(con, write.query, write.tree, catalog, context.database, catalog.files_at)
        _check_names(
            [ResultColumn("" if re.fullmatch(r"_col\d+", c.name) else c.name, c.type) for c in prepared.columns]
        )
        _check_keys(keys, prepared.columns)
        types = {c.name: _hive(c) for c in prepared.columns}
        context.planned(prepared.scanned)
        written = _copy(con, prepared, keys, write.location, compression, context, catalog)
    if is_table:
        columns = [
            {"Name": c.name.lower(), "Type": types[c.name]} for c in prepared.columns if c.name.lower() not in keys
        ]
        partition_keys = [
            {"Name": c.name.lower(), "Type": types[c.name]} for c in prepared.columns if c.name.lower() in keys
        ]
        properties = {
            "classification": "parquet",
            "has_encrypted_data": "false",
            "parquet.compression": compression,
        }
        entry = ddl.table_input(
            write.table,
            columns,
            partition_keys,
            write.location,
            ddl.PARQUET["InputFormat"],
            ddl.PARQUET["OutputFormat"],
            ddl.PARQUET["SerDe"],
            {},
            properties,
        )
        catalog.ask("CreateTable", write.database, write.table)
        catalog.backend.create_table(write.database, write.table, entry)
        _register(catalog, write.database, write.table, written.files)
    return written


def _hive(column: ResultColumn) -> str:
    try:
        return to_hive(column.type)
    except UnknownHiveType as e:
        raise QueryError("NOT_SUPPORTED", f"Unsupported Hive type: {column.type}") from e


def _table_location(write: Write, context: Context) -> str:
    own = write.options.get("external_location")
    if own is None:
        return f"{context.output_folder}tables/{context.execution_id}/"
    if context.enforced:
        raise QueryError(
            "",
            "The Create Table As Select query failed because it was submitted with an 'external_location' property to "
            "an Athena Workgroup that enforces a centralized output location for all queries. Please remove the "
            "'external_location' property and resubmit the query.",
        )
    return _folder(own)


def _check_keys(keys: list[str], columns: list[ResultColumn]) -> None:
    last = [c.name.lower() for c in columns[len(columns) - len(keys) :]] if keys else []
    if last != keys:
        raise QueryError(
            "HIVE_COLUMN_ORDER_MISMATCH",
            "Partition keys must be the last columns in the table and in the same order as the table properties: "
            f"[{', '.join(keys)}]",
        )
    if keys and len(keys) == len(columns):
        raise QueryError("INVALID_TABLE_PROPERTY", "Table contains only partition columns")


def _copy(
    con: duckdb.DuckDBPyConnection,
    prepared: Prepared,
    keys: list[str],
    location: str,
    compression: str,
    context: Context,
    catalog: GlueCatalog,
) -> Written:
    """Write the rows as Parquet objects below ``location``, one per partition."""
    from local_aws.s3 import object_store

    names = ", ".join(name(c.name.lower()) for c in prepared.columns)
    source = f"SELECT * FROM ({prepared.sql}) AS w({names})"
    with tempfile.TemporaryDirectory(prefix="athena-") as folder:
        partition = f", PARTITION_BY ({', '.join(name(k) for k in keys)})" if keys else ""
        target = folder if keys else f"{folder}/data.parquet"
        options = (
            f"FORMAT parquet, COMPRESSION {'uncompressed' if compression == 'NONE' else compression.lower()}{partition}"
        )
        try:
            counted = con.execute(f"COPY ({source}) TO '{target}' ({options})").fetchone()
        except duckdb.InterruptException:
            raise
        except duckdb.Error as e:
            raise engine.translate(e) from e
        found = sorted(p for p in Path(folder).rglob("*") if p.is_file())
        folders = {p.parent for p in found}
        if keys and len(folders) > _MOST_PARTITIONS:
            raise QueryError(
                "HIVE_TOO_MANY_OPEN_PARTITIONS",
                f"Exceeded limit of {_MOST_PARTITIONS} open writers for partitions/buckets",
            )
        bucket, _, prefix = location.removeprefix("s3://").partition("/")
        uris = []
        for i, path in enumerate(found):
            inside = path.parent.relative_to(folder).as_posix()
            inside = "" if inside == "." else f"{inside}/"
            key = f"{prefix}{inside}{context.execution_id.replace('-', '_')}_{i:05d}"
            catalog.written(bucket, key)
            object_store.write(bucket, key, path.read_bytes())
            uris.append(f"s3://{bucket}/{key}")
    return Written(uris, int(counted[0]) if counted else 0)


def _register(catalog: GlueCatalog, database: str, table: str, files: list[str]) -> None:
    """Add the partitions that new objects lie in."""
    from urllib.parse import unquote

    entry = catalog.glue_table(database, table)
    described = entry.as_dict()
    count = len(described.get("PartitionKeys") or [])
    if not count:
        return
    for folder in sorted({f.rsplit("/", 1)[0] for f in files}):
        values = [unquote(part.split("=", 1)[1]) for part in folder.split("/")[-count:]]
        if str(values) not in entry.partitions:
            ddl.add_partition(catalog, entry, values, folder + "/")


def _run_insert(write: Write, context: Context, catalog: GlueCatalog) -> Written:
    table = catalog.table(write.database, write.table)
    if table.format != "parquet":
        raise Refused(f"INSERT INTO a table of format {table.format}")
    wanted = [c for c in table.columns if not write.columns or c.name in write.columns]
    if write.columns:
        for n in write.columns:
            if n not in {c.name for c in table.columns}:
                raise QueryError("COLUMN_NOT_FOUND", f"Insert column name does not exist in target table: {n}", (1, 1))
        wanted = sorted(wanted, key=lambda c: write.columns.index(c.name))
    with engine.connection(context.opened) as con:
        prepared = engine.prepare(con, write.query, write.tree, catalog, context.database, catalog.files_at)
        given = [c.type for c in prepared.columns]
        fits = len(given) == len(wanted) and all(coerces(g, w.type) for g, w in zip(given, wanted, strict=True))
        if not fits:
            raise QueryError(
                "TYPE_MISMATCH",
                "Insert query has mismatched column types: "
                f"Table: [{', '.join(str(w.type) for w in wanted)}], Query: [{', '.join(map(str, given))}]",
                (1, 1),
            )
        context.planned(prepared.scanned)
        items = {
            w.name: f"CAST({coerce(Typed(f'v{i}', g), w.type)} AS {duck_type(w.type)})"
            for i, (g, w) in enumerate(zip(given, wanted, strict=True))
        }
        select = ", ".join(items.get(c.name, f"CAST(NULL AS {duck_type(c.type)})") for c in table.columns)
        names = ", ".join(f"v{i}" for i in range(len(given)))
        whole = Prepared(
            f"SELECT {select} FROM ({prepared.sql}) AS i({names})",
            [ResultColumn(c.name, c.type) for c in table.columns],
            prepared.scanned,
        )
        location = catalog.glue_table(write.database, write.table).as_dict()["StorageDescriptor"]["Location"]
        written = _copy(con, whole, [k.name for k in table.keys], _folder(location), "GZIP", context, catalog)
    _register(catalog, write.database, write.table, written.files)
    return written
