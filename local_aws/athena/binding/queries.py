# ruff: noqa: S608 (SQL is what this makes; every name and text in it is quoted)
"""Queries: select, set operations, values, WITH, ORDER BY, LIMIT.

Source: https://trino.io/docs/current/sql/select.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from local_aws.athena import functions
from local_aws.athena.binding import grouping, pushdown, sources, windowing
from local_aws.athena.binding.scopes import Body, Bound, Column, Cte, Output, Ref, Relation, Scan, Scope
from local_aws.athena.errors import QueryError, Refused
from local_aws.athena.expressions import Typed, coerce
from local_aws.athena.trino_types import Type, common_type, duck_type

if TYPE_CHECKING:
    from local_aws.athena.binding.binder import Binder

_CLAUSES = {
    "with_", "distinct", "expressions", "from_", "joins", "where", "group", "having", "windows", "order",
    "limit", "offset",
}  # fmt: skip
_SET_OPERATIONS = {exp.Union: "UNION", exp.Intersect: "INTERSECT", exp.Except: "EXCEPT"}


def bind_query(binder: Binder, tree: exp.Expr, body: Body, parent: Scope) -> Bound:
    """Bind any query into ``body``."""
    binder.ctes.append({})
    try:
        head = _bind_with(binder, tree, parent)
        if isinstance(tree, exp.Select):
            bound = _bind_select(binder, tree, body, parent)
        elif isinstance(tree, exp.SetOperation):
            bound = _bind_set_operation(binder, tree, body, parent)
        elif isinstance(tree, exp.Subquery):
            bound = _bind_bracketed(binder, tree, body, parent)
        elif isinstance(tree, exp.Values):
            bound = _bind_values(binder, tree, body, parent)
        elif isinstance(tree, exp.Table):
            bound = _bind_select(binder, exp.select("*").from_(tree.copy()), body, parent)
        else:
            raise Refused(f"statement {tree.key.upper()}", binder.at(tree))
    finally:
        binder.ctes.pop()
    body.columns = bound.columns
    bound.sql = head + bound.sql
    return bound


def _bind_with(binder: Binder, tree: exp.Expr, parent: Scope) -> str:
    with_ = tree.args.get("with_")
    if with_ is None:
        return ""
    heads = []
    for cte in with_.expressions:
        if with_.args.get("recursive") and _names_itself(binder, cte):
            heads.append(_bind_recursive(binder, cte, parent))
            continue
        body = Body()
        bound = binder.query(cte.this, body, Scope([]))
        _declare(binder, cte, bound)
        heads.append(f"{binder.ctes[-1][cte.alias.lower()].sql_name} AS ({bound.sql})")
    recursive = "RECURSIVE " if with_.args.get("recursive") else ""
    return f"WITH {recursive}{', '.join(heads)} "


def _names_itself(binder: Binder, cte: exp.Expr) -> bool:
    return any(t.name.lower() == cte.alias.lower() and not t.db for t in cte.this.find_all(exp.Table))


def _declare(binder: Binder, cte: exp.Expr, bound: Bound, sql_name: str | None = None) -> Cte:
    names = [i.name for i in cte.args["alias"].columns] or [c.name for c in bound.columns]
    if len(names) != len(bound.columns):
        raise QueryError(
            "MISMATCHED_COLUMN_ALIASES",
            f"Column alias list has {len(names)} entries but relation has {len(bound.columns)} columns",
            binder.at(cte),
        )
    if cte.alias.lower() in binder.ctes[-1] and sql_name is None:
        raise QueryError(
            "DUPLICATE_NAMED_QUERY", f"WITH query name '{cte.alias}' specified more than once", binder.at(cte)
        )
    made = Cte(sql_name or binder.new("q"), bound, names)
    binder.ctes[-1][cte.alias.lower()] = made
    return made


def _bind_recursive(binder: Binder, cte: exp.Expr, parent: Scope) -> str:
    union = cte.this
    if not isinstance(union, exp.Union) or union.args.get("distinct"):
        raise Refused("recursive query other than 'base union all step'", binder.at(cte))
    if not cte.args["alias"].columns:
        raise QueryError("MISSING_COLUMN_ALIASES", "Column alias list is required for recursive query", binder.at(cte))
    body, sql_name = Body(root=True), binder.new("q")
    base = binder.query(union.this, Body(root=True), Scope([]))
    binder.body.inner += [base.body]
    columns = [Column(c.name, c.type, c.sql, {c}) for c in base.columns]
    declared = _declare(binder, cte, Bound("", body, columns), sql_name)
    body.columns, body.inner = columns, [base.body]
    body.needed = set(base.columns)
    step = binder.query(union.expression, Body(root=True), Scope([]))
    body.inner.append(step.body)
    body.needed |= set(step.columns)
    casts = []
    for b, s in zip(base.columns, step.columns, strict=False):
        if common_type(b.type, s.type) != b.type:
            raise QueryError(
                "TYPE_MISMATCH",
                f"recursion step relation output type ({s.type}) is not coercible to recursion base relation "
                f"output type ({b.type}) at column {base.columns.index(b) + 1}",
                binder.at(cte),
            )
        casts.append(f"CAST({s.sql} AS {duck_type(b.type)}) AS {b.sql}")
    names = ", ".join(c.sql for c in columns)
    return f"{declared.sql_name}({names}) AS ({base.sql} UNION ALL SELECT {', '.join(casts)} FROM ({step.sql}))"


def _bind_bracketed(binder: Binder, tree: exp.Subquery, body: Body, parent: Scope) -> Bound:
    if not any(tree.args.get(k) for k in ("order", "limit", "offset")):
        return binder.query(tree.this, body, parent)
    inner_body = Body(refs=[Ref(body)])
    inner = binder.query(tree.this, inner_body, parent)
    body.inner.append(inner_body)
    if tree.args.get("limit") or tree.args.get("offset"):
        for c in inner.columns:
            c.origins = {}
    columns = [
        Column(c.name, c.type, c.sql, {c}, dict(c.origins), explicit_name=c.explicit_name) for c in inner.columns
    ]
    tail = _order_by_output(binder, tree, columns, body) + _limit_text(binder, tree)
    return Bound(f"SELECT * FROM ({inner.sql}){tail}", body, columns)


def _bind_values(binder: Binder, tree: exp.Values, body: Body, parent: Scope) -> Bound:
    with binder.inside(Scope([], parent), body), binder.collect() as made_of:
        rows = [[binder.expression(e) for e in _row_values(binder, r)] for r in tree.expressions]
    widths = {len(r) for r in rows}
    if len(widths) != 1:
        raise QueryError(
            "TYPE_MISMATCH",
            f"Values rows have mismatched sizes: {len(rows[0])} vs "
            f"{next(len(r) for r in rows if len(r) != len(rows[0]))}",
            binder.at(tree),
        )
    body.needed |= made_of
    wides = []
    for i in range(widths.pop()):
        _, wide = functions.same_type([r[i] for r in rows], "Values rows", [binder.at(tree)] * len(rows))
        wides.append(wide)
    columns = [Column(f"_col{i}", t, binder.new("c"), explicit_name=False) for i, t in enumerate(wides)]
    lines = [
        "(" + ", ".join(f"CAST({coerce(v, t)} AS {duck_type(t)})" for v, t in zip(r, wides, strict=True)) + ")"
        for r in rows
    ]
    names = ", ".join(c.sql for c in columns)
    tail = _order_by_output(binder, tree, columns, body) + _limit_text(binder, tree)
    return Bound(f"SELECT * FROM (VALUES {', '.join(lines)}) AS {binder.new('v')}({names}){tail}", body, columns)


def _row_values(binder: Binder, row: exp.Expr) -> list[exp.Expr]:
    return row.expressions if isinstance(row, exp.Tuple) else [row]


def _bind_side(binder: Binder, side: exp.Expr, body: Body, parent: Scope) -> Bound:
    side_body = Body(refs=[Ref(body)])
    body.inner.append(side_body)
    return binder.query(side, side_body, parent)


def _origins_as(column: Column, wide: Type) -> dict[Scan, str]:
    """Return where a column's values come from if they stay what they are as ``wide``."""
    same = column.type == wide or column.type.name == wide.name == "varchar"
    return column.origins if same else {}


def _side_sql(side: Bound, columns: list[Column]) -> str:
    pairs = zip(side.columns, columns, strict=True)
    casts = ", ".join(f"CAST({s.sql} AS {duck_type(c.type)}) AS {c.sql}" for s, c in pairs)
    return f"SELECT {casts} FROM ({side.sql})"


def _bind_set_operation(binder: Binder, tree: exp.SetOperation, body: Body, parent: Scope) -> Bound:
    word = _SET_OPERATIONS[type(tree)]
    distinct = tree.args.get("distinct")
    if tree.args.get("by_name") or tree.args.get("on"):
        raise Refused(f"{word} BY NAME", binder.at(tree))
    if not distinct and word != "UNION":
        raise Refused(f"{word} ALL", binder.at(tree))
    left, right = (_bind_side(binder, side, body, parent) for side in (tree.left, tree.right))
    if len(left.columns) != len(right.columns):
        raise QueryError(
            "TYPE_MISMATCH",
            f"{word} query has different number of fields: {len(left.columns)}, {len(right.columns)}",
            binder.at(tree),
        )
    columns = []
    for i, (x, y) in enumerate(zip(left.columns, right.columns, strict=True)):
        wide = common_type(x.type, y.type)
        if wide is None:
            raise QueryError(
                "TYPE_MISMATCH",
                f"column {i + 1} in {word} query has incompatible types: {x.type}, {y.type}",
                binder.at(tree),
            )
        columns.append(Column(x.name, wide, binder.new("c"), {x, y}, explicit_name=x.explicit_name))
        if word != "EXCEPT" and not (tree.args.get("limit") or tree.args.get("offset")):
            columns[-1].origins = {**_origins_as(x, wide), **_origins_as(y, wide)}
    if distinct:
        body.needed |= set(left.columns) | set(right.columns)
    both = f" {word}{'' if distinct else ' ALL'} ".join(f"({_side_sql(side, columns)})" for side in (left, right))
    tail = _order_by_output(binder, tree, columns, body) + _limit_text(binder, tree)
    return Bound(f"SELECT * FROM ({both}){tail}", body, columns)


def _order_by_output(binder: Binder, tree: exp.Expr, columns: list[Column], body: Body) -> str:
    order = tree.args.get("order")
    if order is None:
        return ""
    scope = Scope([Relation(None, [Column(c.name, c.type, c.sql, {c}) for c in columns])])
    parts = []
    with binder.inside(scope, body), binder.collect() as made_of:
        for o in order.expressions:
            position = _ordinal(binder, o.this, len(columns))
            sql = columns[position].sql if position is not None else binder.expression(o.this).sql
            if position is not None:
                made_of.add(columns[position])
            parts.append(sql + binder.direction(o))
    body.needed |= made_of
    return " ORDER BY " + ", ".join(parts)


def _ordinal(binder: Binder, node: exp.Expr, count: int) -> int | None:
    if isinstance(node, exp.Literal) and not node.is_string and node.this.isdigit():
        n = int(node.this)
        if not 1 <= n <= count:
            raise QueryError(
                "INVALID_COLUMN_REFERENCE", f"ORDER BY position {n} is not in select list", binder.at(node)
            )
        return n - 1
    return None


def _limit_text(binder: Binder, tree: exp.Expr) -> str:
    out = ""
    limit, offset = tree.args.get("limit"), tree.args.get("offset")
    if isinstance(limit, exp.Fetch):
        options = limit.args.get("limit_options")
        if options is not None and (options.args.get("with_ties") or options.args.get("percent")):
            raise Refused("FETCH FIRST ... WITH TIES", binder.at(tree))
        count = limit.args.get("count")
        out = f" LIMIT {_whole_number(binder, count) if count else 1}"
    elif limit is not None and not (
        isinstance(limit.expression, exp.Column) and limit.expression.name.lower() == "all"
    ):
        out = f" LIMIT {_whole_number(binder, limit.expression)}"
    if offset is not None:
        out += f" OFFSET {_whole_number(binder, offset.expression)}"
    return out


def _whole_number(binder: Binder, node: exp.Expr) -> int:
    if isinstance(node, exp.Literal) and not node.is_string and node.this.isdigit():
        return int(node.this)
    raise Refused("LIMIT or OFFSET that is not a number", binder.at(node))


def _bind_select(binder: Binder, tree: exp.Select, body: Body, parent: Scope) -> Bound:
    for clause in sorted(k for k, v in tree.args.items() if v and k not in _CLAUSES):
        raise Refused(f"clause {clause.upper()}", binder.at(tree))
    scope = Scope([], parent if parent.relations or parent.parent or parent.variables else None)
    with binder.inside(scope, body):
        source = sources.bind_from(binder, tree, scope, body)
        where = _bind_where(binder, tree, scope, body)
        windowing.name_windows(binder, tree, scope)
        group = grouping.bind_group(binder, tree, scope, body)
        outputs = _bind_outputs(binder, tree, scope)
        having = _bind_having(binder, tree, scope, body)
        distinct = _bind_distinct(binder, tree, outputs, body)
        _drop_origins(binder, tree, scope, outputs)
        order = _bind_order(binder, tree, scope, outputs, body, bool(distinct))
    if not outputs:
        raise QueryError("COLUMN_NOT_FOUND", "SELECT * not allowed from relation that has no columns", binder.at(tree))
    items = ", ".join(f"{o.typed.sql} AS {o.sql_name}" for o in outputs)
    sql = f"SELECT {distinct}{items}{source}{where}{group}{having}{order}{_limit_text(binder, tree)}"
    columns = [o.column for o in outputs]
    return Bound(sql, body, columns)


def _bind_where(binder: Binder, tree: exp.Select, scope: Scope, body: Body) -> str:
    where = tree.args.get("where")
    if where is None:
        return ""
    with binder.collect() as made_of:
        condition = binder.boolean(where.this, "WHERE clause")
    body.needed |= made_of
    for conjunct in pushdown.conjuncts(where.this):
        pushdown.push(binder, conjunct)
    return f" WHERE {condition.sql}"


def _bind_outputs(binder: Binder, tree: exp.Select, scope: Scope) -> list[Output]:
    outputs: list[Output] = []
    binder.allow_aggregates = True
    for item in tree.expressions:
        star = item if isinstance(item, exp.Star) else item.this if isinstance(item, exp.Column) else None
        if isinstance(star, exp.Star):
            outputs += _expand_star(binder, item, star, scope)
            continue
        node, alias = (item.this, item.alias) if isinstance(item, exp.Alias) else (item, None)
        with binder.collect() as made_of:
            typed = binder.expression(node)
        outputs.append(_make_output(binder, node, typed, alias, made_of))
    binder.allow_aggregates = False
    return outputs


def _make_output(binder: Binder, node: exp.Expr, typed: Typed, alias: str | None, made_of: set[Column]) -> Output:
    called, origins, explicit = alias, {}, alias is not None
    if isinstance(node, exp.Column):
        source = binder.column(node)
        if source is not None and source.sql == typed.sql:
            origins = dict(source.origins)
        called = called or node.name
        explicit = True
    elif isinstance(node, exp.Dot):
        called, explicit = called or node.name, True
    sql_name = binder.new("c")
    column = Column(called or "", typed.type, sql_name, made_of, origins, explicit_name=explicit)
    return Output(column, typed, node, alias, sql_name, made_of)


def _expand_star(binder: Binder, item: exp.Expr, star: exp.Star, scope: Scope) -> list[Output]:
    if star.args.get("except_") or star.args.get("replace") or star.args.get("rename"):
        raise Refused("* EXCEPT or REPLACE", binder.at(item))
    table = item.table if isinstance(item, exp.Column) else None
    columns: list[Column] = []
    if table:
        found = [r for r in scope.relations if r.alias and r.alias.lower() == table.lower()]
        if not found:
            raise QueryError("TABLE_NOT_FOUND", f"Unable to resolve reference {table}", binder.at(item))
        columns = [c for c in found[0].columns if not c.hidden]
    else:
        columns = list(scope.merged.values())
        columns += [c for r in scope.relations for c in r.columns if not c.hidden]
    outputs = []
    for c in columns:
        if scope.grouped and c not in scope.group_columns:
            binder.not_grouped(c.name, binder.at(item))
        for s in binder.collectors:
            s.add(c)
        out = Column(c.name, c.type, binder.new("c"), {c}, dict(c.origins), explicit_name=c.explicit_name)
        outputs.append(Output(out, Typed(c.sql, c.type), item, None, out.sql, {c}))
    return outputs


def _bind_having(binder: Binder, tree: exp.Select, scope: Scope, body: Body) -> str:
    having = tree.args.get("having")
    if having is None:
        return ""
    binder.allow_aggregates = True
    with binder.collect() as made_of:
        condition = binder.boolean(having.this, "HAVING clause")
    binder.allow_aggregates = False
    body.needed |= made_of
    return f" HAVING {condition.sql}"


def _bind_distinct(binder: Binder, tree: exp.Select, outputs: list[Output], body: Body) -> str:
    distinct = tree.args.get("distinct")
    if distinct is None:
        return ""
    if distinct.args.get("on"):
        raise Refused("SELECT DISTINCT ON", binder.at(tree))
    for o in outputs:
        body.needed |= o.made_of
    return "DISTINCT "


def _drop_origins(binder: Binder, tree: exp.Select, scope: Scope, outputs: list[Output]) -> None:
    """Return a filter on an output is a filter on its source only where it leaves the other rows' values alone."""
    windows = [w for w in tree.find_all(exp.Window) if w.find_ancestor(exp.Select) is tree]
    keys: list[set[Column]] = []
    for w in windows:
        found = {binder.column(p) for p in w.args.get("partition_by") or [] if isinstance(p, exp.Column)}
        keys.append({c for c in found if c is not None})
    group = tree.args.get("group")
    sets = group is not None and any(group.args.get(k) for k in ("rollup", "cube", "grouping_sets"))
    limited = tree.args.get("limit") or tree.args.get("offset")
    for o in outputs:
        source = next(iter(o.made_of)) if len(o.made_of) == 1 else None
        blocked = limited or sets or (scope.grouped and source not in scope.group_columns)
        if (
            blocked
            or any(source not in k for k in keys)
            or (source is not None and source.relation is not None and source.relation.outer)
        ):
            o.column.origins = {}


def _bind_order(
    binder: Binder, tree: exp.Select, scope: Scope, outputs: list[Output], body: Body, distinct: bool
) -> str:
    order = tree.args.get("order")
    if order is None:
        return ""
    parts = []
    binder.allow_aggregates = True
    with binder.collect() as made_of:
        for o in order.expressions:
            parts.append(_order_key(binder, o.this, outputs, distinct) + binder.direction(o))
    binder.allow_aggregates = False
    body.needed |= made_of
    return " ORDER BY " + ", ".join(parts)


def _order_key(binder: Binder, node: exp.Expr, outputs: list[Output], distinct: bool) -> str:
    position = _ordinal(binder, node, len(outputs))
    if position is not None:
        found = outputs[position]
        return _chosen_output(binder, found)
    if isinstance(node, exp.Column) and not node.table:
        named = [o for o in outputs if o.column.name.lower() == node.name.lower() and o.column.explicit_name]
        if len({o.typed.sql for o in named}) > 1:
            raise QueryError("AMBIGUOUS_NAME", f"Column '{node.name}' is ambiguous", binder.at(node))
        if named:
            return _chosen_output(binder, named[0])
    aliases = Relation(None, [Column(o.alias, o.typed.type, o.typed.sql, o.made_of) for o in outputs if o.alias])
    before = binder.scope
    scope = Scope([aliases], before)
    scope.grouped, scope.group_sql, scope.group_clause = before.grouped, before.group_sql, before.group_clause
    scope.group_columns = before.group_columns | set(aliases.columns)
    scope.windows = before.windows
    binder.scope = scope
    try:
        value = binder.expression(node)
    finally:
        binder.scope = before
    for o in outputs:
        if o.typed.sql == value.sql:
            return _chosen_output(binder, o)
    if distinct:
        raise QueryError(
            "EXPRESSION_NOT_IN_DISTINCT",
            "For SELECT DISTINCT, ORDER BY expressions must appear in select list",
            binder.at(node),
        )
    return value.sql


def _chosen_output(binder: Binder, output: Output) -> str:
    for s in binder.collectors:
        s |= output.made_of
    return output.sql_name


def has_tail(node: exp.Expr) -> bool:
    """Tell whether a bracketed query has an ORDER BY, LIMIT, OFFSET or WITH of its own."""
    return any(node.args.get(k) for k in ("order", "limit", "offset", "with_"))
