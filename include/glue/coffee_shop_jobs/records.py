"""The text of a raw file as records (contract 3.1): each physical line is counted, none swallows another.

A quoted cell may run over line ends. A stray quote looks the same until its partner turns up, perhaps sixty sales
below. So lines are joined to one record only when that has exactly as many cells as the header and no line after the
first has as many by itself; else each physical line is a record of its own, and the caller judges it alone.
"""

from __future__ import annotations

import csv
import re
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from .columns import Column, Dataset

MOST_LINES = 1_000  # of one record: what follows a stray quote is read at most so far ahead
# NUL bytes of a till that was switched off, Ctrl-Z of a DOS program, the byte order mark of an appended file
PADDING = "\x00\x1a\ufeff"
PADDING_LINE = "lines with nothing but NUL bytes, Ctrl-Z or a byte order mark"
PADDING_CUT = "lines with NUL bytes, Ctrl-Z or a byte order mark at an end, which were taken off"
NOT_CLOSED = "a quote is opened and not closed on this line"
NOT_RFC = "quotes or line ends are not as in RFC 4180"

# a whole quoted cell; a stray quote is an ordinary character
_QUOTED_CELL = re.compile(r'(?:(?<=,)|^)"(?:[^"]|"")*"(?=,|$)')


class RefusedError(Exception):
    """The file as a whole breaks the contract; the message says where and what was expected."""


class Record(NamedTuple):
    """One record of the file: the line it begins on (the header is line 1), its text as it stood, its cells.

    ``cells`` is None when its quotes cannot be read; ``problem`` then says why.
    """

    line: int
    text: str
    cells: list[str] | None
    problem: str = ""


@dataclass(frozen=True)
class Header:
    """Where each column of the contract stands in the file, all names in lower case, and what is ignored."""

    positions: list[int]
    names: list[str]
    ignored: list[str]

    @property
    def width(self) -> int:
        """How many cells a row has."""
        return len(self.names)


class _Lines:
    """Physical lines with their numbers, from 1; those that were read ahead in vain can be given back."""

    def __init__(self, stream: Iterable[str]) -> None:
        self._stream = enumerate(stream, start=1)
        self._ahead: deque[tuple[int, str]] = deque()

    def take(self) -> tuple[int, str] | None:
        return self._ahead.popleft() if self._ahead else next(self._stream, None)

    def give_back(self, lines: list[tuple[int, str]]) -> None:
        self._ahead.extendleft(reversed(lines))


def read_records(stream: Iterable[str], skipped: Counter[str]) -> Iterator[Record]:
    """Yield the records of a CSV text, the header first; empty lines are none.

    Args:
        stream: physical lines with their ends.
        skipped: gets the number of lines that were left out, or cut, because of what a till or a copy added to them.
    """
    lines, width = _Lines(stream), 0
    while (numbered := lines.take()) is not None:
        number, line = numbered
        text = line.rstrip("\r\n")
        if text and (text[0] in PADDING or text[-1] in PADDING):
            text = text.strip(PADDING)
            skipped[PADDING_CUT if text else PADDING_LINE] += 1
        if not text or text.isspace():
            continue
        record = _record(number, text, line, lines, width)
        width = width or len(record.cells or ())
        yield record


def _record(number: int, text: str, line: str, lines: _Lines, width: int) -> Record:
    if '"' not in text:
        if "\r" in text:
            return Record(number, text, None, f"{NOT_RFC}: a carriage return within the line")
        return Record(number, text, text.split(","))
    cells, problem = _parse([text])
    if problem == NOT_CLOSED:
        return _join(number, line, lines, width) or Record(number, text, None, f"{NOT_RFC}: {NOT_CLOSED}")
    return Record(number, text, cells, problem and f"{NOT_RFC}: {problem}")


def _parse(lines: list[str]) -> tuple[list[str] | None, str]:
    try:
        return next(csv.reader(lines, strict=True)), ""
    except csv.Error as error:
        return None, NOT_CLOSED if "unexpected end of data" in str(error) else str(error)


def _join(number: int, line: str, lines: _Lines, width: int) -> Record | None:
    """Return the record that begins on a line and ends on a later one; None when there is none.

    The header tells the width, so for the header itself the joined cells do (``width`` 0).
    """
    joined, taken = [line], []
    while len(joined) < MOST_LINES and (numbered := lines.take()) is not None:
        taken.append(numbered)
        text = numbered[1].rstrip("\r\n" + PADDING)
        if width and _own_cells(text) == width:
            break
        if '"' in text:
            cells, problem = _parse([*joined, text])
            if cells is not None and _fits(cells, width, [*joined[1:], text]):
                return Record(number, "".join([*joined, text]), cells)
            if problem != NOT_CLOSED:
                break
        joined.append(numbered[1])
    lines.give_back(taken)
    return None


def _fits(cells: list[str], width: int, later_lines: list[str]) -> bool:
    if width:
        return len(cells) == width  # no later line has as many, or the search had ended there
    return all(_own_cells(line.rstrip("\r\n")) != len(cells) for line in later_lines)


def _own_cells(text: str) -> int:
    """Return how many cells a physical line has by itself."""
    return (_QUOTED_CELL.sub("", text) if '"' in text else text).count(",") + 1


# --- the header


def match_header(record: Record | None, dataset: Dataset) -> Header:
    """Find the contract's columns in the header line, whatever their order or case.

    Raises:
        RefusedError: there is none, another separator, a column of the contract missing or repeated.
    """
    if record is None:
        raise RefusedError("the file is blank; expected a header line and rows")
    if record.cells is None:
        raise RefusedError(f"line {record.line}, the header: {record.problem}")
    names = [cell.strip().lower() for cell in record.cells]
    places = [_places(names, column) for column in dataset.columns]
    missing = [column.header for column, at in zip(dataset.columns, places, strict=True) if not at]
    repeated = [column.header for column, at in zip(dataset.columns, places, strict=True) if len(at) > 1]
    if missing and (separator := _other_separator(record.text, dataset)):
        raise RefusedError(separator)
    faults = [f"misses {', '.join(missing)}"] if missing else []
    faults += [f"has {', '.join(repeated)} more than once"] if repeated else []
    if faults:
        raise RefusedError(f"line {record.line}: the header {' and '.join(faults)}; expected each column once")
    positions = [at[0] for at in places]
    used = set(positions)
    ignored = [cell.strip() for place, cell in enumerate(record.cells) if place not in used]
    return Header(positions, names, ignored)


def header_again(record: Record, dataset: Dataset) -> Header | None:
    """Return the header that a later record is: a file was appended to another. None when it is a row."""
    try:
        return match_header(record, dataset)
    except RefusedError:
        return None


def _places(names: list[str], column: Column) -> list[int]:
    spellings = {column.header.lower(), (column.also or column.header).lower()}
    return [place for place, name in enumerate(names) if name in spellings]


def _other_separator(header: str, dataset: Dataset) -> str | None:
    known = {spelling.lower() for column in dataset.columns for spelling in (column.header, column.also) if spelling}
    for separator, name in ((";", "a semicolon"), ("\t", "a tab"), ("|", "a vertical bar")):
        if len(known & {cell.strip().strip('"').lower() for cell in header.split(separator)}) > 1:
            return f"the header's separator is {name}; expected a comma"
    return None
