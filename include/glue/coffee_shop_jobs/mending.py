"""The receipts of a raw file that have a row in quarantine, as a file that can be mended and uploaded (contract 3.2).

A receipt is held whole by one file, so its clean lines must be in the mended file too, or they would be lost.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from datetime import date
from pathlib import Path

from .cells import Limits, Memo
from .columns import Dataset
from .records import Lines, match_header, read_records

NO_LIMITS = Limits(date.max, 10**9)


def whole_receipts(path: Path, dataset: Dataset, receipts: Collection[str]) -> Iterator[str]:
    """Yield the header of a raw file, and every record of some receipts, as they stand in it.

    Args:
        path: the raw file, UTF-8.
        dataset: its contract; sales.
        receipts: as the quarantine table has them: outlet, date, number and time, with blanks between them.

    Raises:
        RefusedError: the file has no header of this dataset.
    """
    with path.open("rb") as file:
        records = read_records(Lines(file), Counter())
        first = next(records, None)
        header = match_header(first, dataset)
        places = [dataset.names.index(name) for name in dataset.receipt_columns]
        memos = [(Memo(dataset.columns[place], NO_LIMITS), header.positions[place]) for place in places]
        yield first.text if first else ""
        for record in records:
            if record.cells and len(record.cells) == header.width:
                receipt = " ".join(str(memo[record.cells[position]]) for memo, position in memos)
                if receipt in receipts:
                    yield record.text
