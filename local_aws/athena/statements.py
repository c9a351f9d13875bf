"""Which kind of statement a text is, and what each does: queries, tables made of queries, and the catalog's DDL."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlglot
from ministack.services import athena, glue
from sqlglot import exp

from local_aws.athena import reading, writing
from local_aws.athena.errors import NotForReal, QueryError
from local_aws.athena.results import Column, Result
from local_aws.athena.session import Session

QUERIES = (exp.Select, exp.SetOperation, exp.Values, exp.Subquery)
NAME = r"""(?:[`"]?(?P<database>\w+)[`"]?\.)?[`"]?(?P<table>\w+)[`"]?"""


@dataclass(frozen=True)
class Statement:
    """A parsed statement; ``kind`` is Athena's SubstatementType, ``type`` its StatementType."""

    text: str
    tree: exp.Expression
    kind: str

    @property
    def is_query(self) -> bool:
        """Tell whether its result is a table with a header line."""
        return self.kind in ("SELECT", "EXECUTE")

    @property
    def type(self) -> str:
        """Return DML, DDL or UTILITY."""
        if self.kind in ("SELECT", "INSERT", "UNLOAD", "CREATE_TABLE_AS_SELECT"):
            return "DDL" if self.kind == "CREATE_TABLE_AS_SELECT" else "DML"
        return "UTILITY" if self.kind.startswith(("SHOW", "DESCRIBE", "EXPLAIN")) else "DDL"


def parse(text: str, parameters: Sequence[str] | None = None) -> Statement:
    """Read a statement and put its parameters in the place of the question marks.

    Args:
        text: Trino's or, for DDL, Hive's SQL.
        parameters: literals as the request has them, such as ``'2019-04-01'`` in quotes.

    Raises:
        sqlglot.errors.ParseError: it cannot be read.
    """
    text = text.strip().rstrip(";")
    execute = re.match(r"(?is)execute\s+(\w+)(?:\s+using\s+(.*))?$", text)
    if execute:
        prepared = _prepared(execute[1])
        given = (
            [part.sql("trino") for part in sqlglot.parse_one(f"select {execute[2]}", read="trino").expressions]
            if execute[2]
            else []
        )
        return parse(prepared, given)
    tree = sqlglot.parse_one(text, read="athena")
    marks = list(tree.find_all(exp.Placeholder))
    if len(marks) != len(parameters or ()):
        raise sqlglot.errors.ParseError(
            f"Incorrect number of parameters: expected {len(marks)} but found {len(parameters or ())}"
        )
    for mark, value in zip(marks, parameters or (), strict=True):
        mark.replace(sqlglot.parse_one(value, read="trino"))
    return Statement(text, tree, _kind(tree, text))


def _prepared(name: str) -> str:
    for statement in athena._prepared_statements.values():
        if statement.get("StatementName") == name:
            return str(statement["QueryStatement"])
    raise sqlglot.errors.ParseError(f"Prepared statement not found: {name}")


def _kind(tree: exp.Expression, text: str) -> str:
    if isinstance(tree, QUERIES):
        return "SELECT"
    if isinstance(tree, exp.Insert):
        return "INSERT"
    if isinstance(tree, exp.Create) and tree.kind == "TABLE" and tree.expression is not None:
        return "CREATE_TABLE_AS_SELECT"
    words = re.sub(
        r"\bor replace\b|\bexternal\b|\bschema\b", lambda m: {"schema": "database"}.get(m[0], ""), text.lower()
    )
    first, second, *_ = [*words.split(), "", ""]
    if first in ("describe", "desc"):
        return "DESCRIBE_TABLE"
    return first.upper() if first in ("unload", "explain", "msck") else f"{first}_{second}".upper()


def run(statement: Statement, session: Session) -> Result:
    """Do what a statement says, as the session's caller.

    Raises:
        QueryError: it cannot be done, or would only be pretended.
    """
    try:
        does = DOES[statement.kind]
    except KeyError:
        raise NotForReal(f"statements such as: {statement.text.splitlines()[0][:80]}") from None
    return does(statement, session)


def _named(statement: Statement, pattern: str, session: Session) -> tuple[str, str]:
    """Return database and table that a statement's text names.

    Raises:
        QueryError: the text is of another form.
    """
    match = re.match(pattern, statement.text, re.IGNORECASE | re.DOTALL)
    if match is None:
        raise NotForReal(f"this form: {statement.text[:80]}")
    return (match["database"] or session.database).lower(), match["table"].lower()


def _call(call: Callable[..., Any], **fields: Any) -> Any:
    """Call the catalog as the caller; what it answers is the query's end."""
    try:
        return call(**fields)
    except Exception as error:
        code = getattr(error, "response", {}).get("Error", {}).get("Code", "")
        if not code:
            raise
        task = "FAILED: Execution Error, return code 1 from org.apache.hadoop.hive.ql.exec.DDLTask. "
        raise QueryError(code, task + str(error)) from error


# --- queries


def _select(statement: Statement, session: Session) -> Result:
    return reading.select(statement.tree, session)


def _explain(statement: Statement, session: Session) -> Result:
    query = sqlglot.parse_one(re.sub(r"(?i)^explain(\s+analyze)?\s*(\([^)]*\))?", "", statement.text), read="trino")
    sql, _ = reading.plan(query, session)
    lines = session.connection.execute(f"explain {sql}").fetchall()
    rows = [[line] for _, words in lines for line in str(words).splitlines()]
    return Result([Column("Query Plan", "varchar")], rows, is_table=False)


def _create_table_as(statement: Statement, session: Session) -> Result:
    return writing.create_table_as(statement.tree, session)


def _insert(statement: Statement, session: Session) -> Result:
    return writing.insert(statement.tree, session)


def _unload(statement: Statement, session: Session) -> Result:
    return writing.unload(statement.text, session)


# --- databases, tables, views


def _create_database(statement: Statement, session: Session) -> Result:
    name = statement.tree.this.name.lower()
    if statement.tree.args.get("exists") and name in glue._databases:
        return Result(is_table=False)
    _call(session.client_of("glue").create_database, DatabaseInput={"Name": name})
    return Result(is_table=False)


def _drop_database(statement: Statement, session: Session) -> Result:
    name = statement.tree.this.name.lower()
    if not (statement.tree.args.get("exists") and name not in glue._databases):
        _call(session.client_of("glue").delete_database, Name=name)
    return Result(is_table=False)


def _create_table(statement: Statement, session: Session) -> Result:
    """CREATE EXTERNAL TABLE in Hive's words, which ministack reads."""
    ddl = athena._parse_ddl(statement.text)
    if not isinstance(ddl, athena._CreateTable) or ddl.iceberg or not ddl.external:
        raise NotForReal(f"this form of CREATE TABLE: {statement.text[:80]}")
    database = ddl.database or session.database
    if not (ddl.if_not_exists and f"{database}/{ddl.table}" in glue._tables):
        made = athena._create_table_input(ddl)
        _call(session.client_of("glue").create_table, DatabaseName=database, TableInput=made)
    return Result(is_table=False)


def _drop(statement: Statement, session: Session) -> Result:
    name = statement.tree.this
    database, table = (name.db or session.database).lower(), name.name.lower()
    if not (statement.tree.args.get("exists") and f"{database}/{table}" not in glue._tables):
        _call(session.client_of("glue").delete_table, DatabaseName=database, Name=table)
    return Result(is_table=False)


def _create_view(statement: Statement, session: Session) -> Result:
    return writing.create_view(statement.tree, session)


# --- partitions


def _repair(statement: Statement, session: Session) -> Result:
    """MSCK REPAIR TABLE: add the partitions whose key=value folders are there and the catalog lacks."""
    database, table = _named(statement, rf"msck\s+repair\s+table\s+{NAME}$", session)
    return writing.repair(database, table, session)


def _alter_table(statement: Statement, session: Session) -> Result:
    """ALTER TABLE ADD or DROP PARTITION."""
    database, table = _named(statement, rf"alter\s+table\s+{NAME}\s+(add|drop)\s", session)
    parts = re.findall(r"partition\s*\(([^)]*)\)(?:\s*location\s*'([^']*)')?", statement.text, re.IGNORECASE)
    given = [([value for _, value in re.findall(r"(\w+)`?\s*=\s*'([^']*)'", keys)], place) for keys, place in parts]
    catalog = session.client_of("glue")
    if re.search(r"\sdrop\s", statement.text, re.IGNORECASE):
        gone = [{"Values": values} for values, _ in given]
        _call(catalog.batch_delete_partition, DatabaseName=database, TableName=table, PartitionsToDelete=gone)
        return Result(is_table=False)
    writing.add_partitions(database, table, given, session)
    return Result(is_table=False)


# --- what there is


def _show_tables(statement: Statement, session: Session) -> Result:
    match = re.match(
        r"(?i)show\s+(?:tables|views)(?:\s+(?:in|from)\s+[`\"]?(\w+)[`\"]?)?(?:\s+'([^']*)')?", statement.text
    )
    database, pattern = (match[1] if match else None) or session.database, (match[2] if match else None) or "*"
    tables = _call(session.client_of("glue").get_tables, DatabaseName=database)["TableList"]
    wanted = re.compile(pattern.replace("*", ".*"))
    only_views = statement.kind == "SHOW_VIEWS"
    names = sorted(one["Name"] for one in tables if wanted.fullmatch(one["Name"]))
    views = {one["Name"] for one in tables if one.get("TableType") == "VIRTUAL_VIEW"}
    return _lines("tab_name", [name for name in names if not only_views or name in views])


def _show_databases(_: Statement, session: Session) -> Result:
    listed = _call(session.client_of("glue").get_databases)["DatabaseList"]
    return _lines("database_name", sorted(one["Name"] for one in listed))


def _show_partitions(statement: Statement, session: Session) -> Result:
    database, table = _named(statement, rf"show\s+partitions\s+{NAME}$", session)
    described = _call(session.client_of("glue").get_table, DatabaseName=database, Name=table)["Table"]
    pages = session.client_of("glue").get_paginator("get_partitions").paginate(DatabaseName=database, TableName=table)
    keys = [key["Name"] for key in described.get("PartitionKeys") or []]
    values = sorted(one["Values"] for page in pages for one in page["Partitions"])
    return _lines("partition", ["/".join(f"{k}={v}" for k, v in zip(keys, one, strict=True)) for one in values])


def _columns_of(database: str, table: str, session: Session) -> list[dict[str, str]]:
    described = _call(session.client_of("glue").get_table, DatabaseName=database, Name=table)["Table"]
    return [*described["StorageDescriptor"]["Columns"], *(described.get("PartitionKeys") or [])]


def _show_columns(statement: Statement, session: Session) -> Result:
    names = _named(statement, rf"show\s+columns\s+(?:in|from)\s+{NAME}$", session)
    return _lines("field", [column["Name"] for column in _columns_of(*names, session)])


def _describe(statement: Statement, session: Session) -> Result:
    names = _named(statement, rf"desc(?:ribe)?\s+(?:formatted\s+|extended\s+)?{NAME}$", session)
    rows = [[one["Name"], one["Type"], one.get("Comment", "")] for one in _columns_of(*names, session)]
    columns = [Column(name, "varchar") for name in ("col_name", "data_type", "comment")]
    return Result(columns, [[value.ljust(20) for value in row] for row in rows], is_table=False)


def _lines(name: str, values: list[str]) -> Result:
    return Result([Column(name, "varchar")], [[value] for value in values], is_table=False)


DOES: dict[str, Callable[[Statement, Session], Result]] = {
    "SELECT": _select,
    "INSERT": _insert,
    "UNLOAD": _unload,
    "CREATE_TABLE_AS_SELECT": _create_table_as,
    "EXPLAIN": _explain,
    "CREATE_DATABASE": _create_database,
    "DROP_DATABASE": _drop_database,
    "CREATE_TABLE": _create_table,
    "DROP_TABLE": _drop,
    "CREATE_VIEW": _create_view,
    "DROP_VIEW": _drop,
    "MSCK": _repair,
    "ALTER_TABLE": _alter_table,
    "SHOW_TABLES": _show_tables,
    "SHOW_VIEWS": _show_tables,
    "SHOW_DATABASES": _show_databases,
    "SHOW_SCHEMAS": _show_databases,
    "SHOW_PARTITIONS": _show_partitions,
    "SHOW_COLUMNS": _show_columns,
    "DESCRIBE_TABLE": _describe,
}
