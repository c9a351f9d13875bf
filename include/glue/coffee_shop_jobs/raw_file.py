"""One raw file read to the letter of contract 3.1: clean rows, quarantine with reasons, control totals, claims.

A file is read as a stream in chunks, so that a million lines need no more memory than some ten thousand. Nothing here
knows S3.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from .cells import Limits, Memo, Unreadable, Value
from .chunks import read_chunks
from .coded_column import CodedColumn
from .columns import Dataset
from .control_totals import TOLERATED_ROWS, Summary, add_claims
from .records import Lines, RefusedError, match_header, read_records, second_header
from .row_checker import STRAY_GAP, Keys, Quarantined, RowChecker

STRAY_SHARE = Decimal("0.01")
SAME_SHARE = Decimal("0.1")  # of two registers' rows, in one file, so many may be alike by chance
TakeClean = Callable[[list[CodedColumn]], None]


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
        take_clean: gets the columns of a chunk's clean rows, in the contract's order.
        take_quarantined: gets the rows of a chunk that go to quarantine.
        start_again: forgets what was handed on. The file is read a second time when the first showed dates that lie
            far from all others.

    Returns:
        The file's control totals and claims. Whether it has too many rows in quarantine is for the caller to say.

    Raises:
        RefusedError: no bytes, not UTF-8, another separator, a column missing or repeated, a second header in another
            order, the same export twice. Rows of it may have been handed on already.
    """
    if path.stat().st_size == 0:
        raise RefusedError("the file has no bytes; expected a header line and rows")
    try:
        repeated = _repeated_keys(path, dataset, limits) if dataset.key else frozenset()
        summary = _read(path, dataset, limits, (repeated, frozenset()), take_clean, take_quarantined)
        if summary.header_came_again and not dataset.key:  # rows of the others have a key that may not repeat
            refuse_same_rows_again(path, dataset)
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
    with path.open("rb") as file:
        lines = Lines(file)
        records = read_records(lines, summary.skipped)
        header = match_header(next(records, None), dataset)
        summary.header, summary.ignored_columns = header.names, header.ignored
        checker = RowChecker(dataset, header, limits, known, summary)
        for chunk in read_chunks(lines, records, header.width):
            clean, quarantined = checker.check(chunk)
            rows = len(clean[0])
            summary.rows_read += rows + len(quarantined)
            summary.rows_clean += rows
            summary.rows_quarantined += len(quarantined)
            if quarantined:
                take_quarantined(quarantined)
            if rows:
                add_claims(summary.claims, dataset, clean)
                take_clean(clean)
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


def _repeated_keys(path: Path, dataset: Dataset, limits: Limits) -> Keys:
    """Return the keys that more than one row of the file has; a row whose key cannot be read has none."""
    seen: set[tuple[Value | Unreadable, ...]] = set()
    repeated: set[tuple[Value | Unreadable, ...]] = set()
    with path.open("rb") as file:
        records = read_records(Lines(file), Counter())
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


def refuse_same_rows_again(path: Path, dataset: Dataset) -> None:
    """Refuse a file that holds an export twice, one below the other, each with its header: its sales would count twice.

    Three rows may stand in two parts, or so many as are a tenth of the smaller one. A row takes eight bytes of memory.

    Raises:
        RefusedError: rows below a header that came again stand above it already.
    """
    above = pa.array([], pa.int64())
    for line, rows in _parts(path, dataset):
        different = pc.unique(pa.array(rows, pa.int64()))
        again = pc.sum(pc.is_in(different, above)).as_py() or 0
        if again > TOLERATED_ROWS and again > SAME_SHARE * min(len(above), len(different)):
            raise RefusedError(
                f"line {line}: the header comes again, and {again:,} of the {len(different):,} different rows below it"
                " stand above it already; expected each sale once: upload the last export alone"
            )
        above = pc.unique(pa.concat_arrays([above, different]))


def _parts(path: Path, dataset: Dataset) -> Iterator[tuple[int, array[int]]]:
    """Yield the parts of a file, each below a header: the header's line, and a hash of the cells of each whole row."""
    with path.open("rb") as file:
        records = read_records(Lines(file), Counter())
        header = match_header(next(records, None), dataset)
        line, rows = 1, array("q")
        for record in records:
            # headers name their last column; to look at each row as one would take four times as long as to read it
            if header.names[-1] in record.text.lower() and second_header(record, header, dataset) is not None:
                yield line, rows
                line, rows = record.line, array("q")
            elif record.cells is not None and len(record.cells) == header.width and any(map(str.strip, record.cells)):
                rows.append(hash(tuple(record.cells)))
        yield line, rows


def _first_line_not_utf8(path: Path) -> str:
    with path.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError as error:
                return f"line {number}, byte {error.start + 1}: 0x{line[error.start]:02x} is not UTF-8"
    return "the file is not UTF-8"
