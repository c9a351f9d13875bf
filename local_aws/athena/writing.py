"""CTAS, INSERT and UNLOAD: a query's rows as Parquet files on S3, and their partitions in the catalog."""

import re
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import unquote, urlparse

import sqlglot
from sqlglot import exp

from local_aws.athena import reading, tables
from local_aws.athena.results import Column, Result, athena_type
from local_aws.athena.session import NotForReal, QueryError, Session

UNLOAD = r"unload\s*\((?P<query>.*)\)\s*to\s*'(?P<place>s3://[^']+)'\s*(?:with\s*\((?P<options>.*)\))?"
PARQUET = {
    "InputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
    "OutputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
    "SerdeInfo": {"SerializationLibrary": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"},
}
HIVE_TYPES = {"varchar": "string", "integer": "int", "varbinary": "binary"}
OPTIONS = ("format", "external_location", "partitioned_by", "write_compression", "parquet_compression", "compression")
AT_ONCE = 100  # Glue API reference, BatchCreatePartition
HIVE_ESCAPES = str.maketrans({sign: f"%{ord(sign):02X}" for sign in "\"#%'*/:=?\\{}[]^"})  # in names of folders

Partition = tuple[list[str], str]  # values, location


def create_table_as(tree: exp.Create, session: Session) -> Result:
    """CREATE TABLE AS: write a query's rows and put a table over them into the catalog."""
    database, name = _target(tree, session)
    options = _options(tree)
    folder = options.get("external_location") or f"{session.output_folder}tables/{session.execution_id}/"
    keys, catalog = options.get("partitioned_by", []), session.client_of("glue")
    columns, files, scanned = _write(tree.expression, folder, keys, session)
    fields = {
        column.name: {"Name": column.name, "Type": HIVE_TYPES.get(column.type, column.type)} for column in columns
    }
    made = {
        "Name": name,
        "TableType": "EXTERNAL_TABLE",
        "Parameters": {"EXTERNAL": "TRUE", "classification": "parquet"},
        "StorageDescriptor": {
            **PARQUET,
            "Columns": [field for column, field in fields.items() if column not in keys],
            "Location": folder,
        },
        "PartitionKeys": [fields[key] for key in keys],
    }
    try:
        catalog.create_table(DatabaseName=database, TableInput=made)
    except catalog.exceptions.AlreadyExistsException:
        raise QueryError("TABLE_ALREADY_EXISTS", f"Table 'awsdatacatalog.{database}.{name}' already exists") from None
    _register(database, name, folder, files if keys else [], session)
    return Result(scanned=scanned, files=files)


def insert(tree: exp.Insert, session: Session) -> Result:
    """INSERT INTO: add a file of a query's rows, and the partitions that are new."""
    database, name = _target(tree, session)
    table = tables.look_up(database, name, session.ask)
    if table.format != "parquet":
        raise NotForReal(f"INSERT into a table of {table.format} files")
    every = {**table.columns, **table.keys}
    named = (
        [column.name.lower() for column in tree.this.expressions] if isinstance(tree.this, exp.Schema) else list(every)
    )
    columns = ", ".join(
        f"cast({_quoted(name) if name in named else 'null'} as {tables.trino_type(kind)}) as {_quoted(name)}"
        for name, kind in every.items()
    )
    rows = f'({tree.expression.sql(dialect="trino")}) as "rows"({", ".join(map(_quoted, named))})'
    folder = table.description["StorageDescriptor"]["Location"].rstrip("/") + "/"
    query = sqlglot.parse_one(f"select {columns} from {rows}", read="trino")  # noqa: S608 - names are quoted
    _, files, scanned = _write(query, folder, list(table.keys), session)
    _register(database, name, folder, files if table.keys else [], session)
    return Result(scanned=scanned, files=files)


def unload(match: re.Match[str], session: Session) -> Result:
    """UNLOAD (query) TO 's3://...' WITH (format = 'PARQUET', ...): write a query's rows and no table."""
    tree = sqlglot.parse_one(f"create table t with ({match['options'] or 'format = 1'}) as select 1", read="trino")
    query = sqlglot.parse_one(match["query"], read="trino")
    keys = _options(tree).get("partitioned_by", [])
    _, files, scanned = _write(query, match["place"].rstrip("/") + "/", keys, session)
    return Result(scanned=scanned, files=files)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _target(tree: exp.Expr, session: Session) -> tuple[str, str]:
    table = tree.this.this if isinstance(tree.this, exp.Schema) else tree.this
    return (table.db or session.database).lower(), table.name.lower()


def _options(tree: exp.Expr) -> dict[str, Any]:
    """Return what WITH says. Raises NotForReal for what is not done here, such as another format than Parquet."""
    options: dict[str, Any] = {}
    for part in (tree.args.get("properties") or exp.Properties(expressions=[])).expressions:
        if isinstance(part, exp.PartitionedByProperty):
            options["partitioned_by"] = [key.name.lower() for key in part.this.expressions]
        elif isinstance(part, exp.FileFormatProperty):
            options["format"] = part.name.upper()
        else:
            options[part.name.lower()] = part.args["value"].name
    unknown = sorted(options.keys() - set(OPTIONS))
    if unknown or options.get("format", "1") not in ("PARQUET", "1"):
        raise NotForReal(f"WITH ({unknown[0] if unknown else 'format = ' + options['format']})")
    return options


def _write(query: exp.Expr, folder: str, keys: list[str], session: Session) -> tuple[list[Column], list[str], int]:
    """Write a query's rows as Parquet below a folder; return columns, the files' addresses and the bytes read."""
    sql, scanned = reading.plan(query, session)
    described = session.connection.execute(f"describe {sql}").fetchall()
    place, s3, files = urlparse(folder), session.client_of("s3"), []
    by = f", partition_by ({', '.join(map(_quoted, keys))})" if keys else ""
    with TemporaryDirectory() as temporary:
        target = Path(temporary) / ("rows" if keys else "rows.parquet")
        session.connection.execute(f"copy ({sql}) to '{target}' (format parquet, compression snappy{by})")
        for path in sorted(file for file in Path(temporary).rglob("*") if file.is_file()):
            pairs = [part.partition("=") for part in path.parent.relative_to(target).parts] if keys else []
            inside = "".join(f"{name}={unquote(value).translate(HIVE_ESCAPES)}/" for name, _, value in pairs)
            key = f"{place.path.lstrip('/')}{inside}{session.execution_id}_{path.stem}"
            s3.put_object(Bucket=place.netloc, Key=key, Body=path.read_bytes())
            files.append(f"s3://{place.netloc}/{key}")
    return [Column(name, athena_type(kind)) for name, kind, *_ in described], files, scanned


# --- partitions


def _register(database: str, name: str, folder: str, files: list[str], session: Session) -> None:
    """Put the partitions of new files into the catalog."""
    places = sorted({file.rpartition("/")[0] + "/" for file in files})
    values = [
        [unquote(part.partition("=")[2]) for part in place.removeprefix(folder)[:-1].split("/")] for place in places
    ]
    add_partitions(database, name, list(zip(values, places, strict=True)), session)


def add_partitions(database: str, name: str, partitions: list[Partition], session: Session) -> None:
    """Add the partitions that the catalog lacks; one without a location has its key=value folder."""
    if not partitions:
        return
    table = tables.look_up(database, name, session.ask)
    storage, known = table.description["StorageDescriptor"], {values for values, _ in table.partitions}
    new = []
    for values, place in partitions:
        own = "/".join(f"{key}={value.translate(HIVE_ESCAPES)}" for key, value in zip(table.keys, values, strict=True))
        location = place or f"{storage['Location'].rstrip('/')}/{own}/"
        if tuple(values) not in known:
            new.append({"Values": values, "StorageDescriptor": {**storage, "Location": location}})
    for first in range(0, len(new), AT_ONCE):
        session.client_of("glue").batch_create_partition(
            DatabaseName=database, TableName=name, PartitionInputList=new[first : first + AT_ONCE]
        )


def repair(database: str, name: str, session: Session) -> None:
    """Add the partitions whose key=value folders lie below a table and that the catalog lacks."""
    table = tables.look_up(database, name, session.ask)
    place = urlparse(table.description["StorageDescriptor"]["Location"])
    root = place.path.strip("/") + "/"
    pages = session.client_of("s3").get_paginator("list_objects_v2").paginate(Bucket=place.netloc, Prefix=root)
    keys = [entry["Key"].removeprefix(root) for page in pages for entry in page.get("Contents", [])]
    partitions = []
    for folder in sorted({key.rpartition("/")[0] for key in keys}):
        pairs = [part.partition("=") for part in folder.split("/")]
        if [key.lower() for key, _, _ in pairs] == list(table.keys):
            partitions.append(([unquote(value) for _, _, value in pairs], f"s3://{place.netloc}/{root}{folder}/"))
    add_partitions(database, name, partitions, session)
