"""Conditions of WHERE and ON, noted at the scans whose own columns decide them: for partitions and row groups."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sqlglot import exp

from local_aws.athena.binding import scalars
from local_aws.athena.binding.scopes import Column, Filter, Relation
from local_aws.athena.expressions import Typed, coerce, name
from local_aws.athena.trino_types import common_type

if TYPE_CHECKING:
    from local_aws.athena.binding.binder import Binder

_MIRRORED: dict[type[exp.Expr], type[exp.Binary]] = {
    exp.EQ: exp.EQ,
    exp.LT: exp.GT,
    exp.LTE: exp.GTE,
    exp.GT: exp.LT,
    exp.GTE: exp.LTE,
}
_NEVER_TWICE = ("random(", "uuid(")


def push(binder: Binder, conjunct: exp.Expr, *, only: Relation | None = None, inner: bool = True) -> None:
    """Note a condition at every scan whose own columns decide it alone."""
    if conjunct.find(exp.Query, exp.Window, exp.Subquery):
        return
    with binder.collect() as made_of:
        binder.expression(conjunct)
    if not made_of or _touches_outer(binder, made_of):
        return
    relations = {c.relation for c in made_of}
    relation = relations.pop()
    if relations or relation is None or relation.ref is None or (only is not None and relation is not only):
        return
    for scan in set.intersection(*(set(c.origins) for c in made_of)):
        binder.override = {c: name(c.origins[scan]) for c in made_of}
        try:
            sql = binder.expression(conjunct).sql
            span = _span_of(binder, conjunct) if len(made_of) == 1 else None
        finally:
            binder.override = None
        if not any(n in sql for n in _NEVER_TWICE):
            outer = relation.outer and inner
            columns = frozenset(c.origins[scan] for c in made_of)
            relation.ref.filters.setdefault(scan, []).append(Filter(sql, columns, outer, span))


def _span_of(binder: Binder, conjunct: exp.Expr) -> str | None:
    """Turn a comparison of a bare column with constants into one of its least and greatest value."""
    if isinstance(conjunct, exp.Between) and isinstance(conjunct.this, exp.Column):
        low = _bound_span(binder, exp.GTE, conjunct.this, conjunct.args["low"])
        high = _bound_span(binder, exp.LTE, conjunct.this, conjunct.args["high"])
        return f"({low} AND {high})" if low and high else None
    if isinstance(conjunct, exp.In) and isinstance(conjunct.this, exp.Column) and conjunct.expressions:
        spans = [_bound_span(binder, exp.EQ, conjunct.this, e) for e in conjunct.expressions]
        return f"({' OR '.join(s for s in spans if s)})" if all(spans) else None
    kind = type(conjunct)
    if not isinstance(conjunct, exp.Binary) or kind not in _MIRRORED:
        return None
    if isinstance(conjunct.left, exp.Column):
        return _bound_span(binder, type(conjunct), conjunct.left, conjunct.right)
    if isinstance(conjunct.right, exp.Column):
        return _bound_span(binder, _MIRRORED[kind], conjunct.right, conjunct.left)
    return None


def _bound_span(binder: Binder, kind: type[exp.Binary], column: exp.Column, constant: exp.Expr) -> str | None:
    with binder.collect() as made_of:
        a, b = binder.expression(column), binder.expression(constant)
    found = binder.column(column)
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
    return f"({least if kind in (exp.LT, exp.LTE) else greatest} {scalars.COMPARISONS[kind]} {value})"


def _touches_outer(binder: Binder, made_of: set[Column]) -> bool:
    here = {c for r in binder.scope.relations for c in r.columns} | set(binder.scope.merged.values())
    return bool(made_of - here)


def conjuncts(node: exp.Expr) -> Iterator[exp.Expr]:
    """Yield the conditions that AND joins."""
    if isinstance(node, exp.And):
        yield from conjuncts(node.left)
        yield from conjuncts(node.right)
    elif isinstance(node, exp.Paren):
        yield from conjuncts(node.this)
    else:
        yield node
