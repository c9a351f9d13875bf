"""Statements: which kind one is, and running it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

import duckdb
from sqlglot import exp

from local_aws.access import Caller
from local_aws.athena import ddl, dialect, engine, writes
from local_aws.athena.engine import ResultColumn
from local_aws.athena.errors import MalformedQuery
from local_aws.athena.tables import GlueCatalog
from local_aws.athena.words import Words

# Athena asks for it whatever the query is about.
# Source: https://docs.aws.amazon.com/athena/latest/ug/fine-grained-access-to-glue-resources.html
DEFAULT = "default"


@dataclass
class Statement:
    """A parsed statement.

    ``kind`` names it as the API's SubstatementType does; ``tree`` is there for queries.
    """

    text: str
    kind: str
    statement_type: str
    tree: exp.Expr | None = None
    ddl: ddl.Ddl | None = None
    write: writes.Write | None = None
    prepared: tuple[str, str] | None = None  # PREPARE and DEALLOCATE: the name, and the text

    def result_name(self, execution_id: str) -> str:
        """Name of the result object below the result location.

        Source: https://docs.aws.amazon.com/athena/latest/ug/querying-finding-output-files.html
        """
        if self.kind == "SELECT":
            return f"{execution_id}.csv"
        if self.kind == "CREATE_TABLE_AS_SELECT":
            return f"tables/{execution_id}"
        return execution_id if self.kind in ("INSERT", "UNLOAD") else f"{execution_id}.txt"


@dataclass
class Context:
    """Where a statement runs: whose catalog, which database, where output goes, and whom to tell."""

    account: str
    region: str
    caller: Caller
    database: str
    execution_id: str
    workgroup: str
    output_folder: str
    enforced: bool
    opened: Callable[[duckdb.DuckDBPyConnection], None]
    planned: Callable[[int], None]


@dataclass
class Outcome:
    """What a statement gives: ``rows`` (a result set), ``text`` (DDL output) or ``files`` that it wrote."""

    kind: str
    columns: list[ResultColumn] = field(default_factory=list)
    rows: list[list[str | None]] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    update_count: int = 0


def parse(text: str, parameters: list[str] | None, database: str, stored: Callable[[str], str | None]) -> Statement:
    """Recognise a statement.

    Args:
        text: the statement.
        parameters: values for its question marks, each written as SQL.
        database: for names without one.
        stored: finds the text of a prepared statement by name.

    Raises:
        MalformedQuery: when it does not parse; the API answers with it at once.
    """
    sql = text.strip().removesuffix(";").rstrip()
    words = Words(sql)
    if words.take_if("EXECUTE"):
        return _execute(words, parameters, database, stored)
    if words.take_if("PREPARE"):
        called = words.identifier()
        words.expect("FROM")
        return Statement(sql, "PREPARE", "UTILITY", prepared=(called, sql[words.next.start :] if words.next else ""))
    if words.take_if("DEALLOCATE", "PREPARE"):
        called = words.identifier()
        words.end()
        return Statement(sql, "DEALLOCATE", "UTILITY", prepared=(called, ""))
    found = ddl.parse(sql, database)
    if found is not None:
        return Statement(sql, found.kind, found.statement_type, ddl=found)
    write = writes.parse(sql, database)
    if write is not None:
        write.tree = bind_parameters(write.tree, parameters)
        return Statement(sql, write.kind, "DDL" if write.kind == "CREATE_VIEW" else "DML", write=write)
    first = re.match(r"[(\s]*(\w+)", _COMMENTS.sub(" ", sql))
    word = first[1].upper() if first else ""
    if word in ("SELECT", "WITH", "VALUES"):
        return Statement(sql, "SELECT", "DML", tree=bind_parameters(dialect.parse(sql), parameters))
    raise MalformedQuery(f"Queries of this type are not supported: {word or 'nothing'}")


_COMMENTS = re.compile(r"--[^\n]*(\n|$)|/\*.*?\*/", re.S)


def _execute(
    words: Words, parameters: list[str] | None, database: str, stored: Callable[[str], str | None]
) -> Statement:
    called = words.identifier()
    values = list(parameters or [])
    if words.take_if("USING"):
        if values:
            raise MalformedQuery("EXECUTE ... USING takes no ExecutionParameters")
        select = dialect.parse(f"SELECT {words.rest_from(words.next.start if words.next else 0).strip()}")
        values = [e.sql("trino") for e in select.expressions]
    text = stored(called)
    if text is None:
        raise MalformedQuery(f"Prepared statement {called} not found")
    return parse(text, values, database, stored)


def bind_parameters(tree: exp.Expr, parameters: list[str] | None) -> exp.Expr:
    """Put the execution parameters, each written as SQL, in place of the question marks.

    Source: https://docs.aws.amazon.com/athena/latest/ug/querying-with-prepared-statements.html
    """
    places = list(tree.find_all(exp.Placeholder, bfs=False))
    given = parameters or []
    if len(places) != len(given):
        raise MalformedQuery(f"Incorrect number of parameters: expected {len(places)} but found {len(given)}")
    for place, value in zip(places, given, strict=True):
        place.replace(dialect.parse(f"SELECT {value}").expressions[0])
    return tree


def run(statement: Statement, context: Context) -> Outcome:
    """Run a statement.

    Raises:
        QueryError: when it fails as it would on AWS.
    """
    catalog = GlueCatalog(context.account, context.region, context.caller)
    catalog.ask("GetDatabase", DEFAULT)
    if statement.ddl is not None:
        shown = statement.ddl.action(catalog)
        return Outcome("text", shown.columns, shown.rows)
    if statement.write is not None:
        written = writes.run(statement.write, context, catalog)
        kind = "text" if statement.kind == "CREATE_VIEW" else "files"
        return Outcome(kind, files=written.files, update_count=written.rows)
    if statement.tree is None:
        return Outcome("text")
    with engine.connection(context.opened) as con:
        prepared = engine.prepare(con, statement.text, statement.tree, catalog, context.database, catalog.files_at)
        context.planned(prepared.scanned)
        result = engine.fetch(con, prepared)
    return Outcome("rows", result.columns, result.rows)
