"""One raw file read to the letter of contract 3.1: clean rows, quarantine with reasons, control totals, claims.

A file is read as a stream in chunks, so that a million lines need no more memory than ten thousand. Nothing here
knows S3 or Spark.
"""

from __future__ import annotations

import csv
import hashlib
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import compress, islice
from pathlib import Path
from typing import Any, TextIO, cast

from .cells import Limits, Memo, Unreadable, Value, month_of
from .columns import SALES, Column, Dataset

CHUNK = 10_000
ZERO = Decimal("0.00")
TakeClean = Callable[[list[Sequence[Value]], list[bytes]], None]
Keys = frozenset[tuple[Value | Unreadable, ...]]
REFUND_COLUMNS = ("quantity", "unitprice", "saleamount")


class RefusedError(Exception):
    """The file as a whole breaks the contract; the message says where and what was expected."""


@dataclass(frozen=True)
class Record:
    """One record of the file: the line it begins on (the header is line 1), its text as it stood, its cells."""

    line: int
    text: str
    cells: list[str] | None  # None: its quotes cannot be read
    problem: str = ""


@dataclass(frozen=True)
class Quarantined:
    """A row that breaks the contract, with every reason; ``refund_amount`` only for a refund."""

    line: int
    text: str
    reasons: list[str]
    refund_amount: Decimal | None = None


@dataclass(frozen=True)
class Header:
    """Where each column of the contract stands in the file, how many cells a row has, and what is ignored."""

    positions: list[int]
    width: int
    ignored: list[str]


@dataclass
class Claim:
    """What a file delivers for one (day, outlet). ``digest`` does not depend on the order of the rows."""

    rows: int = 0
    quantity: int = 0
    amount: Decimal = ZERO
    digest: int = 0
    receipts: array[int] = field(default_factory=lambda: array("q"))  # a hash for each row: eight bytes

    def as_json(self) -> dict[str, Any]:
        """Return the claim as ledger and result hold it."""
        totals = {"receipts": len(set(self.receipts)), "rows": self.rows, "quantity": self.quantity}
        return totals | {"amount": str(self.amount), "digest": f"{self.digest:032x}"}


@dataclass
class Summary:
    """The control totals of one file: rows read = rows clean + rows quarantined."""

    rows_read: int = 0
    rows_clean: int = 0
    rows_quarantined: int = 0
    refund_rows: int = 0
    refund_amount: Decimal = ZERO
    nulled: dict[str, Counter[str]] = field(default_factory=dict)
    ignored_columns: list[str] = field(default_factory=list)
    claims: dict[tuple[str, str], Claim] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return the summary as result.json holds it; amounts are decimal strings."""
        claims: dict[str, dict[str, dict[str, Any]]] = {}
        for (day, outlet), claim in sorted(self.claims.items()):
            claims.setdefault(day, {})[outlet] = claim.as_json()
        return {
            "rows_read": self.rows_read,
            "rows_clean": self.rows_clean,
            "rows_quarantined": self.rows_quarantined,
            "quantity": sum(claim.quantity for claim in self.claims.values()),
            "amount": str(sum((claim.amount for claim in self.claims.values()), ZERO)),
            "refunds": {"rows": self.refund_rows, "amount": str(self.refund_amount)},
            "nulled": {column: dict(sorted(reasons.items())) for column, reasons in sorted(self.nulled.items())},
            "ignored_columns": self.ignored_columns,
            "claims": claims,
        }


def read_file(
    path: Path,
    dataset: Dataset,
    limits: Limits,
    take_clean: TakeClean,
    take_quarantined: Callable[[list[Quarantined]], None],
) -> Summary:
    """Read a file once through and hand on its rows in chunks.

    Args:
        path: the CSV file.
        dataset: the contract that it should keep.
        limits: upload day and settings.
        take_clean: gets the columns of a chunk's clean rows, in the contract's order, and a digest for each row.
        take_quarantined: gets the rows of a chunk that go to quarantine.

    Returns:
        The file's control totals and claims. Whether it has too many rows in quarantine is for the caller to say.

    Raises:
        RefusedError: no bytes, header only, not UTF-8, another separator, a column missing or repeated, an open quote.
            Rows of it may have been handed on already.
    """
    if path.stat().st_size == 0:
        raise RefusedError("the file has no bytes; expected a header line and rows")
    try:
        repeated = _repeated_keys(path, dataset, limits) if dataset.key else frozenset()
        return _read(path, dataset, limits, repeated, take_clean, take_quarantined)
    except UnicodeDecodeError:
        raise RefusedError(f"{_first_line_not_utf8(path)}; expected UTF-8") from None


def _read(
    path: Path,
    dataset: Dataset,
    limits: Limits,
    repeated: Keys,
    take_clean: TakeClean,
    take_quarantined: Callable[[list[Quarantined]], None],
) -> Summary:
    summary = Summary()
    with _open(path) as stream:
        records = read_records(stream)
        header = match_header(records, dataset)
        summary.ignored_columns = header.ignored
        checker = _Checker(dataset, header, limits, repeated, summary)
        for chunk in _chunks(records):
            clean, quarantined = checker.check(chunk)
            summary.rows_read += len(chunk)
            summary.rows_clean += len(chunk) - len(quarantined)
            summary.rows_quarantined += len(quarantined)
            if quarantined:
                take_quarantined(quarantined)
            if len(chunk) > len(quarantined):
                digests = [row_digest(row) for row in zip(*clean, strict=True)]
                add_claims(summary.claims, dataset, clean, digests)
                take_clean(clean, digests)
    if not summary.rows_read:
        raise RefusedError("the file has a header line only; expected rows below it")
    return summary


def too_many_quarantined(summary: Summary, share: float) -> str | None:
    """Return why the file is refused when more than ``share`` of its rows are in quarantine, else None."""
    if summary.rows_quarantined <= Decimal(str(share)) * summary.rows_read:  # 0.29 * 100 would be less than 29
        return None
    return (
        f"{summary.rows_quarantined:,} of {summary.rows_read:,} rows are in quarantine,"
        f" more than {share * 100:g} %; see the quarantine table for each row's reasons"
    )


# --- records


def _open(path: Path) -> TextIO:
    # lines end at \n alone: the csv module sees a \r that stands before it, and any other one stays what it is
    return path.open(encoding="utf-8-sig", newline="\n")


class _Lines:
    """Hands lines to the csv reader and remembers those of the record in work."""

    def __init__(self, stream: Iterable[str]) -> None:
        self._stream = iter(stream)
        self.number = 0
        self.taken: list[str] = []

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = next(self._stream)
        self.number += 1
        self.taken.append(line)
        return line


def read_records(stream: Iterable[str]) -> Iterator[Record]:
    """Yield the records of a CSV text, header included; empty lines are none.

    Raises:
        RefusedError: a quote is opened and never closed: what follows it cannot be told apart.
    """
    lines = _Lines(stream)
    reader = csv.reader(lines, strict=True)
    while True:
        first = lines.number + 1
        lines.taken.clear()
        try:
            cells: list[str] | None = next(reader)
            problem = ""
        except StopIteration:
            return
        except csv.Error as error:
            if "unexpected end of data" in str(error):
                raise RefusedError(f"line {first}: a quote is opened and never closed; expected RFC 4180") from None
            cells, problem = None, f"quotes or line ends are not as in RFC 4180: {error}"
        if cells is None or len(cells) > 1 or (cells and cells[0].strip()):
            yield Record(first, "".join(lines.taken).rstrip("\r\n"), cells, problem)


def match_header(records: Iterator[Record], dataset: Dataset) -> Header:
    """Take the header line and find the contract's columns in it, whatever their order or case.

    Raises:
        RefusedError: there is none, another separator, a column of the contract missing or repeated.
    """
    record = next(records, None)
    if record is None:
        raise RefusedError("the file is blank; expected a header line and rows")
    if record.cells is None:
        raise RefusedError(f"line {record.line}, the header: {record.problem}")
    names = [cell.strip().lower() for cell in record.cells]
    places = [_places(names, column) for column in dataset.columns]
    missing = [column.header for column, at in zip(dataset.columns, places, strict=True) if not at]
    repeated = [column.header for column, at in zip(dataset.columns, places, strict=True) if len(at) > 1]
    if missing:
        raise RefusedError(_other_separator(record.text, dataset) or f"the header misses {', '.join(missing)}")
    if repeated:
        raise RefusedError(f"the header has {', '.join(repeated)} more than once")
    positions = [at[0] for at in places]
    used = set(positions)
    ignored = [cell.strip() for place, cell in enumerate(record.cells) if place not in used]
    return Header(positions, len(names), ignored)


def _places(names: list[str], column: Column) -> list[int]:
    spellings = {column.header.lower(), (column.also or column.header).lower()}
    return [place for place, name in enumerate(names) if name in spellings]


def _other_separator(header: str, dataset: Dataset) -> str | None:
    known = {spelling.lower() for column in dataset.columns for spelling in (column.header, column.also) if spelling}
    for separator, name in ((";", "a semicolon"), ("\t", "a tab"), ("|", "a vertical bar")):
        if len(known & {cell.strip().strip('"').lower() for cell in header.split(separator)}) > 1:
            return f"the header's separator is {name}; expected a comma"
    return None


def _first_line_not_utf8(path: Path) -> str:
    with path.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError as error:
                return f"line {number}, byte {error.start + 1}: 0x{line[error.start]:02x} is not UTF-8"
    return "the file is not UTF-8"


def _chunks(records: Iterator[Record]) -> Iterator[list[Record]]:
    while chunk := list(islice(records, CHUNK)):
        yield chunk


# --- rows


def _repeated_keys(path: Path, dataset: Dataset, limits: Limits) -> Keys:
    """Return the keys that more than one row of the file has; a row whose key cannot be read has none."""
    seen: set[tuple[Value | Unreadable, ...]] = set()
    repeated: set[tuple[Value | Unreadable, ...]] = set()
    with _open(path) as stream:
        records = read_records(stream)
        header = match_header(records, dataset)
        at = [dataset.names.index(name) for name in dataset.key]
        memos = [Memo(dataset.columns[place], limits) for place in at]
        for record in records:
            if record.cells is None or len(record.cells) != header.width:
                continue
            key = tuple(memo[record.cells[header.positions[place]]] for memo, place in zip(memos, at, strict=True))
            (repeated if key in seen else seen).add(key)
    return frozenset(
        key for key in repeated if not any(value is None or isinstance(value, Unreadable) for value in key)
    )


class _Checker:
    """Checks chunk after chunk of one file, column by column; a cell's text is read once (``Memo``)."""

    def __init__(
        self,
        dataset: Dataset,
        header: Header,
        limits: Limits,
        repeated: Keys,
        summary: Summary,
    ) -> None:
        self._dataset = dataset
        self._header = header
        self._repeated = repeated
        self._summary = summary
        self._memos = [Memo(column, limits) for column in dataset.columns]

    def check(self, chunk: list[Record]) -> tuple[list[Sequence[Value]], list[Quarantined]]:
        """Return the columns of the clean rows, and the rows for quarantine."""
        width = self._header.width
        quarantined = [_unfit(record, width) for record in chunk if record.cells is None or len(record.cells) != width]
        fit = [record for record in chunk if record.cells is not None and len(record.cells) == width]
        if not fit:
            return [() for _ in self._memos], quarantined
        cells = list(zip(*(record.cells for record in fit if record.cells is not None), strict=True))
        values = [
            list(map(memo.__getitem__, cells[place]))
            for memo, place in zip(self._memos, self._header.positions, strict=True)
        ]
        reasons = self._reasons(values, cells)
        if reasons:
            quarantined += [self._quarantine(fit[row], values, row, why) for row, why in sorted(reasons.items())]
            quarantined.sort(key=lambda row: row.line)
            keep = [row not in reasons for row in range(len(fit))]
            values = [list(compress(column, keep)) for column in values]
        return [self._without_unreadable(place, column) for place, column in enumerate(values)], quarantined

    def _reasons(self, values: list[list[Value | Unreadable]], cells: list[tuple[str, ...]]) -> dict[int, list[str]]:
        """Return every reason against a row by its place in the chunk."""
        reasons: dict[int, list[str]] = {}
        for place, column in enumerate(self._dataset.columns):
            if not column.needed or not (self._memos[place].unreadable or self._memos[place].blank):
                continue
            texts = cells[self._header.positions[place]]
            for row, value in enumerate(values[place]):
                if value is None:
                    reasons.setdefault(row, []).append(f"{column.header} is missing")
                elif isinstance(value, Unreadable):
                    reasons.setdefault(row, []).append(f"{column.header} {value.reason}: {texts[row].strip()}")
        if self._repeated:
            key = [values[self._dataset.names.index(name)] for name in self._dataset.key]
            for row, found in enumerate(zip(*key, strict=True)):
                if found in self._repeated:
                    shown = ", ".join(str(value) for value in found)
                    reasons.setdefault(row, []).append(f"the key ({shown}) is in more than one row of this file")
        return reasons

    def _quarantine(
        self, record: Record, values: list[list[Value | Unreadable]], row: int, reasons: list[str]
    ) -> Quarantined:
        refund = self._refund(values, row)
        if refund is None:
            return Quarantined(record.line, record.text, reasons)
        self._summary.refund_rows += 1
        self._summary.refund_amount += refund
        return Quarantined(record.line, record.text, [f"refund of {refund}", *reasons], refund)

    def _refund(self, values: list[list[Value | Unreadable]], row: int) -> Decimal | None:
        """Return a refund's amount as it stands in the file (0 when unreadable), or None when the row is none."""
        if self._dataset.name != SALES:
            return None
        cells = [values[self._dataset.names.index(name)][row] for name in REFUND_COLUMNS]
        if not any(isinstance(cell, Unreadable) and cell.negative is not None for cell in cells):
            return None
        amount = cells[-1]
        if isinstance(amount, Unreadable):
            return amount.negative or ZERO
        return amount if isinstance(amount, Decimal) else ZERO

    def _without_unreadable(self, place: int, column: list[Value | Unreadable]) -> Sequence[Value]:
        """Turn what cannot be read into null, counted with its reason."""
        if not self._memos[place].unreadable:
            return cast("list[Value]", column)
        reasons = Counter(value.reason for value in column if isinstance(value, Unreadable))
        if reasons:
            self._summary.nulled.setdefault(self._dataset.columns[place].name, Counter()).update(reasons)
        return [None if isinstance(value, Unreadable) else value for value in column]


def _unfit(record: Record, width: int) -> Quarantined:
    if record.cells is None:
        return Quarantined(record.line, record.text, [record.problem])
    return Quarantined(record.line, record.text, [f"has {len(record.cells)} cells; the header has {width}"])


# --- claims


def add_claims(
    claims: dict[tuple[str, str], Claim], dataset: Dataset, columns: list[Sequence[Value]], digests: list[bytes]
) -> None:
    """Add clean rows to the claims of their (day, outlet); targets have months as days."""
    by_name = dict(zip(dataset.names, columns, strict=True))
    none = [None] * len(digests)
    quantities = by_name[dataset.quantity] if dataset.quantity else none
    amounts = by_name[dataset.amount] if dataset.amount else none
    receipts = map(hash, zip(*(by_name[name] for name in dataset.receipt), strict=True)) if dataset.receipt else none
    rows = zip(by_name[dataset.day], by_name["salesoutletno"], receipts, quantities, amounts, digests, strict=True)
    for day, outlet, receipt, quantity, amount, digest in rows:
        label = day.isoformat() if isinstance(day, date) else month_of(str(day))
        claim = claims.setdefault((label, str(outlet)), Claim())
        claim.rows += 1
        claim.receipts.append(receipt or 0)
        claim.quantity += quantity if isinstance(quantity, int) else 0
        claim.amount += amount if isinstance(amount, Decimal) else ZERO
        claim.digest = (claim.digest + int.from_bytes(digest, "big")) % 2**128


def row_digest(row: Sequence[Value]) -> bytes:
    """Return 128 bits that stand for a row's typed values. The sum over rows is the same in whatever order."""
    text = "\x1f".join(["\x00" if value is None else str(value) for value in row])
    if text.count("\x1f") != len(row) - 1 or text.count("\x00") != row.count(None):
        text = repr(row)  # control characters in the data: no two rows may look alike
    return hashlib.blake2b(text.encode(), digest_size=16).digest()
