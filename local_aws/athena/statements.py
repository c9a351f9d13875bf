"""Which kind of statement a text is, and what the catalog's statements do; each works with the caller's own clients."""

import re
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

import sqlglot
from ministack.services import athena
from sqlglot import exp

from local_aws.athena import reading, tables, writing
from local_aws.athena.results import Result
from local_aws.athena.session import QueryError, Session, not_for_real

Does = Callable[[Session], Result]
Match = re.Match[str]


def parse(text: str, parameters: Sequence[str] | None = None) -> tuple[str, Does]:
    """Return Athena's SubstatementType and what a statement does, the parameters put in place of its question marks."""
    text = re.sub(r"^(\s+|--[^\n]*\n|/\*.*?\*/)+", "", text, flags=re.DOTALL).rstrip("; \n")
    for kind, (pattern, does) in SHOWN.items():
        if match := re.fullmatch(pattern, text, re.IGNORECASE):
            return kind, partial(does, match)
    table = athena._parse_ddl(text)
    if isinstance(table, athena._CreateTable) and table.external and not table.iceberg:
        return "CREATE_TABLE", partial(_create_table, table)
    if isinstance(table, athena._DropTable):
        return "DROP_TABLE", partial(_drop_table, table)
    return _parse_query(text, parameters or ())


def _parse_query(text: str, parameters: Sequence[str]) -> tuple[str, Does]:
    unload = re.fullmatch(UNLOAD, text, re.IGNORECASE | re.DOTALL)
    if unload:
        text = f"create table t with ({unload['options'] or PARQUET}) as {unload['query']}"
    tree = sqlglot.parse_one(text, read="athena")
    marks = list(tree.find_all(exp.Placeholder))
    if len(marks) != len(parameters):
        raise QueryError(f"SYNTAX_ERROR: Incorrect number of parameters: expected {len(marks)}")
    for mark, value in zip(marks, parameters, strict=True):
        mark.replace(sqlglot.parse_one(value, read="trino"))
    if isinstance(tree, exp.Query):
        return "SELECT", partial(reading.select, tree)
    if isinstance(tree, exp.Insert):
        return "INSERT", partial(writing.insert, tree)
    if isinstance(tree, exp.Create) and unload:
        return "UNLOAD", partial(writing.unload, tree, unload["place"].rstrip("/") + "/")
    if isinstance(tree, exp.Create) and tree.kind == "TABLE" and tree.expression is not None:
        return "CREATE_TABLE_AS_SELECT", partial(writing.create_table_as, tree)
    raise not_for_real(f"statements such as: {text.splitlines()[0][:80]}")


def _create_table(table: Any, session: Session) -> Result:
    """Do CREATE EXTERNAL TABLE, whose words ministack has read."""
    catalog, made = session.client_of("glue"), athena._create_table_input(table)
    try:
        catalog.create_table(DatabaseName=table.database or session.database, TableInput=made)
    except catalog.exceptions.AlreadyExistsException:
        if not table.if_not_exists:
            raise
    return Result()


def _drop_table(table: Any, session: Session) -> Result:
    catalog = session.client_of("glue")
    try:
        catalog.delete_table(DatabaseName=table.database or session.database, Name=table.table)
    except catalog.exceptions.EntityNotFoundException:
        if not table.if_exists:
            raise
    return Result()


def _lines(header: Sequence[str], lines: Iterable[str]) -> Result:
    return Result([(name, "string") for name in header], [[line] for line in lines])


def _show_tables(match: Match, session: Session) -> Result:
    database = match["database"] or session.database
    pages = session.client_of("glue").get_paginator("get_tables").paginate(DatabaseName=database)
    return _lines(["tab_name"], sorted(table["Name"] for page in pages for table in page["TableList"]))


def _show_partitions(match: Match, session: Session) -> Result:
    table = tables.look_up(match["database"] or session.database, match["table"], session)
    rows = [zip(table.keys, values, strict=True) for values, _ in sorted(table.partitions)]
    return _lines(["partition"], ["/".join(map("=".join, row)) for row in rows])


def _describe(match: Match, session: Session) -> Result:
    place = {"DatabaseName": match["database"] or session.database, "Name": match["table"]}
    table = session.client_of("glue").get_table(**place)["Table"]
    keys, header = table.get("PartitionKeys") or [], ["col_name", "data_type", "comment"]
    columns = [*table["StorageDescriptor"]["Columns"], *keys]
    rows = [[column.get(part, "") for part in ("Name", "Type", "Comment")] for column in columns]
    if keys:  # once more, below a title
        rows += [[""], ["# Partition Information"], [f"# {header[0]}", *header[1:]], [""], *rows[-len(keys) :]]
    return _lines(header, ["\t".join(f"{value:<20}" for value in row) for row in rows])


PARQUET = "format = 'PARQUET'"
UNLOAD = r"unload\s*\((?P<query>.*)\)\s*to\s*'(?P<place>s3://[^']+)'\s*(?:with\s*\((?P<options>.*)\))?"
_DATABASE = r"[`\"]?(?P<database>\w+)[`\"]?"
_NAME = rf"(?:{_DATABASE}\.)?[`\"]?(?P<table>\w+)[`\"]?"
# Athena's SubstatementType: how it is written, and what does it
SHOWN: dict[str, tuple[str, Callable[[Match, Session], Result]]] = {
    "SHOW_TABLES": (rf"show\s+tables(?:\s+(?:in|from)\s+{_DATABASE})?", _show_tables),
    "SHOW_PARTITIONS": (rf"show\s+partitions\s+{_NAME}", _show_partitions),
    "DESCRIBE_TABLE": (rf"desc(?:ribe)?\s+{_NAME}", _describe),
}
