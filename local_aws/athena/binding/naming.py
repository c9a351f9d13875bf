"""Names in expressions: columns, fields of rows, arguments of lambdas."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from local_aws.athena import dialect
from local_aws.athena.binding.scopes import Column, Scope
from local_aws.athena.errors import QueryError, Refused
from local_aws.athena.expressions import Place, Typed, quote
from local_aws.athena.trino_types import field_names

if TYPE_CHECKING:
    from local_aws.athena.binding.binder import Binder


def bind_column(binder: Binder, node: exp.Column) -> Typed:
    """Bind a name, however many parts it has."""
    if not node.table:
        scope: Scope | None = binder.scope
        while scope is not None:
            if node.name.lower() in scope.variables:
                return Typed(scope.variable_sql[node.name.lower()], scope.variables[node.name.lower()])
            if binder.in_scope(node, scope) is not None:
                break
            scope = scope.parent
    column = binder.column(node)
    if column is None:
        return _field_of_row(binder, node)
    for s in binder.collectors:
        s.add(column)
    if binder.override is not None and column in binder.override:
        return Typed(binder.override[column], column.type)
    owner = binder.scope
    if owner.grouped and not binder.in_aggregate and _owns(owner, column) and column not in owner.group_columns:
        binder.not_grouped(node.sql("trino"), binder.at(node))
    return Typed(column.sql, column.type)


def _owns(scope: Scope, column: Column) -> bool:
    """Tell whether a grouped query (its ORDER BY and lambdas have a scope of their own inside) offers the column."""
    while True:
        if any(column in r.columns for r in scope.relations) or column in scope.merged.values():
            return scope.grouped
        if scope.parent is None or not scope.parent.grouped:
            return False
        scope = scope.parent


def _field_of_row(binder: Binder, node: exp.Column) -> Typed:
    parts = list(node.parts)
    if len(parts) > 1:
        head = exp.Column(this=parts[0].copy())
        head.this.meta.update(parts[0].meta)
        rest = parts[1:]
        if binder.column(head) is None and len(parts) > 2:
            head = exp.Column(this=parts[1].copy(), table=parts[0].copy())
            rest = parts[2:]
        if binder.column(head) is not None or (not head.table and binder.is_variable(head.name)):
            value = bind_column(binder, head)
            for p in rest:
                value = _field_of(binder, value, p.name, binder.at(node))
            return value
    return binder.not_found(node.sql("trino").replace('"', "") if node.table else node.name, binder.at(node))


def _field_of(binder: Binder, value: Typed, called: str, at: Place) -> Typed:
    if value.type.name != "row":
        raise QueryError("TYPE_MISMATCH", f"Expression is not of type ROW: {value.type}", at)
    for duck_name, (field_name, t) in zip(field_names(value.type), value.type.args, strict=True):
        if field_name and field_name.lower() == called.lower():
            return Typed(f"struct_extract({value.sql}, {quote(duck_name)})", t)
    return binder.not_found(called, at)


def bind_identifier(binder: Binder, node: exp.Identifier) -> Typed:
    """Bind a bare name, as lambdas have them."""
    return bind_column(binder, _as_column(binder, node))


def _as_column(binder: Binder, node: exp.Identifier) -> exp.Column:
    column = exp.Column(this=node.copy())
    column.this.meta.update(node.meta)
    return column


def bind_dot(binder: Binder, node: exp.Dot) -> Typed:
    """Bind ``row.field``."""
    if isinstance(node.expression, exp.Anonymous):
        raise Refused(f"function {dialect.function_name(node.expression)}", binder.at(node))
    if isinstance(node.this, exp.Identifier) and binder.is_variable(node.this.name):
        return _field_of(binder, bind_identifier(binder, node.this), node.name, binder.at(node))
    return _field_of(binder, binder.expression(node.this), node.name, binder.at(node))
