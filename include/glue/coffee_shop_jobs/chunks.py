"""A raw file's records by the thousand, as columns.

Nearly every line of a till is plain: as many cells as the header, quotes as in RFC 4180, nothing else. Where all lines
of a chunk are, Arrow takes them apart at once; where one is not, ``read_records`` looks at each.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import pyarrow as pa
from pyarrow import csv

from .records import PADDING, Lines, Record, parse_cells

CHUNK, BYTES = 25_000, 1 << 24
_PADDING = tuple(mark.encode() for mark in PADDING)
# begins with a literal, which is found many times faster than what may stand before it
_QUOTED_ON_ITS_LINE = re.compile(rb'"(?<![^,\n]")[^"\n]*+(?:""[^"\n]*+)*+"(?![^,\n])')


@dataclass(frozen=True)
class Chunk:
    """Rows with as many cells as the header: their columns as Arrow arrays of texts, and each row's record and line.

    ``unfit`` are all other records. A row's record is put together when it is asked for; its line costs nothing.
    """

    columns: list[Any]
    record: Callable[[int], Record]
    line: Callable[[int], int]
    unfit: Sequence[Record] = ()


def read_chunks(lines: Lines, records: Iterator[Record], width: int) -> Iterator[Chunk]:
    """Yield the records below the header.

    Args:
        lines: the file's physical lines.
        records: the records that ``read_records`` makes of them.
        width: how many cells the header has.
    """
    while True:
        first, taken = lines.take_many(CHUNK, BYTES)
        if (plain := _plain_chunk(first, taken, width)) is not None:
            yield plain
            continue
        lines.give_back(taken)
        some = list(islice(records, len(taken) or CHUNK))  # no more text at once than where all lines are plain
        if not some:
            return
        yield _looked_at(some, width)


def _looked_at(some: list[Record], width: int) -> Chunk:
    fit = [record for record in some if len(record.cells or ()) == width]
    columns = zip(*(record.cells or () for record in fit), strict=True) if fit else [()] * width
    unfit = [record for record in some if len(record.cells or ()) != width]
    return Chunk([pa.array(cells, pa.string()) for cells in columns], fit.__getitem__, lambda row: fit[row].line, unfit)


def _plain_chunk(first: int, lines: Sequence[bytes], width: int) -> Chunk | None:
    """Return a chunk of plain lines, None where one of them is not; ``first`` is the number of the first."""
    data = b"".join(lines)
    bare = (data.replace(b"\r\n", b"\n") if b"\r" in data else data).removesuffix(b"\n")
    if b"\r" in bare or any(mark in bare for mark in _PADDING):
        return None
    if bare.startswith(b"\n") or b"\n\n" in bare:  # Arrow leaves an empty line out, and so would count other lines
        return None
    if b'"' in bare and b'"' in _QUOTED_ON_ITS_LINE.sub(b"", bare):
        return None
    try:
        table = csv.read_csv(
            io.BytesIO(bare),
            read_options=csv.ReadOptions(use_threads=False, block_size=len(bare) + 1, column_names=_names(width)),
            convert_options=csv.ConvertOptions(
                column_types=dict.fromkeys(_names(width), pa.string()), strings_can_be_null=False
            ),
        ).combine_chunks()
    except pa.ArrowInvalid:  # a line has more or fewer cells, or is not UTF-8
        return None

    def record(row: int) -> Record:
        text = lines[row].decode().rstrip("\r\n")
        return Record(first + row, text, *parse_cells([text]))  # many times faster than cell by cell out of Arrow

    return Chunk([column.chunk(0) for column in table.columns], record, lambda row: first + row)


def _names(width: int) -> list[str]:
    return [str(place) for place in range(width)]
