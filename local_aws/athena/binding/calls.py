"""Calls: functions of the table, aggregates with DISTINCT, ORDER BY and FILTER.

Source: https://trino.io/docs/current/functions/aggregate.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from local_aws.athena import dialect, expressions, functions
from local_aws.athena.errors import QueryError, Refused
from local_aws.athena.expressions import Place, Typed, coerce
from local_aws.athena.trino_types import BIGINT, DATE, VARCHAR, Type, decimal, duck_type

if TYPE_CHECKING:
    from local_aws.athena.binding.binder import Binder

_EXTRACT = {
    "year", "quarter", "month", "week", "day", "day_of_month", "day_of_week", "day_of_year", "year_of_week", "hour",
    "minute", "second",
}  # fmt: skip


def bind_extract(binder: Binder, node: exp.Extract) -> Typed:
    """Bind EXTRACT."""
    part = node.this.name.lower()
    called = {"dow": "day_of_week", "doy": "day_of_year", "yow": "year_of_week"}.get(part, part)
    if called not in _EXTRACT:
        raise Refused(f"EXTRACT({part.upper()} ...)", binder.at(node))
    return _call_function(binder, functions.FUNCTIONS[called], [binder.expression(node.expression)], node)


def bind_trim(binder: Binder, node: exp.Trim) -> Typed:
    """Bind TRIM(... FROM ...)."""
    position = (node.args.get("position") or "BOTH").upper()
    called = {"BOTH": "trim", "LEADING": "ltrim", "TRAILING": "rtrim"}[position]
    args = [binder.expression(node.this)]
    if node.expression is not None:
        args.append(binder.expression(node.expression))
    return _call_function(binder, functions.FUNCTIONS[called], args, node)


def bind_position(binder: Binder, node: exp.StrPosition) -> Typed:
    """Bind POSITION(... IN ...)."""
    args = [binder.expression(node.this), binder.expression(node.args["substr"])]
    return _call_function(binder, functions.FUNCTIONS["strpos"], args, node)


def bind_substring(binder: Binder, node: exp.Substring) -> Typed:
    """Bind SUBSTRING(... FROM ... FOR ...)."""
    args = [binder.expression(node.args[k]) for k in ("this", "start", "length") if node.args.get(k) is not None]
    return _call_function(binder, functions.FUNCTIONS["substr"], args, node)


def bind_current(binder: Binder, node: exp.Expr) -> Typed:
    """Bind CURRENT_DATE and CURRENT_TIMESTAMP."""
    if isinstance(node, exp.CurrentDate):
        return Typed("CAST(current_timestamp AT TIME ZONE 'UTC' AS DATE)", DATE)
    return _call_function(binder, functions.FUNCTIONS["now"], [], node)


def bind_function(binder: Binder, node: exp.Anonymous) -> Typed:
    """Bind a call by name."""
    called = dialect.function_name(node)
    if called == "grouping":
        return _bind_grouping(binder, node)
    function = functions.FUNCTIONS.get(called)
    if function is None:
        raise Refused(f"function {called}", binder.at(node))
    if function.kind == "aggregate":
        return bind_aggregate(binder, function, node)
    if function.kind == "window":
        raise QueryError(
            "FUNCTION_NOT_WINDOW" if False else "SYNTAX_ERROR",
            f"Window function {called} requires an OVER clause",
            binder.at(node),
        )
    if function.lambdas:
        assert function.build is not None  # noqa: S101
        return function.build(binder, node, [], binder.at(node))
    return _call_function(binder, function, [binder.expression(e) for e in node.expressions], node)


def _call_function(binder: Binder, function: functions.Function, args: list[Typed], node: exp.Expr) -> Typed:
    at = binder.at(node)
    if function.build is not None:
        return function.build(binder, node, args, at)
    overload, wanted, result = functions.choose(function, [a.type for a in args], at)
    sqls = [coerce(a, w) for a, w in zip(args, wanted, strict=True)]
    return Typed(fill(binder, overload.sql, sqls, wanted, result, at), result)


def fill(
    binder: Binder, template: str, sqls: list[str], wanted: list[Type], result: Type, at: Place, nulls: str = ""
) -> str:
    """Put arguments into a function's SQL."""
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


def _bind_grouping(binder: Binder, node: exp.Anonymous) -> Typed:
    if not binder.scope.group_clause:
        raise QueryError(
            "MISSING_GROUP_BY",
            "A GROUPING() operation can only be used with a corresponding GROUPING SET/CUBE/ROLLUP/GROUP BY clause",
            binder.at(node),
        )
    args = [binder.expression(e).sql for e in node.expressions]
    return Typed(
        f"CAST(grouping({', '.join(args)}) AS BIGINT)"
        if len(args) > 31
        else f"CAST(grouping({', '.join(args)}) AS INTEGER)",
        BIGINT if len(args) > 31 else Type("integer"),
    )


def _check_place(binder: Binder, function: functions.Function, at: Place) -> None:
    if binder.in_aggregate:
        raise QueryError("NESTED_AGGREGATION", f"Cannot nest aggregations inside aggregation '{function.name}'", at)
    if not binder.allow_aggregates:
        raise QueryError(
            "EXPRESSION_NOT_SCALAR",
            "Aggregations, window functions or grouping operations are not allowed here",
            at,
        )


def _without_distinct(function: functions.Function, arguments: list[exp.Expr], at: Place) -> tuple[list[exp.Expr], str]:
    """Return an aggregate's arguments without DISTINCT, which becomes text, and without a star."""
    distinct = ""
    if arguments and isinstance(arguments[0], exp.Distinct):
        if len(arguments[0].expressions) != 1 and function.name == "count":
            given = len(arguments[0].expressions)
            message = f"Unexpected parameters for function count: {given} columns. Expected: count(), count(T)"
            raise QueryError("FUNCTION_NOT_FOUND", message, at)
        distinct = "DISTINCT "
        arguments = [*arguments[0].expressions, *arguments[1:]]
    if len(arguments) == 1 and isinstance(arguments[0], exp.Star):
        if function.name != "count":
            raise QueryError("SYNTAX_ERROR", f"mismatched input '*' in {function.name}", at)
        return [], distinct
    return arguments, distinct


def bind_aggregate(
    binder: Binder,
    function: functions.Function,
    node: exp.Expr,
    *,
    arguments: list[exp.Expr] | None = None,
    order: exp.Order | None = None,
    where: exp.Expr | None = None,
    over: str | None = None,
) -> Typed:
    """Bind an aggregate; with ``over`` it is computed over a window."""
    at = binder.at(node)
    if over is None:
        _check_place(binder, function, at)
    elif order is not None or any(isinstance(a, exp.Distinct | exp.Order) for a in arguments or node.expressions):
        raise Refused("DISTINCT or ORDER BY in the arguments of a window function", at)
    arguments = list(node.expressions) if arguments is None else arguments
    if arguments and isinstance(arguments[-1], exp.Order):
        order = arguments[-1]
        arguments = [*arguments[:-1], order.this]
    arguments, distinct = _without_distinct(function, arguments, at)
    before, binder.in_aggregate = binder.in_aggregate, over is None or binder.in_aggregate
    try:
        args = [binder.expression(a) for a in arguments]
        keys = (
            [binder.expression(o.this).sql + binder.direction(o) for o in order.expressions]
            if order is not None
            else []
        )
        condition = binder.boolean(where, "FILTER").sql if where is not None else None
    finally:
        binder.in_aggregate = before
    overload, wanted, result = functions.choose(function, [a.type for a in args], at)
    sqls = [coerce(a, w) for a, w in zip(args, wanted, strict=True)]
    parts = []
    for part in overload.parts:
        call = fill(binder, part, sqls, wanted, result, at)
        head, _, rest = call.partition("(")
        if keys:
            rest = f"{rest[:-1]} ORDER BY {', '.join(keys)})"
        call = f"{head}({distinct}{rest}"
        if condition is not None:
            call += f" FILTER (WHERE {condition})"
        parts.append(call + (over or ""))
    return Typed(combine(binder, overload.sql, parts, wanted, result), result)


def combine(binder: Binder, template: str, parts: list[str], wanted: list[Type], result: Type) -> str:
    """Put the computed parts of an aggregate together."""
    if template == "{average}":
        (_, scale) = wanted[0].args
        total = expressions.unscaled(parts[0], decimal(38, scale))
        average = expressions.scaled(f"divide_half_up({total}, CAST({parts[1]} AS HUGEINT))", result)
        return f"CASE WHEN {parts[1]} > 0 THEN {average} END"
    out = template.replace("{result}", duck_type(result))
    for i, p in enumerate(parts):
        out = out.replace("{" + str(i) + "}", p)
    return out


def bind_filter(binder: Binder, node: exp.Filter) -> Typed:
    """Bind an aggregate with FILTER."""
    return bind_filtered(binder, node, None)


def bind_filtered(binder: Binder, node: exp.Filter, over: str | None) -> Typed:
    """Bind an aggregate with FILTER, perhaps over a window."""
    inner = node.this
    where = node.expression.this
    if isinstance(inner, exp.GroupConcat):
        return bind_listagg(binder, inner, where, over)
    function, arguments = aggregate_of(binder, inner)
    return bind_aggregate(binder, function, inner, arguments=arguments, where=where, over=over)


def aggregate_of(binder: Binder, node: exp.Expr) -> tuple[functions.Function, list[exp.Expr] | None]:
    """Find the aggregate that a call names."""
    if isinstance(node, exp.ArgMax | exp.ArgMin):
        called = "max_by" if isinstance(node, exp.ArgMax) else "min_by"
        if node.args.get("count") is not None:
            raise Refused(f"{called} with three arguments", binder.at(node))
        return functions.FUNCTIONS[called], [node.this, node.expression]
    called = dialect.function_name(node) if isinstance(node, exp.Anonymous) else node.key
    function = functions.FUNCTIONS.get(called)
    if function is None:
        raise Refused(f"function {called}", binder.at(node))
    if function.kind != "aggregate":
        raise QueryError(
            "FUNCTION_NOT_AGGREGATE", f"Filter is only valid for aggregation functions: {called}", binder.at(node)
        )
    return function, None


def bind_arg_extreme(binder: Binder, node: exp.Expr) -> Typed:
    """Bind MAX_BY and MIN_BY."""
    function, arguments = aggregate_of(binder, node)
    return bind_aggregate(binder, function, node, arguments=arguments)


def bind_group_concat(binder: Binder, node: exp.GroupConcat) -> Typed:
    """Bind LISTAGG."""
    return bind_listagg(binder, node, None, None)


def bind_listagg(binder: Binder, node: exp.GroupConcat, where: exp.Expr | None, over: str | None) -> Typed:
    """Bind LISTAGG, perhaps with FILTER or over a window."""
    if node.args.get("on_overflow"):
        raise Refused("LISTAGG ... ON OVERFLOW", binder.at(node))
    inner, order = node.this, None
    if isinstance(inner, exp.Order):
        inner, order = inner.this, inner
    arguments = [inner]
    if node.args.get("separator") is not None:
        arguments.append(node.args["separator"])
    return bind_aggregate(
        binder, functions.FUNCTIONS["listagg"], node, arguments=arguments, order=order, where=where, over=over
    )
