"""The receipts of a raw file that have a row in quarantine, as a file that can be mended and uploaded (contract 3.2).

A receipt is held whole by one file, so its clean lines must be in the mended file too, or they would be lost.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from datetime import date
from pathlib import Path

from .cells import Limits, Memo, Unreadable
from .columns import Dataset
from .raw_file import open_raw
from .records import Header, Record, match_header, read_records

NO_LIMITS = Limits(date.max, 10**9)
LEAST_KNOWN = 3  # of a receipt's four columns: with fewer, other receipts would agree too

Receipt = tuple[object, ...]  # the values of the dataset's receipt columns, None where one cannot be read


def whole_receipts(path: Path, dataset: Dataset, lines: Collection[int]) -> Iterator[str]:
    """Yield the header of a raw file, and every record of the receipts that some of its lines belong to, as they stand.

    Where one column of a bad row's receipt cannot be read, the records that agree in the others belong to it. Where
    more cannot, or the row cannot be split into cells, the row stands alone.

    Args:
        path: the raw file, UTF-8.
        dataset: its contract; sales.
        lines: the lines on which the bad rows begin, the header's is 1.

    Raises:
        RefusedError: the file has no header of this dataset.
    """
    wanted = {receipt for record, receipt in _receipts(path, dataset) if record.line in lines and _is_known(receipt)}
    exact = {receipt for receipt in wanted if None not in receipt}
    partial = wanted - exact
    yield _header_text(path)
    for record, receipt in _receipts(path, dataset):
        if record.line in lines or receipt in exact or any(_agrees(receipt, other) for other in partial):
            yield record.text


def _receipts(path: Path, dataset: Dataset) -> Iterator[tuple[Record, Receipt]]:
    with open_raw(path) as stream:
        records = read_records(stream, Counter())
        header = match_header(next(records, None), dataset)
        memos = {name: Memo(dataset.columns[dataset.names.index(name)], NO_LIMITS) for name in dataset.receipt_columns}
        for record in records:
            yield record, _receipt(record, dataset, header, memos)


def _receipt(record: Record, dataset: Dataset, header: Header, memos: dict[str, Memo]) -> Receipt:
    if record.cells is None or len(record.cells) != header.width:
        return ()
    values = (memo[record.cells[header.positions[dataset.names.index(name)]]] for name, memo in memos.items())
    return tuple(None if isinstance(value, Unreadable) else value for value in values)


def _is_known(receipt: Receipt) -> bool:
    return len(receipt) - receipt.count(None) >= LEAST_KNOWN


def _agrees(receipt: Receipt, other: Receipt) -> bool:
    return bool(receipt) and all(known in (None, value) for value, known in zip(receipt, other, strict=True))


def _header_text(path: Path) -> str:
    with open_raw(path) as stream:
        return next(read_records(stream, Counter())).text
