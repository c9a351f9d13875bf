"""Reading DDL word by word: Hive's statements are few and their grammar is small."""

from __future__ import annotations

import re
from dataclasses import dataclass

from local_aws.athena.errors import MalformedQuery

_TOKEN = re.compile(
    r"(?P<space>\s+|--[^\n]*(?:\n|$)|/\*.*?\*/)|(?P<string>'(?:[^'\\]|''|\\.)*')|(?P<name>`[^`]+`|\"(?:[^\"]|\"\")+\")"
    r"|(?P<word>[A-Za-z_0-9$.\-]+)|(?P<mark>[(),=<>:;?\[\]*|])",
    re.S,
)


@dataclass(frozen=True)
class Word:
    """A token: its kind (string, name, word, mark), its text without quotes, and where it starts and ends."""

    kind: str
    text: str
    start: int
    end: int


def split(sql: str) -> list[Word]:
    """Cut a statement into words; what cannot be cut (a query further on) ends the list."""
    words, i = [], 0
    while i < len(sql):
        m = _TOKEN.match(sql, i)
        if m is None:
            words.append(Word("other", sql[i], i, i + 1))
            i += 1
            continue
        kind = m.lastgroup or ""
        i = m.end()
        if kind == "space":
            continue
        text = m[0]
        if kind == "string":
            text = re.sub(
                r"\\(.)", lambda e: {"t": "\t", "n": "\n", "r": "\r"}.get(e[1], e[1]), text[1:-1].replace("''", "'")
            )
        elif kind == "name":
            text = text[1:-1]
        words.append(Word(kind, text, m.start(), m.end()))
    return words


class Words:
    """A statement's words, read from left to right.

    Every ``expect`` raises MalformedQuery with line, column and what was expected.
    """

    def __init__(self, sql: str) -> None:
        self.sql = sql
        self._words = split(sql)
        self._i = 0

    @property
    def next(self) -> Word | None:
        """The word to come, or None at the end."""
        return self._words[self._i] if self._i < len(self._words) else None

    def take(self) -> Word:
        """Read a word."""
        word = self.next
        if word is None:
            raise self.wrong("more")
        self._i += 1
        return word

    def wrong(self, expected: str) -> MalformedQuery:
        """Return the error that something else stands here."""
        word = self.next
        start = word.start if word else len(self.sql)
        before = self.sql[:start]
        line, column = before.count("\n") + 1, start - (before.rfind("\n") + 1) + 1
        found = f"mismatched input '{self.sql[word.start : word.end]}'" if word else "mismatched input '<EOF>'"
        return MalformedQuery(f"line {line}:{column}: {found}. Expecting: {expected}")

    def take_if(self, *keywords: str) -> bool:
        """Read these words if they stand here."""
        ahead = self._words[self._i : self._i + len(keywords)]
        fits = len(ahead) == len(keywords) and all(
            w.kind in ("word", "mark") and w.text.upper() == k for w, k in zip(ahead, keywords, strict=True)
        )
        if fits:
            self._i += len(keywords)
        return fits

    def expect(self, *keywords: str) -> None:
        """Read these words or fail."""
        for k in keywords:
            if not self.take_if(k):
                raise self.wrong(f"'{k}'")

    def string(self) -> str:
        """Read a string literal."""
        if self.next is None or self.next.kind != "string":
            raise self.wrong("<string>")
        return self.take().text

    def identifier(self) -> str:
        """Read one name, in lower case."""
        if self.next is None or self.next.kind not in ("word", "name"):
            raise self.wrong("<identifier>")
        return self.take().text.lower()

    def table(self, database: str) -> tuple[str, str]:
        """Read ``[catalog.][database.]table``."""
        parts = self.identifier().split(".") if self.next and self.next.kind == "word" else [self.identifier()]
        while self.next is not None and self.next.kind == "word" and self.next.text.startswith("."):
            rest = self.take().text.lstrip(".")
            parts += [p.lower() for p in rest.split(".") if p] if rest else [self.identifier()]
        while parts and parts[-1] == "":  # 'db.' before a quoted name
            parts[-1] = self.identifier()
        if len(parts) == 3 and parts[0] == "awsdatacatalog":
            parts = parts[1:]
        if len(parts) > 2:
            raise self.wrong("<table name>")
        return (parts[0], parts[1]) if len(parts) == 2 else (database, parts[0])

    def properties(self) -> dict[str, str]:
        """Read ``('key'='value', ...)``."""
        found: dict[str, str] = {}
        self.expect("(")
        while not self.take_if(")"):
            key = self.string()
            self.expect("=")
            found[key] = self.string()
            if not self.take_if(","):
                self.expect(")")
                break
        return found

    def type_text(self) -> str:
        """Read a Hive type such as ``array<struct<a:int>>`` or ``decimal(10,2)``."""
        text, depth = self.identifier(), 0
        while self.next is not None and (depth or self.next.text in ("<", "(")):
            word = self.take()
            depth += (word.text in "<(") - (word.text in ">)") if word.kind == "mark" else 0
            text += word.text.lower()
        return text

    def end(self) -> None:
        """Nothing may follow."""
        self.take_if(";")
        if self.next is not None:
            raise self.wrong("<EOF>")

    def rest_from(self, start: int) -> str:
        """Return the statement from ``start`` on, with blanks before it, so that lines and columns stay the same."""
        return re.sub(r"[^\n]", " ", self.sql[:start]) + self.sql[start:]
