"""From Trino SQL to DuckDB SQL: resolve every name, give every expression its Trino type, refuse what is not known.

The rules are Trino's (https://trino.io/docs/current/sql/select.html and the pages named in ``functions``); nothing is
handed to DuckDB that was not understood here, so a construct is either in the table or refused by name.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

from sqlglot import exp

from local_aws.athena import dialect, expressions, functions
from local_aws.athena.errors import QueryError, Refused
from local_aws.athena.expressions import Place, Typed, coerce, name, quote
from local_aws.athena.scopes import Body, Column, Filter, Ref, Relation, Scan, Scope, TableColumn
from local_aws.athena.trino_types import (
    BIGINT,
    BOOLEAN,
    DATE,
    DAY_INTERVAL,
    MONTH_INTERVAL,
    TIMESTAMP,
    TIMESTAMP_TZ,
    UNKNOWN,
    VARBINARY,
    VARCHAR,
    Type,
    array,
    common_type,
    decimal,
    duck_type,
    field_names,
    is_integer,
    is_numeric,
)


class Catalog(Protocol):
    """Where the binder finds tables."""

    def columns(self, database: str, table: str, at: Place) -> list[TableColumn]:
        """Columns of a table, partition keys last.

        Raises:
            QueryError: SCHEMA_NOT_FOUND, TABLE_NOT_FOUND.
        """

    def view(self, database: str, table: str) -> str | None:
        """The query of a view; None when there is no view of that name."""


@dataclass
class Bound:
    """A bound query: its SQL (columns named by their ``Column.sql``) and its body."""

    sql: str
    body: Body
    columns: list[Column]


@dataclass
class _Cte:
    sql_name: str
    bound: Bound
    names: list[str]


@dataclass
class _Output:
    column: Column
    typed: Typed
    node: exp.Expression
    alias: str | None = None
    sql_name: str = ""
    made_of: set[Column] = field(default_factory=set)


_COMPARISONS = {exp.EQ: "=", exp.NEQ: "<>", exp.LT: "<", exp.LTE: "<=", exp.GT: ">", exp.GTE: ">="}
_MIRRORED: dict[type, type] = {exp.EQ: exp.EQ, exp.LT: exp.GT, exp.LTE: exp.GTE, exp.GT: exp.LT, exp.GTE: exp.LTE}
_ARITHMETIC = {exp.Add: "+", exp.Sub: "-", exp.Mul: "*", exp.Div: "/", exp.Mod: "%"}
_SET_OPERATIONS = {exp.Union: "UNION", exp.Intersect: "INTERSECT", exp.Except: "EXCEPT"}
_NEVER_TWICE = ("random(", "uuid(")


class Binder:
    """Binds one statement.

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
        self._scope: Scope = Scope([])
        self._made_of: list[set[Column]] = []
        self._body: Body = Body(root=True)
        self._in_aggregate = False
        self._allow_aggregates = False
        self._override: dict[Column, str] | None = None
        self._ctes: list[dict[str, _Cte]] = [{}]

    # --- small tools ------------------------------------------------------------------------------------------------

    def at(self, node: exp.Expression) -> Place:
        """Where a node stands in the text."""
        return dialect.position(self.text, node)

    def _new(self, letter: str) -> str:
        return f"{letter}{next(self._numbers)}"

    @contextmanager
    def _collect(self) -> Iterator[set[Column]]:
        made_of: set[Column] = set()
        self._made_of.append(made_of)
        try:
            yield made_of
        finally:
            self._made_of.pop()
            if self._made_of:
                self._made_of[-1] |= made_of

    @contextmanager
    def _inside(self, scope: Scope, body: Body | None = None) -> Iterator[None]:
        before = (self._scope, self._body, self._in_aggregate, self._allow_aggregates)
        self._scope = scope
        if body is not None:
            self._body = body
        self._in_aggregate = self._allow_aggregates = False
        try:
            yield
        finally:
            self._scope, self._body, self._in_aggregate, self._allow_aggregates = before

    # --- queries ----------------------------------------------------------------------------------------------------

    def statement(self, tree: exp.Expression) -> Bound:
        """Bind a whole query. The result's columns carry the names that Athena prints."""
        body = self._body
        bound = self._query(tree, body, Scope([]))
        for i, c in enumerate(bound.columns):
            if not c.explicit_name:
                c.name = f"_col{i}"
        return bound

    def _query(self, tree: exp.Expression, body: Body, parent: Scope) -> Bound:
        self._ctes.append({})
        try:
            head = self._with(tree, parent)
            if isinstance(tree, exp.Select):
                bound = self._select(tree, body, parent)
            elif isinstance(tree, exp.SetOperation):
                bound = self._set_operation(tree, body, parent)
            elif isinstance(tree, exp.Subquery):
                bound = self._bracketed(tree, body, parent)
            elif isinstance(tree, exp.Values):
                bound = self._values(tree, body, parent)
            elif isinstance(tree, exp.Table):
                bound = self._select(exp.select("*").from_(tree.copy()), body, parent)
            else:
                raise Refused(f"statement {tree.key.upper()}", self.at(tree))
        finally:
            self._ctes.pop()
        body.columns = bound.columns
        bound.sql = head + bound.sql
        return bound

    def _with(self, tree: exp.Expression, parent: Scope) -> str:
        with_ = tree.args.get("with_")
        if with_ is None:
            return ""
        heads = []
        for cte in with_.expressions:
            if with_.args.get("recursive") and self._names_itself(cte):
                heads.append(self._recursive_cte(cte, parent))
                continue
            body = Body()
            bound = self._query(cte.this, body, Scope([]))
            self._declare(cte, bound)
            heads.append(f"{self._ctes[-1][cte.alias.lower()].sql_name} AS ({bound.sql})")
        recursive = "RECURSIVE " if with_.args.get("recursive") else ""
        return f"WITH {recursive}{', '.join(heads)} "

    def _names_itself(self, cte: exp.Expression) -> bool:
        return any(t.name.lower() == cte.alias.lower() and not t.db for t in cte.this.find_all(exp.Table))

    def _declare(self, cte: exp.Expression, bound: Bound, sql_name: str | None = None) -> _Cte:
        names = [i.name for i in cte.args["alias"].columns] or [c.name for c in bound.columns]
        if len(names) != len(bound.columns):
            raise QueryError(
                "MISMATCHED_COLUMN_ALIASES",
                f"Column alias list has {len(names)} entries but relation has {len(bound.columns)} columns",
                self.at(cte),
            )
        if cte.alias.lower() in self._ctes[-1] and sql_name is None:
            raise QueryError(
                "DUPLICATE_NAMED_QUERY", f"WITH query name '{cte.alias}' specified more than once", self.at(cte)
            )
        made = _Cte(sql_name or self._new("q"), bound, names)
        self._ctes[-1][cte.alias.lower()] = made
        return made

    def _recursive_cte(self, cte: exp.Expression, parent: Scope) -> str:
        union = cte.this
        if not isinstance(union, exp.Union) or union.args.get("distinct"):
            raise Refused("recursive query other than 'base union all step'", self.at(cte))
        if not cte.args["alias"].columns:
            raise QueryError(
                "MISSING_COLUMN_ALIASES", "Column alias list is required for recursive query", self.at(cte)
            )
        body, sql_name = Body(root=True), self._new("q")
        base = self._query(union.this, Body(root=True), Scope([]))
        self._body.inner += [base.body]
        columns = [Column(c.name, c.type, c.sql, {c}) for c in base.columns]
        declared = self._declare(cte, Bound("", body, columns), sql_name)
        body.columns, body.inner = columns, [base.body]
        body.needed = set(base.columns)
        step = self._query(union.expression, Body(root=True), Scope([]))
        body.inner.append(step.body)
        body.needed |= set(step.columns)
        casts = []
        for b, s in zip(base.columns, step.columns, strict=False):
            if common_type(b.type, s.type) != b.type:
                raise QueryError(
                    "TYPE_MISMATCH",
                    f"recursion step relation output type ({s.type}) is not coercible to recursion base relation "
                    f"output type ({b.type}) at column {base.columns.index(b) + 1}",
                    self.at(cte),
                )
            casts.append(f"CAST({s.sql} AS {duck_type(b.type)}) AS {b.sql}")
        names = ", ".join(c.sql for c in columns)
        return f"{declared.sql_name}({names}) AS ({base.sql} UNION ALL SELECT {', '.join(casts)} FROM ({step.sql}))"

    def _bracketed(self, tree: exp.Subquery, body: Body, parent: Scope) -> Bound:
        if not any(tree.args.get(k) for k in ("order", "limit", "offset")):
            return self._query(tree.this, body, parent)
        inner_body = Body(refs=[Ref(body)])
        inner = self._query(tree.this, inner_body, parent)
        body.inner.append(inner_body)
        if tree.args.get("limit") or tree.args.get("offset"):
            for c in inner.columns:
                c.origins = {}
        columns = [
            Column(c.name, c.type, c.sql, {c}, dict(c.origins), explicit_name=c.explicit_name) for c in inner.columns
        ]
        tail = self._order_by_output(tree, columns, body) + self._limit(tree)
        return Bound(f"SELECT * FROM ({inner.sql}){tail}", body, columns)

    def _values(self, tree: exp.Values, body: Body, parent: Scope) -> Bound:
        with self._inside(Scope([], parent), body), self._collect() as made_of:
            rows = [[self.expression(e) for e in self._row_values(r)] for r in tree.expressions]
        widths = {len(r) for r in rows}
        if len(widths) != 1:
            raise QueryError(
                "TYPE_MISMATCH",
                f"Values rows have mismatched sizes: {len(rows[0])} vs "
                f"{next(len(r) for r in rows if len(r) != len(rows[0]))}",
                self.at(tree),
            )
        body.needed |= made_of
        wides = []
        for i in range(widths.pop()):
            _, wide = functions.same_type([r[i] for r in rows], "Values rows", [self.at(tree)] * len(rows))
            wides.append(wide)
        columns = [Column(f"_col{i}", t, self._new("c"), explicit_name=False) for i, t in enumerate(wides)]
        lines = [
            "(" + ", ".join(f"CAST({coerce(v, t)} AS {duck_type(t)})" for v, t in zip(r, wides, strict=True)) + ")"
            for r in rows
        ]
        names = ", ".join(c.sql for c in columns)
        tail = self._order_by_output(tree, columns, body) + self._limit(tree)
        return Bound(f"SELECT * FROM (VALUES {', '.join(lines)}) AS {self._new('v')}({names}){tail}", body, columns)

    def _row_values(self, row: exp.Expression) -> list[exp.Expression]:
        return row.expressions if isinstance(row, exp.Tuple) else [row]

    def _set_operation(self, tree: exp.SetOperation, body: Body, parent: Scope) -> Bound:
        word = _SET_OPERATIONS[type(tree)]
        distinct = tree.args.get("distinct")
        if tree.args.get("by_name") or tree.args.get("on"):
            raise Refused(f"{word} BY NAME", self.at(tree))
        if not distinct and word != "UNION":
            raise Refused(f"{word} ALL", self.at(tree))
        sides = []
        for side in (tree.left, tree.right):
            side_body = Body(refs=[Ref(body)])
            sides.append(self._query(side, side_body, parent))
            body.inner.append(side_body)
        left, right = sides
        if len(left.columns) != len(right.columns):
            raise QueryError(
                "TYPE_MISMATCH",
                f"{word} query has different number of fields: {len(left.columns)}, {len(right.columns)}",
                self.at(tree),
            )
        columns, casts = [], ([], [])
        for i, (x, y) in enumerate(zip(left.columns, right.columns, strict=True)):
            wide = common_type(x.type, y.type)
            if wide is None:
                raise QueryError(
                    "TYPE_MISMATCH",
                    f"column {i + 1} in {word} query has incompatible types: {x.type}, {y.type}",
                    self.at(tree),
                )
            origins = {}
            for side in (x, y) if word != "EXCEPT" else ():
                if side.type == wide or side.type.name == wide.name == "varchar":
                    origins.update(side.origins)
            c = Column(x.name, wide, self._new("c"), {x, y}, origins, explicit_name=x.explicit_name)
            columns.append(c)
            for out, side in zip(casts, (x, y), strict=True):
                out.append(f"CAST({side.sql} AS {duck_type(wide)}) AS {c.sql}")
        if distinct:
            body.needed |= set(left.columns) | set(right.columns)
        both = f" {word}{'' if distinct else ' ALL'} ".join(
            f"(SELECT {', '.join(c)} FROM ({side.sql}))" for c, side in zip(casts, sides, strict=True)
        )
        if tree.args.get("limit") or tree.args.get("offset"):
            for c in columns:
                c.origins = {}
        tail = self._order_by_output(tree, columns, body) + self._limit(tree)
        return Bound(f"SELECT * FROM ({both}){tail}", body, columns)

    def _order_by_output(self, tree: exp.Expression, columns: list[Column], body: Body) -> str:
        order = tree.args.get("order")
        if order is None:
            return ""
        scope = Scope([Relation(None, [Column(c.name, c.type, c.sql, {c}) for c in columns])])
        parts = []
        with self._inside(scope, body), self._collect() as made_of:
            for o in order.expressions:
                position = self._ordinal(o.this, len(columns))
                sql = columns[position].sql if position is not None else self.expression(o.this).sql
                if position is not None:
                    made_of.add(columns[position])
                parts.append(sql + self._direction(o))
        body.needed |= made_of
        return " ORDER BY " + ", ".join(parts)

    def _ordinal(self, node: exp.Expression, count: int) -> int | None:
        if isinstance(node, exp.Literal) and not node.is_string and node.this.isdigit():
            n = int(node.this)
            if not 1 <= n <= count:
                raise QueryError(
                    "INVALID_COLUMN_REFERENCE", f"ORDER BY position {n} is not in select list", self.at(node)
                )
            return n - 1
        return None

    def _direction(self, ordered: exp.Ordered) -> str:
        desc = " DESC" if ordered.args.get("desc") else ""
        nulls = " NULLS FIRST" if ordered.args.get("nulls_first") else " NULLS LAST"
        return desc + nulls

    def _limit(self, tree: exp.Expression) -> str:
        out = ""
        limit, offset = tree.args.get("limit"), tree.args.get("offset")
        if isinstance(limit, exp.Fetch):
            options = limit.args.get("limit_options")
            if options is not None and (options.args.get("with_ties") or options.args.get("percent")):
                raise Refused("FETCH FIRST ... WITH TIES", self.at(tree))
            count = limit.args.get("count")
            out = f" LIMIT {self._whole_number(count) if count else 1}"
        elif limit is not None and not (
            isinstance(limit.expression, exp.Column) and limit.expression.name.lower() == "all"
        ):
            out = f" LIMIT {self._whole_number(limit.expression)}"
        if offset is not None:
            out += f" OFFSET {self._whole_number(offset.expression)}"
        return out

    def _whole_number(self, node: exp.Expression) -> int:
        if isinstance(node, exp.Literal) and not node.is_string and node.this.isdigit():
            return int(node.this)
        raise Refused("LIMIT or OFFSET that is not a number", self.at(node))

    # --- select -----------------------------------------------------------------------------------------------------

    def _select(self, tree: exp.Select, body: Body, parent: Scope) -> Bound:
        for clause in ("laterals", "hint", "into", "kind", "qualify", "pivots", "match", "connect", "sample", "locks",
                       "cluster", "distribute", "sort", "prewhere", "settings", "format", "options", "operation_modifiers"):  # fmt: skip
            if tree.args.get(clause):
                raise Refused(f"clause {clause.upper()}", self.at(tree))
        scope = Scope([], parent if parent.relations or parent.parent or parent.variables else None)
        with self._inside(scope, body):
            source = self._from(tree, scope, body)
            where = self._where(tree, scope, body)
            self._name_windows(tree, scope)
            group = self._group(tree, scope, body)
            outputs = self._outputs(tree, scope)
            having = self._having(tree, scope, body)
            distinct = self._distinct(tree, outputs, body)
            self._drop_origins(tree, scope, outputs)
            order = self._order(tree, scope, outputs, body, bool(distinct))
        if not outputs:
            raise QueryError(
                "COLUMN_NOT_FOUND", "SELECT * not allowed from relation that has no columns", self.at(tree)
            )
        items = ", ".join(f"{o.typed.sql} AS {o.sql_name}" for o in outputs)
        sql = f"SELECT {distinct}{items}{source}{where}{group}{having}{order}{self._limit(tree)}"
        columns = [o.column for o in outputs]
        return Bound(sql, body, columns)

    def _where(self, tree: exp.Select, scope: Scope, body: Body) -> str:
        where = tree.args.get("where")
        if where is None:
            return ""
        with self._collect() as made_of:
            condition = self._boolean(where.this, "WHERE clause")
        body.needed |= made_of
        for conjunct in _conjuncts(where.this):
            self._push(conjunct)
        return f" WHERE {condition.sql}"

    def _boolean(self, node: exp.Expression, what: str) -> Typed:
        value = self.expression(node)
        if value.type not in (BOOLEAN, UNKNOWN):
            raise QueryError(
                "TYPE_MISMATCH", f"{what} must evaluate to a boolean: actual type {value.type}", self.at(node)
            )
        return value

    def _push(self, conjunct: exp.Expression, *, only: Relation | None = None, inner: bool = True) -> None:
        """Note a condition at every scan whose own columns decide it alone."""
        if conjunct.find(exp.Query, exp.Window, exp.Subquery):
            return
        with self._collect() as made_of:
            self.expression(conjunct)
        if not made_of or self._made_of_outer(made_of):
            return
        relations = {c.relation for c in made_of}
        relation = relations.pop()
        if relations or relation is None or relation.ref is None or (only is not None and relation is not only):
            return
        for scan in set.intersection(*(set(c.origins) for c in made_of)):
            self._override = {c: name(c.origins[scan]) for c in made_of}
            try:
                sql = self.expression(conjunct).sql
                span = self._span(conjunct) if len(made_of) == 1 else None
            finally:
                self._override = None
            if not any(n in sql for n in _NEVER_TWICE):
                outer = relation.outer and inner
                columns = frozenset(c.origins[scan] for c in made_of)
                relation.ref.filters.setdefault(scan, []).append(Filter(sql, columns, outer, span))

    def _span(self, conjunct: exp.Expression) -> str | None:
        """A comparison of one bare column with constants, as a condition on the column's least and greatest value."""
        if isinstance(conjunct, exp.Between) and isinstance(conjunct.this, exp.Column):
            low = self._bound_span(exp.GTE, conjunct.this, conjunct.args["low"])
            high = self._bound_span(exp.LTE, conjunct.this, conjunct.args["high"])
            return f"({low} AND {high})" if low and high else None
        if isinstance(conjunct, exp.In) and isinstance(conjunct.this, exp.Column) and conjunct.expressions:
            spans = [self._bound_span(exp.EQ, conjunct.this, e) for e in conjunct.expressions]
            return f"({' OR '.join(s for s in spans if s)})" if all(spans) else None
        kind = type(conjunct)
        if kind not in _MIRRORED:
            return None
        if isinstance(conjunct.left, exp.Column):
            return self._bound_span(kind, conjunct.left, conjunct.right)
        if isinstance(conjunct.right, exp.Column):
            return self._bound_span(_MIRRORED[kind], conjunct.right, conjunct.left)
        return None

    def _bound_span(self, kind: type, column: exp.Column, constant: exp.Expression) -> str | None:
        with self._collect() as made_of:
            a, b = self.expression(column), self.expression(constant)
        found = self._column(column)
        if len(made_of) != 1 or found is None or any(True for _ in constant.find_all(exp.Column)):
            return None
        wide = common_type(a.type, b.type)
        if wide is None:
            return None
        base = a.sql[1:-1].replace('""', '"')
        least = coerce(Typed(name(f"{base}__min"), a.type), wide)
        greatest = coerce(Typed(name(f"{base}__max"), a.type), wide)
        value = coerce(b, wide)
        if kind is exp.EQ:
            return f"({least} <= {value} AND {greatest} >= {value})"
        return f"({least if kind in (exp.LT, exp.LTE) else greatest} {_COMPARISONS[kind]} {value})"

    def _made_of_outer(self, made_of: set[Column]) -> bool:
        here = {c for r in self._scope.relations for c in r.columns} | set(self._scope.merged.values())
        return bool(made_of - here)

    def _group(self, tree: exp.Select, scope: Scope, body: Body) -> str:
        group = tree.args.get("group")
        aggregated = group is not None or tree.args.get("having") is not None or any(
            self._has_aggregate(e) for e in [*tree.expressions, *(o.this for o in (tree.args.get("order") or exp.Order(expressions=[])).expressions)]
        )  # fmt: skip
        if not aggregated:
            return ""
        columns: set[Column] = set()
        sqls: set[str] = set()

        def key(node: exp.Expression) -> str:
            node = self._group_item(node, tree)
            if self._has_aggregate(node):
                raise QueryError(
                    "EXPRESSION_NOT_SCALAR",
                    f"GROUP BY clause cannot contain aggregations, window functions or grouping operations: {node.sql('trino')}",
                    self.at(node),
                )
            value = self.expression(node)
            if isinstance(node, exp.Column) and (found := self._column(node)) is not None and found.sql == value.sql:
                columns.add(found)
            sqls.add(value.sql)
            if isinstance(node, exp.Literal | exp.Null | exp.Boolean):
                return f"CAST({value.sql} AS {duck_type(value.type)})"
            return value.sql

        text = ""
        if group is not None:
            with self._collect() as made_of:
                text = self._group_text(group, key)
            body.needed |= made_of
        scope.grouped, scope.group_columns, scope.group_sql = True, columns, sqls
        scope.group_clause = group is not None
        return text

    def _group_text(self, group: exp.Group, key: Callable[[exp.Expression], str]) -> str:
        if group.args.get("totals"):
            raise Refused("GROUP BY ... WITH TOTALS", self.at(group))
        if group.args.get("all"):
            raise Refused("GROUP BY ALL", self.at(group))
        parts = [key(e) for e in group.expressions]
        for word, kind in (("ROLLUP", "rollup"), ("CUBE", "cube")):
            for r in group.args.get(kind) or []:
                if not r.expressions:
                    raise Refused(f"WITH {word}", self.at(r))
                parts.append(f"{word} ({', '.join(self._group_set(e, key, bare=True) for e in r.expressions)})")
        for sets in group.args.get("grouping_sets") or []:
            parts.append(f"GROUPING SETS ({', '.join(self._group_set(e, key) for e in sets.expressions)})")
        return f" GROUP BY {', '.join(parts)}"

    def _group_set(self, node: exp.Expression, key: Callable[[exp.Expression], str], *, bare: bool = False) -> str:
        if isinstance(node, exp.Tuple):
            return f"({', '.join(key(e) for e in node.expressions)})"
        if isinstance(node, exp.Rollup | exp.Cube):
            raise Refused("ROLLUP or CUBE inside GROUPING SETS", self.at(node))
        inner = key(node.this if isinstance(node, exp.Paren) else node)
        return inner if bare else f"({inner})"

    def _group_item(self, node: exp.Expression, tree: exp.Select) -> exp.Expression:
        if isinstance(node, exp.Literal) and not node.is_string and node.this.isdigit():
            n, items = int(node.this), tree.expressions
            if not 1 <= n <= len(items):
                raise QueryError(
                    "INVALID_COLUMN_REFERENCE", f"GROUP BY position {n} is not in select list", self.at(node)
                )
            if any(
                isinstance(i, exp.Star) or (isinstance(i, exp.Column) and isinstance(i.this, exp.Star)) for i in items
            ):
                raise Refused("GROUP BY position in a select list with *", self.at(node))
            item = items[n - 1]
            return item.this if isinstance(item, exp.Alias) else item
        return node

    def _has_aggregate(self, node: exp.Expression) -> bool:
        stack = [node]
        while stack:
            n = stack.pop()
            if isinstance(n, exp.Query) or isinstance(n, exp.Subquery):
                continue
            if isinstance(n, exp.Window):
                # the function over the window is none itself, but what it is computed from can be
                inner = n.this
                while isinstance(inner, exp.Filter | exp.IgnoreNulls | exp.RespectNulls):
                    inner = inner.this
                stack += [a for a in inner.iter_expressions()]
                stack += [a for k, a in n.iter_expressions_with_keys()] if False else []
                for k in ("partition_by", "order"):
                    found = n.args.get(k)
                    stack += found if isinstance(found, list) else [found] if found is not None else []
                continue
            if isinstance(n, exp.Anonymous) and self._kind(n) in ("aggregate", "grouping"):
                return True
            if isinstance(n, exp.GroupConcat | exp.ArgMax | exp.ArgMin):
                return True
            stack += list(n.iter_expressions())
        return False

    def _kind(self, node: exp.Anonymous) -> str | None:
        called = _function_name(node)
        if called == "grouping":
            return "grouping"
        found = functions.FUNCTIONS.get(called)
        return found.kind if found else None

    def _outputs(self, tree: exp.Select, scope: Scope) -> list[_Output]:
        outputs: list[_Output] = []
        self._allow_aggregates = True
        for item in tree.expressions:
            star = item if isinstance(item, exp.Star) else item.this if isinstance(item, exp.Column) else None
            if isinstance(star, exp.Star):
                outputs += self._star(item, star, scope)
                continue
            node, alias = (item.this, item.alias) if isinstance(item, exp.Alias) else (item, None)
            with self._collect() as made_of:
                typed = self.expression(node)
            outputs.append(self._output(node, typed, alias, made_of))
        self._allow_aggregates = False
        return outputs

    def _output(self, node: exp.Expression, typed: Typed, alias: str | None, made_of: set[Column]) -> _Output:
        called, origins, explicit = alias, {}, alias is not None
        if isinstance(node, exp.Column):
            source = self._column(node)
            if source is not None and source.sql == typed.sql:
                origins = dict(source.origins)
            called = called or node.name
            explicit = True
        elif isinstance(node, exp.Dot):
            called, explicit = called or node.name, True
        sql_name = self._new("c")
        column = Column(called or "", typed.type, sql_name, made_of, origins, explicit_name=explicit)
        return _Output(column, typed, node, alias, sql_name, made_of)

    def _star(self, item: exp.Expression, star: exp.Star, scope: Scope) -> list[_Output]:
        if star.args.get("except_") or star.args.get("replace") or star.args.get("rename"):
            raise Refused("* EXCEPT or REPLACE", self.at(item))
        table = item.table if isinstance(item, exp.Column) else None
        columns: list[Column] = []
        if table:
            found = [r for r in scope.relations if r.alias and r.alias.lower() == table.lower()]
            if not found:
                raise QueryError("TABLE_NOT_FOUND", f"Unable to resolve reference {table}", self.at(item))
            columns = [c for c in found[0].columns if not c.hidden]
        else:
            columns = list(scope.merged.values())
            columns += [c for r in scope.relations for c in r.columns if not c.hidden]
        outputs = []
        for c in columns:
            if scope.grouped and c not in scope.group_columns:
                self._not_grouped(c.name, self.at(item))
            for s in self._made_of:
                s.add(c)
            out = Column(c.name, c.type, self._new("c"), {c}, dict(c.origins), explicit_name=c.explicit_name)
            outputs.append(_Output(out, Typed(c.sql, c.type), item, None, out.sql, {c}))
        return outputs

    def _having(self, tree: exp.Select, scope: Scope, body: Body) -> str:
        having = tree.args.get("having")
        if having is None:
            return ""
        self._allow_aggregates = True
        with self._collect() as made_of:
            condition = self._boolean(having.this, "HAVING clause")
        self._allow_aggregates = False
        body.needed |= made_of
        return f" HAVING {condition.sql}"

    def _distinct(self, tree: exp.Select, outputs: list[_Output], body: Body) -> str:
        distinct = tree.args.get("distinct")
        if distinct is None:
            return ""
        if distinct.args.get("on"):
            raise Refused("SELECT DISTINCT ON", self.at(tree))
        for o in outputs:
            body.needed |= o.made_of
        return "DISTINCT "

    def _drop_origins(self, tree: exp.Select, scope: Scope, outputs: list[_Output]) -> None:
        """A filter on an output is a filter on its source only where it leaves the other rows' values alone."""
        windows = [w for w in tree.find_all(exp.Window) if w.find_ancestor(exp.Select) is tree]
        keys: list[set[Column]] = []
        for w in windows:
            found = {self._column(p) for p in w.args.get("partition_by") or [] if isinstance(p, exp.Column)}
            keys.append({c for c in found if c is not None})
        group = tree.args.get("group")
        sets = group is not None and any(group.args.get(k) for k in ("rollup", "cube", "grouping_sets"))
        limited = tree.args.get("limit") or tree.args.get("offset")
        for o in outputs:
            source = next(iter(o.made_of)) if len(o.made_of) == 1 else None
            blocked = limited or sets or (scope.grouped and source not in scope.group_columns)
            if blocked or any(source not in k for k in keys) or (source is not None and source.relation is not None and source.relation.outer):
                o.column.origins = {}

    def _order(self, tree: exp.Select, scope: Scope, outputs: list[_Output], body: Body, distinct: bool) -> str:
        order = tree.args.get("order")
        if order is None:
            return ""
        parts = []
        self._allow_aggregates = True
        with self._collect() as made_of:
            for o in order.expressions:
                parts.append(self._order_key(o.this, outputs, distinct) + self._direction(o))
        self._allow_aggregates = False
        body.needed |= made_of
        return " ORDER BY " + ", ".join(parts)

    def _order_key(self, node: exp.Expression, outputs: list[_Output], distinct: bool) -> str:
        position = self._ordinal(node, len(outputs))
        if position is not None:
            found = outputs[position]
            return self._chosen(found)
        if isinstance(node, exp.Column) and not node.table:
            named = [o for o in outputs if o.column.name.lower() == node.name.lower() and o.column.explicit_name]
            if len({o.typed.sql for o in named}) > 1:
                raise QueryError("AMBIGUOUS_NAME", f"Column '{node.name}' is ambiguous", self.at(node))
            if named:
                return self._chosen(named[0])
        aliases = Relation(None, [Column(o.alias, o.typed.type, o.typed.sql, o.made_of) for o in outputs if o.alias])
        before = self._scope
        scope = Scope([aliases], before)
        scope.grouped, scope.group_sql, scope.group_clause = before.grouped, before.group_sql, before.group_clause
        scope.group_columns = before.group_columns | set(aliases.columns)
        scope.windows = before.windows
        self._scope = scope
        try:
            value = self.expression(node)
        finally:
            self._scope = before
        for o in outputs:
            if o.typed.sql == value.sql:
                return self._chosen(o)
        if distinct:
            raise QueryError(
                "EXPRESSION_NOT_IN_DISTINCT",
                "For SELECT DISTINCT, ORDER BY expressions must appear in select list",
                self.at(node),
            )
        return value.sql

    def _chosen(self, output: _Output) -> str:
        for s in self._made_of:
            s |= output.made_of
        return output.sql_name

    # --- from -------------------------------------------------------------------------------------------------------

    def _from(self, tree: exp.Select, scope: Scope, body: Body) -> str:
        source = tree.args.get("from_")
        if source is None:
            return ""
        sql, relations = self._relation(source.this, scope, body)
        scope.relations += relations
        sql = self._joins(sql, source.this, scope, body)
        for join in tree.args.get("joins") or []:
            sql = self._join(sql, join, scope, body)
        return f" FROM {sql}"

    def _joins(self, sql: str, node: exp.Expression, scope: Scope, body: Body) -> str:
        for join in node.args.get("joins") or []:
            sql = self._join(sql, join, scope, body)
        return sql

    def _join(self, left_sql: str, join: exp.Join, scope: Scope, body: Body) -> str:
        side, kind, method = (join.args.get(k) or "" for k in ("side", "kind", "method"))
        if method or kind not in ("", "INNER", "OUTER", "CROSS") or join.args.get("global"):
            raise Refused(f"{method} {kind} JOIN".strip(), self.at(join))
        on, using = join.args.get("on"), join.args.get("using")
        left = list(scope.relations)
        right_sql, right = self._relation(join.this, scope, body)
        if isinstance(join.this, exp.Subquery | exp.Table) and join.this.args.get("joins") and right:
            pass
        if side in ("RIGHT", "FULL"):
            for r in left:
                r.outer = True
        if side in ("LEFT", "FULL"):
            for r in right:
                r.outer = True
        scope.relations += right
        if kind == "CROSS" or (not on and not using and not side):
            if on is not None:
                raise Refused("CROSS JOIN with ON", self.at(join))
            return f"{left_sql} CROSS JOIN {right_sql}"
        word = f"{side} JOIN" if side else "JOIN"
        if using:
            return f"{left_sql} {word} {right_sql} ON {self._using(using, left, right, scope, side, body)}"
        if on is None:
            raise QueryError("SYNTAX_ERROR", "mismatched input: JOIN needs ON or USING", self.at(join))
        with self._collect() as made_of:
            condition = self._boolean(on, "JOIN ON clause")
        body.needed |= made_of
        for conjunct in _conjuncts(on):
            if not side:
                self._push(conjunct)
            elif side == "LEFT" and len(right) == 1:
                self._push(conjunct, only=right[0], inner=False)
        return f"{left_sql} {word} {right_sql} ON {condition.sql}"

    def _using(
        self,
        using: list[exp.Expression],
        left: list[Relation],
        right: list[Relation],
        scope: Scope,
        side: str,
        body: Body,
    ) -> str:
        conditions = []
        for identifier in using:
            wanted = identifier.name.lower()
            x = scope.merged.get(wanted) or self._find_in(left, identifier)
            y = self._find_in(right, identifier)
            wide = common_type(x.type, y.type)
            if wide is None:
                raise QueryError("TYPE_MISMATCH", f"Cannot apply operator: {x.type} = {y.type}", self.at(identifier))
            xs, ys = coerce(Typed(x.sql, x.type), wide), coerce(Typed(y.sql, y.type), wide)
            merged_sql = ys if side == "RIGHT" else f"coalesce({xs}, {ys})" if side == "FULL" else xs
            kept = (y if side == "RIGHT" else x) if side != "FULL" else None
            merged = Column(x.name, wide, merged_sql, {x, y}, dict(kept.origins) if kept else {})
            merged.relation = kept.relation if kept else None
            scope.merged[wanted] = merged
            for c in (x, y):
                c.hidden = c.merged = True
            body.needed |= {x, y}
            conditions.append(f"{xs} = {ys}")
        return " AND ".join(conditions)

    def _find_in(self, relations: list[Relation], identifier: exp.Expression) -> Column:
        found = [c for r in relations for c in r.columns if c.name.lower() == identifier.name.lower()]
        if not found:
            self._not_found(identifier.name, self.at(identifier))
        if len(found) > 1:
            raise QueryError("AMBIGUOUS_NAME", f"Column '{identifier.name}' is ambiguous", self.at(identifier))
        return found[0]

    def _relation(self, node: exp.Expression, scope: Scope, body: Body) -> tuple[str, list[Relation]]:
        for clause in ("sample", "pivots", "hints", "version", "when", "changes", "rows_from", "ordinality"):
            if node.args.get(clause):
                raise Refused(f"{'TABLESAMPLE' if clause == 'sample' else clause.upper()} in FROM", self.at(node))
        if isinstance(node, exp.Table):
            if isinstance(node.this, exp.Anonymous):
                raise Refused(f"table function {_function_name(node.this)}", self.at(node))
            return self._table(node, body)
        if isinstance(node, exp.Subquery):
            return self._derived(node, scope, body, lateral=False)
        if isinstance(node, exp.Lateral):
            return self._lateral(node, scope, body)
        if isinstance(node, exp.Unnest):
            return self._unnest(node, scope, body)
        if isinstance(node, exp.Values):
            return self._derived(node, scope, body, lateral=False)
        if isinstance(node, exp.Paren):
            return self._relation(node.this, scope, body)
        raise Refused(f"{node.key.upper()} in FROM", self.at(node))

    def _table(self, node: exp.Table, body: Body) -> tuple[str, list[Relation]]:
        called = node.alias or node.name
        if not node.db:
            for level in reversed(self._ctes):
                if node.name.lower() in level:
                    return self._use_cte(level[node.name.lower()], node, called, body)
        if node.catalog and node.catalog.lower() != "awsdatacatalog":
            raise QueryError("CATALOG_NOT_FOUND", f"Catalog '{node.catalog}' does not exist", self.at(node))
        database = (node.db or self.database).lower()
        query = self.catalog.view(database, node.name.lower())
        if query is not None:
            return self._view(query, database, node, called, body)
        columns = self.catalog.columns(database, node.name.lower(), self.at(node))
        ref = Ref(body)
        scan = Scan(self._new("s"), database, node.name.lower(), columns, ref)
        self.scans.append(scan)
        sql_alias = self._new("r")
        offered = [
            Column(c.name, c.type, f"{sql_alias}.{name(c.name)}", origins={scan: c.name}, base=(scan, c.name))
            for c in columns
        ]
        path = Column("$path", VARCHAR, f'{sql_alias}."$path"', base=(scan, "$path"), hidden=True)
        names = self._alias_columns(node, [c.name for c in offered])
        for c, n in zip(offered, names, strict=True):
            c.name = n
        relation = Relation(called, [*offered, path], ref, None if node.alias else database)
        return f"{scan.view} AS {sql_alias}", [relation]

    def _view(self, query: str, database: str, node: exp.Table, called: str, body: Body) -> tuple[str, list[Relation]]:
        """A view is its query, read with names of its own."""
        before = (self.text, self.database, self._ctes)
        self.text, self.database, self._ctes = query, database, [{}]
        view_body, ref = Body(), Ref(body)
        view_body.refs.append(ref)
        body.inner.append(view_body)
        try:
            with self._inside(Scope([])):
                bound = self._query(dialect.parse(query), view_body, Scope([]))
        except QueryError as e:
            raise QueryError("INVALID_VIEW", f"Failed analyzing stored view '{database}.{node.name}': {e}") from e
        finally:
            self.text, self.database, self._ctes = before
        names = self._alias_columns(node, [c.name for c in bound.columns])
        sql_alias = self._new("r")
        columns = [
            Column(n, c.type, f"{sql_alias}.{c.sql}", {c}, dict(c.origins))
            for n, c in zip(names, bound.columns, strict=True)
        ]
        return f"({bound.sql}) AS {sql_alias}", [Relation(called, columns, ref, None if node.alias else database)]

    def _alias_columns(self, node: exp.Expression, names: list[str]) -> list[str]:
        alias = node.args.get("alias")
        given = [i.name for i in alias.columns] if alias is not None else []
        if given and len(given) != len(names):
            raise QueryError(
                "MISMATCHED_COLUMN_ALIASES",
                f"Column alias list has {len(given)} entries but '{node.alias}' has {len(names)} columns available",
                self.at(node),
            )
        return given or names

    def _use_cte(self, cte: _Cte, node: exp.Table, called: str, body: Body) -> tuple[str, list[Relation]]:
        ref = Ref(body)
        cte.bound.body.refs.append(ref)
        body.inner.append(cte.bound.body)
        names = self._alias_columns(node, cte.names)
        sql_alias = self._new("r")
        columns = [
            Column(n, c.type, f"{sql_alias}.{c.sql}", {c}, dict(c.origins), explicit_name=c.explicit_name)
            for n, c in zip(names, cte.bound.columns, strict=True)
        ]
        return f"{cte.sql_name} AS {sql_alias}", [Relation(called, columns, ref)]

    def _derived(
        self, node: exp.Expression, scope: Scope, body: Body, *, lateral: bool, alias: exp.Expression | None = None
    ) -> tuple[str, list[Relation]]:
        alias = alias or node
        inner_body = Body()
        ref = Ref(body)
        inner_body.refs.append(ref)
        body.inner.append(inner_body)
        if isinstance(node, exp.Subquery) and isinstance(node.this, exp.Table):
            # a bracketed join: (a join b on ...)
            if node.alias:
                raise Refused("alias for a bracketed join", self.at(node))
            inner = Scope([], scope.parent)
            with self._inside(inner, body):
                sql, relations = self._relation(node.this, inner, body)
                inner.relations += relations
                sql = self._joins(sql, node.this, inner, body)
            return f"({sql})", inner.relations
        outer = Scope(list(scope.relations), scope.parent, dict(scope.merged)) if lateral else scope.parent or Scope([])
        tree = node.this if isinstance(node, exp.Subquery) and not _has_tail(node) else node
        bound = self._query(tree, inner_body, outer)
        sql_alias = self._new("r")
        names = self._alias_columns(alias, [c.name for c in bound.columns])
        given = alias.args.get("alias") is not None and alias.args["alias"].columns
        columns = [
            Column(
                n, c.type, f"{sql_alias}.{c.sql}", {c}, dict(c.origins), explicit_name=bool(given) or c.explicit_name
            )
            for n, c in zip(names, bound.columns, strict=True)
        ]
        called = alias.alias or None
        if isinstance(node, exp.Values) and called == "_values":
            called = None
        word = "LATERAL " if lateral else ""
        return f"{word}({bound.sql}) AS {sql_alias}", [Relation(called, columns, ref)]

    def _lateral(self, node: exp.Lateral, scope: Scope, body: Body) -> tuple[str, list[Relation]]:
        if node.args.get("view") or node.args.get("outer") or not isinstance(node.this, exp.Subquery):
            raise Refused("LATERAL other than a query in brackets", self.at(node))
        return self._derived(node.this, scope, body, lateral=True, alias=node)

    def _unnest(self, node: exp.Unnest, scope: Scope, body: Body) -> tuple[str, list[Relation]]:
        inner = Scope(list(scope.relations), scope.parent, dict(scope.merged))
        with self._inside(inner, body), self._collect() as made_of:
            values = [self.expression(e) for e in node.expressions]
        body.needed |= made_of
        items: list[tuple[str, Type]] = []
        lengths = []
        for v, e in zip(values, node.expressions, strict=True):
            if v.type.name == "array" and v.type.args[0].name == "row":
                row = v.type.args[0]
                for n, (_, ft) in zip(field_names(row), row.args, strict=True):
                    items.append((f"unnest(list_transform({v.sql}, lambda e: struct_extract(e, {quote(n)})))", ft))
            elif v.type.name == "array":
                items.append((f"unnest({v.sql})", v.type.args[0]))
            elif v.type.name == "map":
                items.append((f"unnest(map_keys({v.sql}))", v.type.args[0]))
                items.append((f"unnest(map_values({v.sql}))", v.type.args[1]))
            else:
                raise QueryError("TYPE_MISMATCH", f"Cannot unnest type: {v.type}", self.at(e))
            lengths.append(f"coalesce(len({v.sql if v.type.name == 'array' else f'map_keys({v.sql})'}), 0)")
        offset = node.args.get("offset")
        if offset:
            items.append((f"unnest(range(1, 1 + greatest({', '.join(lengths)})))", BIGINT))
        alias = node.args.get("alias")
        names = [i.name for i in alias.columns] if alias is not None else []
        if isinstance(offset, exp.Identifier):
            names.append(offset.name)
        if names and len(names) != len(items):
            raise QueryError(
                "MISMATCHED_COLUMN_ALIASES",
                f"Column alias list has {len(names)} entries but '{node.alias}' has {len(items)} columns available",
                self.at(node),
            )
        sql_alias = self._new("r")
        columns = [
            Column(
                names[i] if names else f"_col{i}",
                t,
                f"{sql_alias}.{self._new('c')}",
                set(made_of),
                explicit_name=bool(names),
            )
            for i, (_, t) in enumerate(items)
        ]
        select = ", ".join(f"{sql} AS {c.sql.split('.')[1]}" for (sql, _), c in zip(items, columns, strict=True))
        return f"LATERAL (SELECT {select}) AS {sql_alias}", [Relation(node.alias or None, columns)]

    # --- names ------------------------------------------------------------------------------------------------------

    def _column(self, node: exp.Column) -> Column | None:
        """The column a name stands for, or None if it is none (a lambda's variable, a field of a row)."""
        scope: Scope | None = self._scope
        while scope is not None:
            if not node.table and node.name.lower() in scope.variables:
                return None
            found = self._in_scope(node, scope)
            if found is not None:
                return found
            scope = scope.parent
        return None

    def _in_scope(self, node: exp.Column, scope: Scope) -> Column | None:
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

    def _not_found(self, called: str, at: Place) -> None:
        raise QueryError(
            "COLUMN_NOT_FOUND",
            f"Column '{called}' cannot be resolved or requester is not authorized to access requested resources",
            at,
        )

    def _not_grouped(self, called: str, at: Place) -> None:
        raise QueryError(
            "EXPRESSION_NOT_AGGREGATE", f"'{called}' must be an aggregate expression or appear in GROUP BY clause", at
        )

    def _bind_column(self, node: exp.Column) -> Typed:
        if not node.table:
            scope: Scope | None = self._scope
            while scope is not None:
                if node.name.lower() in scope.variables:
                    return Typed(scope.variable_sql[node.name.lower()], scope.variables[node.name.lower()])
                if self._in_scope(node, scope) is not None:
                    break
                scope = scope.parent
        column = self._column(node)
        if column is None:
            return self._field_of_row(node)
        for s in self._made_of:
            s.add(column)
        if self._override is not None and column in self._override:
            return Typed(self._override[column], column.type)
        owner: Scope | None = self._scope
        if owner.grouped and not self._in_aggregate and self._owns(owner, column) and column not in owner.group_columns:
            self._not_grouped(node.sql("trino"), self.at(node))
        return Typed(column.sql, column.type)

    def _owns(self, scope: Scope, column: Column) -> bool:
        while scope is not None:
            if any(column in r.columns for r in scope.relations) or column in scope.merged.values():
                return scope.grouped
            if scope.parent is None or not scope.parent.grouped:
                return False
            scope = scope.parent
        return False

    def _field_of_row(self, node: exp.Column) -> Typed:
        parts = [p for p in node.parts]
        if len(parts) > 1:
            head = exp.Column(this=parts[0].copy())
            head.this.meta.update(parts[0].meta)
            rest = parts[1:]
            if self._column(head) is None and len(parts) > 2:
                head = exp.Column(this=parts[1].copy(), table=parts[0].copy())
                rest = parts[2:]
            if self._column(head) is not None or (not head.table and self._is_variable(head.name)):
                value = self._bind_column(head)
                for p in rest:
                    value = self._field(value, p.name, self.at(node))
                return value
        self._not_found(node.sql("trino").replace('"', "") if node.table else node.name, self.at(node))
        raise AssertionError

    def _is_variable(self, called: str) -> bool:
        scope: Scope | None = self._scope
        while scope is not None:
            if called.lower() in scope.variables:
                return True
            scope = scope.parent
        return False

    def _field(self, value: Typed, called: str, at: Place) -> Typed:
        if value.type.name != "row":
            raise QueryError("TYPE_MISMATCH", f"Expression is not of type ROW: {value.type}", at)
        for duck_name, (field_name, t) in zip(field_names(value.type), value.type.args, strict=True):
            if field_name and field_name.lower() == called.lower():
                return Typed(f"struct_extract({value.sql}, {quote(duck_name)})", t)
        self._not_found(called, at)
        raise AssertionError

    # --- expressions ------------------------------------------------------------------------------------------------

    def expression(self, node: exp.Expression) -> Typed:
        """Bind an expression in the current scope."""
        if self._scope.grouped and not self._in_aggregate and not isinstance(node, exp.Column | exp.Literal):
            matched = self._group_match(node)
            if matched is not None:
                return matched
        for kind in type(node).__mro__:
            handler = _HANDLERS.get(kind)
            if handler is not None:
                return handler(self, node)
        called = (
            "AT TIME ZONE" if isinstance(node, exp.AtTimeZone) else f"{node.key.upper()} ({node.sql('trino')[:60]})"
        )
        raise Refused(called, self.at(node))

    def _group_match(self, node: exp.Expression) -> Typed | None:
        if not self._scope.group_sql or node.find(exp.Query, exp.Window) or self._has_aggregate(node):
            return None
        before = (self._in_aggregate, self._allow_aggregates)
        self._in_aggregate = True
        try:
            with self._collect():
                value = self.expression(node)
        except QueryError:
            return None
        finally:
            self._in_aggregate, self._allow_aggregates = before
        return value if value.sql in self._scope.group_sql else None

    def lambda_(self, node: exp.Expression, types: list[Type]) -> tuple[list[str], Typed]:
        """Bind ``(x, y) -> expression`` with arguments of these types; returns their SQL names and the body."""
        if not isinstance(node, exp.Lambda):
            raise QueryError("TYPE_MISMATCH", "Expected a lambda", self.at(node))
        if len(node.expressions) != len(types):
            raise QueryError("TYPE_MISMATCH", f"Expected lambda with {len(types)} arguments", self.at(node))
        names = [self._new("x") for _ in types]
        scope = Scope([], self._scope)
        scope.grouped, scope.group_sql, scope.group_columns = (
            self._scope.grouped, self._scope.group_sql, self._scope.group_columns,
        )  # fmt: skip
        for identifier, t, n in zip(node.expressions, types, names, strict=True):
            scope.variables[identifier.name.lower()] = t
            scope.variable_sql[identifier.name.lower()] = n
        before, self._scope = self._scope, scope
        try:
            return names, self.expression(node.this)
        finally:
            self._scope = before

    def _literal(self, node: exp.Literal) -> Typed:
        if node.is_string:
            return Typed(quote(node.this), Type("varchar", (len(node.this),)), node.this)
        t = expressions.literal_type(node.this)
        if t.name == "double":
            return Typed(f"CAST({node.this} AS DOUBLE)", t)
        if t.name == "decimal":
            return Typed(f"CAST('{node.this}' AS {duck_type(t)})", t)
        return Typed(node.this if t.name == "integer" else f"CAST({node.this} AS BIGINT)", t)

    def _hex(self, node: exp.HexString) -> Typed:
        return Typed(f"unhex({quote(node.this)})", VARBINARY)

    def _identifier(self, node: exp.Identifier) -> Typed:
        return self._bind_column(self._as_column(node))

    def _as_column(self, node: exp.Identifier) -> exp.Column:
        column = exp.Column(this=node.copy())
        column.this.meta.update(node.meta)
        return column

    def _dot(self, node: exp.Dot) -> Typed:
        if isinstance(node.expression, exp.Anonymous):
            raise Refused(f"function {_function_name(node.expression)}", self.at(node))
        if isinstance(node.this, exp.Identifier) and self._is_variable(node.this.name):
            return self._field(self._identifier(node.this), node.name, self.at(node))
        return self._field(self.expression(node.this), node.name, self.at(node))

    def _paren(self, node: exp.Paren) -> Typed:
        value = self.expression(node.this)
        return Typed(f"({value.sql})", value.type, value.constant)

    def _neg(self, node: exp.Neg) -> Typed:
        value = self.expression(node.this)
        if value.type.name.startswith("interval"):
            return Typed(f"(-{value.sql})", value.type)
        if not is_numeric(value.type):
            raise QueryError("TYPE_MISMATCH", f"Cannot negate {value.type}", self.at(node))
        return Typed(f"(-{value.sql})", value.type)

    def _binary(self, node: exp.Binary) -> Typed:
        op = _ARITHMETIC[type(node)]
        a, b = self.expression(node.left), self.expression(node.right)
        result = expressions.arithmetic(op, a, b) or self._date_arithmetic(op, a, b)
        if result is None and UNKNOWN in (a.type, b.type):
            other = a.type if b.type == UNKNOWN else b.type
            if other == UNKNOWN or is_numeric(other):
                return Typed("NULL", other if other != UNKNOWN else Type("integer"))
        if result is None:
            raise QueryError("TYPE_MISMATCH", f"Cannot apply operator: {a.type} {op} {b.type}", self.at(node))
        return result

    def _date_arithmetic(self, op: str, a: Typed, b: Typed) -> Typed | None:
        moments = ("date", "timestamp", "timestamp with time zone")
        if op == "+" and a.type.name.startswith("interval") and b.type.name in moments:
            a, b = b, a
        if op in "+-" and a.type.name in moments and b.type.name.startswith("interval"):
            if a.type == DATE:
                if b.constant in ("hour", "minute", "second"):
                    raise QueryError("INVALID_FUNCTION_ARGUMENT", "Cannot add hour, minutes or seconds to a date")
                return Typed(expressions.day_of(f"{a.sql} {op} {b.sql}"), DATE)
            return Typed(f"({a.sql} {op} {b.sql})", a.type)
        if op == "-" and a.type.name in moments and b.type.name in moments:
            wide = common_type(a.type, b.type) or TIMESTAMP
            if wide == DATE:
                return Typed(f"to_days(CAST({a.sql} - {b.sql} AS INTEGER))", DAY_INTERVAL)
            return Typed(f"({coerce(a, wide)} - {coerce(b, wide)})", DAY_INTERVAL)
        if op in "+-" and a.type == b.type and a.type.name.startswith("interval"):
            return Typed(f"({a.sql} {op} {b.sql})", a.type)
        if op == "*" and a.type.name.startswith("interval") and is_integer(b.type):
            return Typed(f"({a.sql} * {b.sql})", a.type, a.constant)
        if op == "*" and is_integer(a.type) and b.type.name.startswith("interval"):
            return Typed(f"({b.sql} * {a.sql})", b.type, b.constant)
        return None

    def _comparison(self, node: exp.Binary) -> Typed:
        op = _COMPARISONS[type(node)]
        if isinstance(node.right, exp.Any | exp.All):
            return self._quantified(node, op)
        a, b = self._value_or_row(node.left), self._value_or_row(node.right)
        x, y = self._comparable(a, b, op, node)
        return Typed(f"({x} {op} {y})", BOOLEAN)

    def _value_or_row(self, node: exp.Expression) -> Typed:
        return self.expression(node)

    def _comparable(self, a: Typed, b: Typed, op: str, node: exp.Expression) -> tuple[str, str]:
        wide = common_type(a.type, b.type)
        if wide is None or (wide.name == "map" and op not in ("=", "<>")) or wide.name == "json":
            raise QueryError("TYPE_MISMATCH", f"Cannot apply operator: {a.type} {op} {b.type}", self.at(node))
        return coerce(a, wide), coerce(b, wide)

    def _quantified(self, node: exp.Binary, op: str) -> Typed:
        word = "ANY" if isinstance(node.right, exp.Any) else "ALL"
        a = self.expression(node.left)
        query, t = self._one_column(node.right.this)
        wide = common_type(a.type, t)
        if wide is None:
            raise QueryError("TYPE_MISMATCH", f"Cannot apply operator: {a.type} {op} {t}", self.at(node))
        return Typed(f"({coerce(a, wide)} {op} {word} (SELECT CAST(* AS {duck_type(wide)}) FROM ({query})))"
                     if False else f"({coerce(a, wide)} {op} {word} ({query}))", BOOLEAN)  # fmt: skip

    def _logic(self, node: exp.Connector) -> Typed:
        word = "AND" if isinstance(node, exp.And) else "OR"
        sides = []
        for side in (node.left, node.right):
            value = self.expression(side)
            if value.type not in (BOOLEAN, UNKNOWN):
                raise QueryError(
                    "TYPE_MISMATCH", f"Logical expression term must evaluate to a boolean: actual type {value.type}", self.at(side)
                )  # fmt: skip
            sides.append(value.sql)
        return Typed(f"({sides[0]} {word} {sides[1]})", BOOLEAN)

    def _not(self, node: exp.Not) -> Typed:
        value = self.expression(node.this)
        if value.type not in (BOOLEAN, UNKNOWN):
            raise QueryError(
                "TYPE_MISMATCH",
                f"Value of logical NOT expression must evaluate to a boolean: actual type {value.type}",
                self.at(node),
            )
        return Typed(f"(NOT {value.sql})", BOOLEAN)

    def _is(self, node: exp.Is) -> Typed:
        if not isinstance(node.expression, exp.Null):
            raise Refused(f"IS {node.expression.sql('trino')}", self.at(node))
        return Typed(f"({self.expression(node.this).sql} IS NULL)", BOOLEAN)

    def _distinct_from(self, node: exp.Binary) -> Typed:
        a, b = self.expression(node.left), self.expression(node.right)
        x, y = self._comparable(a, b, "IS DISTINCT FROM", node)
        word = "IS DISTINCT FROM" if isinstance(node, exp.NullSafeNEQ) else "IS NOT DISTINCT FROM"
        return Typed(f"({x} {word} {y})", BOOLEAN)

    def _between(self, node: exp.Between) -> Typed:
        if node.args.get("symmetric"):
            raise Refused("BETWEEN SYMMETRIC", self.at(node))
        value, low, high = (self.expression(node.args[k]) for k in ("this", "low", "high"))
        wide = common_type(value.type, low.type)
        wide = common_type(wide, high.type) if wide else None
        if wide is None:
            wrong = low if common_type(value.type, low.type) is None else high
            raise QueryError(
                "TYPE_MISMATCH",
                f"Cannot check if {value.type} is BETWEEN {low.type} and {high.type}" if wrong else "",
                self.at(node),
            )
        x, y, z = (coerce(v, wide) for v in (value, low, high))
        return Typed(f"({x} BETWEEN {y} AND {z})", BOOLEAN)

    def _in(self, node: exp.In) -> Typed:
        value = self.expression(node.this)
        query = node.args.get("query")
        if query is not None:
            sql, t = self._one_column(query)
            wide = common_type(value.type, t)
            if wide is None:
                raise QueryError(
                    "TYPE_MISMATCH",
                    f"Value expression and result of subquery must be of the same type: {value.type} vs {t}",
                    self.at(node),
                )
            return Typed(f"({coerce(value, wide)} IN ({sql}))", BOOLEAN)
        if node.args.get("unnest") or node.args.get("field"):
            raise Refused("IN other than a list or a query", self.at(node))
        items = [self.expression(e) for e in node.expressions]
        places = [self.at(node), *(self.at(e) for e in node.expressions)]
        sqls, _ = functions.same_type([value, *items], "IN value and list items", places)
        return Typed(f"({sqls[0]} IN ({', '.join(sqls[1:])}))", BOOLEAN)

    def _like(self, node: exp.Like, escape: exp.Expression | None = None) -> Typed:
        value, pattern = self.expression(node.this), self.expression(node.expression)
        for side, what in ((value, "Left side"), (pattern, "Pattern for")):
            if side.type.name not in ("varchar", "unknown"):
                raise QueryError(
                    "TYPE_MISMATCH", f"{what} LIKE expression must evaluate to a varchar: actual type {side.type}", self.at(node)
                )  # fmt: skip
        tail = f" ESCAPE {self.expression(escape).sql}" if escape is not None else ""
        if escape is None and pattern.constant is None:
            sql = f"({value.sql} LIKE {pattern.sql} ESCAPE '')"
        else:
            sql = f"({value.sql} LIKE {pattern.sql}{tail})"
        return Typed(f"(NOT {sql})" if node.args.get("negate") else sql, BOOLEAN)

    def _escape(self, node: exp.Escape) -> Typed:
        if not isinstance(node.this, exp.Like):
            raise Refused(f"{node.this.key.upper()} ... ESCAPE", self.at(node))
        return self._like(node.this, node.expression)

    def _case(self, node: exp.Case) -> Typed:
        operand = self.expression(node.this) if node.this is not None else None
        conditions, results, places = [], [], []
        for branch in node.args["ifs"]:
            if operand is None:
                conditions.append(self._boolean(branch.this, "CASE WHEN clause").sql)
            else:
                against = self.expression(branch.this)
                wide = common_type(operand.type, against.type)
                if wide is None:
                    raise QueryError(
                        "TYPE_MISMATCH",
                        f"CASE operand type does not match WHEN clause operand type: {operand.type} vs {against.type}",
                        self.at(branch),
                    )
                conditions.append(f"{coerce(operand, wide)} = {coerce(against, wide)}")
            results.append(self.expression(branch.args["true"]))
            places.append(self.at(branch.args["true"]))
        default = node.args.get("default")
        if default is not None:
            results.append(self.expression(default))
            places.append(self.at(default))
        sqls, wide = functions.same_type(results, "All CASE results", places)
        whens = " ".join(f"WHEN {c} THEN {s}" for c, s in zip(conditions, sqls, strict=False))
        tail = f" ELSE {sqls[-1]}" if default is not None else ""
        return Typed(f"CASE {whens}{tail} END", wide)

    def _if(self, node: exp.If) -> Typed:
        condition = self._boolean(node.this, "IF condition")
        values = [self.expression(node.args["true"])]
        if node.args.get("false") is not None:
            values.append(self.expression(node.args["false"]))
        sqls, wide = functions.same_type(values, "Result types for IF", [self.at(node)] * len(values))
        tail = f" ELSE {sqls[1]}" if len(sqls) == 2 else ""
        return Typed(f"CASE WHEN {condition.sql} THEN {sqls[0]}{tail} END", wide)

    def _cast(self, node: exp.Cast) -> Typed:
        if node.args.get("format"):
            raise Refused("CAST ... FORMAT", self.at(node))
        value = self.expression(node.this)
        target = self.type_of(node.args["to"])
        literal = value.constant is not None and target.name in ("timestamp", "timestamp with time zone")
        if literal and target.name == "timestamp with time zone":
            return self._zoned_literal(value, node)
        return expressions.cast(value, target, self.at(node), safe=isinstance(node, exp.TryCast))

    def _zoned_literal(self, value: Typed, node: exp.Cast) -> Typed:
        text = (value.constant or "").strip()
        for zone in (" UTC", " Z", "Z", "+00:00"):
            if text.endswith(zone):
                plain = Typed(quote(text.removesuffix(zone)), VARCHAR, text.removesuffix(zone))
                moment = expressions.cast(plain, TIMESTAMP, self.at(node))
                return Typed(f"({moment.sql} AT TIME ZONE 'UTC')", TIMESTAMP_TZ)
        raise Refused("timestamp literal with a zone other than UTC", self.at(node))

    def type_of(self, node: exp.DataType) -> Type:
        """Type that is written in the query."""
        kind, inner = node.this, node.expressions
        numbers = [int(p.this.this) for p in inner if isinstance(p, exp.DataTypeParam)]
        simple = _TYPES.get(kind)
        if simple is not None and not (inner and kind not in (exp.DType.VARCHAR,)):
            return Type("varchar", tuple(numbers)) if kind == exp.DType.VARCHAR else simple
        if kind == exp.DType.DECIMAL:
            precision, scale = (numbers + [0])[:2] if numbers else (38, 0)
            if not 1 <= precision <= 38:
                raise QueryError(
                    "INVALID_FUNCTION_ARGUMENT" , f"DECIMAL precision must be in range [1, 38]: {precision}", self.at(node)
                )  # fmt: skip
            return decimal(precision, scale)
        if kind in (exp.DType.TIMESTAMP, exp.DType.TIMESTAMPTZ):
            word = "timestamp" if kind == exp.DType.TIMESTAMP else "timestamp with time zone"
            return Type(word, (numbers[0] if numbers else 3,))
        if kind == exp.DType.ARRAY and inner:
            return array(self.type_of(inner[0]))
        if kind == exp.DType.MAP and len(inner) == 2:
            return Type("map", (self.type_of(inner[0]), self.type_of(inner[1])))
        if kind == exp.DType.STRUCT:
            fields = []
            for f in inner:
                if isinstance(f, exp.ColumnDef):
                    fields.append((f.name, self.type_of(f.args["kind"])))
                else:
                    fields.append((None, self.type_of(f)))
            return Type("row", tuple(fields))
        raise Refused(f"type {node.sql('trino')}", self.at(node))

    def _interval(self, node: exp.Interval) -> Typed:
        unit = node.args["unit"].name.lower() if isinstance(node.args.get("unit"), exp.Var) else ""
        if not isinstance(node.this, exp.Literal) or unit not in _INTERVAL_UNITS:
            raise Refused(f"interval {node.sql('trino')}", self.at(node))
        digits = node.this.this.strip()
        if not digits.lstrip("+-").isdigit():
            raise Refused(f"interval {node.sql('trino')}", self.at(node))
        kind = MONTH_INTERVAL if unit in ("year", "month") else DAY_INTERVAL
        return Typed(f"to_{unit}s({int(digits)})", kind, unit)

    def _array(self, node: exp.Array) -> Typed:
        values = [self.expression(e) for e in node.expressions]
        if not values:
            return Typed("CAST([] AS INTEGER[])", array(UNKNOWN))
        sqls, wide = functions.same_type(values, "All ARRAY elements", [self.at(e) for e in node.expressions])
        return Typed(f"CAST([{', '.join(sqls)}] AS {duck_type(wide)}[])", array(wide))

    def _bracket(self, node: exp.Bracket) -> Typed:
        value, (index,) = self.expression(node.this), node.expressions
        key = self.expression(index)
        if value.type.name == "array" and is_integer(key.type):
            return Typed(f"trino_subscript({value.sql}, {key.sql})", value.type.args[0])
        if value.type.name == "map" and common_type(key.type, value.type.args[0]) == value.type.args[0]:
            return Typed(f"trino_map_value({value.sql}, {coerce(key, value.type.args[0])})", value.type.args[1])
        if value.type.name == "row":
            raise Refused("row[n]", self.at(node))
        raise QueryError("TYPE_MISMATCH", f"Cannot apply operator: {value.type}[{key.type}]", self.at(node))

    def _concat_operator(self, node: exp.DPipe) -> Typed:
        a, b = self.expression(node.left), self.expression(node.right)
        return functions.join_values(a, b, "||", self.at(node))

    def _extract(self, node: exp.Extract) -> Typed:
        part = node.this.name.lower()
        called = {"dow": "day_of_week", "doy": "day_of_year", "yow": "year_of_week"}.get(part, part)
        if called not in _EXTRACT:
            raise Refused(f"EXTRACT({part.upper()} ...)", self.at(node))
        return self._call(functions.FUNCTIONS[called], [self.expression(node.expression)], node)

    def _trim(self, node: exp.Trim) -> Typed:
        position = (node.args.get("position") or "BOTH").upper()
        called = {"BOTH": "trim", "LEADING": "ltrim", "TRAILING": "rtrim"}[position]
        args = [self.expression(node.this)]
        if node.expression is not None:
            args.append(self.expression(node.expression))
        return self._call(functions.FUNCTIONS[called], args, node)

    def _position(self, node: exp.StrPosition) -> Typed:
        args = [self.expression(node.this), self.expression(node.args["substr"])]
        return self._call(functions.FUNCTIONS["strpos"], args, node)

    def _substring(self, node: exp.Substring) -> Typed:
        args = [self.expression(node.args[k]) for k in ("this", "start", "length") if node.args.get(k) is not None]
        return self._call(functions.FUNCTIONS["substr"], args, node)

    def _current(self, node: exp.Expression) -> Typed:
        if isinstance(node, exp.CurrentDate):
            return Typed("CAST(current_timestamp AT TIME ZONE 'UTC' AS DATE)", DATE)
        return self._call(functions.FUNCTIONS["now"], [], node)

    def _subquery(self, node: exp.Expression) -> Typed:
        sql, t = self._one_column(node, scalar=True)
        return Typed(f"({sql})", t)

    def _one_column(self, node: exp.Expression, *, scalar: bool = False) -> tuple[str, Type]:
        tree = node.this if isinstance(node, exp.Subquery) and not _has_tail(node) else node
        bound = self._inner_query(tree)
        bound.body.needed |= set(bound.columns)
        if len(bound.columns) != 1:
            raise QueryError(
                "TYPE_MISMATCH" if not scalar else "NOT_SUPPORTED",
                f"Multiple columns returned by subquery are not yet supported. Found {len(bound.columns)}",
                self.at(node),
            )
        return bound.sql, bound.columns[0].type

    def _exists(self, node: exp.Exists) -> Typed:
        return Typed(f"EXISTS ({self._inner_query(node.this).sql})", BOOLEAN)

    def _inner_query(self, tree: exp.Expression) -> Bound:
        """Bind a query inside an expression; of the columns it touches, only the outer ones count as the expression's."""
        body = Body(root=True)
        before, self._made_of = self._made_of, [set()]
        try:
            bound = self._query(tree, body, self._scope)
        finally:
            touched, self._made_of = self._made_of[0], before
        self._body.inner.append(body)
        outer = {c for c in touched if self._visible(c)}
        for s in self._made_of:
            s |= outer
        return bound

    def _visible(self, column: Column) -> bool:
        scope: Scope | None = self._scope
        while scope is not None:
            if any(column in r.columns for r in scope.relations) or column in scope.merged.values():
                return True
            scope = scope.parent
        return False

    # --- calls ------------------------------------------------------------------------------------------------------

    def _function(self, node: exp.Anonymous) -> Typed:
        called = _function_name(node)
        if called == "grouping":
            return self._grouping(node)
        function = functions.FUNCTIONS.get(called)
        if function is None:
            raise Refused(f"function {called}", self.at(node))
        if function.kind == "aggregate":
            return self._aggregate(function, node)
        if function.kind == "window":
            raise QueryError(
                "FUNCTION_NOT_WINDOW" if False else "SYNTAX_ERROR",
                f"Window function {called} requires an OVER clause",
                self.at(node),
            )
        if function.lambdas:
            assert function.build is not None  # noqa: S101
            return function.build(self, node, [], self.at(node))
        return self._call(function, [self.expression(e) for e in node.expressions], node)

    def _call(self, function: functions.Function, args: list[Typed], node: exp.Expression) -> Typed:
        at = self.at(node)
        if function.build is not None:
            return function.build(self, node, args, at)
        overload, wanted, result = functions.choose(function, [a.type for a in args], at)
        sqls = [coerce(a, w) for a, w in zip(args, wanted, strict=True)]
        return Typed(self._fill(overload.sql, sqls, wanted, result, at), result)

    def _fill(
        self, template: str, sqls: list[str], wanted: list[Type], result: Type, at: Place, nulls: str = ""
    ) -> str:
        out = template.replace("{*}", ", ".join(sqls)).replace("{result}", duck_type(result)).replace("{nulls}", nulls)
        if "{text0}" in out:
            element = expressions.cast(Typed("e_", wanted[0].args[0]), VARCHAR, at).sql
            text = sqls[0] if element == "e_" else f"list_transform({sqls[0]}, lambda e_: {element})"
            out = out.replace("{text0}", text)
        if wanted:
            out = out.replace("{type0}", duck_type(wanted[0]))
        for i, s in enumerate(sqls):
            out = out.replace("{" + str(i) + "}", s)
        return out

    def _grouping(self, node: exp.Anonymous) -> Typed:
        if not self._scope.group_clause:
            raise QueryError(
                "MISSING_GROUP_BY",
                "A GROUPING() operation can only be used with a corresponding GROUPING SET/CUBE/ROLLUP/GROUP BY clause",
                self.at(node),
            )
        args = [self.expression(e).sql for e in node.expressions]
        return Typed(
            f"CAST(grouping({', '.join(args)}) AS BIGINT)"
            if len(args) > 31
            else f"CAST(grouping({', '.join(args)}) AS INTEGER)",
            BIGINT if len(args) > 31 else Type("integer"),
        )

    def _aggregate(
        self, function: functions.Function, node: exp.Expression, *, arguments: list[exp.Expression] | None = None,
        order: exp.Order | None = None, where: exp.Expression | None = None, over: str | None = None,
    ) -> Typed:  # fmt: skip
        """Bind an aggregate; with ``over`` it is computed over a window."""
        at = self.at(node)
        if over is None:
            if self._in_aggregate:
                raise QueryError(
                    "NESTED_AGGREGATION", f"Cannot nest aggregations inside aggregation '{function.name}'", at
                )
            if not self._allow_aggregates:
                raise QueryError(
                    "EXPRESSION_NOT_SCALAR", "Aggregations, window functions or grouping operations are not allowed here", at
                )  # fmt: skip
        arguments = list(node.expressions) if arguments is None else arguments
        if arguments and isinstance(arguments[-1], exp.Order):
            order = arguments[-1]
            arguments = [*arguments[:-1], order.this]
        distinct = ""
        if arguments and isinstance(arguments[0], exp.Distinct):
            if len(arguments[0].expressions) != 1 and function.name == "count":
                raise QueryError(
                    "FUNCTION_NOT_FOUND",
                    f"Unexpected parameters for function count: {len(arguments[0].expressions)} columns. Expected: count(), count(T)",
                    at,
                )
            distinct = "DISTINCT "
            arguments = [*arguments[0].expressions, *arguments[1:]]
        if len(arguments) == 1 and isinstance(arguments[0], exp.Star):
            if function.name != "count":
                raise QueryError("SYNTAX_ERROR", f"mismatched input '*' in {function.name}", at)
            arguments = []
        before, self._in_aggregate = self._in_aggregate, over is None or self._in_aggregate
        try:
            args = [self.expression(a) for a in arguments]
            keys = (
                [self.expression(o.this).sql + self._direction(o) for o in order.expressions]
                if order is not None
                else []
            )
            condition = self._boolean(where, "FILTER").sql if where is not None else None
        finally:
            self._in_aggregate = before
        overload, wanted, result = functions.choose(function, [a.type for a in args], at)
        sqls = [coerce(a, w) for a, w in zip(args, wanted, strict=True)]
        parts = []
        for part in overload.parts:
            call = self._fill(part, sqls, wanted, result, at)
            head, _, rest = call.partition("(")
            if keys:
                rest = f"{rest[:-1]} ORDER BY {', '.join(keys)})"
            call = f"{head}({distinct}{rest}"
            if condition is not None:
                call += f" FILTER (WHERE {condition})"
            parts.append(call + (over or ""))
        return Typed(self._combine(overload.sql, parts, wanted, result), result)

    def _combine(self, template: str, parts: list[str], wanted: list[Type], result: Type) -> str:
        if template == "{average}":
            (_, scale) = wanted[0].args
            total = expressions.unscaled(parts[0], decimal(38, scale))
            average = expressions.scaled(f"divide_half_up({total}, CAST({parts[1]} AS HUGEINT))", result)
            return f"CASE WHEN {parts[1]} > 0 THEN {average} END"
        out = template.replace("{result}", duck_type(result))
        for i, p in enumerate(parts):
            out = out.replace("{" + str(i) + "}", p)
        return out

    def _filter(self, node: exp.Filter) -> Typed:
        return self._filtered(node, None)

    def _filtered(self, node: exp.Filter, over: str | None) -> Typed:
        inner = node.this
        where = node.expression.this
        if isinstance(inner, exp.GroupConcat):
            return self._listagg(inner, where, over)
        function, arguments = self._aggregate_of(inner)
        return self._aggregate(function, inner, arguments=arguments, where=where, over=over)

    def _aggregate_of(self, node: exp.Expression) -> tuple[functions.Function, list[exp.Expression] | None]:
        if isinstance(node, exp.ArgMax | exp.ArgMin):
            called = "max_by" if isinstance(node, exp.ArgMax) else "min_by"
            if node.args.get("count") is not None:
                raise Refused(f"{called} with three arguments", self.at(node))
            return functions.FUNCTIONS[called], [node.this, node.expression]
        called = _function_name(node) if isinstance(node, exp.Anonymous) else node.key
        function = functions.FUNCTIONS.get(called)
        if function is None:
            raise Refused(f"function {called}", self.at(node))
        if function.kind != "aggregate":
            raise QueryError(
                "FUNCTION_NOT_AGGREGATE", f"Filter is only valid for aggregation functions: {called}", self.at(node)
            )
        return function, None

    def _arg_extreme(self, node: exp.Expression) -> Typed:
        function, arguments = self._aggregate_of(node)
        return self._aggregate(function, node, arguments=arguments)

    def _group_concat(self, node: exp.GroupConcat) -> Typed:
        return self._listagg(node, None, None)

    def _listagg(self, node: exp.GroupConcat, where: exp.Expression | None, over: str | None) -> Typed:
        if node.args.get("on_overflow"):
            raise Refused("LISTAGG ... ON OVERFLOW", self.at(node))
        inner, order = node.this, None
        if isinstance(inner, exp.Order):
            inner, order = inner.this, inner
        arguments = [inner]
        if node.args.get("separator") is not None:
            arguments.append(node.args["separator"])
        return self._aggregate(
            functions.FUNCTIONS["listagg"], node, arguments=arguments, order=order, where=where, over=over
        )

    # --- windows ----------------------------------------------------------------------------------------------------

    def _name_windows(self, tree: exp.Select, scope: Scope) -> None:
        for w in tree.args.get("windows") or []:
            scope.windows[w.this.name.lower()] = w

    def _window(self, node: exp.Window) -> Typed:
        if not self._allow_aggregates or self._in_aggregate:
            raise QueryError(
                "EXPRESSION_NOT_SCALAR" if not self._in_aggregate else "NESTED_WINDOW",
                "Aggregations, window functions or grouping operations are not allowed here", self.at(node),
            )  # fmt: skip
        over = self._over(node)
        inner, nulls = node.this, ""
        if isinstance(inner, exp.IgnoreNulls):
            inner, nulls = inner.this, " IGNORE NULLS"
        elif isinstance(inner, exp.RespectNulls):
            inner = inner.this
        if isinstance(inner, exp.Filter):
            return self._filtered(inner, over)
        if isinstance(inner, exp.GroupConcat):
            return self._listagg(inner, None, over)
        if isinstance(inner, exp.ArgMax | exp.ArgMin):
            function, arguments = self._aggregate_of(inner)
            return self._aggregate(function, inner, arguments=arguments, over=over)
        called = _function_name(inner) if isinstance(inner, exp.Anonymous) else inner.key
        function_ = functions.FUNCTIONS.get(called)
        if function_ is None:
            raise Refused(f"function {called}", self.at(node))
        if function_.kind == "aggregate":
            return self._aggregate(function_, inner, over=over)
        if function_.kind != "window":
            raise QueryError("FUNCTION_NOT_WINDOW", f"Not a window function: {called}", self.at(node))
        args = [self.expression(e) for e in inner.expressions]
        overload, wanted, result = functions.choose(function_, [a.type for a in args], self.at(node))
        sqls = [coerce(a, w) for a, w in zip(args, wanted, strict=True)]
        call = self._fill(overload.parts[0], sqls, wanted, result, self.at(node), nulls)
        return Typed(self._combine(overload.sql, [call + over], wanted, result), result)

    def _over(self, node: exp.Window) -> str:
        partition, order, spec = (node.args.get(k) for k in ("partition_by", "order", "spec"))
        named = node.args.get("alias")
        if named is not None:
            base = self._scope.windows.get(named.name.lower())
            if base is None:
                raise QueryError("INVALID_WINDOW_REFERENCE", f"Cannot resolve WINDOW name {named.name}", self.at(node))
            partition = partition or base.args.get("partition_by")
            order = order or base.args.get("order")
            spec = spec or base.args.get("spec")
        parts = []
        if partition:
            parts.append("PARTITION BY " + ", ".join(self.expression(p).sql for p in partition))
        if order is not None:
            parts.append(
                "ORDER BY " + ", ".join(self.expression(o.this).sql + self._direction(o) for o in order.expressions)
            )
        if spec is not None:
            parts.append(self._frame(spec, order, node))
        return f" OVER ({' '.join(parts)})"

    def _frame(self, spec: exp.WindowSpec, order: exp.Order | None, node: exp.Window) -> str:
        kind = (spec.args.get("kind") or "").upper()
        if kind not in ("ROWS", "RANGE", "GROUPS") or spec.args.get("exclude"):
            raise Refused(f"window frame {kind}", self.at(node))
        bounds = []
        for which in ("start", "end"):
            bound = spec.args.get(which)
            if bound is None:
                continue
            side = spec.args.get(f"{which}_side") or ""
            if isinstance(bound, str):
                bounds.append(f"{bound} {side}".strip())
                continue
            value = self.expression(bound)
            if kind == "RANGE":
                self._check_range(value, order, node)
            elif not is_integer(value.type):
                raise QueryError(
                    "TYPE_MISMATCH",
                    f"Window frame {kind} value type must be exact numeric type with scale 0 (actual {value.type})",
                    self.at(bound),
                )
            bounds.append(f"{value.sql} {side}")
        return f"{kind} BETWEEN {bounds[0]} AND {bounds[1]}" if len(bounds) == 2 else f"{kind} {bounds[0]}"

    def _check_range(self, value: Typed, order: exp.Order | None, node: exp.Window) -> None:
        if order is None or len(order.expressions) != 1:
            raise QueryError(
                "INVALID_ORDER_BY",
                "Window frame of type RANGE PRECEDING or FOLLOWING requires single sort item in ORDER BY",
                self.at(node),
            )
        key = self.expression(order.expressions[0].this).type
        fits = (is_numeric(key) and is_numeric(value.type)) or (
            key.name in ("date", "timestamp", "timestamp with time zone") and value.type.name.startswith("interval")
        )
        if not fits:
            raise QueryError(
                "TYPE_MISMATCH",
                f"Window frame of type RANGE PRECEDING or FOLLOWING requires that sort item type be numeric, datetime or interval (actual: {key})"
                if not (is_numeric(key) or key.name in ("date", "timestamp"))
                else f"Window frame RANGE value type ({value.type}) not compatible with sort item type ({key})",
                self.at(node),
            )


def _conjuncts(node: exp.Expression) -> Iterator[exp.Expression]:
    if isinstance(node, exp.And):
        yield from _conjuncts(node.left)
        yield from _conjuncts(node.right)
    elif isinstance(node, exp.Paren):
        yield from _conjuncts(node.this)
    else:
        yield node


def _has_tail(node: exp.Expression) -> bool:
    return any(node.args.get(k) for k in ("order", "limit", "offset", "with_"))


def _function_name(node: exp.Anonymous) -> str:
    called = node.this
    return (called.name if isinstance(called, exp.Identifier) else str(called)).lower()


_TYPES = {
    exp.DType.BOOLEAN: BOOLEAN, exp.DType.TINYINT: Type("tinyint"), exp.DType.SMALLINT: Type("smallint"),
    exp.DType.INT: Type("integer"), exp.DType.BIGINT: BIGINT, exp.DType.FLOAT: Type("real"), exp.DType.DOUBLE: Type("double"),
    exp.DType.VARCHAR: VARCHAR, exp.DType.VARBINARY: VARBINARY, exp.DType.DATE: DATE, exp.DType.JSON: Type("json"),
}  # fmt: skip
_INTERVAL_UNITS = ("year", "month", "week", "day", "hour", "minute", "second")
_EXTRACT = {
    "year", "quarter", "month", "week", "day", "day_of_month", "day_of_week", "day_of_year", "year_of_week", "hour",
    "minute", "second",
}  # fmt: skip

_HANDLERS: dict[type, Callable[..., Typed]] = {
    exp.Column: Binder._bind_column, exp.Literal: Binder._literal, exp.Identifier: Binder._identifier,
    exp.Null: lambda b, n: Typed("NULL", UNKNOWN),
    exp.Boolean: lambda b, n: Typed("true" if n.this else "false", BOOLEAN),
    exp.HexString: Binder._hex, exp.Dot: Binder._dot, exp.Paren: Binder._paren, exp.Neg: Binder._neg,
    exp.Add: Binder._binary, exp.Sub: Binder._binary, exp.Mul: Binder._binary, exp.Div: Binder._binary,
    exp.Mod: Binder._binary,
    exp.EQ: Binder._comparison, exp.NEQ: Binder._comparison, exp.LT: Binder._comparison, exp.LTE: Binder._comparison,
    exp.GT: Binder._comparison, exp.GTE: Binder._comparison,
    exp.And: Binder._logic, exp.Or: Binder._logic, exp.Not: Binder._not, exp.Is: Binder._is,
    exp.NullSafeEQ: Binder._distinct_from, exp.NullSafeNEQ: Binder._distinct_from,
    exp.Between: Binder._between, exp.In: Binder._in, exp.Like: Binder._like, exp.Escape: Binder._escape,
    exp.Case: Binder._case, exp.If: Binder._if, exp.Cast: Binder._cast, exp.TryCast: Binder._cast,
    exp.Interval: Binder._interval, exp.Array: Binder._array, exp.Bracket: Binder._bracket,
    exp.DPipe: Binder._concat_operator, exp.Extract: Binder._extract, exp.Trim: Binder._trim,
    exp.StrPosition: Binder._position, exp.Substring: Binder._substring, exp.CurrentDate: Binder._current,
    exp.CurrentTimestamp: Binder._current, exp.Subquery: Binder._subquery,
    exp.Select: Binder._subquery, exp.Exists: Binder._exists, exp.Anonymous: Binder._function,
    exp.Filter: Binder._filter, exp.GroupConcat: Binder._group_concat, exp.ArgMax: Binder._arg_extreme,
    exp.ArgMin: Binder._arg_extreme, exp.Window: Binder._window,
}  # fmt: skip
