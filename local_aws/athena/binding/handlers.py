# ruff: noqa: E501 (a table)
"""Which function binds which kind of expression; what is not here is refused by name."""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from local_aws.athena.binding import calls, naming, scalars, windowing
from local_aws.athena.expressions import Typed
from local_aws.athena.trino_types import BOOLEAN, UNKNOWN

HANDLERS: dict[type, Callable[..., Typed]] = {
    exp.Column: naming.bind_column, exp.Literal: scalars.bind_literal, exp.Identifier: naming.bind_identifier,
    exp.Null: lambda b, n: Typed("NULL", UNKNOWN),
    exp.Boolean: lambda b, n: Typed("true" if n.this else "false", BOOLEAN),
    exp.HexString: scalars.bind_hex, exp.Dot: naming.bind_dot, exp.Paren: scalars.bind_paren, exp.Neg: scalars.bind_neg,
    exp.Add: scalars.bind_arithmetic, exp.Sub: scalars.bind_arithmetic, exp.Mul: scalars.bind_arithmetic, exp.Div: scalars.bind_arithmetic,
    exp.Mod: scalars.bind_arithmetic,
    exp.EQ: scalars.bind_comparison, exp.NEQ: scalars.bind_comparison, exp.LT: scalars.bind_comparison, exp.LTE: scalars.bind_comparison,
    exp.GT: scalars.bind_comparison, exp.GTE: scalars.bind_comparison,
    exp.And: scalars.bind_logic, exp.Or: scalars.bind_logic, exp.Not: scalars.bind_not, exp.Is: scalars.bind_is,
    exp.NullSafeEQ: scalars.bind_distinct_from, exp.NullSafeNEQ: scalars.bind_distinct_from,
    exp.Between: scalars.bind_between, exp.In: scalars.bind_in, exp.Like: scalars.bind_like, exp.Escape: scalars.bind_escape,
    exp.Case: scalars.bind_case, exp.If: scalars.bind_if, exp.Cast: scalars.bind_cast, exp.TryCast: scalars.bind_cast,
    exp.Interval: scalars.bind_interval, exp.Array: scalars.bind_array, exp.Bracket: scalars.bind_bracket,
    exp.DPipe: scalars.bind_concat, exp.Extract: calls.bind_extract, exp.Trim: calls.bind_trim,
    exp.StrPosition: calls.bind_position, exp.Substring: calls.bind_substring, exp.CurrentDate: calls.bind_current,
    exp.CurrentTimestamp: calls.bind_current, exp.Subquery: scalars.bind_subquery,
    exp.Select: scalars.bind_subquery, exp.Exists: scalars.bind_exists, exp.Anonymous: calls.bind_function,
    exp.Filter: calls.bind_filter, exp.GroupConcat: calls.bind_group_concat, exp.ArgMax: calls.bind_arg_extreme,
    exp.ArgMin: calls.bind_arg_extreme, exp.Window: windowing.bind_window,
}  # fmt: skip
