"""A raw file's records by the ten thousand, as columns.

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

CHUNK, CHARACTERS = 10_000, 1 << 24
# begins with a literal, which is found many times faster than what may stand before it
_QUOTED_ON_ITS_LINE = re.compile(r'"(?<![^,\n]")[^"\n]*+(?:""[^"\n]*+)*+"(?![^,\n])')


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
        taken = lines.take_many(CHUNK, CHARACTERS)
        if (plain := _plain_chunk(taken, width)) is not None:
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


def _plain_chunk(lines: list[tuple[int, str]], width: int) -> Chunk | None:
    """Return a chunk of plain lines, None where one of them is not."""
    text = "".join(line for _, line in lines)
    bare = (text.replace("\r\n", "\n") if "\r" in text else text).removesuffix("\n")
    if "\r" in bare or any(mark in bare for mark in PADDING):
        return None
    unquoted = _QUOTED_ON_ITS_LINE.sub("", bare) if '"' in bare else bare
    commas = {line.count(",") for line in unquoted.split("\n")}
    if '"' in unquoted or commas != {width - 1}:
        return None
    data = bare.encode()
    table = csv.read_csv(
        io.BytesIO(data),
        read_options=csv.ReadOptions(use_threads=False, block_size=len(data) + 1, column_names=_names(width)),
        parse_options=csv.ParseOptions(ignore_empty_lines=False),
        convert_options=csv.ConvertOptions(
            column_types=dict.fromkeys(_names(width), pa.string()), strings_can_be_null=False, check_utf8=False
        ),
    ).combine_chunks()

    def record(row: int) -> Record:
        number, line = lines[row]
        text = line.rstrip("\r\n")
        return Record(number, text, *parse_cells([text]))  # many times faster than cell by cell out of Arrow

    return Chunk([column.chunk(0) for column in table.columns], record, lambda row: lines[row][0])


def _names(width: int) -> list[str]:
    return [str(place) for place in range(width)]
