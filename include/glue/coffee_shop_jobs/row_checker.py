"""Rows of one raw file against contract 3.1: which are clean, which go to quarantine, and every reason why."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import cast

import pyarrow as pa

from .cells import NOTHING, Limits, Memo, Unreadable, Value
from .chunks import Chunk
from .coded_column import CodedColumn
from .columns import SALES, Dataset
from .control_totals import ZERO, Summary
from .records import EMPTY_ROW, Header, Record, RefusedError, second_header

Keys = frozenset[tuple[Value | Unreadable, ...]]
Found = tuple[str, str, str]  # what is wrong with a row: column, reason, value

STRAY_GAP = timedelta(days=60)  # from all other dates of the file: a till whose clock was reset
HEADER_AGAIN = "header lines that came again"


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


class RowChecker:
    """Checks chunk after chunk of one file, column by column; a cell's text is read once (``Memo``).

    Args:
        dataset: the contract that the rows should keep.
        header: the file's header.
        limits: upload day and settings.
        known: what only the whole file shows: keys that repeat, and dates far from all others.
        summary: where rows that are none, faults and refunds are counted.
    """

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

    def check(self, chunk: Chunk) -> tuple[list[CodedColumn], list[Quarantined]]:
        """Return the columns of the clean rows, and the rows for quarantine."""
        quarantined = [
            self._quarantined(record, [("", _misfit(record, self._header.width), "")])
            for record in chunk.unfit
            if not self._is_no_row(record)
        ]
        columns = [
            CodedColumn.of(chunk.columns[place], memo)
            for memo, place in zip(self._memos, self._header.positions, strict=True)
        ]
        faults = self._faults(columns)
        no_rows = {row for row in faults if self._is_no_row(chunk.record(row))}
        self._look_at_all(columns, chunk, no_rows)
        if faults:
            quarantined += [
                self._quarantined(
                    chunk.record(row),
                    faults[row],
                    columns[self._day].value(row),
                    [columns[place].value(row) for place in self._receipt],
                )
                for row in sorted(faults.keys() - no_rows)
            ]
            quarantined.sort(key=lambda row: row.line)
            mask = pa.array([row not in faults for row in range(len(columns[0]))])
            columns = [column.keep(mask) for column in columns]
        self._count_refunds(columns)
        return [self._without_unreadable(place, column) for place, column in enumerate(columns)], quarantined

    def _is_no_row(self, record: Record) -> bool:
        """Say whether a record is the header once more, or has no value at all; both are counted and left out.

        Raises:
            RefusedError: a second header has other columns, or another order: what follows cannot be told apart.
        """
        if record.cells is not None and not any(map(str.strip, record.cells)):
            self._summary.skipped[EMPTY_ROW] += 1
            return True
        fault = second_header(record, self._header, self._dataset)
        if fault is None:
            return False
        if fault:
            raise RefusedError(f"line {record.line}: a second header has {fault}; expected one header a file")
        self._summary.header_came_again = True
        if record.cells is None or len(record.cells) != self._header.width:
            return False  # glued to a row
        self._summary.skipped[HEADER_AGAIN] += 1
        return True

    def _faults(self, columns: list[CodedColumn]) -> dict[int, list[Found]]:
        """Return everything against a row, by its place in the chunk: column, reason and value."""
        faults: dict[int, list[Found]] = {}
        for column, coded in zip(self._dataset.columns, columns, strict=True):
            for row in coded.rows_where(_is_missing_or_unreadable) if column.needed else ():
                value = coded.value(row)
                found = (value.reason, coded.text(row).strip()) if isinstance(value, Unreadable) else ("is missing", "")
                faults.setdefault(row, []).append((column.header, *found))
        self._add_faults_among_rows(columns, faults)
        return faults

    def _add_faults_among_rows(self, columns: list[CodedColumn], faults: dict[int, list[Found]]) -> None:
        """Add what only the whole file shows: dates far from all others, keys that repeat."""
        if self._stray:
            header = self._dataset.columns[self._day].header
            reason = f"is more than {STRAY_GAP.days} days from all other dates of the file"
            for row in columns[self._day].rows_where(lambda day: day in self._stray):
                faults.setdefault(row, []).append((header, reason, str(columns[self._day].value(row))))
        if self._repeated:
            keys = [columns[self._dataset.names.index(name)] for name in self._dataset.key]
            for row, key in enumerate(zip(*keys, strict=True)):
                if key in self._repeated:
                    shown = ", ".join(str(value) for value in key)
                    faults.setdefault(row, []).append(("the key", "is in more than one row of this file", shown))

    def _look_at_all(self, columns: list[CodedColumn], chunk: Chunk, no_rows: set[int]) -> None:
        """Note the dates of all rows, and where an optional column cannot be read."""
        if self._dataset.columns[self._day].kind == "business_day":
            for day, rows in columns[self._day].counts():
                self._summary.days.update({day: rows} if isinstance(day, date) else {})
        for column, coded in zip(self._dataset.columns, columns, strict=True):
            for row in coded.rows_where(_is_unreadable) if not column.needed else ():
                value = coded.value(row)
                if isinstance(value, Unreadable) and value.reason != NOTHING and row not in no_rows:
                    self._summary.note_fault(column.header, value.reason, chunk.line(row), optional=True)

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

    def _count_refunds(self, columns: list[CodedColumn]) -> None:
        """Count the clean lines of sales with a minus."""
        if self._dataset.name != SALES:
            return
        quantities, amounts = (columns[self._dataset.names.index(name)] for name in ("quantity", "saleamount"))
        minus = {*quantities.rows_where(_is_below_zero), *amounts.rows_where(_is_below_zero)}
        self._summary.refund_rows += len(minus)
        self._summary.refund_amount += sum((cast("Decimal", amounts.value(row)) for row in minus), ZERO)

    def _without_unreadable(self, place: int, column: CodedColumn) -> CodedColumn:
        """Turn what cannot be read into null, counted with its reason."""
        if not any(map(_is_unreadable, column.values)):
            return column
        for value, rows in column.counts():
            if isinstance(value, Unreadable):
                reasons = self._summary.nulled.setdefault(self._dataset.columns[place].name, Counter())
                reasons[value.reason] += rows
        return replace(column, values=[None if _is_unreadable(value) else value for value in column.values])


def _is_unreadable(value: Value | Unreadable) -> bool:
    return isinstance(value, Unreadable)


def _is_missing_or_unreadable(value: Value | Unreadable) -> bool:
    return value is None or isinstance(value, Unreadable)


def _is_below_zero(value: Value | Unreadable) -> bool:
    return isinstance(value, (int, Decimal)) and value < 0


def _misfit(record: Record, width: int) -> str:
    return record.problem or f"has {len(record.cells or ())} cells; the header has {width}"
