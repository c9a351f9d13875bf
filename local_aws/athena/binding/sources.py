"""FROM: tables, views, named queries, joins, LATERAL and UNNEST.

Source: https://trino.io/docs/current/sql/select.html#from-clause
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from local_aws.athena import dialect
from local_aws.athena.binding import pushdown, queries
from local_aws.athena.binding.scopes import Body, Column, Cte, Ref, Relation, Scan, Scope
from local_aws.athena.errors import QueryError, Refused
from local_aws.athena.expressions import Typed, coerce, name, quote
from local_aws.athena.trino_types import BIGINT, VARCHAR, Type, common_type, field_names

if TYPE_CHECKING:
    from local_aws.athena.binding.binder import Binder


def bind_from(binder: Binder, tree: exp.Select, scope: Scope, body: Body) -> str:
    """Bind FROM and its joins; the relations go into ``scope``."""
    source = tree.args.get("from_")
    if source is None:
        return ""
    sql, relations = _bind_relation(binder, source.this, scope, body)
    scope.relations += relations
    sql = _bind_joins(binder, sql, source.this, scope, body)
    for join in tree.args.get("joins") or []:
        sql = _bind_join(binder, sql, join, scope, body)
    return f" FROM {sql}"


def _bind_joins(binder: Binder, sql: str, node: exp.Expr, scope: Scope, body: Body) -> str:
    for join in node.args.get("joins") or []:
        sql = _bind_join(binder, sql, join, scope, body)
    return sql


def _bind_join(binder: Binder, left_sql: str, join: exp.Join, scope: Scope, body: Body) -> str:
    side, kind, method = (join.args.get(k) or "" for k in ("side", "kind", "method"))
    if method or kind not in ("", "INNER", "OUTER", "CROSS") or join.args.get("global"):
        raise Refused(f"{method} {kind} JOIN".strip(), binder.at(join))
    on, using = join.args.get("on"), join.args.get("using")
    left = list(scope.relations)
    right_sql, right = _bind_relation(binder, join.this, scope, body)
    for r in [*(left if side in ("RIGHT", "FULL") else []), *(right if side in ("LEFT", "FULL") else [])]:
        r.outer = True
    scope.relations += right
    if kind == "CROSS" or (not on and not using and not side):
        if on is not None:
            raise Refused("CROSS JOIN with ON", binder.at(join))
        return f"{left_sql} CROSS JOIN {right_sql}"
    word = f"{side} JOIN" if side else "JOIN"
    if using:
        return f"{left_sql} {word} {right_sql} ON {_bind_using(binder, using, left, right, scope, side, body)}"
    if on is None:
        raise QueryError("SYNTAX_ERROR", "mismatched input: JOIN needs ON or USING", binder.at(join))
    return f"{left_sql} {word} {right_sql} ON {_bind_on(binder, on, side, right, body)}"


def _bind_on(binder: Binder, on: exp.Expr, side: str, right: list[Relation], body: Body) -> str:
    with binder.collect() as made_of:
        condition = binder.boolean(on, "JOIN ON clause")
    body.needed |= made_of
    for conjunct in pushdown.conjuncts(on):
        if not side:
            pushdown.push(binder, conjunct)
        elif side == "LEFT" and len(right) == 1:
            pushdown.push(binder, conjunct, only=right[0], inner=False)
    return condition.sql


def _bind_using(
    binder: Binder,
    using: list[exp.Expr],
    left: list[Relation],
    right: list[Relation],
    scope: Scope,
    side: str,
    body: Body,
) -> str:
    conditions = []
    for identifier in using:
        wanted = identifier.name.lower()
        x = scope.merged.get(wanted) or _find_in(binder, left, identifier)
        y = _find_in(binder, right, identifier)
        wide = common_type(x.type, y.type)
        if wide is None:
            raise QueryError("TYPE_MISMATCH", f"Cannot apply operator: {x.type} = {y.type}", binder.at(identifier))
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


def _find_in(binder: Binder, relations: list[Relation], identifier: exp.Expr) -> Column:
    found = [c for r in relations for c in r.columns if c.name.lower() == identifier.name.lower()]
    if not found:
        binder.not_found(identifier.name, binder.at(identifier))
    if len(found) > 1:
        raise QueryError("AMBIGUOUS_NAME", f"Column '{identifier.name}' is ambiguous", binder.at(identifier))
    return found[0]


def _bind_relation(binder: Binder, node: exp.Expr, scope: Scope, body: Body) -> tuple[str, list[Relation]]:
    for clause in ("sample", "pivots", "hints", "version", "when", "changes", "rows_from", "ordinality"):
        if node.args.get(clause):
            raise Refused(f"{'TABLESAMPLE' if clause == 'sample' else clause.upper()} in FROM", binder.at(node))
    if isinstance(node, exp.Table):
        if isinstance(node.this, exp.Anonymous):
            raise Refused(f"table function {dialect.function_name(node.this)}", binder.at(node))
        return _bind_table(binder, node, body)
    if isinstance(node, exp.Subquery):
        return _bind_derived(binder, node, scope, body, lateral=False)
    if isinstance(node, exp.Lateral):
        return _bind_lateral(binder, node, scope, body)
    if isinstance(node, exp.Unnest):
        return _bind_unnest(binder, node, scope, body)
    if isinstance(node, exp.Values):
        return _bind_derived(binder, node, scope, body, lateral=False)
    if isinstance(node, exp.Paren):
        return _bind_relation(binder, node.this, scope, body)
    raise Refused(f"{node.key.upper()} in FROM", binder.at(node))


def _bind_table(binder: Binder, node: exp.Table, body: Body) -> tuple[str, list[Relation]]:
    called = node.alias or node.name
    if not node.db:
        for level in reversed(binder.ctes):
            if node.name.lower() in level:
                return _use_cte(binder, level[node.name.lower()], node, called, body)
    if node.catalog and node.catalog.lower() != "awsdatacatalog":
        raise QueryError("CATALOG_NOT_FOUND", f"Catalog '{node.catalog}' does not exist", binder.at(node))
    database = (node.db or binder.database).lower()
    if database == "information_schema":
        raise Refused("information_schema", binder.at(node))
    query = binder.catalog.view(database, node.name.lower())
    if query is not None:
        return _bind_view(binder, query, database, node, called, body)
    columns = binder.catalog.columns(database, node.name.lower(), binder.at(node))
    ref = Ref(body)
    scan = Scan(binder.new("s"), database, node.name.lower(), columns, ref)
    binder.scans.append(scan)
    sql_alias = binder.new("r")
    offered = [
        Column(c.name, c.type, f"{sql_alias}.{name(c.name)}", origins={scan: c.name}, base=(scan, c.name))
        for c in columns
    ]
    path = Column("$path", VARCHAR, f'{sql_alias}."$path"', base=(scan, "$path"), hidden=True)
    names = _alias_columns(binder, node, [c.name for c in offered])
    for c, n in zip(offered, names, strict=True):
        c.name = n
    relation = Relation(called, [*offered, path], ref, None if node.alias else database)
    return f"{scan.view} AS {sql_alias}", [relation]


def _bind_view(
    binder: Binder, query: str, database: str, node: exp.Table, called: str, body: Body
) -> tuple[str, list[Relation]]:
    """Return a view is its query, read with names of its own."""
    before = (binder.text, binder.database, binder.ctes)
    binder.text, binder.database, binder.ctes = query, database, [{}]
    view_body, ref = Body(), Ref(body)
    view_body.refs.append(ref)
    body.inner.append(view_body)
    try:
        with binder.inside(Scope([])):
            bound = binder.query(dialect.parse(query), view_body, Scope([]))
    except QueryError as e:
        raise QueryError("INVALID_VIEW", f"Failed analyzing stored view '{database}.{node.name}': {e}") from e
    finally:
        binder.text, binder.database, binder.ctes = before
    names = _alias_columns(binder, node, [c.name for c in bound.columns])
    sql_alias = binder.new("r")
    columns = [
        Column(n, c.type, f"{sql_alias}.{c.sql}", {c}, dict(c.origins))
        for n, c in zip(names, bound.columns, strict=True)
    ]
    return f"({bound.sql}) AS {sql_alias}", [Relation(called, columns, ref, None if node.alias else database)]


def _alias_columns(binder: Binder, node: exp.Expr, names: list[str]) -> list[str]:
    alias = node.args.get("alias")
    given = [i.name for i in alias.columns] if alias is not None else []
    if given and len(given) != len(names):
        raise QueryError(
            "MISMATCHED_COLUMN_ALIASES",
            f"Column alias list has {len(given)} entries but '{node.alias}' has {len(names)} columns available",
            binder.at(node),
        )
    return given or names


def _use_cte(binder: Binder, cte: Cte, node: exp.Table, called: str, body: Body) -> tuple[str, list[Relation]]:
    ref = Ref(body)
    cte.bound.body.refs.append(ref)
    body.inner.append(cte.bound.body)
    names = _alias_columns(binder, node, cte.names)
    sql_alias = binder.new("r")
    columns = [
        Column(n, c.type, f"{sql_alias}.{c.sql}", {c}, dict(c.origins), explicit_name=c.explicit_name)
        for n, c in zip(names, cte.bound.columns, strict=True)
    ]
    return f"{cte.sql_name} AS {sql_alias}", [Relation(called, columns, ref)]


def _bind_derived(
    binder: Binder, node: exp.Expr, scope: Scope, body: Body, *, lateral: bool, alias: exp.Expr | None = None
) -> tuple[str, list[Relation]]:
    alias = alias or node
    inner_body = Body()
    ref = Ref(body)
    inner_body.refs.append(ref)
    body.inner.append(inner_body)
    if isinstance(node, exp.Subquery) and isinstance(node.this, exp.Table):
        # a bracketed join: (a join b on ...)
        if node.alias:
            raise Refused("alias for a bracketed join", binder.at(node))
        inner = Scope([], scope.parent)
        with binder.inside(inner, body):
            sql, relations = _bind_relation(binder, node.this, inner, body)
            inner.relations += relations
            sql = _bind_joins(binder, sql, node.this, inner, body)
        return f"({sql})", inner.relations
    outer = Scope(list(scope.relations), scope.parent, dict(scope.merged)) if lateral else scope.parent or Scope([])
    tree = node.this if isinstance(node, exp.Subquery) and not queries.has_tail(node) else node
    bound = binder.query(tree, inner_body, outer)
    sql_alias = binder.new("r")
    names = _alias_columns(binder, alias, [c.name for c in bound.columns])
    given = alias.args.get("alias") is not None and alias.args["alias"].columns
    columns = [
        Column(n, c.type, f"{sql_alias}.{c.sql}", {c}, dict(c.origins), explicit_name=bool(given) or c.explicit_name)
        for n, c in zip(names, bound.columns, strict=True)
    ]
    called = alias.alias or None
    if isinstance(node, exp.Values) and called == "_values":
        called = None
    word = "LATERAL " if lateral else ""
    return f"{word}({bound.sql}) AS {sql_alias}", [Relation(called, columns, ref)]


def _bind_lateral(binder: Binder, node: exp.Lateral, scope: Scope, body: Body) -> tuple[str, list[Relation]]:
    if node.args.get("view") or node.args.get("outer") or not isinstance(node.this, exp.Subquery):
        raise Refused("LATERAL other than a query in brackets", binder.at(node))
    return _bind_derived(binder, node.this, scope, body, lateral=True, alias=node)


def _bind_unnest(binder: Binder, node: exp.Unnest, scope: Scope, body: Body) -> tuple[str, list[Relation]]:
    inner = Scope(list(scope.relations), scope.parent, dict(scope.merged))
    with binder.inside(inner, body), binder.collect() as made_of:
        values = [binder.expression(e) for e in node.expressions]
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
            raise QueryError("TYPE_MISMATCH", f"Cannot unnest type: {v.type}", binder.at(e))
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
            binder.at(node),
        )
    sql_alias = binder.new("r")
    columns = [
        Column(
            names[i] if names else f"_col{i}",
            t,
            f"{sql_alias}.{binder.new('c')}",
            set(made_of),
            explicit_name=bool(names),
        )
        for i, (_, t) in enumerate(items)
    ]
    select = ", ".join(f"{sql} AS {c.sql.split('.')[1]}" for (sql, _), c in zip(items, columns, strict=True))
    return f"LATERAL (SELECT {select}) AS {sql_alias}", [Relation(node.alias or None, columns)]
