# ruff: noqa: E501, ISC004 (a function is a line)
"""The table: every function the local Athena knows, its signatures, how it is computed, and where it is described.

What is not in ``FUNCTIONS`` (and, for grammar, in ``constructs.CONSTRUCTS``) is refused by name. Each entry has at
least one test in ``tests/local_aws/athena/cases.py``; a test compares the two lists.

A signature reads ``varchar, bigint -> varchar``. Capital letters stand for types: N a number, I an integer, M a date
or timestamp, any other letter anything; the same letter means the same type. ``decimal`` takes every decimal, ``...``
after the last parameter repeats it. A result ``decimal`` has the argument's precision and scale, ``wide decimal`` 38 digits.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from local_aws.athena import datetimes, expressions
from local_aws.athena.errors import QueryError, Refused
from local_aws.athena.expressions import Place, Typed, coerce
from local_aws.athena.trino_types import (
    BIGINT,
    BOOLEAN,
    DATE,
    DOUBLE,
    TIMESTAMP,
    TIMESTAMP_TZ,
    UNKNOWN,
    VARCHAR,
    Type,
    array,
    as_decimal,
    coerces,
    common_type,
    decimal,
    duck_type,
    field_names,
    from_hive,
    is_exact,
    is_integer,
    is_numeric,
)

if TYPE_CHECKING:
    from sqlglot import exp

    from local_aws.athena.binding.binder import Binder

TRINO = "https://trino.io/docs/current/functions/"
AGGREGATE, WINDOW, DATETIME = TRINO + "aggregate.html", TRINO + "window.html", TRINO + "datetime.html"
STRING, REGEXP, MATH = TRINO + "string.html", TRINO + "regexp.html", TRINO + "math.html"
CONDITIONAL, CONVERSION, BINARY = TRINO + "conditional.html", TRINO + "conversion.html", TRINO + "binary.html"
ARRAY, MAP, JSON_PAGE, LAMBDA = TRINO + "array.html", TRINO + "map.html", TRINO + "json.html", TRINO + "lambda.html"
COMPARISON, URL, BITWISE = TRINO + "comparison.html", TRINO + "url.html", TRINO + "bitwise.html"
SELECT = "https://trino.io/docs/current/sql/select.html"

Build = Callable[["Binder", "exp.Expr", list[Typed], Place], Typed]


@dataclass(frozen=True)
class Overload:
    """One signature with the SQL that computes it; ``{0}`` is the first argument, coerced to its parameter."""

    parameters: tuple[str, ...]
    repeats: bool
    returns: str
    sql: str
    parts: tuple[str, ...] = ()  # aggregates: the calls that ``sql`` combines, as {0}, {1}


@dataclass(frozen=True)
class Function:
    """A function of the table."""

    name: str
    kind: str  # scalar, aggregate, window
    source: str
    overloads: tuple[Overload, ...] = ()
    build: Build | None = None
    lambdas: bool = False


FUNCTIONS: dict[str, Function] = {}


def _overload(signature: str, sql: str, parts: tuple[str, ...] = ()) -> Overload:
    left, _, returns = signature.partition("->")
    left = left.strip()
    repeats = left.endswith("...")
    parameters = tuple(_split(left.removesuffix("...").strip())) if left else ()
    return Overload(parameters, repeats, returns.strip(), sql, parts)


def _split(text: str) -> list[str]:
    parts, depth, current = [], 0, ""
    for c in text:
        depth += (c == "(") - (c == ")")
        if c == "," and depth == 0:
            parts.append(current.strip())
            current = ""
        else:
            current += c
    return [*parts, current.strip()]


def _scalar(name: str, source: str, *overloads: tuple[str, str]) -> None:
    FUNCTIONS[name] = Function(name, "scalar", source, tuple(_overload(s, q) for s, q in overloads))


def _aggregate(name: str, source: str, *overloads: tuple[Any, ...]) -> None:
    built = tuple(_overload(s, wrap, tuple(parts)) for s, wrap, *parts in overloads)
    FUNCTIONS[name] = Function(name, "aggregate", source, built)


def _window(name: str, *overloads: tuple[str, str]) -> None:
    built = tuple(_overload(s, "{0}", (q,)) for s, q in overloads)
    FUNCTIONS[name] = Function(name, "window", WINDOW, built)


def _special(name: str, source: str, *, lambdas: bool = False) -> Callable[[Build], Build]:
    def register(build: Build) -> Build:
        FUNCTIONS[name] = Function(name, "scalar", source, build=build, lambdas=lambdas)
        return build

    return register


# --- matching arguments to signatures -------------------------------------------------------------------------------

_CONSTRAINTS: dict[str, Callable[[Type], bool]] = {
    "N": is_numeric,
    "I": is_integer,
    "M": lambda t: t.name in ("date", "timestamp", "timestamp with time zone"),
}


def _pattern(text: str) -> tuple[str, list[str]]:
    m = re.fullmatch(r"(\w[\w ]*)\((.*)\)", text)
    return (m[1], _split(m[2])) if m and not m[2].isdigit() else (text, [])


def _match(pattern: str, t: Type, bound: dict[str, Type]) -> int | None:
    """Cost of giving a value of type ``t`` to a parameter; None when it does not fit."""
    name, inner = _pattern(pattern)
    if len(name) == 1:
        if t == UNKNOWN:
            bound.setdefault(name, UNKNOWN)
            return 0
        if name in _CONSTRAINTS and not _CONSTRAINTS[name](t):
            return None
        wide = common_type(bound[name], t) if name in bound else t
        if wide is None:
            return None
        bound[name] = wide
        return 0
    if t == UNKNOWN:
        return 1
    if inner:
        if t.name != name or len(t.args) != len(inner):
            return None
        costs = [_match(p, a, bound) for p, a in zip(inner, t.args, strict=True)]
        return None if None in costs else sum(c for c in costs if c)
    if name == t.name:
        return 0
    if name == "decimal":
        return 2 + _ORDER.index("decimal") - _ORDER.index(t.name) if is_integer(t) else None
    target = _named(name)
    return 2 + _distance(t, target) if coerces(t, target) or _loses_only_precision(t, target) else None


def _loses_only_precision(t: Type, target: Type) -> bool:
    return t.name == "decimal" and target.name in ("double", "real")


_ORDER = ["tinyint", "smallint", "integer", "bigint", "decimal", "real", "double"]


def _distance(t: Type, target: Type) -> int:
    if t.name in _ORDER and target.name in _ORDER:
        return _ORDER.index(target.name) - _ORDER.index(t.name)
    return 0


def _named(name: str) -> Type:
    special = {"timestamp": TIMESTAMP, "timestamp with time zone": TIMESTAMP_TZ, "decimal": decimal(38, 0)}
    return special.get(name) or (Type(name) if name in _PLAIN else from_hive(name))


_PLAIN = {
    "varchar", "varbinary", "boolean", "bigint", "integer", "smallint", "tinyint", "double", "real", "date", "json",
    "unknown", "interval day to second", "interval year to month", "time",
}  # fmt: skip


def _resolve(pattern: str, bound: dict[str, Type], given: Type | None = None) -> Type:
    name, inner = _pattern(pattern)
    if len(name) == 1:
        return bound[name]
    if pattern == "decimal(1,0)":
        return decimal(1, 0)
    if inner:
        return Type(name, tuple(_resolve(p, bound) for p in inner))
    if name == "decimal" and given is not None and is_exact(given):
        return as_decimal(given)
    if given is not None and given.name == name and name in ("timestamp", "timestamp with time zone", "varchar"):
        return given
    return _named(name)


def choose(function: Function, types: list[Type], at: Place) -> tuple[Overload, list[Type], Type]:
    """Return the overload for these argument types, the types its parameters take, and what it returns.

    Raises:
        QueryError: FUNCTION_NOT_FOUND with the signatures that exist, as Trino words it.
    """
    best: tuple[int, Overload, dict[str, Type]] | None = None
    for o in function.overloads:
        patterns = list(o.parameters)
        if o.repeats and len(types) > len(patterns):
            patterns += [patterns[-1]] * (len(types) - len(patterns))
        if len(patterns) != len(types):
            continue
        bound: dict[str, Type] = {}
        costs = [_match(p, t, bound) for p, t in zip(patterns, types, strict=True)]
        if None in costs:
            continue
        total = sum(c for c in costs if c)
        if best is None or total < best[0]:
            best = (total, Overload(tuple(patterns), False, o.returns, o.sql, o.parts), bound)
    if best is None:
        expected = ", ".join(f"{function.name}({', '.join(o.parameters)})" for o in function.overloads)
        raise QueryError(
            "FUNCTION_NOT_FOUND",
            f"Unexpected parameters ({', '.join(map(str, types))}) for function {function.name}. Expected: {expected}",
            at,
        )
    _, overload, bound = best
    wanted = [_resolve(p, bound, t) for p, t in zip(overload.parameters, types, strict=True)]
    if overload.returns in ("decimal", "wide decimal"):
        result = next(w for w in wanted if w.name == "decimal")
        if overload.returns == "wide decimal":
            result = decimal(38, result.args[1])
    else:
        result = _resolve(overload.returns, bound)
    return overload, wanted, result


def constant(value: Typed, what: str, at: Place) -> str:
    """Text of an argument that must be written out in the query."""
    if value.constant is None:
        raise Refused(f"{what} that is not written out as text", at)
    return value.constant


# --- conditional and comparison --------------------------------------------------------------------------------------


def same_type(values: list[Typed], description: str, places: list[Place]) -> tuple[list[str], Type]:
    """Coerce all to their common type.

    Raises:
        QueryError: TYPE_MISMATCH, worded as Trino words it.
    """
    wide = UNKNOWN
    for value, at in zip(values, places, strict=True):
        joined = common_type(wide, value.type)
        if joined is None:
            seen = list(dict.fromkeys(str(v.type) for v in values))
            raise QueryError(
                "TYPE_MISMATCH",
                f"{description} must be the same type or coercible to a common type. Cannot find common type between "
                f"{wide} and {value.type}, all types (without duplicates): [{', '.join(seen)}]",
                at,
            )
        wide = joined
    return [coerce(v, wide) for v in values], wide


def _needs(args: list[Typed], low: int, high: int | None, name: str, at: Place) -> None:
    if len(args) < low or (high is not None and len(args) > high):
        raise QueryError("INVALID_FUNCTION_ARGUMENT", f"Invalid number of arguments for '{name}' function", at)


@_special("coalesce", CONDITIONAL)
def _coalesce(b: Binder, node: exp.Expr, args: list[Typed], at: Place) -> Typed:
    _needs(args, 2, None, "coalesce", at)
    sqls, wide = same_type(args, "All COALESCE operands", [at] * len(args))
    return Typed(f"coalesce({', '.join(sqls)})", wide)


@_special("nullif", CONDITIONAL)
def _nullif(b: Binder, node: exp.Expr, args: list[Typed], at: Place) -> Typed:
    _needs(args, 2, 2, "nullif", at)
    wide = common_type(args[0].type, args[1].type)
    if wide is None:
        raise QueryError("TYPE_MISMATCH", f"Types are not comparable with NULLIF: {args[0].type} vs {args[1].type}", at)
    same = f"{coerce(args[0], wide)} = {coerce(args[1], wide)}"
    return Typed(f"CASE WHEN {same} THEN NULL ELSE {args[0].sql} END", args[0].type)


@_special("try", CONDITIONAL)
def _try(b: Binder, node: exp.Expr, args: list[Typed], at: Place) -> Typed:
    _needs(args, 1, 1, "try", at)
    return Typed(f"TRY({args[0].sql})", args[0].type)


@_special("typeof", CONVERSION)
def _typeof(b: Binder, node: exp.Expr, args: list[Typed], at: Place) -> Typed:
    _needs(args, 1, 1, "typeof", at)
    return Typed(expressions.quote(str(args[0].type)), VARCHAR)


def _extreme(word: str) -> Build:
    def build(b: Binder, node: exp.Expr, args: list[Typed], at: Place) -> Typed:
        _needs(args, 1, None, word, at)
        sqls, wide = same_type(args, f"All {word.upper()} operands", [at] * len(args))
        nulls = " OR ".join(f"{s} IS NULL" for s in sqls)  # null if any is null
        return Typed(f"CASE WHEN {nulls} THEN NULL ELSE {word}({', '.join(sqls)}) END", wide)

    return build


_special("greatest", COMPARISON)(_extreme("greatest"))
_special("least", COMPARISON)(_extreme("least"))


# --- strings ---------------------------------------------------------------------------------------------------------

_scalar("length", STRING, ("varchar -> bigint", "length({0})"), ("varbinary -> bigint", "octet_length({0})"))
_scalar("lower", STRING, ("varchar -> varchar", "lower({0})"))
_scalar("upper", STRING, ("varchar -> varchar", "upper({0})"))
_scalar("reverse", STRING, ("varchar -> varchar", "reverse({0})"), ("array(T) -> array(T)", "list_reverse({0})"))
_scalar("replace", STRING, ("varchar, varchar -> varchar", "replace({0}, {1}, '')"),
        ("varchar, varchar, varchar -> varchar", "replace({0}, {1}, {2})"))  # fmt: skip
_WHITE = r"E' \t\n\x0B\f\r'"
for _name in ("trim", "ltrim", "rtrim"):
    _scalar(_name, STRING, ("varchar -> varchar", _name + "({0}, " + _WHITE + ")"),
            ("varchar, varchar -> varchar", _name + "({0}, {1})"))  # fmt: skip
_scalar("substr", STRING, ("varchar, bigint -> varchar", "trino_substr({0}, {1}, NULL)"),
        ("varchar, bigint, bigint -> varchar", "trino_substr({0}, {1}, {2})"))  # fmt: skip
_scalar("substring", STRING, ("varchar, bigint -> varchar", "trino_substr({0}, {1}, NULL)"),
        ("varchar, bigint, bigint -> varchar", "trino_substr({0}, {1}, {2})"))  # fmt: skip
_scalar("strpos", STRING, ("varchar, varchar -> bigint", "strpos({0}, {1})"))
_scalar("starts_with", STRING, ("varchar, varchar -> boolean", "starts_with({0}, {1})"))
_scalar("lpad", STRING, ("varchar, bigint, varchar -> varchar", "lpad({0}, CAST({1} AS INTEGER), {2})"))
_scalar("rpad", STRING, ("varchar, bigint, varchar -> varchar", "rpad({0}, CAST({1} AS INTEGER), {2})"))
_scalar("split", STRING, ("varchar, varchar -> array(varchar)", "string_split({0}, {1})"))
_scalar("split_part", STRING,
        ("varchar, varchar, bigint -> varchar", "list_extract(string_split({0}, {1}), {2})"))  # fmt: skip
_scalar("chr", STRING, ("bigint -> varchar", "chr(CAST({0} AS INTEGER))"))
_scalar("codepoint", STRING, ("varchar -> integer", "unicode({0})"))
_scalar("levenshtein_distance", STRING, ("varchar, varchar -> bigint", "levenshtein({0}, {1})"))
_scalar("hamming_distance", STRING, ("varchar, varchar -> bigint", "hamming({0}, {1})"))
_scalar("translate", STRING, ("varchar, varchar, varchar -> varchar", "translate({0}, {1}, {2})"))
_scalar("concat_ws", STRING, ("varchar, varchar... -> varchar", "concat_ws({*})"),
        ("varchar, array(varchar) -> varchar",
         "array_to_string(list_filter({1}, lambda e: e IS NOT NULL), {0})"))  # fmt: skip
_scalar("to_utf8", STRING, ("varchar -> varbinary", "encode({0})"))
_scalar("from_utf8", STRING, ("varbinary -> varchar", "decode({0})"))
_scalar("normalize", STRING, ("varchar -> varchar", "nfc_normalize({0})"))


@_special("concat", STRING)
def _concat(b: Binder, node: exp.Expr, args: list[Typed], at: Place) -> Typed:
    if len(args) < 2:
        raise QueryError("INVALID_FUNCTION_ARGUMENT", "There must be two or more concatenation arguments", at)
    result = args[0]
    for other in args[1:]:
        result = join_values(result, other, "concat", at)
    return result


def join_values(a: Typed, b: Typed, name: str, at: Place) -> Typed:
    """Compute ``a || b`` for text, bytes and arrays. Source: https://trino.io/docs/current/functions/string.html."""
    if a.type.name == "array" or b.type.name == "array":
        element = a.type if a.type.name != "array" else a.type.args[0]
        other = b.type if b.type.name != "array" else b.type.args[0]
        wide = common_type(element, other)
        if wide is not None:
            x, y = (coerce(v, array(wide)) if v.type.name == "array" else f"[{coerce(v, wide)}]" for v in (a, b))
            return Typed(f"CASE WHEN {a.sql} IS NULL OR {b.sql} IS NULL THEN NULL ELSE list_concat({x}, {y}) END",
                         array(wide))  # fmt: skip
    for t in ("varchar", "varbinary"):
        if {a.type.name, b.type.name} <= {t, "unknown"}:
            return Typed(f"({coerce(a, Type(t))} || {coerce(b, Type(t))})", Type(t))
    if name == "concat":
        raise QueryError(
            "FUNCTION_NOT_FOUND",
            f"Unexpected parameters ({a.type}, {b.type}) for function concat. Expected: concat(varchar), "
            "concat(varbinary), concat(array(E), E) E, concat(E, array(E)) E, concat(array(E)) E",
            at,
        )
    raise QueryError(
        "FUNCTION_NOT_FOUND",
        f"Unexpected parameters ({a.type}, {b.type}) for function concat. Expected: concat(char(x), char(y)), "
        "concat(array(E), E) E, concat(E, array(E)) E, concat(array(E)) E, concat(varchar), concat(varbinary)",
        at,
    )


@_special("format", CONVERSION)
def _format(b: Binder, node: exp.Expr, args: list[Typed], at: Place) -> Typed:
    _needs(args, 2, None, "format", at)
    text, values = constant(args[0], "a format", at), args[1:]
    pieces, used = [], 0
    for literal, spec in re.findall(r"([^%]+)|(%[-,0-9.]*[a-zA-Z%])", text):
        if literal:
            pieces.append(expressions.quote(literal))
            continue
        if spec == "%%":
            pieces.append("'%'")
            continue
        if used >= len(values):
            raise QueryError("INVALID_FUNCTION_ARGUMENT", f"Invalid format string: {text}", at)
        pieces.append(_format_piece(spec, values[used], at))
        used += 1
    return Typed("(" + " || ".join(pieces or ["''"]) + ")", VARCHAR)


def _format_piece(spec: str, value: Typed, at: Place) -> str:
    flags, kind = spec[1:-1], spec[-1]
    m = re.fullmatch(r"(-?)(0?)(,?)(\d*)(\.\d+)?", flags)
    if m and kind == "s" and not (m[2] or m[3] or m[5]):
        text = expressions.cast(value, VARCHAR, at).sql
        width = int(m[4] or 0)
        return f"printf('%{m[1]}{width or ''}s', {text})"
    if m and kind == "d" and is_integer(value.type):
        thousands = "," if m[3] else ""
        return f"format('{{:{'<' if m[1] else ''}{m[2]}{m[4]}{thousands}}}', CAST({value.sql} AS BIGINT))"
    if m and kind == "f" and is_numeric(value.type):
        digits = int((m[5] or ".6")[1:])
        rounded = f"round({coerce(value, DOUBLE)}, {digits})"
        thousands = "," if m[3] else ""
        return f"format('{{:{'<' if m[1] else ''}{m[2]}{m[4]}{thousands}.{digits}f}}', {rounded})"
    raise Refused(f"format {spec} of {value.type}", at)


# --- regular expressions ---------------------------------------------------------------------------------------------


def _regexp(build: Build) -> Build:
    """Refuse what Java's expressions know and DuckDB's (RE2) do not."""

    def checked(b: Binder, node: exp.Expr, args: list[Typed], at: Place) -> Typed:
        pattern = constant(args[1], "a regular expression", at) if len(args) > 1 else ""
        if re.search(r"\(\?(<?[=!]|>)|\\[1-9]|[*+?}]\+", pattern):
            raise Refused(f"regular expression {pattern} (look-around, back reference or possessive quantifier)", at)
        return build(b, node, args, at)

    return checked


def _text_args(args: list[Typed], name: str, low: int, high: int, at: Place) -> None:
    _needs(args, low, high, name, at)
    if any(a.type.name not in ("varchar", "unknown") for a in args[:2]):
        raise QueryError(
            "FUNCTION_NOT_FOUND",
            f"Unexpected parameters ({', '.join(str(a.type) for a in args)}) for function {name}. "
            f"Expected: {name}(varchar(x), JoniRegExp)",
            at,
        )


@_special("regexp_like", REGEXP)
@_regexp
def _regexp_like(b: Binder, node: exp.Expr, args: list[Typed], at: Place) -> Typed:
    _text_args(args, "regexp_like", 2, 2, at)
    return Typed(f"regexp_matches({args[0].sql}, {args[1].sql})", BOOLEAN)


@_special("regexp_extract", REGEXP)
@_regexp
def _regexp_extract(b: Binder, node: exp.Expr, args: list[Typed], at: Place) -> Typed:
    _text_args(args, "regexp_extract", 2, 3, at)
    group = args[2].sql if len(args) == 3 else "0"
    # null, not '', where nothing matches
    found = f"regexp_matches({args[0].sql}, {args[1].sql})"
    return Typed(f"CASE WHEN {found} THEN regexp_extract({args[0].sql}, {args[1].sql}, {group}) END", VARCHAR)


@_special("regexp_extract_all", REGEXP)
@_regexp
def _regexp_extract_all(b: Binder, node: exp.Expr, args: list[Typed], at: Place) -> Typed:
    _text_args(args, "regexp_extract_all", 2, 3, at)
    group = args[2].sql if len(args) == 3 else "0"
    return Typed(f"regexp_extract_all({args[0].sql}, {args[1].sql}, {group})", array(VARCHAR))


@_special("regexp_replace", REGEXP)
@_regexp
def _regexp_replace(b: Binder, node: exp.Expr, args: list[Typed], at: Place) -> Typed:
    _text_args(args, "regexp_replace", 2, 3, at)
    new = constant(args[2], "a replacement", at) if len(args) == 3 else ""
    # $1 becomes \1; a literal backslash must be doubled for DuckDB
    out = re.sub(r"\\(.)", lambda m: m[1].replace("\\", "\\\\"), new) if "\\" in new else new
    out = re.sub(r"\$(\d)", r"\\\1", out)
    return Typed(f"regexp_replace({args[0].sql}, {args[1].sql}, {expressions.quote(out)}, 'g')", VARCHAR)


@_special("regexp_count", REGEXP)
@_regexp
def _regexp_count(b: Binder, node: exp.Expr, args: list[Typed], at: Place) -> Typed:
    _text_args(args, "regexp_count", 2, 2, at)
    return Typed(f"len(regexp_extract_all({args[0].sql}, {args[1].sql}))", BIGINT)


@_special("regexp_split", REGEXP)
@_regexp
def _regexp_split(b: Binder, node: exp.Expr, args: list[Typed], at: Place) -> Typed:
    _text_args(args, "regexp_split", 2, 2, at)
    return Typed(f"string_split_regex({args[0].sql}, {args[1].sql})", array(VARCHAR))


# --- numbers ---------------------------------------------------------------------------------------------------------

_scalar("abs", MATH, ("N -> N", "abs({0})"))
_scalar("sign", MATH, ("bigint -> bigint", "CAST(sign({0}) AS BIGINT)"),
        ("integer -> integer", "CAST(sign({0}) AS INTEGER)"),
        ("decimal -> decimal(1,0)", "CAST(sign({0}) AS DECIMAL(1,0))"),
        ("double -> double", "CAST(sign({0}) AS DOUBLE)"))  # fmt: skip
for _name, _function in (("ceil", "ceil"), ("ceiling", "ceil"), ("floor", "floor")):
    FUNCTIONS[_name] = Function(
        _name, "scalar", MATH,
        build=lambda b, node, args, at, f=_function: _whole(f, args, at),  # type: ignore[misc]
    )  # fmt: skip


def _whole(function: str, args: list[Typed], at: Place) -> Typed:
    _needs(args, 1, 1, function, at)
    t = args[0].type
    if is_integer(t):
        return args[0]
    if t.name == "decimal":
        precision, scale = t.args
        result = decimal(precision - scale + min(scale, 1), 0)
        return Typed(f"CAST({function}({args[0].sql}) AS {duck_type(result)})", result)
    if t.name in ("double", "real"):
        return Typed(f"CAST({function}({args[0].sql}) AS {duck_type(t)})", t)
    raise QueryError(
        "FUNCTION_NOT_FOUND",
        f"Unexpected parameters ({t}) for function {function}. Expected: {function}(tinyint), {function}(smallint), "
        f"{function}(integer), {function}(bigint), {function}(double), {function}(real), {function}(decimal(p,s))",
        at,
    )


@_special("round", MATH)
def _round(b: Binder, node: exp.Expr, args: list[Typed], at: Place) -> Typed:
    _needs(args, 1, 2, "round", at)
    t = args[0].type
    if not is_numeric(t) or (len(args) == 2 and not is_integer(args[1].type)):
        raise QueryError(
            "FUNCTION_NOT_FOUND",
            f"Unexpected parameters ({', '.join(str(a.type) for a in args)}) for function round. Expected: "
            "round(double), round(double, bigint), round(decimal(p,s)), round(decimal(p,s), bigint), round(bigint), "
            "round(bigint, bigint)",
            at,
        )
    digits = f"CAST({args[1].sql} AS INTEGER)" if len(args) == 2 else "0"
    if t.name == "decimal":
        precision, scale = t.args
        result = t
        if len(args) == 2:
            result = decimal(min(38, precision + 1), scale)
        else:
            result = decimal(min(38, precision - scale + min(1, scale)), 0)
        if not re.fullmatch(r"CAST\(-?\d+ AS INTEGER\)|0|CAST\(\(-\d+\) AS INTEGER\)", digits):
            raise Refused("round of a decimal to a number of digits that is not written out", at)
        return Typed(f"CAST(round(CAST({args[0].sql} AS {duck_type(result if len(args) == 2 else t)}), "
                     f"{digits}) AS {duck_type(result)})", result)  # fmt: skip
    if is_integer(t) and len(args) == 1:
        return args[0]
    return Typed(f"CAST(round({args[0].sql}, {digits}) AS {duck_type(t)})", t)


_scalar("truncate", MATH, ("double -> double", "trunc({0})"), ("real -> real", "trunc({0})"))
for _name, _sql in {
    "sqrt": "CASE WHEN {0} < 0 THEN CAST('NaN' AS DOUBLE) ELSE sqrt({0}) END", "cbrt": "CASE WHEN pow(round(cbrt({0})), 3) = {0} THEN round(cbrt({0})) ELSE cbrt({0}) END",
    "exp": "exp({0})",
    "ln": "CASE WHEN {0} > 0 THEN ln({0}) WHEN {0} = 0 THEN CAST('-Infinity' AS DOUBLE) "
          "WHEN {0} IS NOT NULL THEN CAST('NaN' AS DOUBLE) END",
    "log10": "CASE WHEN {0} > 0 THEN log10({0}) WHEN {0} = 0 THEN CAST('-Infinity' AS DOUBLE) "
             "WHEN {0} IS NOT NULL THEN CAST('NaN' AS DOUBLE) END",
    "log2": "CASE WHEN {0} > 0 THEN log2({0}) WHEN {0} = 0 THEN CAST('-Infinity' AS DOUBLE) "
            "WHEN {0} IS NOT NULL THEN CAST('NaN' AS DOUBLE) END",
    "sin": "sin({0})", "cos": "cos({0})", "tan": "tan({0})", "asin": "asin({0})", "acos": "acos({0})",
    "atan": "atan({0})", "degrees": "degrees({0})", "radians": "radians({0})",
}.items():  # fmt: skip
    _scalar(_name, MATH, ("double -> double", _sql))
_scalar("atan2", MATH, ("double, double -> double", "atan2({0}, {1})"))
_scalar("power", MATH, ("double, double -> double", "pow({0}, {1})"))
_scalar("pow", MATH, ("double, double -> double", "pow({0}, {1})"))
_scalar("pi", MATH, (" -> double", "pi()"))
_scalar("e", MATH, (" -> double", "exp(1e0)"))
_scalar("infinity", MATH, (" -> double", "CAST('Infinity' AS DOUBLE)"))
_scalar("nan", MATH, (" -> double", "CAST('NaN' AS DOUBLE)"))
_scalar("is_nan", MATH, ("double -> boolean", "isnan({0})"))
_scalar("is_finite", MATH, ("double -> boolean", "isfinite({0})"))
_scalar("is_infinite", MATH, ("double -> boolean", "isinf({0})"))
_scalar("random", MATH, (" -> double", "random()"))
_scalar("bitwise_and", BITWISE, ("bigint, bigint -> bigint", "({0} & {1})"))
_scalar("bitwise_or", BITWISE, ("bigint, bigint -> bigint", "({0} | {1})"))
_scalar("bitwise_xor", BITWISE, ("bigint, bigint -> bigint", "xor({0}, {1})"))


@_special("mod", MATH)
def _mod(b: Binder, node: exp.Expr, args: list[Typed], at: Place) -> Typed:
    _needs(args, 2, 2, "mod", at)
    result = expressions.arithmetic("%", args[0], args[1])
    if result is None:
        raise QueryError(
            "FUNCTION_NOT_FOUND",
            f"Unexpected parameters ({args[0].type}, {args[1].type}) for function mod. Expected: mod(bigint, bigint), "
            "mod(double, double), mod(decimal(p,s), decimal(p,s))",
            at,
        )
    return result


_scalar("width_bucket", MATH, ("double, double, double, bigint -> bigint",
        "CAST(CASE WHEN {1} < {2} THEN CASE WHEN {0} < {1} THEN 0 WHEN {0} >= {2} THEN {3} + 1 "
        "ELSE floor({3} * ({0} - {1}) / ({2} - {1})) + 1 END "
        "ELSE CASE WHEN {0} > {1} THEN 0 WHEN {0} <= {2} THEN {3} + 1 "
        "ELSE floor({3} * ({1} - {0}) / ({1} - {2})) + 1 END END AS BIGINT)"))  # fmt: skip


# --- bytes -----------------------------------------------------------------------------------------------------------

_scalar("md5", BINARY, ("varbinary -> varbinary", "unhex(md5({0}))"))
_scalar("sha1", BINARY, ("varbinary -> varbinary", "unhex(sha1({0}))"))
_scalar("sha256", BINARY, ("varbinary -> varbinary", "unhex(sha256({0}))"))
_scalar("to_hex", BINARY, ("varbinary -> varchar", "upper(hex({0}))"))
_scalar("from_hex", BINARY, ("varchar -> varbinary", "unhex({0})"))
_scalar("to_base64", BINARY, ("varbinary -> varchar", "to_base64({0})"))
_scalar("from_base64", BINARY, ("varchar -> varbinary", "from_base64({0})"))


# --- dates and times -------------------------------------------------------------------------------------------------

for _name, _part in {
    "year": "year", "quarter": "quarter", "month": "month", "week": "week", "week_of_year": "week", "day": "day",
    "day_of_month": "day", "day_of_week": "isodow", "dow": "isodow", "day_of_year": "dayofyear", "doy": "dayofyear",
    "year_of_week": "isoyear", "yow": "isoyear",
}.items():  # fmt: skip
    _scalar(_name, DATETIME, ("date -> bigint", f"CAST(date_part('{_part}', {{0}}) AS BIGINT)"),
            ("timestamp -> bigint", f"CAST(date_part('{_part}', {{0}}) AS BIGINT)"),
            ("timestamp with time zone -> bigint",
             f"CAST(date_part('{_part}', {{0}} AT TIME ZONE 'UTC') AS BIGINT)"))  # fmt: skip
for _name, _sql in {
    "hour": "date_part('hour', {0})", "minute": "date_part('minute', {0})", "second": "floor(date_part('second', {0}))",
    "millisecond": "date_part('millisecond', {0}) % 1000",
}.items():  # fmt: skip
    _utc_sql = _sql.replace("{0}", "({0} AT TIME ZONE 'UTC')")
    _scalar(_name, DATETIME, ("timestamp -> bigint", f"CAST({_sql} AS BIGINT)"),
            ("time -> bigint", f"CAST({_sql} AS BIGINT)"),
            ("timestamp with time zone -> bigint", f"CAST({_utc_sql} AS BIGINT)"))  # fmt: skip
_scalar("last_day_of_month", DATETIME, ("date -> date", "last_day({0})"),
        ("timestamp -> date", "last_day({0})"))  # fmt: skip
_scalar("from_iso8601_date", DATETIME, ("varchar -> date", "CAST({0} AS DATE)"))
_scalar("from_unixtime", DATETIME,
        ("double -> timestamp with time zone", "CAST(make_timestamp(CAST(round({0} * 1e3) AS BIGINT) * 1000) "
         "AT TIME ZONE 'UTC' AS TIMESTAMPTZ)"))  # fmt: skip
_scalar("to_unixtime", DATETIME, ("timestamp -> double", "CAST(epoch_us({0}) AS DOUBLE) / 1e6"),
        ("timestamp with time zone -> double", "CAST(epoch_us({0}) AS DOUBLE) / 1e6"))  # fmt: skip
_scalar("now", DATETIME, (" -> timestamp with time zone", "date_trunc('millisecond', current_timestamp)"))


@_special("date", DATETIME)
def _date(b: Binder, node: exp.Expr, args: list[Typed], at: Place) -> Typed:
    _needs(args, 1, 1, "date", at)
    if args[0].type.name not in ("varchar", "date", "timestamp", "timestamp with time zone", "unknown"):
        raise QueryError(
            "FUNCTION_NOT_FOUND",
            f"Unexpected parameters ({args[0].type}) for function date. Expected: date(varchar(x)), "
            "date(timestamp(p)), date(timestamp(p) with time zone)",
            at,
        )
    return expressions.cast(args[0], DATE, at)


_UNITS = ("millisecond", "second", "minute", "hour", "day", "week", "month", "quarter", "year")


def _unit(value: Typed, kind: Type, at: Place) -> str:
    unit = constant(value, "a unit", at).lower()
    allowed = _UNITS if kind.name != "date" else _UNITS[4:]
    if unit not in allowed:
        sort = "DATE" if kind.name == "date" else "TIMESTAMP"
        raise QueryError("INVALID_FUNCTION_ARGUMENT", f"'{unit}' is not a valid {sort} field", at)
    return unit


def _moment(value: Typed, function: str, types: list[Typed], at: Place) -> Type:
    if value.type.name not in ("date", "timestamp", "timestamp with time zone"):
        shape = {"date_add": "varchar(x), bigint, {}", "date_diff": "varchar(x), {0}, {0}"}.get(
            function, "varchar(x), {}"
        )
        kinds = ("date", "timestamp(p)", "timestamp(p) with time zone")
        expected = ", ".join(f"{function}({shape.format(k)})" for k in kinds)
        raise QueryError(
            "FUNCTION_NOT_FOUND",
            f"Unexpected parameters ({', '.join(str(t.type) for t in types)}) for function {function}. "
            f"Expected: {expected}",
            at,
        )
    return value.type


_INTERVALS = {
    "millisecond": "to_milliseconds({})", "second": "to_seconds({})", "minute": "to_minutes({})",
    "hour": "to_hours({})", "day": "to_days({})", "week": "to_days(7 * ({}))", "month": "to_months({})",
    "quarter": "to_months(3 * ({}))", "year": "to_years({})",
}  # fmt: skip


@_special("date_add", DATETIME)
def _date_add(b: Binder, node: exp.Expr, args: list[Typed], at: Place) -> Typed:
    _needs(args, 3, 3, "date_add", at)
    t = _moment(args[2], "date_add", args, at)
    if not is_integer(args[1].type):
        _moment(args[1], "date_add", args, at)
    unit = _unit(args[0], t, at)
    number = f"CAST({args[1].sql} AS INTEGER)" if unit not in ("millisecond", "second") else args[1].sql
    sql = f"({args[2].sql} + {_INTERVALS[unit].format(number)})"
    return Typed(expressions.day_of(sql) if t == DATE else sql, t)


@_special("date_diff", DATETIME)
def _date_diff(b: Binder, node: exp.Expr, args: list[Typed], at: Place) -> Typed:
    _needs(args, 3, 3, "date_diff", at)
    wide = common_type(_moment(args[1], "date_diff", args, at), _moment(args[2], "date_diff", args, at))
    assert wide is not None  # noqa: S101 - moments always have a common type
    unit = _unit(args[0], wide, at)
    return Typed(f"datesub('{unit}', {coerce(args[1], wide)}, {coerce(args[2], wide)})", BIGINT)


@_special("date_trunc", DATETIME)
def _date_trunc(b: Binder, node: exp.Expr, args: list[Typed], at: Place) -> Typed:
    _needs(args, 2, 2, "date_trunc", at)
    t = _moment(args[1], "date_trunc", args, at)
    unit = _unit(args[0], t, at)
    return Typed(f"CAST(date_trunc('{unit}', {args[1].sql}) AS {duck_type(t)})", t)


def _in_utc(value: Typed) -> str:
    return f"({value.sql} AT TIME ZONE 'UTC')" if value.type.name == "timestamp with time zone" else value.sql


@_special("date_format", DATETIME)
def _date_format(b: Binder, node: exp.Expr, args: list[Typed], at: Place) -> Typed:
    _needs(args, 2, 2, "date_format", at)
    if args[0].type.name == "date":
        args = [Typed(coerce(args[0], TIMESTAMP), TIMESTAMP), args[1]]
    if args[0].type.name not in ("timestamp", "timestamp with time zone"):
        _bad_parameters("date_format", args, "date_format(timestamp(p), varchar(x))", at)
    pattern = datetimes.mysql_to_strftime(constant(args[1], "a date format", at), at)
    return Typed(f"strftime({_in_utc(args[0])}, {expressions.quote(pattern)})", VARCHAR)


@_special("date_parse", DATETIME)
def _date_parse(b: Binder, node: exp.Expr, args: list[Typed], at: Place) -> Typed:
    _needs(args, 2, 2, "date_parse", at)
    if args[0].type.name not in ("varchar", "unknown"):
        _bad_parameters("date_parse", args, "date_parse(varchar(x), varchar(y))", at)
    pattern = datetimes.mysql_to_strptime(constant(args[1], "a date format", at), at)
    return Typed(f"CAST(strptime({args[0].sql}, {expressions.quote(pattern)}) AS TIMESTAMP)", TIMESTAMP)


@_special("format_datetime", DATETIME)
def _format_datetime(b: Binder, node: exp.Expr, args: list[Typed], at: Place) -> Typed:
    _needs(args, 2, 2, "format_datetime", at)
    if args[0].type.name == "date":
        args = [Typed(coerce(args[0], TIMESTAMP), TIMESTAMP), args[1]]
    if args[0].type.name not in ("timestamp", "timestamp with time zone"):
        _bad_parameters("format_datetime", args, "format_datetime(timestamp(p), varchar(x))", at)
    pattern = datetimes.joda_to_strftime(constant(args[1], "a date format", at), at)
    return Typed(f"strftime({_in_utc(args[0])}, {expressions.quote(pattern)})", VARCHAR)


@_special("parse_datetime", DATETIME)
def _parse_datetime(b: Binder, node: exp.Expr, args: list[Typed], at: Place) -> Typed:
    _needs(args, 2, 2, "parse_datetime", at)
    if args[0].type.name not in ("varchar", "unknown"):
        _bad_parameters("parse_datetime", args, "parse_datetime(varchar(x), varchar(y))", at)
    pattern = datetimes.joda_to_strptime(constant(args[1], "a date format", at), at)
    return Typed(f"(CAST(strptime({args[0].sql}, {expressions.quote(pattern)}) AS TIMESTAMP) AT TIME ZONE 'UTC')",
                 TIMESTAMP_TZ)  # fmt: skip


def _bad_parameters(name: str, args: list[Typed], expected: str, at: Place) -> None:
    types = ", ".join(str(a.type) for a in args)
    raise QueryError(
        "FUNCTION_NOT_FOUND", f"Unexpected parameters ({types}) for function {name}. Expected: {expected}", at
    )


# --- arrays and maps -------------------------------------------------------------------------------------------------

_scalar("cardinality", ARRAY, ("array(T) -> bigint", "CAST(len({0}) AS BIGINT)"),
        ("map(K, V) -> bigint", "CAST(cardinality({0}) AS BIGINT)"))  # fmt: skip
_scalar("contains", ARRAY, ("array(T), T -> boolean",
        "CASE WHEN {1} IS NULL THEN NULL WHEN list_contains({0}, {1}) THEN true "
        "WHEN len(list_filter({0}, lambda e: e IS NULL)) > 0 THEN NULL ELSE list_contains({0}, {1}) END"))  # fmt: skip
_scalar("array_join", ARRAY,
        ("array(T), varchar -> varchar", "array_to_string(list_filter({text0}, lambda e: e IS NOT NULL), {1})"),
        ("array(T), varchar, varchar -> varchar",
         "array_to_string(list_transform({text0}, lambda e: coalesce(e, {2})), {1})"))  # fmt: skip
_scalar("array_distinct", ARRAY, ("array(T) -> array(T)", "trino_array_distinct({0})"))
_scalar("array_sort", ARRAY, ("array(T) -> array(T)", "list_sort({0}, 'ASC', 'NULLS LAST')"))
_scalar("array_max", ARRAY, ("array(T) -> T",
        "CASE WHEN len(list_filter({0}, lambda e: e IS NULL)) = 0 THEN list_max({0}) END"))  # fmt: skip
_scalar("array_min", ARRAY, ("array(T) -> T",
        "CASE WHEN len(list_filter({0}, lambda e: e IS NULL)) = 0 THEN list_min({0}) END"))  # fmt: skip
_scalar("array_position", ARRAY, ("array(T), T -> bigint",
        "CASE WHEN {0} IS NULL OR {1} IS NULL THEN NULL ELSE CAST(coalesce(list_position({0}, {1}), 0) AS BIGINT) END"))  # fmt: skip
_scalar("array_remove", ARRAY, ("array(T), T -> array(T)", "list_filter({0}, lambda e: e <> {1})"))
_scalar("slice", ARRAY, ("array(T), bigint, bigint -> array(T)",
        "list_slice({0}, CASE WHEN {1} < 0 THEN len({0}) + {1} + 1 ELSE {1} END, "
        "CASE WHEN {1} < 0 THEN len({0}) + {1} ELSE {1} - 1 END + {2})"))  # fmt: skip
_scalar("flatten", ARRAY, ("array(array(T)) -> array(T)", "flatten({0})"))
_scalar("repeat", ARRAY, ("T, integer -> array(T)", "list_transform(range(0, {1}), lambda i: {0})"))
_scalar("element_at", ARRAY, ("array(T), bigint -> T", "trino_element_at({0}, {1})"),
        ("map(K, V), K -> V", "{0}[{1}]"))  # fmt: skip
_scalar("map_keys", MAP, ("map(K, V) -> array(K)", "map_keys({0})"))
_scalar("map_values", MAP, ("map(K, V) -> array(V)", "map_values({0})"))
_scalar("map", MAP, ("array(K), array(V) -> map(K, V)", "map({0}, {1})"))


@_special("row", "https://trino.io/docs/current/language/types.html#row")
def _row(b: Binder, node: exp.Expr, args: list[Typed], at: Place) -> Typed:
    _needs(args, 1, None, "row", at)
    t = Type("row", tuple((None, a.type) for a in args))
    fields = zip(field_names(t), args, strict=True)
    packed = ", ".join(f"{expressions.name(n)} := CAST({a.sql} AS {duck_type(a.type)})" for n, a in fields)
    return Typed(f"struct_pack({packed})", t)


@_special("sequence", ARRAY)
def _sequence(b: Binder, node: exp.Expr, args: list[Typed], at: Place) -> Typed:
    _needs(args, 2, 3, "sequence", at)
    start, stop = args[0], args[1]
    if is_integer(start.type) and is_integer(stop.type):
        step = args[2].sql if len(args) == 3 else f"CASE WHEN {start.sql} <= {stop.sql} THEN 1 ELSE -1 END"
        return Typed(f"generate_series(CAST({start.sql} AS BIGINT), CAST({stop.sql} AS BIGINT), {step})", array(BIGINT))
    wide = common_type(start.type, stop.type)
    if wide is None or wide.name not in ("date", "timestamp"):
        _bad_parameters("sequence", args, "sequence(bigint, bigint), sequence(bigint, bigint, bigint), "
                        "sequence(date, date), sequence(date, date, interval day to second), "
                        "sequence(date, date, interval year to month), sequence(timestamp, timestamp, "
                        "interval day to second), sequence(timestamp, timestamp, interval year to month)", at)  # fmt: skip
    assert wide is not None  # noqa: S101
    if len(args) == 3 and not args[2].type.name.startswith("interval"):
        _bad_parameters("sequence", args, "sequence(date, date, interval day to second)", at)
    x, y = coerce(start, wide), coerce(stop, wide)
    if len(args) == 3 and args[2].type.name == "interval year to month":
        return _month_sequence(x, y, args[2], wide, at)
    step = args[2].sql if len(args) == 3 else f"CASE WHEN {x} <= {y} THEN to_days(1) ELSE to_days(-1) END"
    return Typed(f"CAST(generate_series({x}, {y}, {step}) AS {duck_type(wide)}[])", array(wide))


def _month_sequence(x: str, y: str, step: Typed, wide: Type, at: Place) -> Typed:
    """Months are counted from the start each time: 31 January, 28 February, 31 March."""
    m = re.fullmatch(r"to_(month|year)s\((-?\d+)\)", step.sql)
    months = int(m[2]) * (12 if m[1] == "year" else 1) if m else 0
    if not months:
        raise Refused("sequence with an interval that is not written out", at)
    count = f"datesub('month', {x}, {y}) // {months}"
    values = f"list_transform(range(0, {count} + 1), lambda i: CAST({x} + to_months(CAST(i * {months} AS INTEGER)) AS {duck_type(wide)}))"
    return Typed(values, array(wide))


# --- lambdas ---------------------------------------------------------------------------------------------------------


def _array_argument(b: Binder, name: str, arguments: list[exp.Expr], count: int, at: Place) -> Typed:
    if len(arguments) != count:
        raise QueryError("FUNCTION_NOT_FOUND", f"Unexpected number of parameters for function {name}", at)
    value = b.expression(arguments[0])
    if value.type.name != "array":
        raise QueryError(
            "FUNCTION_NOT_FOUND", f"Unexpected parameters ({value.type}, <lambda>) for function {name}", at
        )
    return value


def _lambda_build(name: str, finish: Callable[[str, str, str, Type, Type], Typed], *, boolean: bool) -> Build:
    def build(b: Binder, node: exp.Expr, args: list[Typed], at: Place) -> Typed:
        value = _array_argument(b, name, node.expressions, 2, at)
        variables, body = b.lambda_(node.expressions[1], [value.type.args[0]])
        if boolean and body.type not in (BOOLEAN, UNKNOWN):
            raise QueryError("TYPE_MISMATCH", f"Lambda of {name} must be boolean, not {body.type}", at)
        return finish(value.sql, variables[0], body.sql, value.type, body.type)

    return build


for _name, _finish, _boolean in (
    ("transform", lambda v, x, f, t, r: Typed(f"list_transform({v}, lambda {x}: {f})", array(r)), False),
    ("filter", lambda v, x, f, t, r: Typed(f"list_filter({v}, lambda {x}: {f})", t), True),
    ("any_match", lambda v, x, f, t, r: Typed(f"three_valued_any(list_transform({v}, lambda {x}: {f}))", BOOLEAN), True),
    ("all_match", lambda v, x, f, t, r: Typed(f"three_valued_all(list_transform({v}, lambda {x}: {f}))", BOOLEAN), True),
    ("none_match", lambda v, x, f, t, r: Typed(f"(NOT three_valued_any(list_transform({v}, lambda {x}: {f})))", BOOLEAN), True),
):  # fmt: skip
    _special(_name, LAMBDA if _name == "filter" else ARRAY, lambdas=True)(
        _lambda_build(_name, _finish, boolean=_boolean)
    )


@_special("reduce", ARRAY, lambdas=True)
def _reduce(b: Binder, node: exp.Expr, args: list[Typed], at: Place) -> Typed:
    value = _array_argument(b, "reduce", node.expressions, 4, at)
    start = b.expression(node.expressions[1])
    (s, x), step = b.lambda_(node.expressions[2], [start.type, value.type.args[0]])
    wide = common_type(start.type, step.type)
    if wide is None or wide != start.type:
        raise QueryError("TYPE_MISMATCH", f"reduce must keep the type of its state: {start.type} vs {step.type}", at)
    (final,), output = b.lambda_(node.expressions[3], [wide])
    kind = duck_type(wide)
    # DuckDB folds over values of one type: wrap state and element into a struct
    packed = (
        f"list_prepend({{'s': CAST({start.sql} AS {kind}), 'e': NULL::{duck_type(value.type.args[0])}}}, "
        f"list_transform({value.sql}, lambda e_: {{'s': NULL::{kind}, 'e': e_}}))"
    )
    folded = (
        f"list_reduce({packed}, lambda a_, b_: {{'s': CAST((list_transform([a_.s], lambda {s}: "
        f"list_transform([b_.e], lambda {x}: {step.sql})[1]))[1] AS {kind}), 'e': b_.e}})"
    )
    return Typed(f"list_transform([{folded}.s], lambda {final}: {output.sql})[1]", output.type)


# --- JSON ------------------------------------------------------------------------------------------------------------

_scalar("json_extract_scalar", JSON_PAGE,
        ("varchar, varchar -> varchar", "trino_json_scalar(TRY_CAST({0} AS JSON), {1})"),
        ("json, varchar -> varchar", "trino_json_scalar({0}, {1})"))  # fmt: skip
_scalar("json_extract", JSON_PAGE, ("varchar, varchar -> json", "json_extract(TRY_CAST({0} AS JSON), {1})"),
        ("json, varchar -> json", "json_extract({0}, {1})"))  # fmt: skip
_scalar("json_parse", JSON_PAGE, ("varchar -> json", "json({0})"))
_scalar("json_format", JSON_PAGE, ("json -> varchar", "CAST({0} AS VARCHAR)"))
_scalar("json_array_length", JSON_PAGE, ("varchar -> bigint", "trino_json_length(TRY_CAST({0} AS JSON))"),
        ("json -> bigint", "trino_json_length({0})"))  # fmt: skip


# --- aggregates ------------------------------------------------------------------------------------------------------

_aggregate("count", AGGREGATE, ("T -> bigint", "{0}", "count({0})"), (" -> bigint", "{0}", "count(*)"))
_aggregate("count_if", AGGREGATE, ("boolean -> bigint", "{0}", "count(CASE WHEN {0} THEN 1 END)"))
_aggregate("sum", AGGREGATE, ("bigint -> bigint", "CAST({0} AS BIGINT)", "sum({0})"),
           ("decimal -> wide decimal", "{0}", "sum({0})"), ("double -> double", "{0}", "sum({0})"),
           ("real -> real", "CAST({0} AS FLOAT)", "sum({0})"),
           ("interval day to second -> interval day to second", "{0}", "sum({0})"))  # fmt: skip
_aggregate("avg", AGGREGATE, ("bigint -> double", "{0}", "avg({0})"),
           ("decimal -> decimal", "{average}", "sum({0})", "count({0})"), ("double -> double", "{0}", "avg({0})"),
           ("real -> real", "CAST({0} AS FLOAT)", "avg({0})"))  # fmt: skip
_aggregate("min", AGGREGATE, ("T -> T", "{0}", "min({0})"))
_aggregate("max", AGGREGATE, ("T -> T", "{0}", "max({0})"))
_aggregate("min_by", AGGREGATE, ("T, U -> T", "{0}", "arg_min_null({0}, {1})"))
_aggregate("max_by", AGGREGATE, ("T, U -> T", "{0}", "arg_max_null({0}, {1})"))
_aggregate("arbitrary", AGGREGATE, ("T -> T", "{0}", "any_value({0})"))
_aggregate("any_value", AGGREGATE, ("T -> T", "{0}", "any_value({0})"))
_aggregate("bool_and", AGGREGATE, ("boolean -> boolean", "{0}", "bool_and({0})"))
_aggregate("bool_or", AGGREGATE, ("boolean -> boolean", "{0}", "bool_or({0})"))
_aggregate("every", AGGREGATE, ("boolean -> boolean", "{0}", "bool_and({0})"))
_aggregate("array_agg", AGGREGATE, ("T -> array(T)", "{0}", "array_agg({0})"))
_aggregate("listagg", AGGREGATE, ("varchar -> varchar", "{0}", "string_agg({0}, '')"),
           ("varchar, varchar -> varchar", "{0}", "string_agg({0}, {1})"))  # fmt: skip
_aggregate("approx_distinct", AGGREGATE, ("T -> bigint", "CAST({0} AS BIGINT)", "approx_count_distinct({0})"))
_aggregate("approx_percentile", AGGREGATE, ("bigint, double -> bigint", "{0}", "quantile_disc({0}, {1})"),
           ("double, double -> double", "{0}", "quantile_disc({0}, {1})"),
           ("real, double -> real", "{0}", "quantile_disc({0}, {1})"))  # fmt: skip
for _name, _function in {
    "stddev": "stddev_samp", "stddev_samp": "stddev_samp", "stddev_pop": "stddev_pop", "variance": "var_samp",
    "var_samp": "var_samp", "var_pop": "var_pop", "skewness": "skewness",
}.items():  # fmt: skip
    _aggregate(_name, AGGREGATE, ("double -> double", "{0}", _function + "({0})"))
for _name in ("corr", "covar_pop", "covar_samp", "regr_slope", "regr_intercept"):
    _aggregate(_name, AGGREGATE, ("double, double -> double", "{0}", _name + "({0}, {1})"))
_aggregate("geometric_mean", AGGREGATE, ("double -> double", "exp({0})", "avg(ln({0}))"))
_aggregate("histogram", AGGREGATE, ("T -> map(T, bigint)", "CAST({0} AS {result})", "histogram({0})"))

_window("row_number", (" -> bigint", "row_number()"))
_window("rank", (" -> bigint", "rank()"))
_window("dense_rank", (" -> bigint", "dense_rank()"))
_window("percent_rank", (" -> double", "percent_rank()"))
_window("cume_dist", (" -> double", "cume_dist()"))
_window("ntile", ("bigint -> bigint", "ntile({0})"))
_window("first_value", ("T -> T", "first_value({0}{nulls})"))
_window("last_value", ("T -> T", "last_value({0}{nulls})"))
_window("nth_value", ("T, bigint -> T", "nth_value({0}, {1}{nulls})"))
_window("lag", ("T -> T", "lag({0}{nulls})"), ("T, bigint -> T", "lag({0}, {1}{nulls})"),
        ("T, bigint, T -> T", "lag({0}, {1}, {2}{nulls})"))  # fmt: skip
_window("lead", ("T -> T", "lead({0}{nulls})"), ("T, bigint -> T", "lead({0}, {1}{nulls})"),
        ("T, bigint, T -> T", "lead({0}, {1}, {2}{nulls})"))  # fmt: skip
