"""Parsing: Trino's grammar by sqlglot, with every function left under the name it was written with.

sqlglot turns known functions into classes of its own (and so loses the name, the order of the arguments and,
now and then, the meaning). Here only what has a grammar of its own stays special: CAST, EXTRACT, TRIM and so on.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlglot import exp
from sqlglot.dialects.trino import Trino
from sqlglot.errors import ParseError, TokenError

from local_aws.athena import grammar
from local_aws.athena.errors import MalformedQuery

_GRAMMAR_FUNCTIONS = {"CAST", "TRY_CAST", "EXTRACT", "POSITION", "SUBSTRING", "TRIM", "LISTAGG"}


def _placed(parse: Callable[..., Any]) -> Callable[..., Any]:
    """Make a parser of a primary remember where its token stood."""

    def parse_and_place(self: Any, token: Any) -> Any:
        node = parse(self, token)
        if isinstance(node, exp.Expr) and "start" not in node.meta:
            node.meta["start"] = token.start
        return node

    return parse_and_place


def _placed_function(parse: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def parse_and_place(self: Any) -> Any:
        # the name and the opening bracket (CASE and IF: the name) have been read
        token = self._tokens[max(self._index - 2, 0)] if self._prev.text == "(" else self._prev
        node = parse(self)
        if isinstance(node, exp.Expr):
            node.meta["start"] = token.start
        return node

    return parse_and_place


class LocalTrino(Trino):
    """Trino as the local Athena reads it."""

    INDEX_OFFSET = 0  # keep a[1] as it is written

    class Parser(Trino.Parser):  # type: ignore[misc, valid-type]
        """Trino's parser without sqlglot's own functions."""

        FUNCTIONS: dict[str, Any] = {}  # noqa: RUF012 - sqlglot reads it from the class
        FUNCTION_PARSERS = {  # noqa: RUF012
            k: _placed_function(v) for k, v in Trino.Parser.FUNCTION_PARSERS.items() if k in _GRAMMAR_FUNCTIONS
        }
        NO_PAREN_FUNCTION_PARSERS = {  # noqa: RUF012
            k: _placed_function(v)
            for k, v in Trino.Parser.NO_PAREN_FUNCTION_PARSERS.items()
            if k in ("ANY", "CASE", "IF")
        }
        PRIMARY_PARSERS = {k: _placed(v) for k, v in Trino.Parser.PRIMARY_PARSERS.items()}  # noqa: RUF012

        def _parse_type(self, *args: Any, **kwargs: Any) -> Any:
            token = self._curr
            node = super()._parse_type(*args, **kwargs)
            if isinstance(node, exp.Cast | exp.Interval) and token is not None:
                node.meta.setdefault("start", token.start)
            return node

        def _parse_types(self, *args: Any, **kwargs: Any) -> Any:
            token = self._curr
            node = super()._parse_types(*args, **kwargs)
            if isinstance(node, exp.DataType) and token is not None:
                node.meta.setdefault("written", token.text.lower())  # several names share a class
                node.meta.setdefault("start", token.start)
            return node

        def _parse_select(self, *args: Any, **kwargs: Any) -> Any:
            token = self._curr
            node = super()._parse_select(*args, **kwargs)
            if isinstance(node, exp.Expr) and token is not None:
                node.meta.setdefault("start", token.start)
            return node

        def _parse_limit(self, *args: Any, **kwargs: Any) -> Any:
            if self._match_text_seq("LIMIT", "ALL"):
                return exp.Limit(expression=exp.column("all"))
            if not self._match_text_seq("FETCH"):
                return super()._parse_limit(*args, **kwargs)
            if not self._match_text_seq("FIRST") and not self._match_text_seq("NEXT"):
                self.raise_error("Expecting: 'FIRST', 'NEXT'")
            count = self._parse_number()
            if not self._match_text_seq("ROW") and not self._match_text_seq("ROWS"):
                self.raise_error("Expecting: 'ROW', 'ROWS'")
            ties = bool(self._match_text_seq("WITH", "TIES"))
            if not ties and not self._match_text_seq("ONLY"):
                self.raise_error("Expecting: 'ONLY', 'WITH TIES'")
            return self.expression(exp.Fetch(count=count, limit_options=exp.LimitOptions(with_ties=ties)))


def parse(sql: str) -> exp.Expr:
    """Parse one statement.

    Raises:
        MalformedQuery: when it does not parse, with Trino's ``line L:C:`` in front.
    """
    try:
        trino = LocalTrino()
        tokens = trino.tokenize(sql)
        grammar.check_tokens(sql, tokens)
        trees = [t for t in trino.parser().parse(tokens, sql) if t is not None]
    except ParseError as e:
        first = e.errors[0] if e.errors else {}
        word = first.get("highlight") or "<EOF>"
        line = first.get("line") or 1
        col = max(1, (first.get("col") or 1) - len(word) + 1)
        raise MalformedQuery(f"line {line}:{col}: mismatched input '{word}'. {first.get('description', e)}") from e
    except TokenError as e:
        raise MalformedQuery(f"line 1:1: {e}") from e
    if len(trees) != 1:
        raise MalformedQuery("Only one sql statement is allowed. Got: " + sql)
    grammar.check_names(sql, trees[0])
    return trees[0]


def position(sql: str, node: exp.Expr) -> tuple[int, int] | None:
    """1-based line and column at which a node starts, as Trino counts them."""
    starts = [n.meta["start"] for n in node.walk() if "start" in n.meta]
    if not starts:
        return None
    return grammar.place(sql, min(starts))


def function_name(node: exp.Anonymous) -> str:
    """Name of a called function, in lower case."""
    called = node.this
    return (called.name if isinstance(called, exp.Identifier) else str(called)).lower()
