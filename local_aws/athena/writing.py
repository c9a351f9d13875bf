"""CTAS, INSERT and UNLOAD: a query's rows as Parquet files on S3, and their partitions in the catalog."""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import unquote

import sqlglot
from ministack.services import athena
from sqlglot import exp

from local_aws.athena import reading, tables
from local_aws.athena.results import Result, type_name
from local_aws.athena.session import QueryError, Session, not_for_real

OPTIONS = ("format", "external_location", "partitioned_by", "write_compression", "parquet_compression", "compression")


def create_table_as(tree: exp.Create, session: Session) -> Result:
    """CREATE TABLE AS: write a query's rows and put a table over them into the catalog."""
    (database, name), options = _target(tree, session), _options(tree)
    folder = options.get("external_location") or f"{session.output_folder}tables/{session.execution_id}"
    folder, keys = folder.rstrip("/") + "/", options.get("partitioned_by", [])
    described, result = _write(tree.expression, folder, keys, session)
    fields = {column: {"Name": column, "Type": type_name(kind, "hive")} for column, kind in described.items()}
    made = athena._CreateTable(
        *(database, name, True, [field for column, field in fields.items() if column not in keys]),
        *([fields[key] for key in keys], None, folder, *athena._STORED_AS["parquet"]),
        table_properties={"classification": "parquet"},
    )
    catalog = session.client_of("glue")
    try:
        catalog.create_table(DatabaseName=database, TableInput=athena._create_table_input(made))
    except catalog.exceptions.AlreadyExistsException:
        raise QueryError(f"TABLE_ALREADY_EXISTS: Table 'awsdatacatalog.{database}.{name}' already exists") from None
    if keys:
        _add_partitions(tables.look_up(database, name, session), result.files, session)
    return result


def insert(tree: exp.Insert, session: Session) -> Result:
    """INSERT INTO: add a file of a query's rows, and the partitions that are new."""
    table = tables.look_up(*_target(tree, session), session=session)
    if table.format != "parquet":
        raise not_for_real(f"INSERT into a table of {table.format} files")
    every = {**table.columns, **table.keys}
    named = [column.name.lower() for column in tree.this.expressions] or list(every)
    columns = [
        exp.cast(exp.column(name) if name in named else exp.null(), kind).as_(name) for name, kind in every.items()
    ]
    alias = exp.TableAlias(this=exp.to_identifier("rows"), columns=[exp.to_identifier(name) for name in named])
    rows = exp.Subquery(this=tree.expression, alias=alias)
    query = sqlglot.parse_one(exp.select(*columns).from_(rows).sql("trino", identify=True), read="trino")
    _, result = _write(query, table.location, list(table.keys), session)
    _add_partitions(table, result.files, session)
    return result


def unload(tree: exp.Create, folder: str, session: Session) -> Result:
    """UNLOAD, read as CREATE TABLE AS: write a query's rows and no table."""
    return _write(tree.expression, folder, _options(tree).get("partitioned_by", []), session)[1]


def _target(tree: exp.Expr, session: Session) -> tuple[str, str]:
    table = tree.this.this if isinstance(tree.this, exp.Schema) else tree.this
    return (table.db or session.database).lower(), table.name.lower()


def _options(tree: exp.Create) -> dict[str, Any]:
    """Return what WITH says; what is not done here, such as another format than Parquet, is an error."""
    options: dict[str, Any] = {}
    for part in getattr(tree.args.get("properties"), "expressions", []):
        if isinstance(part, exp.PartitionedByProperty):
            options["partitioned_by"] = [key.name.lower() for key in part.this.expressions]
        elif isinstance(part, exp.FileFormatProperty):
            options["format"] = part.name.upper()
        else:
            options[part.name.lower()] = part.args["value"].name
    unknown = sorted(options.keys() - set(OPTIONS))
    if unknown or options.get("format", "PARQUET") != "PARQUET":
        raise not_for_real(f"WITH ({unknown[0] if unknown else 'format = ' + options['format']})")
    return options


def _write(query: Any, folder: str, keys: list[str], session: Session) -> tuple[dict[str, str], Result]:
    """Write a query's rows as Parquet below a folder; return DuckDB's types of the columns, and what was written."""
    sql, scanned = reading.plan(query, session)
    described, files = session.connection.execute(f"describe {sql}").fetchall(), []
    names = ", ".join(exp.to_identifier(key, quoted=True).sql(dialect="duckdb") for key in keys)
    with TemporaryDirectory() as temporary:
        target, by = Path(temporary, "rows"), f", partition_by ({names})" if keys else ""  # a folder, if there are keys
        session.connection.execute(f"copy ({sql}) to '{target}' (format parquet, compression snappy{by})")
        for path in sorted(file for file in Path(temporary).rglob("*") if file.is_file()):
            files.append(f"{folder}{path.relative_to(target).parent / f'{session.execution_id}_{path.stem}'}")
            session.put(files[-1], path.read_bytes())
    return {name: kind for name, kind, *_ in described}, Result(scanned=scanned, files=files)


def _add_partitions(table: tables.Table, files: Sequence[str], session: Session) -> None:
    """Add the partitions of files in key=value folders below a table, as far as the catalog lacks them."""
    new, known = [], {values for values, _ in table.partitions}
    for folder in sorted({file.rpartition("/")[0] for file in files}) if table.keys else ():
        parts = folder.removeprefix(table.location).split("/")
        values = tuple(unquote(part.partition("=")[2]) for part in parts)
        storage = table.description["StorageDescriptor"] | {"Location": f"{folder}/"}
        new += [] if values in known else [{"Values": list(values), "StorageDescriptor": storage}]
    for first in range(0, len(new), 100):  # Glue API Reference, BatchCreatePartition
        names = {"DatabaseName": table.database, "TableName": table.name}
        session.client_of("glue").batch_create_partition(**names, PartitionInputList=new[first : first + 100])
