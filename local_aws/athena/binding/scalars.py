# ruff: noqa: S608 (SQL is what this makes; every name and text in it is quoted)
"""Expressions that are no calls: literals, operators, predicates, CASE, CAST, subqueries.

Source: https://trino.io/docs/current/functions.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from local_aws.athena import expressions, functions
from local_aws.athena.binding import queries
from local_aws.athena.errors import QueryError, Refused
from local_aws.athena.expressions import Typed, coerce, quote
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
    is_integer,
    is_numeric,
)

if TYPE_CHECKING:
    from local_aws.athena.binding.binder import Binder

COMPARISONS = {exp.EQ: "=", exp.NEQ: "<>", exp.LT: "<", exp.LTE: "<=", exp.GT: ">", exp.GTE: ">="}
_ARITHMETIC = {exp.Add: "+", exp.Sub: "-", exp.Mul: "*", exp.Div: "/", exp.Mod: "%"}
_TYPES = {
    exp.DType.BOOLEAN: BOOLEAN, exp.DType.TINYINT: Type("tinyint"), exp.DType.SMALLINT: Type("smallint"),
    exp.DType.INT: Type("integer"), exp.DType.BIGINT: BIGINT, exp.DType.FLOAT: Type("real"),
    exp.DType.DOUBLE: Type("double"),
    exp.DType.VARCHAR: VARCHAR, exp.DType.VARBINARY: VARBINARY, exp.DType.DATE: DATE, exp.DType.JSON: Type("json"),
    exp.DType.TIME: Type("time", (3,)),
}  # fmt: skip
_TYPE_NAMES = {
    "boolean", "tinyint", "smallint", "integer", "int", "bigint", "real", "double", "decimal", "varchar", "char",
    "varbinary", "date", "time", "timestamp", "interval", "array", "map", "row", "json", "uuid", "ipaddress",
}  # fmt: skip
_INTERVAL_UNITS = ("year", "month", "day", "hour", "minute", "second")


def bind_literal(binder: Binder, node: exp.Literal) -> Typed:
    """Bind a number or a text."""
    if node.is_string:
        return Typed(quote(node.this), Type("varchar", (len(node.this),)), node.this)
    t = expressions.literal_type(node.this)
    if t.name == "double":
        return Typed(f"CAST({node.this} AS DOUBLE)", t)
    if t.name == "decimal":
        return Typed(f"CAST('{node.this}' AS {duck_type(t)})", t)
    return Typed(node.this if t.name == "integer" else f"CAST({node.this} AS BIGINT)", t)


def bind_hex(binder: Binder, node: exp.HexString) -> Typed:
    """Bind ``X'61'``."""
    return Typed(f"unhex({quote(node.this)})", VARBINARY)


def bind_paren(binder: Binder, node: exp.Paren) -> Typed:
    """Bind brackets."""
    value = binder.expression(node.this)
    return Typed(f"({value.sql})", value.type, value.constant)


def bind_neg(binder: Binder, node: exp.Neg) -> Typed:
    """Bind a minus sign."""
    value = binder.expression(node.this)
    if value.type.name.startswith("interval"):
        return Typed(f"(-{value.sql})", value.type)
    if not is_numeric(value.type):
        raise QueryError("TYPE_MISMATCH", f"Cannot negate {value.type}", binder.at(node))
    return Typed(f"(-{value.sql})", value.type)


def bind_arithmetic(binder: Binder, node: exp.Binary) -> Typed:
    """Bind ``+ - * / %`` of numbers, dates and intervals."""
    op = _ARITHMETIC[type(node)]
    a, b = binder.expression(node.left), binder.expression(node.right)
    result = expressions.arithmetic(op, a, b) or _date_arithmetic(binder, op, a, b)
    if result is None and UNKNOWN in (a.type, b.type):
        other = a.type if b.type == UNKNOWN else b.type
        if other == UNKNOWN or is_numeric(other):
            return Typed("NULL", other if other != UNKNOWN else Type("integer"))
    if result is None:
        raise QueryError("TYPE_MISMATCH", f"Cannot apply operator: {a.type} {op} {b.type}", binder.at(node))
    return result


def _date_arithmetic(binder: Binder, op: str, a: Typed, b: Typed) -> Typed | None:
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


def bind_comparison(binder: Binder, node: exp.Binary) -> Typed:
    """Bind ``= <> < <= > >=``."""
    op = COMPARISONS[type(node)]
    if isinstance(node.right, exp.Any | exp.All):
        return _bind_quantified(binder, node, op)
    a, b = _value_or_row(binder, node.left), _value_or_row(binder, node.right)
    x, y = _comparable(binder, a, b, op, node)
    return Typed(f"({x} {op} {y})", BOOLEAN)


def _value_or_row(binder: Binder, node: exp.Expr) -> Typed:
    return binder.expression(node)


def _comparable(binder: Binder, a: Typed, b: Typed, op: str, node: exp.Expr) -> tuple[str, str]:
    wide = common_type(a.type, b.type)
    if wide is None or (wide.name == "map" and op not in ("=", "<>")) or wide.name == "json":
        raise QueryError("TYPE_MISMATCH", f"Cannot apply operator: {a.type} {op} {b.type}", binder.at(node))
    return coerce(a, wide), coerce(b, wide)


def _bind_quantified(binder: Binder, node: exp.Binary, op: str) -> Typed:
    word = "ANY" if isinstance(node.right, exp.Any) else "ALL"
    a = binder.expression(node.left)
    query, t = _one_column(binder, node.right.this)
    wide = common_type(a.type, t)
    if wide is None:
        raise QueryError("TYPE_MISMATCH", f"Cannot apply operator: {a.type} {op} {t}", binder.at(node))
    return Typed(f"({coerce(a, wide)} {op} {word} (SELECT CAST(* AS {duck_type(wide)}) FROM ({query})))"
                 if False else f"({coerce(a, wide)} {op} {word} ({query}))", BOOLEAN)  # fmt: skip


def bind_logic(binder: Binder, node: exp.Connector) -> Typed:
    """Bind AND and OR."""
    word = "AND" if isinstance(node, exp.And) else "OR"
    sides = []
    for side in (node.left, node.right):
        value = binder.expression(side)
        if value.type not in (BOOLEAN, UNKNOWN):
            raise QueryError(
                "TYPE_MISMATCH",
                f"Logical expression term must evaluate to a boolean: actual type {value.type}",
                binder.at(side),
            )
        sides.append(value.sql)
    return Typed(f"({sides[0]} {word} {sides[1]})", BOOLEAN)


def bind_not(binder: Binder, node: exp.Not) -> Typed:
    """Bind NOT."""
    value = binder.expression(node.this)
    if value.type not in (BOOLEAN, UNKNOWN):
        raise QueryError(
            "TYPE_MISMATCH",
            f"Value of logical NOT expression must evaluate to a boolean: actual type {value.type}",
            binder.at(node),
        )
    return Typed(f"(NOT {value.sql})", BOOLEAN)


def bind_is(binder: Binder, node: exp.Is) -> Typed:
    """Bind IS NULL."""
    if not isinstance(node.expression, exp.Null):
        raise Refused(f"IS {node.expression.sql('trino')}", binder.at(node))
    return Typed(f"({binder.expression(node.this).sql} IS NULL)", BOOLEAN)


def bind_distinct_from(binder: Binder, node: exp.Binary) -> Typed:
    """Bind IS [NOT] DISTINCT FROM."""
    a, b = binder.expression(node.left), binder.expression(node.right)
    x, y = _comparable(binder, a, b, "IS DISTINCT FROM", node)
    word = "IS DISTINCT FROM" if isinstance(node, exp.NullSafeNEQ) else "IS NOT DISTINCT FROM"
    return Typed(f"({x} {word} {y})", BOOLEAN)


def bind_between(binder: Binder, node: exp.Between) -> Typed:
    """Bind BETWEEN."""
    if node.args.get("symmetric"):
        raise Refused("BETWEEN SYMMETRIC", binder.at(node))
    value, low, high = (binder.expression(node.args[k]) for k in ("this", "low", "high"))
    wide = common_type(value.type, low.type)
    wide = common_type(wide, high.type) if wide else None
    if wide is None:
        wrong = low if common_type(value.type, low.type) is None else high
        raise QueryError(
            "TYPE_MISMATCH",
            f"Cannot check if {value.type} is BETWEEN {low.type} and {high.type}" if wrong else "",
            binder.at(node),
        )
    x, y, z = (coerce(v, wide) for v in (value, low, high))
    return Typed(f"({x} BETWEEN {y} AND {z})", BOOLEAN)


def bind_in(binder: Binder, node: exp.In) -> Typed:
    """Bind IN with a list or a query."""
    value = binder.expression(node.this)
    query = node.args.get("query")
    if query is not None:
        sql, t = _one_column(binder, query)
        wide = common_type(value.type, t)
        if wide is None:
            raise QueryError(
                "TYPE_MISMATCH",
                f"Value expression and result of subquery must be of the same type: {value.type} vs {t}",
                binder.at(node),
            )
        return Typed(f"({coerce(value, wide)} IN ({sql}))", BOOLEAN)
    if node.args.get("unnest") or node.args.get("field"):
        raise Refused("IN other than a list or a query", binder.at(node))
    items = [binder.expression(e) for e in node.expressions]
    places = [binder.at(node), *(binder.at(e) for e in node.expressions)]
    sqls, _ = functions.same_type([value, *items], "IN value and list items", places)
    return Typed(f"({sqls[0]} IN ({', '.join(sqls[1:])}))", BOOLEAN)


def bind_like(binder: Binder, node: exp.Like, escape: exp.Expr | None = None) -> Typed:
    """Bind LIKE."""
    value, pattern = binder.expression(node.this), binder.expression(node.expression)
    for side, what in ((value, "Left side"), (pattern, "Pattern for")):
        if side.type.name not in ("varchar", "unknown"):
            raise QueryError(
                "TYPE_MISMATCH",
                f"{what} LIKE expression must evaluate to a varchar: actual type {side.type}",
                binder.at(node),
            )
    tail = f" ESCAPE {binder.expression(escape).sql}" if escape is not None else ""
    if escape is None and pattern.constant is None:
        sql = f"({value.sql} LIKE {pattern.sql} ESCAPE '')"
    else:
        sql = f"({value.sql} LIKE {pattern.sql}{tail})"
    return Typed(f"(NOT {sql})" if node.args.get("negate") else sql, BOOLEAN)


def bind_escape(binder: Binder, node: exp.Escape) -> Typed:
    """Bind LIKE ... ESCAPE."""
    if not isinstance(node.this, exp.Like):
        raise Refused(f"{node.this.key.upper()} ... ESCAPE", binder.at(node))
    return bind_like(binder, node.this, node.expression)


def bind_case(binder: Binder, node: exp.Case) -> Typed:
    """Bind both forms of CASE."""
    operand = binder.expression(node.this) if node.this is not None else None
    conditions, results, places = [], [], []
    for branch in node.args["ifs"]:
        if operand is None:
            conditions.append(binder.boolean(branch.this, "CASE WHEN clause").sql)
        else:
            against = binder.expression(branch.this)
            wide = common_type(operand.type, against.type)
            if wide is None:
                raise QueryError(
                    "TYPE_MISMATCH",
                    f"CASE operand type does not match WHEN clause operand type: {operand.type} vs {against.type}",
                    binder.at(branch),
                )
            conditions.append(f"{coerce(operand, wide)} = {coerce(against, wide)}")
        results.append(binder.expression(branch.args["true"]))
        places.append(binder.at(branch.args["true"]))
    default = node.args.get("default")
    if default is not None:
        results.append(binder.expression(default))
        places.append(binder.at(default))
    sqls, wide = functions.same_type(results, "All CASE results", places)
    whens = " ".join(f"WHEN {c} THEN {s}" for c, s in zip(conditions, sqls, strict=False))
    tail = f" ELSE {sqls[-1]}" if default is not None else ""
    return Typed(f"CASE {whens}{tail} END", wide)


def bind_if(binder: Binder, node: exp.If) -> Typed:
    """Bind IF."""
    condition = binder.boolean(node.this, "IF condition")
    values = [binder.expression(node.args["true"])]
    if node.args.get("false") is not None:
        values.append(binder.expression(node.args["false"]))
    sqls, wide = functions.same_type(values, "Result types for IF", [binder.at(node)] * len(values))
    tail = f" ELSE {sqls[1]}" if len(sqls) == 2 else ""
    return Typed(f"CASE WHEN {condition.sql} THEN {sqls[0]}{tail} END", wide)


def bind_cast(binder: Binder, node: exp.Cast) -> Typed:
    """Bind CAST, TRY_CAST and typed literals."""
    if node.args.get("format"):
        raise Refused("CAST ... FORMAT", binder.at(node))
    value = binder.expression(node.this)
    target = _type_of(binder, node.args["to"])
    literal = value.constant is not None and target.name in ("timestamp", "timestamp with time zone")
    if literal and target.name == "timestamp with time zone":
        return _zoned_literal(binder, value, node)
    return expressions.cast(value, target, binder.at(node), safe=isinstance(node, exp.TryCast))


def _zoned_literal(binder: Binder, value: Typed, node: exp.Cast) -> Typed:
    text = (value.constant or "").strip()
    for zone in (" UTC", " Z", "Z", "+00:00"):
        if text.endswith(zone):
            plain = Typed(quote(text.removesuffix(zone)), VARCHAR, text.removesuffix(zone))
            moment = expressions.cast(plain, TIMESTAMP, binder.at(node))
            return Typed(f"({moment.sql} AT TIME ZONE 'UTC')", TIMESTAMP_TZ)
    raise Refused("timestamp literal with a zone other than UTC", binder.at(node))


def _type_of(binder: Binder, node: exp.DataType) -> Type:  # noqa: C901 - one branch per family of types
    """Type that is written in the query."""
    kind, inner, written = node.this, node.expressions, node.meta.get("written")
    if written is not None and written not in _TYPE_NAMES:
        raise QueryError("TYPE_NOT_FOUND", f"Unknown type: {written}", binder.at(node))
    numbers = [int(p.this.this) for p in inner if isinstance(p, exp.DataTypeParam)]
    simple = _TYPES.get(kind)
    if simple is not None and not (inner and kind not in (exp.DType.VARCHAR,)):
        return Type("varchar", tuple(numbers)) if kind == exp.DType.VARCHAR else simple
    if kind == exp.DType.DECIMAL:
        precision, scale = [*numbers, 0][:2] if numbers else (38, 0)
        if not 1 <= precision <= 38:
            raise QueryError(
                "INVALID_FUNCTION_ARGUMENT",
                f"DECIMAL precision must be in range [1, 38]: {precision}",
                binder.at(node),
            )
        return decimal(precision, scale)
    if kind in (exp.DType.TIMESTAMP, exp.DType.TIMESTAMPTZ):
        word = "timestamp" if kind == exp.DType.TIMESTAMP else "timestamp with time zone"
        return Type(word, (numbers[0] if numbers else 3,))
    if kind == exp.DType.ARRAY and inner:
        return array(_type_of(binder, inner[0]))
    if kind == exp.DType.MAP and len(inner) == 2:
        return Type("map", (_type_of(binder, inner[0]), _type_of(binder, inner[1])))
    if kind == exp.DType.STRUCT:
        fields: list[tuple[str | None, Type]] = []
        for f in inner:
            if isinstance(f, exp.ColumnDef):
                fields.append((f.name, _type_of(binder, f.args["kind"])))
            else:
                fields.append((None, _type_of(binder, f)))
        return Type("row", tuple(fields))
    raise Refused(f"type {node.sql('trino')}", binder.at(node))


def bind_interval(binder: Binder, node: exp.Interval) -> Typed:
    """Bind ``interval '1' day``."""
    unit = node.args["unit"].name.lower() if isinstance(node.args.get("unit"), exp.Var) else ""
    if not isinstance(node.this, exp.Literal) or unit not in _INTERVAL_UNITS:
        raise Refused(f"interval {node.sql('trino')}", binder.at(node))
    digits = node.this.this.strip()
    if not digits.lstrip("+-").isdigit():
        raise Refused(f"interval {node.sql('trino')}", binder.at(node))
    kind = MONTH_INTERVAL if unit in ("year", "month") else DAY_INTERVAL
    return Typed(f"to_{unit}s({int(digits)})", kind, unit)


def bind_array(binder: Binder, node: exp.Array) -> Typed:
    """Bind ``array[...]``."""
    values = [binder.expression(e) for e in node.expressions]
    if not values:
        return Typed("CAST([] AS INTEGER[])", array(UNKNOWN))
    sqls, wide = functions.same_type(values, "All ARRAY elements", [binder.at(e) for e in node.expressions])
    return Typed(f"CAST([{', '.join(sqls)}] AS {duck_type(wide)}[])", array(wide))


def bind_bracket(binder: Binder, node: exp.Bracket) -> Typed:
    """Bind ``a[i]`` and ``m[k]``."""
    value, (index,) = binder.expression(node.this), node.expressions
    key = binder.expression(index)
    if value.type.name == "array" and is_integer(key.type):
        return Typed(f"trino_subscript({value.sql}, {key.sql})", value.type.args[0])
    if value.type.name == "map" and common_type(key.type, value.type.args[0]) == value.type.args[0]:
        return Typed(f"trino_map_value({value.sql}, {coerce(key, value.type.args[0])})", value.type.args[1])
    if value.type.name == "row":
        raise Refused("row[n]", binder.at(node))
    raise QueryError("TYPE_MISMATCH", f"Cannot apply operator: {value.type}[{key.type}]", binder.at(node))


def bind_concat(binder: Binder, node: exp.DPipe) -> Typed:
    """Bind ``||``."""
    a, b = binder.expression(node.left), binder.expression(node.right)
    return functions.join_values(a, b, "||", binder.at(node))


def bind_subquery(binder: Binder, node: exp.Expr) -> Typed:
    """Bind a query that gives one value."""
    sql, t = _one_column(binder, node, scalar=True)
    return Typed(f"({sql})", t)


def _one_column(binder: Binder, node: exp.Expr, *, scalar: bool = False) -> tuple[str, Type]:
    tree = node.this if isinstance(node, exp.Subquery) and not queries.has_tail(node) else node
    bound = binder.inner_query(tree)
    bound.body.needed |= set(bound.columns)
    if len(bound.columns) != 1:
        raise QueryError(
            "TYPE_MISMATCH" if not scalar else "NOT_SUPPORTED",
            f"Multiple columns returned by subquery are not yet supported. Found {len(bound.columns)}",
            binder.at(node),
        )
    return bound.sql, bound.columns[0].type


def bind_exists(binder: Binder, node: exp.Exists) -> Typed:
    """Bind EXISTS."""
    return Typed(f"EXISTS ({binder.inner_query(node.this).sql})", BOOLEAN)
