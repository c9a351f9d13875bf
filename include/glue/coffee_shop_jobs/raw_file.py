"""One raw file read to the letter of contract 3.1: clean rows, quarantine with reasons, control totals, claims.

A file is read as a stream in chunks, so that a million lines need no more memory than ten thousand. Nothing here
knows S3 or Spark.
"""

from __future__ import annotations

import hashlib
import json
from array import array
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from itertools import compress, islice
from pathlib import Path
from typing import Any, TextIO, cast

from .cells import NOTHING, Limits, Memo, Unreadable, Value, month_of
from .columns import SALES, Dataset
from .records import Header, Record, RefusedError, header_again, match_header, read_records

CHUNK = 10_000
ZERO = Decimal("0.00")
TakeClean = Callable[[list[Sequence[Value]], list[bytes]], None]
Keys = frozenset[tuple[Value | Unreadable, ...]]
Found = tuple[str, str, str]  # what is wrong with a row: column, reason, value

TOLERATED_ROWS = 3  # so many may break the contract in the smallest file
SHOWN_FAULTS = 3  # of each kind, in a refusal
SHOWN_KINDS = 10
UNREADABLE_SHARE = Decimal("0.01")  # an optional column that is worse is named in the data quality of reports
STRAY_GAP = timedelta(days=60)  # from all other dates of the file: a till whose clock was reset
STRAY_SHARE = Decimal("0.01")
HEADER_AGAIN = "header lines that came again"
EMPTY_ROW = "rows without any value"


@dataclass(frozen=True)
class Quarantined:
    """A row that breaks the contract, with every reason.

    ``day`` is the business date that it names, ``receipt`` what it belongs to (``Dataset.receipt_columns``), if one.
    """

    line: int
    text: str
    reasons: list[str]
    day: date | None = None
    receipt: str | None = None


@dataclass
class Fault:
    """One kind of fault in a file: how many rows have it, and the first of them by line and value.

    ``optional``: it sets a value to null and sends no row to quarantine.
    """

    optional: bool
    rows: int = 0
    first: list[tuple[int, str]] = field(default_factory=list)

    def add(self, line: int, value: str) -> None:
        """Count a row."""
        self.rows += 1
        if len(self.first) < SHOWN_FAULTS:
            self.first.append((line, value))


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
    """The control totals of one file: rows read = rows clean + rows quarantined.

    ``refund_rows`` and ``refund_amount`` are those clean lines with a minus; ``skipped`` counts lines that are no rows;
    ``faults`` holds what is wrong by column and reason, ``days`` the rows of each business date.
    """

    rows_read: int = 0
    rows_clean: int = 0
    rows_quarantined: int = 0
    refund_rows: int = 0
    refund_amount: Decimal = ZERO
    nulled: dict[str, Counter[str]] = field(default_factory=dict)
    header: list[str] = field(default_factory=list)
    ignored_columns: list[str] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)
    faults: dict[tuple[str, str], Fault] = field(default_factory=dict)
    days: Counter[date] = field(default_factory=Counter)
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
            "unreadable": self.unreadable_columns(),
            "header": self.header,
            "ignored_columns": self.ignored_columns,
            "skipped": dict(sorted(self.skipped.items())),
            "claims": claims,
        }

    def unreadable_columns(self) -> dict[str, int]:
        """Return the optional columns that cannot be read in more than 1 % of the rows, with the number of rows."""
        unreadable = {column: reasons.total() - reasons[NOTHING] for column, reasons in sorted(self.nulled.items())}
        return {column: rows for column, rows in unreadable.items() if rows > UNREADABLE_SHARE * self.rows_read}

    def note_fault(self, column: str, reason: str, line: int, value: str = "", *, optional: bool = False) -> None:
        """Count a row with a fault."""
        self.faults.setdefault((column, reason), Fault(optional)).add(line, value)


def read_file(
    path: Path,
    dataset: Dataset,
    limits: Limits,
    take_clean: TakeClean,
    take_quarantined: Callable[[list[Quarantined]], None],
    start_again: Callable[[], None],
) -> Summary:
    """Read a file and hand on its rows in chunks.

    Args:
        path: the CSV file.
        dataset: the contract that it should keep.
        limits: upload day and settings.
        take_clean: gets the columns of a chunk's clean rows, in the contract's order, and a digest for each row.
        take_quarantined: gets the rows of a chunk that go to quarantine.
        start_again: forgets what was handed on. The file is read a second time when the first showed dates that lie
            far from all others.

    Returns:
        The file's control totals and claims. Whether it has too many rows in quarantine is for the caller to say.

    Raises:
        RefusedError: no bytes, not UTF-8, another separator, a column missing or repeated, a second header in another
            order. Rows of it may have been handed on already.
    """
    if path.stat().st_size == 0:
        raise RefusedError("the file has no bytes; expected a header line and rows")
    try:
        repeated = _repeated_keys(path, dataset, limits) if dataset.key else frozenset()
        summary = _read(path, dataset, limits, (repeated, frozenset()), take_clean, take_quarantined)
        if stray := stray_days(summary.days, summary.rows_read):
            start_again()
            summary = _read(path, dataset, limits, (repeated, stray), take_clean, take_quarantined)
        return summary
    except UnicodeDecodeError:
        raise RefusedError(f"{_first_line_not_utf8(path)}; expected UTF-8") from None


def _read(
    path: Path,
    dataset: Dataset,
    limits: Limits,
    known: tuple[Keys, frozenset[date]],
    take_clean: TakeClean,
    take_quarantined: Callable[[list[Quarantined]], None],
) -> Summary:
    summary = Summary()
    with open_raw(path) as stream:
        records = read_records(stream, summary.skipped)
        header = match_header(next(records, None), dataset)
        summary.header, summary.ignored_columns = header.names, header.ignored
        checker = _Checker(dataset, header, limits, known, summary)
        for chunk in _chunks(records):
            clean, quarantined = checker.check(chunk)
            rows = len(clean[0])
            summary.rows_read += rows + len(quarantined)
            summary.rows_clean += rows
            summary.rows_quarantined += len(quarantined)
            if quarantined:
                take_quarantined(quarantined)
            if rows:
                digests = [row_digest(row) for row in zip(*clean, strict=True)]
                add_claims(summary.claims, dataset, clean, digests)
                take_clean(clean, digests)
    return summary


def stray_days(days: Counter[date], rows_read: int) -> frozenset[date]:
    """Return the dates of a till whose clock was reset, by the rows of each date of a file.

    Dates that follow each other within 60 days belong together; a group with under 1 % of the rows is stray.
    """
    groups: list[list[date]] = []
    ordered = sorted(days)
    for day, before in zip(ordered, [None, *ordered], strict=False):
        if before is None or day - before > STRAY_GAP:
            groups.append([])
        groups[-1].append(day)
    few = STRAY_SHARE * rows_read
    return frozenset(day for group in groups if sum(days[each] for each in group) < few for day in group)


def too_many_quarantined(summary: Summary, share: float) -> str | None:
    """Return why the file is refused when more than ``share`` and more than three of its rows are in quarantine.

    The reason names every kind of fault with its first lines and values. Optional columns are named without their
    values, which may be a person's.
    """
    few = max(Decimal(str(share)) * summary.rows_read, Decimal(TOLERATED_ROWS))  # 0.29 * 100 would be less than 29
    if summary.rows_quarantined <= few:
        return None
    kinds = sorted(summary.faults.items(), key=lambda kind: (kind[1].optional, kind[1].first[0][0]))
    words = [_fault_words(column, reason, fault) for (column, reason), fault in kinds[:SHOWN_KINDS]]
    more = len(kinds) - SHOWN_KINDS
    words += [f"and {more} {'kind' if more == 1 else 'kinds'} of fault more"] if more > 0 else []
    return (
        f"{summary.rows_quarantined:,} of {summary.rows_read:,} rows break the contract, more than {share * 100:g} %"
        f" and more than {TOLERATED_ROWS}. {'; '.join(words)}. The quarantine table has every row with its reasons"
    )


def _fault_words(column: str, reason: str, fault: Fault) -> str:
    line, value = fault.first[0]
    also = "".join(f", line {line} {value}".rstrip() for line, value in fault.first[1:])
    many = f" ({fault.rows:,} rows{also and ': also'}{also[1:]})" if fault.rows > 1 else ""
    return f"line {line}: {' '.join(filter(None, (column, value, reason)))}{many}"


# --- the file


def open_raw(path: Path) -> TextIO:
    """Open a raw file as text, without its byte order mark."""
    # lines end at \n alone: the reader of records sees a \r that stands before it, and any other one stays what it is
    return path.open(encoding="utf-8-sig", newline="\n")


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
    with open_raw(path) as stream:
        records = read_records(stream, Counter())
        header = match_header(next(records, None), dataset)
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
        known: tuple[Keys, frozenset[date]],
        summary: Summary,
    ) -> None:
        self._dataset = dataset
        self._header = header
        self._repeated, self._stray = known
        self._summary = summary
        self._memos = [Memo(column, limits) for column in dataset.columns]
        self._day = dataset.names.index(dataset.day)
        self._receipt = [dataset.names.index(name) for name in dataset.receipt_columns]

    def check(self, chunk: list[Record]) -> tuple[list[Sequence[Value]], list[Quarantined]]:
        """Return the columns of the clean rows, and the rows for quarantine."""
        width = self._header.width
        unfit = [record for record in chunk if record.cells is None or len(record.cells) != width]
        quarantined = [
            self._quarantined(record, [("", _misfit(record, width), "")])
            for record in unfit
            if not self._is_no_row(record)
        ]
        fit = [record for record in chunk if record.cells is not None and len(record.cells) == width]
        if not fit:
            return [() for _ in self._memos], quarantined
        cells = list(zip(*(record.cells for record in fit if record.cells is not None), strict=True))
        values = [
            list(map(memo.__getitem__, cells[place]))
            for memo, place in zip(self._memos, self._header.positions, strict=True)
        ]
        faults = self._faults(values, cells)
        no_rows = {row for row in faults if self._is_no_row(fit[row])}
        self._look_at_all(values, fit, no_rows)
        if faults:
            bad = sorted(faults.keys() - no_rows)
            quarantined += [
                self._quarantined(
                    fit[row], faults[row], values[self._day][row], [values[place][row] for place in self._receipt]
                )
                for row in bad
            ]
            quarantined.sort(key=lambda row: row.line)
            keep = [row not in faults for row in range(len(fit))]
            values = [list(compress(column, keep)) for column in values]
        self._count_refunds(values)
        return [self._without_unreadable(place, column) for place, column in enumerate(values)], quarantined

    def _is_no_row(self, record: Record) -> bool:
        """Say whether a record is the header once more, or has no value at all; both are counted and left out.

        Raises:
            RefusedError: a second header has its columns in another order: what follows cannot be told apart.
        """
        if record.cells is None:
            return False
        if not any(map(str.strip, record.cells)):
            self._summary.skipped[EMPTY_ROW] += 1
            return True
        if self._dataset.columns[0].header.lower() not in record.text.lower():
            return False
        again = header_again(record, self._dataset)
        if again is None:
            return False
        if (again.positions, again.width) != (self._header.positions, self._header.width):
            raise RefusedError(
                f"line {record.line}: a second header has its columns in another order; expected one header a file"
            )
        self._summary.skipped[HEADER_AGAIN] += 1
        return True

    def _faults(self, values: list[list[Value | Unreadable]], cells: list[tuple[str, ...]]) -> dict[int, list[Found]]:
        """Return everything against a row, by its place in the chunk: column, reason and value."""
        faults: dict[int, list[Found]] = {}
        for place, column in enumerate(self._dataset.columns):
            if not column.needed or not (self._memos[place].unreadable or self._memos[place].blank):
                continue
            texts = cells[self._header.positions[place]]
            for row, value in enumerate(values[place]):
                if value is None:
                    faults.setdefault(row, []).append((column.header, "is missing", ""))
                elif isinstance(value, Unreadable):
                    faults.setdefault(row, []).append((column.header, value.reason, texts[row].strip()))
        self._add_faults_among_rows(values, faults)
        return faults

    def _add_faults_among_rows(self, values: list[list[Value | Unreadable]], faults: dict[int, list[Found]]) -> None:
        """Add what only the whole file shows: dates far from all others, keys that repeat."""
        if self._stray:
            column = self._dataset.columns[self._day].header
            reason = f"is more than {STRAY_GAP.days} days from all other dates of the file"
            for row, day in enumerate(values[self._day]):
                if day in self._stray:
                    faults.setdefault(row, []).append((column, reason, str(day)))
        if self._repeated:
            keys = [values[self._dataset.names.index(name)] for name in self._dataset.key]
            for row, key in enumerate(zip(*keys, strict=True)):
                if key in self._repeated:
                    shown = ", ".join(str(value) for value in key)
                    faults.setdefault(row, []).append(("the key", "is in more than one row of this file", shown))

    def _look_at_all(self, values: list[list[Value | Unreadable]], fit: list[Record], no_rows: set[int]) -> None:
        """Note the dates of all rows, and where an optional column cannot be read."""
        if self._dataset.columns[self._day].kind == "business_day":
            days = Counter(values[self._day])
            self._summary.days.update({day: rows for day, rows in days.items() if isinstance(day, date)})
        for place, column in enumerate(self._dataset.columns):
            if column.needed or not self._memos[place].unreadable:
                continue
            for row, value in enumerate(values[place]):
                if isinstance(value, Unreadable) and value.reason != NOTHING and row not in no_rows:
                    self._summary.note_fault(column.header, value.reason, fit[row].line, optional=True)

    def _quarantined(
        self,
        record: Record,
        faults: list[Found],
        day: Value | Unreadable = None,
        receipt: Sequence[Value | Unreadable] = (),
    ) -> Quarantined:
        """Return a row for quarantine, with the date that it names also when that is outside the limits."""
        for column, reason, value in faults:
            self._summary.note_fault(column, reason, record.line, value and json.dumps(value[:60], ensure_ascii=False))
        reasons = [f"{column} {reason}".strip() + (f": {value}" if value else "") for column, reason, value in faults]
        named = day.day if isinstance(day, Unreadable) else day
        is_whole = receipt and not any(value is None or isinstance(value, Unreadable) for value in receipt)
        return Quarantined(
            record.line,
            record.text,
            reasons,
            named if isinstance(named, date) else None,
            " ".join(map(str, receipt)) if is_whole else None,
        )

    def _count_refunds(self, values: list[list[Value | Unreadable]]) -> None:
        """Count the clean lines of sales with a minus."""
        if self._dataset.name != SALES:
            return
        quantities, amounts = (values[self._dataset.names.index(name)] for name in ("quantity", "saleamount"))
        minus = [
            amount
            for quantity, amount in zip(quantities, amounts, strict=True)
            if isinstance(quantity, int) and isinstance(amount, Decimal) and (quantity < 0 or amount < 0)
        ]
        self._summary.refund_rows += len(minus)
        self._summary.refund_amount += sum(minus, ZERO)

    def _without_unreadable(self, place: int, column: list[Value | Unreadable]) -> Sequence[Value]:
        """Turn what cannot be read into null, counted with its reason."""
        if not self._memos[place].unreadable:
            return cast("list[Value]", column)
        reasons = Counter(value.reason for value in column if isinstance(value, Unreadable))
        if reasons:
            self._summary.nulled.setdefault(self._dataset.columns[place].name, Counter()).update(reasons)
        return [None if isinstance(value, Unreadable) else value for value in column]


def _misfit(record: Record, width: int) -> str:
    return record.problem or f"has {len(record.cells or ())} cells; the header has {width}"


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
