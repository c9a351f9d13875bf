"""A version's clean rows while a load is at work: one object, in which each day is a Parquet file of its own.

So a task fetches a day by one request for its bytes, wherever it lies.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from .parquet_rows import WRITING, UnreadableError, damage_named, fetch

Span = tuple[int, int]  # the first byte of a day, and the one after its last
ROWS_AT_ONCE = 250_000


def write_days(column: str, label: Callable[[Any], str], chunks: Sequence[Any], path: Path) -> dict[str, Span]:
    """Write Arrow batches to a local file, the days one after another.

    Args:
        column: a row's day.
        label: names a day as the spans do.
        chunks: the rows; of these, ``ROWS_AT_ONCE`` are in memory at most.
        path: the file to write.

    Returns:
        Where each day lies.
    """
    days = [pc.unique(chunk[column]).to_pylist() for chunk in chunks]
    spans: dict[str, Span] = {}
    with path.open("wb") as file:
        for day in sorted({day for some in days for day in some}, key=label):
            having = (chunk for chunk, some in zip(chunks, days, strict=True) if day in some)
            begin, body = file.tell(), io.BytesIO()
            with pq.ParquetWriter(body, chunks[0].schema, **WRITING) as writer:
                for rows in _gathered(chunk.filter(pc.equal(chunk[column], day)) for chunk in having):
                    writer.write_table(rows)
            file.write(body.getvalue())
            spans[label(day)] = begin, file.tell()
    return spans


def _gathered(batches: Iterable[Any]) -> Iterator[Any]:
    """Yield batches as tables of not many more than ``ROWS_AT_ONCE`` rows."""
    some: list[Any] = []
    for batch in batches:
        some.append(batch)
        if sum(map(len, some)) >= ROWS_AT_ONCE:
            yield pa.Table.from_batches(some)
            some = []
    if some:
        yield pa.Table.from_batches(some)


@dataclass(frozen=True)
class Piece:
    """What a version delivers for a day, of targets for a month: which bytes of which object.

    ``outlets`` says how many rows there are of each outlet that is meant; other outlets may have rows too.
    """

    bucket: str
    key: str
    span: Span
    outlets: Mapping[str, int]


def read_piece(s3: Any, piece: Piece, names: Sequence[str], outlets: Iterable[str]) -> Any:
    """Return the rows of some outlets as an Arrow table.

    Args:
        s3: the client.
        piece: what to read from.
        names: the columns to return.
        outlets: the outlets; one that the piece is not meant for has no rows.

    Raises:
        UnreadableError: the object is missing or damaged.
    """
    held = [outlet for outlet in outlets if outlet in piece.outlets]
    try:
        body = fetch(s3, piece.bucket, piece.key, piece.span)
        with damage_named(piece.bucket, piece.key):
            file = pq.ParquetFile(io.BytesIO(body), page_checksum_verification=True)
            if file.metadata.num_rows == sum(piece.outlets[outlet] for outlet in held):
                return file.read(names)
            wanted, batches = pa.array(held, pa.string()), file.iter_batches(columns=names)
            return pa.Table.from_batches(batch.filter(pc.is_in(batch["salesoutletno"], wanted)) for batch in batches)
    except UnreadableError as error:
        raise UnreadableError(f"{error}. Clear this job's task: it reads and stages the files again.") from error
