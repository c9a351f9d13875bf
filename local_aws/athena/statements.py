"""Which kind of statement a text is, and what the catalog's statements do; each works with the caller's own clients."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import sqlglot
from botocore.exceptions import ClientError
from ministack.services import athena
from sqlglot import exp

from local_aws.athena import reading, writing
from local_aws.athena.results import Column, Result, Row
from local_aws.athena.session import NotForReal, QueryError, Session

UTILITY = ("DESCRIBE", "EXPLAIN", "SHOW")
Does = Callable[[Session], Result]


@dataclass(frozen=True)
class Statement:
    """A statement that was understood: Athena's SubstatementType, and what it does."""

    kind: str
    does: Does

    @property
    def type(self) -> str:
        """Return Athena's StatementType."""
        if self.kind in ("SELECT", "INSERT", "UNLOAD"):
            return "DML"
        return "UTILITY" if self.kind.startswith(UTILITY) else "DDL"


def parse(text: str, parameters: Sequence[str] | None = None) -> Statement:
    """Understand a statement and put its parameters in the place of the question marks.

    Args:
        text: Trino's or, for DDL, Hive's SQL.
        parameters: literals as the request has them, such as ``'2019-04-01'`` in quotes.

    Raises:
        QueryError: Athena may know the statement, and this room does not do it.
        sqlglot.errors.ParseError: it cannot be read.
    """
    text = re.sub(r"^(\s+|--[^\n]*\n|/\*.*?\*/)+", "", text, flags=re.DOTALL).rstrip("; \n")
    for kind, pattern, does in FORMS:
        match = re.fullmatch(pattern, text, re.IGNORECASE | re.DOTALL)
        if match:
            return Statement(kind, partial(_as_athena_words_it, does, match))
    tree = sqlglot.parse_one(text, read="trino")
    marks = list(tree.find_all(exp.Placeholder))
    if len(marks) != len(parameters or ()):
        raise QueryError("SYNTAX_ERROR", f"Incorrect number of parameters: expected {len(marks)}")
    for mark, value in zip(marks, parameters or (), strict=True):
        mark.replace(sqlglot.parse_one(value, read="trino"))
    if isinstance(tree, exp.Query):
        return Statement("SELECT", partial(reading.select, tree))
    if isinstance(tree, exp.Insert):
        return Statement("INSERT", partial(writing.insert, tree))
    if isinstance(tree, exp.Create) and tree.kind == "TABLE" and tree.expression is not None:
        return Statement("CREATE_TABLE_AS_SELECT", partial(writing.create_table_as, tree))
    raise NotForReal(f"statements such as: {text.splitlines()[0][:80]}")


def _as_athena_words_it(
    does: Callable[[re.Match[str], Session], Result], match: re.Match[str], session: Session
) -> Result:
    try:
        return does(match, session)
    except ClientError as error:
        words = f"FAILED: Execution Error, return code 1 from org.apache.hadoop.hive.ql.exec.DDLTask. {error}"
        raise QueryError(error.response["Error"]["Code"], words) from error


def _named(match: re.Match[str], session: Session) -> tuple[str, str]:
    """Return database and table of a statement."""
    return (match["database"] or session.database).lower(), match["table"].lower()


def _described(match: re.Match[str], session: Session) -> Any:
    database, name = _named(match, session)
    return session.client_of("glue").get_table(DatabaseName=database, Name=name)["Table"]


def _lines(name: str, values: list[str]) -> Result:
    return Result([Column(name, "string")], [[value] for value in values], is_table=False)


# --- databases and tables


def _unless(already_so: Any, error: type[Exception], call: Callable[..., Any], **fields: Any) -> Result:
    """Call the catalog; an error that IF [NOT] EXISTS expects is none."""
    try:
        call(**fields)
    except error:
        if not already_so:
            raise
    return Result(is_table=False)


def _create_database(match: re.Match[str], session: Session) -> Result:
    catalog, made = session.client_of("glue"), {"Name": match["database"].lower()}
    return _unless(
        match["exists"], catalog.exceptions.AlreadyExistsException, catalog.create_database, DatabaseInput=made
    )


def _drop_database(match: re.Match[str], session: Session) -> Result:
    catalog, name = session.client_of("glue"), match["database"].lower()
    return _unless(match["exists"], catalog.exceptions.EntityNotFoundException, catalog.delete_database, Name=name)


def _create_table(match: re.Match[str], session: Session) -> Result:
    """CREATE EXTERNAL TABLE in Hive's words, which ministack reads."""
    table, catalog = athena._parse_ddl(match[0]), session.client_of("glue")
    if not isinstance(table, athena._CreateTable) or table.iceberg:
        raise NotForReal(f"this form of CREATE EXTERNAL TABLE: {match[0][:80]}")
    made = {"DatabaseName": table.database or session.database, "TableInput": athena._create_table_input(table)}
    return _unless(table.if_not_exists, catalog.exceptions.AlreadyExistsException, catalog.create_table, **made)


def _drop_table(match: re.Match[str], session: Session) -> Result:
    catalog, (database, name) = session.client_of("glue"), _named(match, session)
    missing, names = catalog.exceptions.EntityNotFoundException, {"DatabaseName": database, "Name": name}
    return _unless(match["exists"], missing, catalog.delete_table, **names)


# --- partitions


def _repair(match: re.Match[str], session: Session) -> Result:
    """MSCK REPAIR TABLE: add the partitions whose key=value folders are there and the catalog lacks."""
    writing.repair(*_named(match, session), session)
    return Result(is_table=False)


def _alter_partitions(match: re.Match[str], session: Session) -> Result:
    parts = re.findall(r"partition\s*\(([^)]*)\)(?:\s*location\s*'([^']*)')?", match["parts"], re.IGNORECASE)
    partitions = [(re.findall(r"=\s*'([^']*)'", keys), place) for keys, place in parts]
    if match["verb"].lower() == "add":
        writing.add_partitions(*_named(match, session), partitions, session)
    else:
        gone = [{"Values": values} for values, _ in partitions]
        database, table = _named(match, session)
        place = {"DatabaseName": database, "TableName": table}
        session.client_of("glue").batch_delete_partition(**place, PartitionsToDelete=gone)
    return Result(is_table=False)


# --- what there is


def _show_tables(match: re.Match[str], session: Session) -> Result:
    pages = (
        session.client_of("glue")
        .get_paginator("get_tables")
        .paginate(DatabaseName=match["database"] or session.database)
    )
    return _lines("tab_name", _like(match, [table["Name"] for page in pages for table in page["TableList"]]))


def _like(match: re.Match[str], names: list[str]) -> list[str]:
    wanted = (match["like"] or "*").replace("*", ".*")
    return sorted(name for name in names if re.fullmatch(wanted, name))


def _show_databases(match: re.Match[str], session: Session) -> Result:
    databases = session.client_of("glue").get_databases()["DatabaseList"]
    return _lines("database_name", _like(match, [database["Name"] for database in databases]))


def _show_partitions(match: re.Match[str], session: Session) -> Result:
    keys = [key["Name"] for key in _described(match, session).get("PartitionKeys") or []]
    database, table = _named(match, session)
    paginator = session.client_of("glue").get_paginator("get_partitions")
    pages = paginator.paginate(DatabaseName=database, TableName=table)
    values = sorted(partition["Values"] for page in pages for partition in page["Partitions"])
    return _lines("partition", ["/".join(f"{k}={v}" for k, v in zip(keys, row, strict=True)) for row in values])


def _describe(match: re.Match[str], session: Session) -> Result:
    table = _described(match, session)
    keys = table.get("PartitionKeys") or []
    columns = [*table["StorageDescriptor"]["Columns"], *keys]
    if match[0].lower().startswith("show"):
        return _lines("field", [column["Name"] for column in columns])
    names = ("col_name", "data_type", "comment")
    rows = [[column.get(part, "") for part in ("Name", "Type", "Comment")] for column in columns]
    if keys:  # once more, below a title
        blank, title = ["", "", ""], ["# Partition Information", "", ""]
        rows += [blank, title, [f"# {names[0]}", *names[1:]], blank, *rows[-len(keys) :]]
    lines: list[Row] = [["\t".join(f"{value:<20}" for value in row)] for row in rows]
    return Result([Column(name, "string") for name in names], lines, is_table=False)


def _explain(match: re.Match[str], session: Session) -> Result:
    sql, _ = reading.plan(sqlglot.parse_one(match["query"], read="trino"), session)
    plans = session.connection.execute(f"explain {sql}").fetchall()
    return _lines("Query Plan", [line for _, words in plans for line in str(words).splitlines()])


_DATABASE = r"[`\"]?(?P<database>\w+)[`\"]?"
_NAME = rf"(?:{_DATABASE}\.)?[`\"]?(?P<table>\w+)[`\"]?"
_IF = r"(?P<exists>if\s+(?:not\s+)?exists\s+)?"
_LIKE = r"(?:(?:\s+like)?\s+'(?P<like>[^']*)')?"
FORMS: list[tuple[str, str, Callable[[re.Match[str], Session], Result]]] = [
    ("CREATE_DATABASE", rf"create\s+(?:database|schema)\s+{_IF}{_DATABASE}.*", _create_database),
    ("DROP_DATABASE", rf"drop\s+(?:database|schema)\s+{_IF}{_DATABASE}.*", _drop_database),
    ("CREATE_TABLE", r"create\s+external\s+table\s.*", _create_table),
    ("DROP_TABLE", rf"drop\s+table\s+{_IF}{_NAME}", _drop_table),
    ("MSCK_REPAIR", rf"msck\s+repair\s+table\s+{_NAME}", _repair),
    ("ALTER_TABLE", rf"alter\s+table\s+{_NAME}\s+(?P<verb>add|drop)\s+(?P<parts>.*partition.*)", _alter_partitions),
    ("SHOW_TABLES", rf"show\s+tables(?:\s+(?:in|from)\s+{_DATABASE})?{_LIKE}", _show_tables),
    ("SHOW_DATABASES", rf"show\s+(?:databases|schemas){_LIKE}", _show_databases),
    ("SHOW_PARTITIONS", rf"show\s+partitions\s+{_NAME}", _show_partitions),
    ("SHOW_COLUMNS", rf"show\s+columns\s+(?:in|from)\s+{_NAME}", _describe),
    ("DESCRIBE_TABLE", rf"desc(?:ribe)?\s+(?:formatted\s+|extended\s+)?{_NAME}", _describe),
    ("EXPLAIN", r"explain\s+(?P<query>(?:select|with)\s.*)", _explain),
    ("UNLOAD", writing.UNLOAD, writing.unload),
]  # fmt: skip
