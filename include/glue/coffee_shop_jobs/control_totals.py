"""Control totals of one raw file: rows read, clean and in quarantine, what is wrong with them, and its claims."""

from __future__ import annotations

import hashlib
from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from .cells import NOTHING, Unreadable, Value, day_label
from .coded_column import CodedColumn
from .columns import Dataset

ZERO = Decimal("0.00")
SEPARATOR, NULL = "\x1f", "\x00"  # of a row's values, written as text for its digest
Values = Sequence[Any]  # numbers, and None where a row has none
TOLERATED_ROWS = 3  # so many may break the contract in the smallest file
SHOWN_FAULTS = 3  # of each kind, in a refusal
SHOWN_KINDS = 10
UNREADABLE_SHARE = Decimal("0.01")  # an optional column that is worse is named in the data quality of reports


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

    def add(self, receipts: Values, quantities: Values, amounts: Values, digests: Sequence[bytes]) -> None:
        """Add rows: of each the hash of its receipt, its quantity, amount and digest."""
        self.rows += len(digests)
        self.receipts.extend(receipt or 0 for receipt in receipts)
        self.quantity += sum(filter(None, quantities))
        self.amount += sum(filter(None, amounts), ZERO)
        self.digest = (self.digest + sum(int.from_bytes(digest, "big") for digest in digests)) % 2**128

    def as_json(self) -> dict[str, Any]:
        """Return the claim as ledger and result hold it."""
        totals = {"receipts": len(set(self.receipts)), "rows": self.rows, "quantity": self.quantity}
        return totals | {"amount": str(self.amount), "digest": f"{self.digest:032x}"}


@dataclass
class Summary:
    """The control totals of one file: rows read = rows clean + rows quarantined.

    ``refund_rows`` and ``refund_amount`` are those clean lines with a minus; ``skipped`` counts lines that are no rows;
    ``faults`` holds what is wrong by column and reason, ``days`` the rows of each business date;
    ``header_came_again`` is true also where that header is glued to a row, and so is no line to skip.
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
    header_came_again: bool = False
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


def add_claims(claims: dict[tuple[str, str], Claim], dataset: Dataset, columns: Sequence[CodedColumn]) -> None:
    """Add clean rows to the claims of their (day, outlet); targets have months as days."""
    by_name, digests = dict(zip(dataset.names, columns, strict=True)), row_digests(columns)
    none = [None] * len(digests)
    quantities = by_name[dataset.quantity] if dataset.quantity else none
    amounts = by_name[dataset.amount] if dataset.amount else none
    receipts = map(hash, zip(*(by_name[name] for name in dataset.receipt), strict=True)) if dataset.receipt else none
    rows = zip(receipts, quantities, amounts, digests, strict=True)
    by_place: dict[Any, list[Any]] = {}
    for place, row in zip(zip(by_name[dataset.day], by_name["salesoutletno"], strict=True), rows, strict=True):
        by_place.setdefault(place, []).append(row)
    for (day, outlet), rows_of_place in by_place.items():
        claims.setdefault((day_label(day), str(outlet)), Claim()).add(*zip(*rows_of_place, strict=True))


def row_digests(columns: Sequence[CodedColumn]) -> list[bytes]:
    """Return 128 bits for each row of some columns, which stand for its typed values.

    The sum over rows is the same in whatever order.
    """
    joined = pc.binary_join_element_wise(*(column.as_array(pa.string(), _text) for column in columns), SEPARATOR)
    rows = joined.cast(pa.binary()).to_pylist()
    if any(_has_a_mark(value) for column in columns for value in column.values):
        rows = [_unmistakable(text, row) for text, row in zip(rows, zip(*columns, strict=True), strict=True)]
    return [hashlib.blake2b(row, digest_size=16).digest() for row in rows]


def _text(value: Value) -> str:
    return NULL if value is None else str(value)


def _has_a_mark(value: Value | Unreadable) -> bool:
    """Tell whether a value has one of the characters that mark cells and nulls: no two rows may look alike."""
    return isinstance(value, str) and (SEPARATOR in value or NULL in value)


def _unmistakable(text: bytes, row: Sequence[Value]) -> bytes:
    is_plain = text.count(SEPARATOR.encode()) == len(row) - 1 and text.count(NULL.encode()) == row.count(None)
    return text if is_plain else repr(row).encode()
