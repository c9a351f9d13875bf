"""GROUP BY, and what may stand beside it.

Source: https://trino.io/docs/current/sql/select.html#group-by-clause
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from sqlglot import exp

from local_aws.athena import dialect, functions
from local_aws.athena.binding.scopes import Body, Column, Scope
from local_aws.athena.errors import QueryError, Refused
from local_aws.athena.expressions import Typed
from local_aws.athena.trino_types import duck_type

if TYPE_CHECKING:
    from local_aws.athena.binding.binder import Binder


def bind_group(binder: Binder, tree: exp.Select, scope: Scope, body: Body) -> str:
    """Bind GROUP BY and note in the scope what counts as grouped."""
    group = tree.args.get("group")
    order = tree.args.get("order")
    computed = [*tree.expressions, *(o.this for o in order.expressions)] if order is not None else tree.expressions
    aggregated = any(_has_aggregate(binder, e) for e in computed)
    if group is None and tree.args.get("having") is None and not aggregated:
        return ""
    columns: set[Column] = set()
    sqls: set[str] = set()

    def key(node: exp.Expr) -> str:
        node = _group_item(binder, node, tree)
        if _has_aggregate(binder, node):
            raise QueryError(
                "EXPRESSION_NOT_SCALAR",
                "GROUP BY clause cannot contain aggregations, window functions or grouping operations: "
                + node.sql("trino"),
                binder.at(node),
            )
        value = binder.expression(node)
        if isinstance(node, exp.Column) and (found := binder.column(node)) is not None and found.sql == value.sql:
            columns.add(found)
        sqls.add(value.sql)
        if isinstance(node, exp.Literal | exp.Null | exp.Boolean):
            return f"CAST({value.sql} AS {duck_type(value.type)})"
        return value.sql

    text = ""
    if group is not None:
        with binder.collect() as made_of:
            text = _group_text(binder, group, key)
        body.needed |= made_of
    scope.grouped, scope.group_columns, scope.group_sql = True, columns, sqls
    scope.group_clause = group is not None
    return text


def _group_text(binder: Binder, group: exp.Group, key: Callable[[exp.Expr], str]) -> str:
    if group.args.get("totals"):
        raise Refused("GROUP BY ... WITH TOTALS", binder.at(group))
    if group.args.get("all"):
        raise Refused("GROUP BY ALL", binder.at(group))
    parts = [key(e) for e in group.expressions]
    for word, kind in (("ROLLUP", "rollup"), ("CUBE", "cube")):
        for r in group.args.get(kind) or []:
            if not r.expressions:
                raise Refused(f"WITH {word}", binder.at(r))
            parts.append(f"{word} ({', '.join(_group_set(binder, e, key, bare=True) for e in r.expressions)})")
    for sets in group.args.get("grouping_sets") or []:
        parts.append(f"GROUPING SETS ({', '.join(_group_set(binder, e, key) for e in sets.expressions)})")
    return f" GROUP BY {', '.join(parts)}"


def _group_set(binder: Binder, node: exp.Expr, key: Callable[[exp.Expr], str], *, bare: bool = False) -> str:
    if isinstance(node, exp.Tuple):
        return f"({', '.join(key(e) for e in node.expressions)})"
    if isinstance(node, exp.Rollup | exp.Cube):
        raise Refused("ROLLUP or CUBE inside GROUPING SETS", binder.at(node))
    inner = key(node.this if isinstance(node, exp.Paren) else node)
    return inner if bare else f"({inner})"


def _group_item(binder: Binder, node: exp.Expr, tree: exp.Select) -> exp.Expr:
    if isinstance(node, exp.Literal) and not node.is_string and node.this.isdigit():
        n, items = int(node.this), tree.expressions
        if not 1 <= n <= len(items):
            raise QueryError(
                "INVALID_COLUMN_REFERENCE", f"GROUP BY position {n} is not in select list", binder.at(node)
            )
        if any(isinstance(i, exp.Star) or (isinstance(i, exp.Column) and isinstance(i.this, exp.Star)) for i in items):
            raise Refused("GROUP BY position in a select list with *", binder.at(node))
        item: exp.Expr = items[n - 1]
        return item.unalias()
    return node


def _has_aggregate(binder: Binder, node: exp.Expr) -> bool:
    stack = [node]
    while stack:
        n = stack.pop()
        if isinstance(n, exp.Query | exp.Subquery):
            continue
        if isinstance(n, exp.Window):
            # the function over the window is none itself, but what it is computed from can be
            inner = n.this
            while isinstance(inner, exp.Filter | exp.IgnoreNulls | exp.RespectNulls):
                inner = inner.this
            stack += list(inner.iter_expressions())
            for k in ("partition_by", "order"):
                found = n.args.get(k)
                stack += found if isinstance(found, list) else [found] if found is not None else []
            continue
        if isinstance(n, exp.Anonymous) and _kind_of(binder, n) in ("aggregate", "grouping"):
            return True
        if isinstance(n, exp.GroupConcat | exp.ArgMax | exp.ArgMin):
            return True
        stack += list(n.iter_expressions())
    return False


def _kind_of(binder: Binder, node: exp.Anonymous) -> str | None:
    called = dialect.function_name(node)
    if called == "grouping":
        return "grouping"
    found = functions.FUNCTIONS.get(called)
    return found.kind if found else None


def group_match(binder: Binder, node: exp.Expr) -> Typed | None:
    """Bind an expression that equals one of the GROUP BY, or return None."""
    if not binder.scope.group_sql or node.find(exp.Query, exp.Window) or _has_aggregate(binder, node):
        return None
    before = (binder.in_aggregate, binder.allow_aggregates)
    binder.in_aggregate = True
    try:
        with binder.collect():
            value = binder.expression(node)
    except QueryError:
        return None
    finally:
        binder.in_aggregate, binder.allow_aggregates = before
    return value if value.sql in binder.scope.group_sql else None
