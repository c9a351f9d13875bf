"""What sqlglot reads and Trino does not: other engines' spellings, refused before the parser sees them.

Source: https://github.com/trinodb/trino/blob/master/core/trino-grammar/src/main/antlr4/io/trino/grammar/sql/SqlBase.g4
and, for the words, https://trino.io/docs/current/language/reserved.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlglot import exp

from local_aws.athena.errors import MalformedQuery

RESERVED = {
    "alter", "and", "as", "between", "by", "case", "cast", "constraint", "create", "cross", "cube",
    "current_catalog", "current_date", "current_path", "current_role", "current_schema", "current_time",
    "current_timestamp", "current_user", "deallocate", "delete", "describe", "distinct", "drop", "else", "end",
    "escape", "except", "execute", "exists", "extract", "false", "for", "from", "full", "group", "grouping",
    "having", "in", "inner", "insert", "intersect", "into", "is", "join", "json_array", "json_exists",
    "json_object", "json_query", "json_table", "json_value", "left", "like", "listagg", "localtime",
    "localtimestamp", "natural", "normalize", "not", "null", "on", "or", "order", "outer", "prepare",
    "recursive", "right", "rollup", "select", "skip", "table", "then", "trim", "true", "uescape", "union",
    "unnest", "using", "values", "when", "where", "with",
}  # fmt: skip
_AFTER_NO_COMMA = {"FROM", "WHERE", "R_PAREN", "R_BRACKET", "GROUP_BY", "HAVING", "ORDER_BY", "LIMIT", "UNION"}
_BEFORE_AN_OPERAND = {
    "SELECT", "COMMA", "L_PAREN", "L_BRACKET", "EQ", "NEQ", "LT", "LTE", "GT", "GTE", "AND", "OR", "NOT", "PLUS",
    "DASH", "STAR", "SLASH", "DPIPE", "IN", "WHERE", "ON", "THEN", "ELSE", "WHEN", "HAVING",
}  # fmt: skip
_FOREIGN = {"DCOLON": "::", "NULLSAFE_EQ": "<=>", "ISNULL": "isnull", "NOTNULL": "notnull"}
_UNITS = {"YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND"}


def place(sql: str, start: int) -> tuple[int, int]:
    """Return 1-based line and column of an offset."""
    before = sql[:start]
    return before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1


def _mismatch(sql: str, start: int, end: int, expecting: str = "") -> MalformedQuery:
    line, column = place(sql, start)
    found = f"'{sql[start:end]}'" if start < len(sql) else "'<EOF>'"
    return MalformedQuery(
        f"line {line}:{column}: mismatched input {found}" + (f". Expecting: {expecting}" if expecting else "")
    )


def check_tokens(sql: str, tokens: list[Any]) -> None:
    """Refuse spellings that only other engines know.

    Raises:
        MalformedQuery: with the place of the first.
    """
    for i, token in enumerate(tokens):
        before = tokens[i - 1] if i else None
        after = tokens[i + 1] if i + 1 < len(tokens) else None
        for wrong in _RULES:
            bad = wrong(sql, before, token, after)
            if bad is not None:
                raise _mismatch(sql, bad.start, bad.end + 1)
        if token.token_type.name == "COMMA" and after is None:
            raise _mismatch(sql, len(sql), len(sql))
        if token.token_type.name == "LIMIT" and i + 2 < len(tokens) and tokens[i + 2].token_type.name == "COMMA":
            raise _mismatch(sql, tokens[i + 2].start, tokens[i + 2].end + 1)
        if token.token_type.name == "INTERVAL":
            _check_interval(sql, tokens[i + 1 : i + 4])


Rule = Callable[[str, Any, Any, Any], Any]


def _spelling(sql: str, before: Any, token: Any, after: Any) -> Any:
    kind, text = token.token_type.name, sql[token.start : token.end + 1]
    foreign = kind in _FOREIGN or text in ("==", "!") or (kind == "HEX_STRING" and text[:2] in ("0x", "0X"))
    return token if foreign else None


def _trailing_comma(sql: str, before: Any, token: Any, after: Any) -> Any:
    return after if token.token_type.name == "COMMA" and after and after.token_type.name in _AFTER_NO_COMMA else None


def _leading_from(sql: str, before: Any, token: Any, after: Any) -> Any:
    first = before is None or before.token_type.name == "L_PAREN"
    return token if token.token_type.name == "FROM" and first else None


def _bare_list(sql: str, before: Any, token: Any, after: Any) -> Any:
    bare = before is None or before.token_type.name in _BEFORE_AN_OPERAND
    return token if token.token_type.name == "L_BRACKET" and bare else None


def _text_alias(sql: str, before: Any, token: Any, after: Any) -> Any:
    return after if token.token_type.name == "ALIAS" and after and after.token_type.name == "STRING" else None


def _glued_number(sql: str, before: Any, token: Any, after: Any) -> Any:
    glued = after is not None and after.start == token.end + 1 and after.token_type.name == "VAR"
    return after if token.token_type.name == "NUMBER" and glued else None


def _empty_list(sql: str, before: Any, token: Any, after: Any) -> Any:
    empty = before is not None and before.token_type.name == "IN" and token.token_type.name == "L_PAREN"
    return after if empty and after is not None and after.token_type.name == "R_PAREN" else None


_RULES: tuple[Rule, ...] = (
    _spelling, _trailing_comma, _leading_from, _bare_list, _text_alias, _glued_number, _empty_list,
)  # fmt: skip


def _check_interval(sql: str, following: list[Any]) -> None:
    """Ask for a text and one unit: ``interval '1' day``."""
    if following and following[0].token_type.name in ("DASH", "PLUS"):
        following = following[1:]
    if not following:
        return
    if following[0].token_type.name == "NUMBER":
        raise _mismatch(sql, following[0].start, following[0].end + 1, "'+', '-', <string>")
    if following[0].token_type.name != "STRING":
        return  # a column of that name
    if len(following) < 2 or following[1].text.upper() not in _UNITS:
        start, end = (following[1].start, following[1].end + 1) if len(following) > 1 else (len(sql), len(sql))
        raise _mismatch(sql, start, end, "'DAY', 'HOUR', 'MINUTE', 'MONTH', 'SECOND', 'YEAR'")


def check_names(sql: str, tree: exp.Expr) -> None:
    """Refuse reserved words as names, unless they are quoted.

    Raises:
        MalformedQuery: with the place of the first.
    """
    for identifier in tree.find_all(exp.Identifier):
        start = identifier.meta.get("start")
        if not identifier.args.get("quoted") and identifier.name.lower() in RESERVED and start is not None:
            raise _mismatch(sql, start, start + len(identifier.name), "<identifier>")
