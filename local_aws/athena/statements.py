"""Statements: which kind one is, and running it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

import duckdb
from sqlglot import exp

from local_aws.athena import dialect, engine
from local_aws.athena.engine import ResultColumn
from local_aws.athena.errors import MalformedQuery, QueryError, Refused
from local_aws.athena.tables import GlueCatalog, files_at


@dataclass
class Statement:
    """A parsed statement.

    ``kind`` names it as the API's SubstatementType does; ``tree`` is there for queries.
    """

    text: str
    kind: str
    statement_type: str
    tree: exp.Expression | None = None

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
    database: str
    execution_id: str
    workgroup: str
    output_folder: str
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


def parse(text: str, parameters: list[str] | None) -> Statement:
    """Recognise a statement.

    Raises:
        MalformedQuery: when it does not parse; the API answers with it at once.
    """
    sql = text.strip().removesuffix(";").rstrip()
    words = re.sub(r"--[^\n]*\n|/\*.*?\*/", " ", sql, flags=re.S).lstrip("( \n\t").split(None, 2)
    first = words[0].upper() if words else ""
    if first in ("SELECT", "WITH", "VALUES"):
        tree = bind_parameters(dialect.parse(sql), parameters)
        return Statement(sql, "SELECT", "DML", tree)
    raise MalformedQuery(f"Queries of this type are not supported: {first}")


def bind_parameters(tree: exp.Expression, parameters: list[str] | None) -> exp.Expression:
    """Put the execution parameters, each written as SQL, in place of the question marks.

    Source: https://docs.aws.amazon.com/athena/latest/ug/querying-with-prepared-statements.html
    """
    places = [p for p in tree.find_all(exp.Placeholder, bfs=False)]
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
    catalog = GlueCatalog(context.account, context.region)
    assert statement.tree is not None  # noqa: S101
    with engine.connection(context.opened) as con:
        prepared = engine.prepare(con, statement.text, statement.tree, catalog, context.database, files_at)
        context.planned(prepared.scanned)
        result = engine.fetch(con, prepared)
    return Outcome("rows", result.columns, result.rows)


__all__ = ["Context", "Outcome", "QueryError", "Refused", "Statement", "parse", "run"]
