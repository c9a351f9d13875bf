"""Which kind of statement a text is, and what those do that are no queries, with the clients of their caller."""

import re
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import unquote

import sqlglot
from ministack.services import athena
from sqlglot import exp

from local_aws.athena.reading import QueryError, Session, Table, look_up, not_for_real, plan, select
from local_aws.athena.trino import Result, type_name
from local_aws.clients import client_of_key

NAME = r"[`\"]?(\w+)[`\"]?"
OPTIONS = ("format", "external_location", "partitioned_by", "write_compression", "parquet_compression", "compression")


def parse(text: str, parameters: Sequence[str] = ()) -> tuple[str, Callable[[Session], Result]]:
    """Return Athena's SubstatementType and what a statement does, the parameters put in place of its question marks."""
    text = re.sub(r"^(\s+|--[^\n]*\n|/\*.*?\*/)+", "", text, flags=re.DOTALL).rstrip("; \n")
    if match := re.fullmatch(rf"show\s+tables(?:\s+(?:in|from)\s+{NAME})?", text.lower()):
        return "SHOW_TABLES", partial(_show_tables, match[1])
    if match := re.fullmatch(rf"desc(?:ribe)?\s+(?:{NAME}\.)?{NAME}", text.lower()):
        return "DESCRIBE_TABLE", partial(_describe, match[1], match[2])
    tree = sqlglot.parse_one(text, read="athena")
    marks = list(tree.find_all(exp.Placeholder))
    if len(marks) != len(parameters):
        raise QueryError(f"SYNTAX_ERROR: Incorrect number of parameters: expected {len(marks)}")
    for mark, value in zip(marks, parameters, strict=True):
        mark.replace(sqlglot.parse_one(value, read="trino"))
    if isinstance(tree, exp.Query):
        return "SELECT", partial(select, tree)
    if isinstance(tree, exp.Insert):
        return "INSERT", partial(_insert, tree)
    if isinstance(tree, exp.Create) and tree.kind == "TABLE" and tree.expression is not None:
        return "CREATE_TABLE_AS_SELECT", partial(_create_table_as, tree)
    raise not_for_real(f"statements such as: {text.splitlines()[0][:80]}")


def _lines(header: Sequence[str], lines: Iterable[str]) -> Result:
    return Result([(name, "string") for name in header], [[line] for line in lines])


def _show_tables(database: str | None, session: Session) -> Result:
    pages = (
        client_of_key("glue", session.access_key)
        .get_paginator("get_tables")
        .paginate(DatabaseName=database or session.database)
    )
    return _lines(["tab_name"], sorted(table["Name"] for page in pages for table in page["TableList"]))


def _describe(database: str | None, name: str, session: Session) -> Result:
    table = client_of_key("glue", session.access_key).get_table(DatabaseName=database or session.database, Name=name)[
        "Table"
    ]
    keys, header = table.get("PartitionKeys") or [], ["col_name", "data_type", "comment"]
    columns = [*table["StorageDescriptor"]["Columns"], *keys]
    rows = [[column.get(part, "") for part in ("Name", "Type", "Comment")] for column in columns]
    if keys:  # once more, below a title
        rows += [[""], ["# Partition Information"], [f"# {header[0]}", *header[1:]], [""], *rows[-len(keys) :]]
    return _lines(header, ["\t".join(f"{value:<20}" for value in row) for row in rows])


def _create_table_as(tree: exp.Create, session: Session) -> Result:
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
    catalog = client_of_key("glue", session.access_key)
    try:
        catalog.create_table(DatabaseName=database, TableInput=athena._create_table_input(made))
    except catalog.exceptions.AlreadyExistsException:
        raise QueryError(f"TABLE_ALREADY_EXISTS: Table 'awsdatacatalog.{database}.{name}' already exists") from None
    if keys:
        _add_partitions(look_up(database, name, session), result.files, session)
    return result


def _insert(tree: exp.Insert, session: Session) -> Result:
    """INSERT INTO: add a file of a query's rows, and the partitions that are new."""
    table = look_up(*_target(tree, session), session=session)
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
    sql, scanned = plan(query, session)
    described, files = session.connection.execute(f"describe {sql}").fetchall(), []
    names = ", ".join(exp.to_identifier(key, quoted=True).sql(dialect="duckdb") for key in keys)
    with TemporaryDirectory() as temporary:
        target, by = Path(temporary, "rows"), f", partition_by ({names})" if keys else ""  # a folder, if there are keys
        session.connection.execute(f"copy ({sql}) to '{target}' (format parquet, compression snappy{by})")
        for path in sorted(file for file in Path(temporary).rglob("*") if file.is_file()):
            files.append(f"{folder}{path.relative_to(target).parent / f'{session.execution_id}_{path.stem}'}")
            session.put(files[-1], path.read_bytes())
    return {name: kind for name, kind, *_ in described}, Result(scanned=scanned, files=files)


def _add_partitions(table: Table, files: Sequence[str], session: Session) -> None:
    """Add the partitions of files in key=value folders below a table, as far as the catalog lacks them."""
    new, known = [], {values for values, _ in table.partitions}
    for folder in sorted({file.rpartition("/")[0] for file in files}) if table.keys else ():
        parts = folder.removeprefix(table.location).split("/")
        values = tuple(unquote(part.partition("=")[2]) for part in parts)
        storage = table.description["StorageDescriptor"] | {"Location": f"{folder}/"}
        new += [] if values in known else [{"Values": list(values), "StorageDescriptor": storage}]
    for first in range(0, len(new), 100):  # Glue API Reference, BatchCreatePartition
        names = {"DatabaseName": table.database, "TableName": table.name}
        client_of_key("glue", session.access_key).batch_create_partition(
            **names, PartitionInputList=new[first : first + 100]
        )
