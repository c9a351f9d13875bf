"""Statements that write: CTAS, INSERT and UNLOAD put Parquet files on S3; views and partitions go into the catalog."""

import json
import re
from base64 import b64encode
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import unquote, urlparse

import sqlglot
from sqlglot import exp

from local_aws.athena import reading, tables
from local_aws.athena.errors import NotForReal, QueryError
from local_aws.athena.results import Column, Result, athena_type
from local_aws.athena.session import Session

PARQUET = {
    "InputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
    "OutputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
    "SerdeInfo": {"SerializationLibrary": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"},
}
TRINO_TO_HIVE = {"varchar": "string", "integer": "int", "float": "float", "varbinary": "binary"}
KNOWN_PROPERTIES = ("format", "external_location", "partitioned_by", "write_compression", "parquet_compression")


def create_table_as(tree: exp.Expression, session: Session) -> Result:
    """CREATE TABLE AS: write a query's rows and put a table over them into the catalog."""
    options = _properties(tree)
    target = tree.this.this if isinstance(tree.this, exp.Schema) else tree.this
    database, name = (target.db or session.database).lower(), target.name.lower()
    if _table(database, name, session) is not None:
        if tree.args.get("exists"):
            return Result(is_table=False)
        raise QueryError("TABLE_ALREADY_EXISTS", f"Table 'awsdatacatalog.{database}.{name}' already exists")
    folder = options.get("external_location") or f"{session.output_folder}tables/{session.execution_id}/"
    keys = options.get("partitioned_by", [])
    columns, files, scanned = _write(tree.expression, folder, keys, session)
    plain = [{"Name": one.name, "Type": _hive(one.type)} for one in columns if one.name not in keys]
    _catalog(session).create_table(
        DatabaseName=database,
        TableInput={
            "Name": name,
            "TableType": "EXTERNAL_TABLE",
            "Parameters": {"EXTERNAL": "TRUE", "has_encrypted_data": "false", "classification": "parquet"},
            "StorageDescriptor": {**PARQUET, "Columns": plain, "Location": folder},
            "PartitionKeys": [{"Name": one.name, "Type": _hive(one.type)} for one in columns if one.name in keys],
        },
    )
    _register(database, name, keys, folder, files, session)
    return Result((), (), scanned, files=files)


def insert(tree: exp.Expression, session: Session) -> Result:
    """INSERT INTO: add a file of a query's rows, and the partitions that are new."""
    target = tree.this.this if isinstance(tree.this, exp.Schema) else tree.this
    database, name = (target.db or session.database).lower(), target.name.lower()
    table = tables.look_up(database, name, session.ask)
    if table.format != "parquet":
        raise NotForReal(f"INSERT into a table of {table.format} files")
    named = [one.name.lower() for one in tree.this.expressions] if isinstance(tree.this, exp.Schema) else []
    every = {**table.columns, **table.keys}
    folder = table.description["StorageDescriptor"]["Location"].rstrip("/") + "/"
    query = _of_the_table(tree.expression, named or list(every), every)
    _, files, scanned = _write(query, folder, list(table.keys), session)
    _register(database, name, list(table.keys), folder, files, session)
    return Result((), (), scanned, files=files)


def _of_the_table(query: exp.Expression, named: list[str], every: dict[str, str]) -> exp.Expression:
    """Return a query with all of a table's columns in their order and types; those that are not named are null."""
    columns = []
    for name, kind in every.items():
        value = f'"{name}"' if name in named else "null"
        columns.append(f'cast({value} as {tables.trino_type(kind)}) as "{name}"')
    names = ", ".join(f'"{name}"' for name in named)
    text = f'select {", ".join(columns)} from ({query.sql(dialect="trino")}) as "rows"({names})'  # noqa: S608
    return sqlglot.parse_one(text, read="trino")


def unload(text: str, session: Session) -> Result:
    """UNLOAD (query) TO 's3://...' WITH (format = 'PARQUET', ...): write a query's rows and no table."""
    match = re.match(
        r"(?is)unload\s*\((?P<query>.*)\)\s*to\s*'(?P<place>s3://[^']+)'\s*(?:with\s*\((?P<options>.*)\))?$", text
    )
    if match is None:
        raise QueryError(
            "SYNTAX_ERROR", "UNLOAD (query) TO 's3://bucket/folder/' WITH (format = 'PARQUET') was expected"
        )
    tree = sqlglot.parse_one(f"create table t with ({match['options'] or 'format = 1'}) as select 1", read="trino")
    keys = _properties(tree, "UNLOAD").get("partitioned_by", [])
    query = sqlglot.parse_one(match["query"], read="trino")
    _, files, scanned = _write(query, match["place"].rstrip("/") + "/", keys, session)
    return Result((), (), scanned, files=files)


def _properties(tree: exp.Expression, what: str = "CREATE TABLE AS") -> dict[str, Any]:
    """Return the WITH properties of a statement.

    Raises:
        NotForReal: one is not done here, such as another format than Parquet.
    """
    options: dict[str, Any] = {}
    for one in (tree.args.get("properties") or exp.Properties(expressions=[])).expressions:
        if isinstance(one, exp.FileFormatProperty):
            options["format"] = one.name.upper()
        elif isinstance(one, exp.PartitionedByProperty):
            options["partitioned_by"] = [key.name.lower() for key in one.this.expressions]
        else:
            options[one.name.lower()] = one.args["value"].name
    unknown = sorted(set(options) - set(KNOWN_PROPERTIES))
    if unknown or options.get("format", "PARQUET") not in ("PARQUET", "1"):
        raise NotForReal(f"{what} with {unknown[0] if unknown else 'format ' + options['format']}")
    return options


def _write(
    query: exp.Expression, folder: str, keys: list[str], session: Session
) -> tuple[list[Column], list[str], int]:
    """Write a query's rows as Parquet below a folder; return columns, the files' addresses and the bytes read."""
    sql, scanned = reading.plan(query, session)
    described = session.connection.execute(f"describe {sql}").fetchall()
    columns = [Column(name, athena_type(kind)) for name, kind, *_ in described]
    place, s3, files = urlparse(folder), session.client_of("s3"), []
    by = ", partition_by (" + ", ".join(f'"{key}"' for key in keys) + ")" if keys else ""
    with TemporaryDirectory() as temporary:
        target = Path(temporary) / "out" if keys else Path(temporary) / "rows"
        session.connection.execute(f"copy ({sql}) to '{target}' (format parquet, compression snappy{by})")
        for path in sorted(file for file in Path(temporary).rglob("*") if file.is_file()):
            below = path.relative_to(target).parent.as_posix() if keys else "."
            name = f"{session.execution_id}_{path.stem}" if keys else session.execution_id
            key = place.path.lstrip("/") + (f"{below}/" if below != "." else "") + name
            s3.put_object(Bucket=place.netloc, Key=key, Body=path.read_bytes())
            files.append(f"s3://{place.netloc}/{key}")
    return columns, files, scanned


def _hive(kind: str) -> str:
    return TRINO_TO_HIVE.get(kind, kind)


def _catalog(session: Session) -> Any:
    return session.client_of("glue")


def _table(database: str, name: str, session: Session) -> Any:
    catalog = _catalog(session)
    try:
        return catalog.get_table(DatabaseName=database, Name=name)["Table"]
    except catalog.exceptions.EntityNotFoundException:
        return None


# --- partitions


def _register(database: str, name: str, keys: list[str], folder: str, files: list[str], session: Session) -> None:
    """Put the partitions of new files into the catalog."""
    if keys:
        places = {file.rpartition("/")[0] + "/" for file in files}
        parts = [part.removeprefix(folder).strip("/").split("/") for part in sorted(places)]
        given = [([unquote(one.partition("=")[2]) for one in part], folder + "/".join(part) + "/") for part in parts]
        add_partitions(database, name, given, session)


def add_partitions(database: str, name: str, given: list[tuple[list[str], str]], session: Session) -> None:
    """Add partitions (values, location) that the catalog lacks; without a location the folder is key=value."""
    table = tables.look_up(database, name, session.ask)
    storage = table.description["StorageDescriptor"]
    known = {values for values, _ in table.partitions}
    root = storage["Location"].rstrip("/")
    new = [
        {
            "Values": values,
            "StorageDescriptor": {
                **{key: value for key, value in storage.items() if key != "Location"},
                "Location": place or root + "/" + "/".join(f"{k}={v}" for k, v in zip(table.keys, values, strict=True)),
            },
        }
        for values, place in given
        if tuple(values) not in known
    ]
    for first in range(0, len(new), 100):
        part = new[first : first + 100]
        _catalog(session).batch_create_partition(DatabaseName=database, TableName=name, PartitionInputList=part)


def repair(database: str, name: str, session: Session) -> Result:
    """Add the partitions whose folders lie below a table and that the catalog lacks."""
    table = tables.look_up(database, name, session.ask)
    place = urlparse(table.description["StorageDescriptor"]["Location"])
    root = place.path.strip("/") + "/"
    pages = session.client_of("s3").get_paginator("list_objects_v2").paginate(Bucket=place.netloc, Prefix=root)
    folders = {one["Key"].removeprefix(root).rpartition("/")[0] for page in pages for one in page.get("Contents", [])}
    given = []
    for folder in sorted(folders):
        pairs = [part.partition("=") for part in folder.split("/")]
        if [key.lower() for key, _, _ in pairs] == list(table.keys):
            given.append(([unquote(value) for _, _, value in pairs], f"s3://{place.netloc}/{root}{folder}/"))
    add_partitions(database, name, given, session)
    return Result(is_table=False)


# --- views


def create_view(tree: exp.Expression, session: Session) -> Result:
    """CREATE [OR REPLACE] VIEW: keep the query in the catalog, as Athena writes it there."""
    database, name = (tree.this.db or session.database).lower(), tree.this.name.lower()
    sql, _ = reading.plan(tree.expression.copy(), session)
    described = session.connection.execute(f"describe {sql}").fetchall()
    columns = [(column, athena_type(kind)) for column, kind, *_ in described]
    meaning = {
        "originalSql": tree.expression.sql(dialect="trino"),
        "catalog": "awsdatacatalog",
        "schema": session.database,
        "columns": [{"name": column, "type": kind} for column, kind in columns],
    }
    words = b64encode(json.dumps(meaning).encode()).decode()
    made = {
        "Name": name,
        "TableType": "VIRTUAL_VIEW",
        "Parameters": {"presto_view": "true", "comment": "Presto View"},
        "ViewOriginalText": f"{tables.VIEW_HEAD}{words}{tables.VIEW_TAIL}",
        "ViewExpandedText": "/* Presto View */",
        "StorageDescriptor": {
            "Columns": [{"Name": column, "Type": _hive(kind)} for column, kind in columns],
            "Location": "",
        },
        "PartitionKeys": [],
    }
    there = _table(database, name, session)
    if there is not None and not tree.args.get("replace"):
        raise QueryError("SYNTAX_ERROR", f"View already exists: 'awsdatacatalog.{database}.{name}'")
    change = _catalog(session).create_table if there is None else _catalog(session).update_table
    change(DatabaseName=database, TableInput=made)
    return Result(is_table=False)
