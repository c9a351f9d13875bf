"""The text of a raw file as records (contract 3.1): each physical line is counted, none swallows another.

A quoted cell may run over line ends. A stray quote looks the same until its partner turns up, perhaps sixty sales
below. So lines are joined to one record only when that has exactly as many cells as the header, no line after the first
has as many by itself, and the cell that holds the line ends has few commas; else each physical line is a record of its
own, and the caller judges it alone.
"""

from __future__ import annotations

import codecs
import csv
import json
import re
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO, NamedTuple

from .columns import Dataset

READ_AT_ONCE = 1 << 18  # bytes of lines
MOST_LINES = 1_000  # of one record: what follows a stray quote is read at most so far ahead
# NUL bytes of a till that was switched off, Ctrl-Z of a DOS program, the byte order mark of an appended file
PADDING = "\x00\x1a\ufeff"
PADDING_LINE = "lines with nothing but NUL bytes, Ctrl-Z or a byte order mark"
PADDING_CUT = "lines with NUL bytes, Ctrl-Z or a byte order mark at an end, which were taken off"
EMPTY_ROW = "rows without any value"
NOT_CLOSED = "a quote is opened and not closed on this line"
NOT_RFC = "quotes or line ends are not as in RFC 4180"
RETURN = "a carriage return within the line"
RETURN_WITHIN = f"{NOT_RFC}: {RETURN}"

csv.field_size_limit(1 << 30)  # RFC 4180 has no limit, Python's own is 131,072
# a whole quoted cell, read without ever going back; a stray quote is an ordinary character
_QUOTED_CELL = re.compile(r'(?:(?<=,)|^)"[^"]*+(?:""[^"]*+)*+"(?=,|$)')
_NO_LETTERS = re.compile(r"[^a-z]+", re.ASCII)


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


class Lines:
    """Physical lines with their numbers, from 1; those that were read ahead in vain can be given back.

    They end at LF alone: the reader of records sees a CR that stands before it, and any other one stays what it is.
    They are bytes until somebody looks at one. A byte order mark at the beginning of the file belongs to none.

    Args:
        file: a raw file, open for its bytes.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._ahead: deque[bytes] = deque(filter(None, [file.readline().removeprefix(codecs.BOM_UTF8)]))
        self._number = 1

    def take(self) -> tuple[int, str] | None:
        """Return the next line; None at the end.

        Raises:
            UnicodeDecodeError: it is not UTF-8.
        """
        line = self._ahead.popleft() if self._ahead else self._file.readline()
        if not line:
            return None
        self._number += 1
        return self._number - 1, line.decode()

    def take_many(self, lines: int, size: int) -> tuple[int, list[bytes]]:
        """Return the next lines, so many or as many as have so many bytes together, and the number of the first."""
        first, taken = self._number, list[bytes]()
        while len(taken) < lines and size > 0:
            some = [self._ahead.popleft()] if self._ahead else self._file.readlines(min(size, READ_AT_ONCE))
            if not some:
                break
            taken += some
            size -= sum(map(len, some))
        self._number += len(taken)
        self.give_back(taken[lines:])
        return first, taken[:lines]

    def give_back(self, lines: Sequence[bytes]) -> None:
        """Let lines that were taken come once more."""
        self._ahead.extendleft(reversed(lines))
        self._number -= len(lines)


def read_records(lines: Lines, skipped: Counter[str]) -> Iterator[Record]:
    """Yield the records of a CSV text, the header first; empty lines are none.

    Args:
        lines: the physical lines.
        skipped: gets the number of lines that were left out, or cut, because of what a till or a copy added to them.
    """
    width, is_above_header = 0, True
    while (numbered := lines.take()) is not None:
        number, line = numbered
        text = line.rstrip("\r\n")
        if text and (text[0] in PADDING or text[-1] in PADDING):
            text = text.strip(PADDING + "\r\n")
            skipped[PADDING_CUT if text else PADDING_LINE] += 1
        if not text or text.isspace():
            continue
        if is_above_header and not text.strip(', "'):  # the caller counts such rows below it
            skipped[EMPTY_ROW] += 1
            continue
        if "\r" in text and (rows := _rows_ended_by_returns(text, width)):
            yield from (Record(number, row, None, RETURN_WITHIN) for row in rows)
            continue
        record = _record(number, text, line, lines, width)
        is_above_header = False
        width = width or len(record.cells or ())
        yield record


def _rows_ended_by_returns(text: str, width: int) -> list[str]:
    """Return the rows of a part of a file whose lines end with CR alone; none where the CRs are within one row."""
    rows = [row for row in text.split("\r") if row]
    return rows if sum(_own_cells(row) == width for row in rows) > 1 else []


def _record(number: int, text: str, line: str, lines: Lines, width: int) -> Record:
    if '"' not in text:
        if "\r" in text:
            return Record(number, text, None, RETURN_WITHIN)
        return Record(number, text, text.split(","))
    cells, problem = parse_cells([text])
    if problem == NOT_CLOSED:
        return _join(number, line, lines, width) or Record(number, text, None, f"{NOT_RFC}: {NOT_CLOSED}")
    return Record(number, text, cells, problem and f"{NOT_RFC}: {problem}")


def parse_cells(lines: list[str]) -> tuple[list[str] | None, str]:
    """Return the cells of a record that stands on these lines; or None, and why there are none."""
    try:
        return next(csv.reader(lines, strict=True)), ""
    except csv.Error as error:
        words = str(error)
        if "unexpected end of data" in words:
            return None, NOT_CLOSED
        return None, RETURN if "new-line character" in words else words  # Python's words are for programmers


def _join(number: int, line: str, lines: Lines, width: int) -> Record | None:
    """Return the record that begins on a line and ends on a later one; None when there is none.

    The header tells the width, so for the header itself the joined cells do (``width`` 0).
    """
    joined, taken = [line], []
    while len(joined) < MOST_LINES and (numbered := lines.take()) is not None:
        taken.append(numbered[1])
        text = numbered[1].rstrip("\r\n" + PADDING)
        if width and _own_cells(text) == width:
            break
        if '"' in text:
            cells, problem = parse_cells([*joined, text])
            if cells is not None and _fits(cells, width, [*joined[1:], text]):
                return Record(number, "".join([*joined, text]), cells)
            if problem != NOT_CLOSED:
                break
        joined.append(numbered[1])
    lines.give_back([text.encode() for text in taken])
    return None


def _fits(cells: list[str], width: int, later_lines: list[str]) -> bool:
    if width:  # no later line has as many, or the search had ended there
        most = max((cell.count(",") for cell in cells if "\n" in cell), default=0)
        return len(cells) == width and most <= width // 2  # a row that was swallowed brings nearly as many as a row has
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
    found = _places(names, dataset)
    places = [found[column.header] for column in dataset.columns]
    missing = [column.header for column, at in zip(dataset.columns, places, strict=True) if not at]
    repeated = [column.header for column, at in zip(dataset.columns, places, strict=True) if len(at) > 1]
    if missing and (separator := _other_separator(record.text, dataset)):
        raise RefusedError(separator)
    faults = [f"misses {', '.join(missing)}"] if missing else []
    faults += [f"has {', '.join(repeated)} more than once"] if repeated else []
    if missing and "\0" in record.text:
        raise RefusedError(f"line {record.line}: the header has NUL bytes, as in UTF-16; expected UTF-8")
    if len(missing) == len(dataset.columns):
        which = f"every column, {missing[0]} to {missing[-1]}"  # a line of something else stands above the header
        raise RefusedError(f"line {record.line}: the header misses {which}; expected it as the file's first line")
    if faults:
        expected = f"expected each column once{_almost(record.cells, missing)}"
        raise RefusedError(f"line {record.line}: the header {' and '.join(faults)}; {expected}")
    positions = [at[0] for at in places]
    used = set(positions)
    ignored = [cell.strip() for place, cell in enumerate(record.cells) if place not in used]
    return Header(positions, names, ignored)


def second_header(record: Record, header: Header, dataset: Dataset) -> str | None:
    """Return what a header below the first has instead of that one's columns in their order; nothing if it has those.

    A line that names most of the contract's columns is a header, however else it stands there: its first name may be
    glued to the last cell of the line before, if that had no end.

    Returns:
        Words for people, an empty text for a header as the first, None for a row.
    """
    names = [cell.strip(' "').lower() for cell in record.cells or record.text.split(",")]
    if sum(map(bool, _places(names, dataset).values())) <= len(dataset.columns) // 2:
        return None
    if names == header.names or names[1 - header.width :] == header.names[1:]:
        return ""
    return "its columns in another order" if sorted(names) == sorted(header.names) else "other columns"


def _places(names: list[str], dataset: Dataset) -> dict[str, list[int]]:
    """Return by the contract's columns where they stand in a header."""
    spellings = {
        name.lower(): column.header for column in dataset.columns for name in (column.header, column.also) if name
    }
    places: dict[str, list[int]] = {column.header: [] for column in dataset.columns}
    for place, name in enumerate(names):
        if name in spellings:
            places[spellings[name]].append(place)
    return places


def _almost(cells: list[str], missing: list[str]) -> str:
    """Return names that have a missing column's letters and more: a blank, or a sign that nobody sees.

    Other cells are not shown: where the header's line has no end, they are a row's, perhaps a person's.
    """
    meant = {name.lower() for name in missing}
    names = [json.dumps(cell[:60]) for cell in cells if _NO_LETTERS.sub("", cell.lower()) in meant]
    return f", not {', '.join(names)}" if names else ""


def _other_separator(header: str, dataset: Dataset) -> str | None:
    known = {spelling.lower() for column in dataset.columns for spelling in (column.header, column.also) if spelling}
    for separator, name in ((";", "a semicolon"), ("\t", "a tab"), ("|", "a vertical bar")):
        if len(known & {cell.strip().strip('"').lower() for cell in header.split(separator)}) > 1:
            return f"the header's separator is {name}; expected a comma"
    return None
