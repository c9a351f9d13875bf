"""From Trino SQL to DuckDB SQL: resolve every name, give every expression its Trino type, refuse what is not known.

Nothing is handed to DuckDB that was not understood here, so a construct is either in the table or refused by name.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn, Protocol

from sqlglot import exp

from local_aws.athena import dialect
from local_aws.athena.binding import grouping, handlers, queries
from local_aws.athena.binding.scopes import Body, Bound, Column, Cte, Scan, Scope, TableColumn
from local_aws.athena.errors import QueryError, Refused
from local_aws.athena.expressions import Place, Typed
from local_aws.athena.trino_types import BOOLEAN, UNKNOWN, Type


class Catalog(Protocol):
    """Where the binder finds tables."""

    def columns(self, database: str, table: str, at: Place) -> list[TableColumn]:
        """Columns of a table, partition keys last.

        Raises:
            QueryError: SCHEMA_NOT_FOUND, TABLE_NOT_FOUND.
        """

    def view(self, database: str, table: str) -> str | None:
        """Return the query of a view; None when there is no view of that name."""


class Binder:
    """State of binding one statement; the work is done by the functions of this package.

    Args:
        sql: the statement's text, for line and column in errors.
        catalog: finds tables.
        database: for table names without one.
    """

    def __init__(self, sql: str, catalog: Catalog, database: str) -> None:
        self.text = sql
        self.catalog = catalog
        self.database = database
        self.scans: list[Scan] = []
        self._numbers = itertools.count(1)
        self.scope: Scope = Scope([])
        self.collectors: list[set[Column]] = []
        self.body: Body = Body(root=True)
        self.in_aggregate = False
        self.allow_aggregates = False
        self.override: dict[Column, str] | None = None
        self.ctes: list[dict[str, Cte]] = [{}]

    def at(self, node: exp.Expr) -> Place:
        """Where a node stands in the text."""
        return dialect.position(self.text, node)

    def new(self, letter: str) -> str:
        """Return a SQL name that nothing else has."""
        return f"{letter}{next(self._numbers)}"

    @contextmanager
    def collect(self) -> Iterator[set[Column]]:
        """Collect the columns that expressions bound inside are made of."""
        made_of: set[Column] = set()
        self.collectors.append(made_of)
        try:
            yield made_of
        finally:
            self.collectors.pop()
            if self.collectors:
                self.collectors[-1] |= made_of

    @contextmanager
    def inside(self, scope: Scope, body: Body | None = None) -> Iterator[None]:
        """Bind in another scope (and body) for a while."""
        before = (self.scope, self.body, self.in_aggregate, self.allow_aggregates)
        self.scope = scope
        if body is not None:
            self.body = body
        self.in_aggregate = self.allow_aggregates = False
        try:
            yield
        finally:
            self.scope, self.body, self.in_aggregate, self.allow_aggregates = before

    def statement(self, tree: exp.Expr) -> Bound:
        """Bind a whole query. The result's columns carry the names that Athena prints."""
        body = self.body
        bound = self.query(tree, body, Scope([]))
        for i, c in enumerate(bound.columns):
            if not c.explicit_name:
                c.name = f"_col{i}"
        return bound

    def direction(self, ordered: exp.Ordered) -> str:
        """Return DESC and where nulls go: last both ways, unless told otherwise."""
        desc = " DESC" if ordered.args.get("desc") else ""
        nulls = " NULLS FIRST" if ordered.args.get("nulls_first") else " NULLS LAST"
        return desc + nulls

    def boolean(self, node: exp.Expr, what: str) -> Typed:
        """Bind a condition; ``what`` names it in the error."""
        value = self.expression(node)
        if value.type not in (BOOLEAN, UNKNOWN):
            raise QueryError(
                "TYPE_MISMATCH", f"{what} must evaluate to a boolean: actual type {value.type}", self.at(node)
            )
        return value

    def column(self, node: exp.Column) -> Column | None:
        """Return the column a name stands for, or None if it is none (a lambda's variable, a field of a row)."""
        scope: Scope | None = self.scope
        while scope is not None:
            if not node.table and node.name.lower() in scope.variables:
                return None
            found = self.in_scope(node, scope)
            if found is not None:
                return found
            scope = scope.parent
        return None

    def in_scope(self, node: exp.Column, scope: Scope) -> Column | None:
        """Find a column by name in one scope alone."""
        wanted = node.name.lower()
        if not node.table and wanted in scope.merged:
            return scope.merged[wanted]
        relations = scope.relations
        if node.table:
            relations = [
                r for r in relations
                if r.alias and r.alias.lower() == node.table.lower()
                and (not node.db or (r.database or "") == node.db.lower())
            ]  # fmt: skip
        found = [c for r in relations for c in r.columns if c.name.lower() == wanted and not c.merged]
        if len(found) > 1:
            raise QueryError("AMBIGUOUS_NAME", f"Column '{node.sql('trino')}' is ambiguous", self.at(node))
        return found[0] if found else None

    def not_found(self, called: str, at: Place) -> NoReturn:
        """Raise COLUMN_NOT_FOUND."""
        raise QueryError(
            "COLUMN_NOT_FOUND",
            f"Column '{called}' cannot be resolved or requester is not authorized to access requested resources",
            at,
        )

    def not_grouped(self, called: str, at: Place) -> NoReturn:
        """Raise EXPRESSION_NOT_AGGREGATE."""
        raise QueryError(
            "EXPRESSION_NOT_AGGREGATE", f"'{called}' must be an aggregate expression or appear in GROUP BY clause", at
        )

    def is_variable(self, called: str) -> bool:
        """Tell whether a name is a lambda's argument here."""
        scope: Scope | None = self.scope
        while scope is not None:
            if called.lower() in scope.variables:
                return True
            scope = scope.parent
        return False

    def visible(self, column: Column) -> bool:
        """Tell whether this scope or one around it offers the column."""
        scope: Scope | None = self.scope
        while scope is not None:
            if any(column in r.columns for r in scope.relations) or column in scope.merged.values():
                return True
            scope = scope.parent
        return False

    def inner_query(self, tree: exp.Expr) -> Bound:
        """Bind a query inside an expression, which is then made of the outer columns that it touches."""
        body = Body(root=True)
        before, self.collectors = self.collectors, [set()]
        try:
            bound = self.query(tree, body, self.scope)
        finally:
            touched, self.collectors = self.collectors[0], before
        self.body.inner.append(body)
        outer = {c for c in touched if self.visible(c)}
        if outer and tree.find(exp.Limit, exp.Offset, exp.Fetch, exp.SetOperation, exp.Window):
            raise Refused("a subquery with LIMIT, a set operation or a window that uses outer columns", self.at(tree))
        for s in self.collectors:
            s |= outer
        return bound

    def query(self, tree: exp.Expr, body: Body, parent: Scope) -> Bound:
        """Bind a query whose expressions may use the names of ``parent``."""
        return queries.bind_query(self, tree, body, parent)

    def expression(self, node: exp.Expr) -> Typed:
        """Bind an expression in the current scope."""
        if self.scope.grouped and not self.in_aggregate and not isinstance(node, exp.Column | exp.Literal):
            matched = grouping.group_match(self, node)
            if matched is not None:
                return matched
        for kind in type(node).__mro__:
            handler = handlers.HANDLERS.get(kind)
            if handler is not None:
                return handler(self, node)
        called = (
            "AT TIME ZONE" if isinstance(node, exp.AtTimeZone) else f"{node.key.upper()} ({node.sql('trino')[:60]})"
        )
        raise Refused(called, self.at(node))

    def lambda_(self, node: exp.Expr, types: list[Type]) -> tuple[list[str], Typed]:
        """Bind ``(x, y) -> expression`` with arguments of these types; returns their SQL names and the body."""
        if not isinstance(node, exp.Lambda):
            raise QueryError("TYPE_MISMATCH", "Expected a lambda", self.at(node))
        if len(node.expressions) != len(types):
            raise QueryError("TYPE_MISMATCH", f"Expected lambda with {len(types)} arguments", self.at(node))
        names = [self.new("x") for _ in types]
        scope = Scope([], self.scope)
        scope.grouped, scope.group_sql, scope.group_columns = (
            self.scope.grouped, self.scope.group_sql, self.scope.group_columns,
        )  # fmt: skip
        for identifier, t, n in zip(node.expressions, types, names, strict=True):
            scope.variables[identifier.name.lower()] = t
            scope.variable_sql[identifier.name.lower()] = n
        before, self.scope = self.scope, scope
        try:
            return names, self.expression(node.this)
        finally:
            self.scope = before
