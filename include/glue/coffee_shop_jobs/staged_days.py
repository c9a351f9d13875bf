"""Days of rows that are staged before they are put in place: many in one object, each a Parquet file of its own in it.

So a task fetches a day by its bytes, and days go to their places as they are, without a request each for their staging.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from .parquet_rows import WRITING, UnreadableError, damage_named, fetch
from .placing import REQUESTS_AT_ONCE, STAGE_AGAIN, s3_client

Span = tuple[int, int]  # the first byte of a day, and the one after its last
BYTES_AT_ONCE = 16_000_000  # of days that go to their places by one task, unless one day alone has more


def write_day(file: BinaryIO, schema: Any, parts: Iterable[Any]) -> Span:
    """Write Arrow tables at a file's end as the rows of one day; return where they lie."""
    begin, body = file.tell(), io.BytesIO()
    # statistics of 58 columns take a fifth of the time, and a query for a day reads that day's object in any case
    with pq.ParquetWriter(body, schema, write_statistics=False, **WRITING) as writer:
        for rows in parts:
            writer.write_table(rows.combine_chunks())  # where chunks end would show in the bytes
    file.write(body.getvalue())
    return begin, file.tell()


class ReadyDay(NamedTuple):
    """A staged day: the object and its bytes there, and the key that it goes to."""

    key: str
    span: Span
    to_key: str


@dataclass(frozen=True)
class Portion:
    """Days of one staged object that a task puts in place; they lie one after another."""

    bucket: str
    to_bucket: str
    days: Sequence[ReadyDay]


def runs_of(days: Iterable[ReadyDay]) -> list[list[ReadyDay]]:
    """Return days that lie one after another in an object together, as many as have few bytes in memory."""
    found: list[list[ReadyDay]] = []
    for day in sorted(days):
        if not found or found[-1][0].key != day.key or day.span[1] - found[-1][0].span[0] > BYTES_AT_ONCE:
            found.append([])
        found[-1].append(day)
    return found


def portions(days: Iterable[ReadyDay], bucket: str, to_bucket: str) -> list[Portion]:
    """Return days as tasks that have few bytes in memory."""
    return [Portion(bucket, to_bucket, some) for some in runs_of(days)]


def put_days(portion: Portion) -> None:
    """Put days in place, each by one request: a reader sees the old object or the new one, never half of it.

    Raises:
        UnreadableError: the staged object is not there, or ends too soon.
    """
    s3 = s3_client()

    def put(staged: tuple[ReadyDay, bytes]) -> None:
        s3.put_object(Bucket=portion.to_bucket, Key=staged[0].to_key, Body=staged[1])

    with ThreadPoolExecutor(REQUESTS_AT_ONCE) as pool:
        list(pool.map(put, _bodies(s3, portion.bucket, portion.days)))


def read_days(s3: Any, bucket: str, days: Iterable[ReadyDay], names: Sequence[str]) -> Iterator[tuple[ReadyDay, Any]]:
    """Yield days with some columns of their rows, as Arrow tables; those of a run come by one request.

    Raises:
        UnreadableError: a staged object is missing or damaged.
    """
    for run in runs_of(days):
        for day, body in _bodies(s3, bucket, run):
            with _staged_again(), damage_named(bucket, day.key):
                yield day, _opened(body).read(names, use_threads=False)


def _bodies(s3: Any, bucket: str, run: Sequence[ReadyDay]) -> Iterator[tuple[ReadyDay, bytes]]:
    first = run[0].span[0]
    with _staged_again():
        body = fetch(s3, bucket, run[0].key, (first, run[-1].span[1]))
    for day in run:
        begin, end = day.span
        yield day, body[begin - first : end - first]


@dataclass(frozen=True)
class Piece:
    """What a version delivers for a day, of targets for a month: which bytes of which object.

    ``outlets`` says how many rows there are of each outlet that is meant. It ``is_whole`` when no other has rows there.
    """

    bucket: str
    key: str
    span: Span
    outlets: Mapping[str, int]
    is_whole: bool


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
    with _staged_again(), damage_named(piece.bucket, piece.key):
        file = _opened(fetch(s3, piece.bucket, piece.key, piece.span))
        if file.metadata.num_rows == sum(piece.outlets[outlet] for outlet in held):
            return file.read(names, use_threads=False)
        wanted, batches = pa.array(held, pa.string()), file.iter_batches(columns=names, use_threads=False)
        return pa.Table.from_batches(batch.filter(pc.is_in(batch["salesoutletno"], wanted)) for batch in batches)


def _opened(body: bytes) -> pq.ParquetFile:
    return pq.ParquetFile(pa.BufferReader(body), page_checksum_verification=True)


@contextmanager
def _staged_again() -> Iterator[None]:
    """Let the error of a staged object say how it comes to be staged again."""
    try:
        yield
    except UnreadableError as error:
        raise UnreadableError(f"{error}. {STAGE_AGAIN}") from error
