"""Functions over a window.

Source: https://trino.io/docs/current/functions/window.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from local_aws.athena import dialect, functions
from local_aws.athena.binding import calls
from local_aws.athena.binding.scopes import Scope
from local_aws.athena.errors import QueryError, Refused
from local_aws.athena.expressions import Typed, coerce
from local_aws.athena.trino_types import is_integer, is_numeric

if TYPE_CHECKING:
    from local_aws.athena.binding.binder import Binder


def name_windows(binder: Binder, tree: exp.Select, scope: Scope) -> None:
    """Note the windows that WINDOW names."""
    for w in tree.args.get("windows") or []:
        scope.windows[w.this.name.lower()] = w


def bind_window(binder: Binder, node: exp.Window) -> Typed:
    """Bind a function over a window."""
    if not binder.allow_aggregates or binder.in_aggregate:
        raise QueryError(
            "EXPRESSION_NOT_SCALAR" if not binder.in_aggregate else "NESTED_WINDOW",
            "Aggregations, window functions or grouping operations are not allowed here", binder.at(node),
        )  # fmt: skip
    over = _over_text(binder, node)
    inner, nulls = node.this, ""
    if isinstance(inner, exp.IgnoreNulls):
        inner, nulls = inner.this, " IGNORE NULLS"
    elif isinstance(inner, exp.RespectNulls):
        inner = inner.this
    if isinstance(inner, exp.Filter):
        return calls.bind_filtered(binder, inner, over)
    if isinstance(inner, exp.GroupConcat):
        return calls.bind_listagg(binder, inner, None, over)
    if isinstance(inner, exp.ArgMax | exp.ArgMin):
        function, arguments = calls.aggregate_of(binder, inner)
        return calls.bind_aggregate(binder, function, inner, arguments=arguments, over=over)
    called = dialect.function_name(inner) if isinstance(inner, exp.Anonymous) else inner.key
    function_ = functions.FUNCTIONS.get(called)
    if function_ is None:
        raise Refused(f"function {called}", binder.at(node))
    if function_.kind == "aggregate":
        return calls.bind_aggregate(binder, function_, inner, over=over)
    if function_.kind != "window":
        raise QueryError("FUNCTION_NOT_WINDOW", f"Not a window function: {called}", binder.at(node))
    args = [binder.expression(e) for e in inner.expressions]
    overload, wanted, result = functions.choose(function_, [a.type for a in args], binder.at(node))
    sqls = [coerce(a, w) for a, w in zip(args, wanted, strict=True)]
    call = calls.fill(binder, overload.parts[0], sqls, wanted, result, binder.at(node), nulls)
    return Typed(calls.combine(binder, overload.sql, [call + over], wanted, result), result)


def _over_text(binder: Binder, node: exp.Window) -> str:
    partition, order, spec = (node.args.get(k) for k in ("partition_by", "order", "spec"))
    named = node.args.get("alias")
    if named is not None:
        base = binder.scope.windows.get(named.name.lower())
        if base is None:
            raise QueryError("INVALID_WINDOW_REFERENCE", f"Cannot resolve WINDOW name {named.name}", binder.at(node))
        partition = partition or base.args.get("partition_by")
        order = order or base.args.get("order")
        spec = spec or base.args.get("spec")
    parts = []
    if partition:
        parts.append("PARTITION BY " + ", ".join(binder.expression(p).sql for p in partition))
    if order is not None:
        parts.append(
            "ORDER BY " + ", ".join(binder.expression(o.this).sql + binder.direction(o) for o in order.expressions)
        )
    if spec is not None:
        parts.append(_frame_text(binder, spec, order, node))
    return f" OVER ({' '.join(parts)})"


def _frame_text(binder: Binder, spec: exp.WindowSpec, order: exp.Order | None, node: exp.Window) -> str:
    kind = (spec.args.get("kind") or "").upper()
    if kind not in ("ROWS", "RANGE", "GROUPS") or spec.args.get("exclude"):
        raise Refused(f"window frame {kind}", binder.at(node))
    bounds = []
    for which in ("start", "end"):
        bound = spec.args.get(which)
        if bound is None:
            continue
        side = spec.args.get(f"{which}_side") or ""
        if isinstance(bound, str):
            bounds.append(f"{bound} {side}".strip())
            continue
        value = binder.expression(bound)
        if kind == "RANGE":
            _check_range(binder, value, order, node)
        elif not is_integer(value.type):
            raise QueryError(
                "TYPE_MISMATCH",
                f"Window frame {kind} value type must be exact numeric type with scale 0 (actual {value.type})",
                binder.at(bound),
            )
        bounds.append(f"{value.sql} {side}")
    return f"{kind} BETWEEN {bounds[0]} AND {bounds[1]}" if len(bounds) == 2 else f"{kind} {bounds[0]}"


def _check_range(binder: Binder, value: Typed, order: exp.Order | None, node: exp.Window) -> None:
    if order is None or len(order.expressions) != 1:
        raise QueryError(
            "INVALID_ORDER_BY",
            "Window frame of type RANGE PRECEDING or FOLLOWING requires single sort item in ORDER BY",
            binder.at(node),
        )
    key = binder.expression(order.expressions[0].this).type
    fits = (is_numeric(key) and is_numeric(value.type)) or (
        key.name in ("date", "timestamp", "timestamp with time zone") and value.type.name.startswith("interval")
    )
    if not fits:
        message = f"Window frame RANGE value type ({value.type}) not compatible with sort item type ({key})"
        if not is_numeric(key) and key.name not in ("date", "timestamp", "timestamp with time zone"):
            message = (
                "Window frame of type RANGE PRECEDING or FOLLOWING requires that sort item type be numeric, datetime "
                f"or interval (actual: {key})"
            )
        raise QueryError("TYPE_MISMATCH", message, binder.at(node))
