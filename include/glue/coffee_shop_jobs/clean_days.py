"""Days of the clean zone: sorted and numbered when a version is read; put together where several versions hold rows."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import groupby
from pathlib import Path
from typing import Any, TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from .cells import Value, day_label
from .columns import CONTRACTS, INVENTORY, SALES, TARGETS, Dataset, clean_columns
from .parquet_rows import schema_of
from .placing import s3_client
from .row_order import in_order
from .staged_days import Piece, Span, read_piece, write_day

Key = TypeVar("Key")
Place = tuple[Any, str]  # a day and an outlet

ROWS_AT_ONCE = 250_000  # of a version or a day that are in memory, unless one outlet alone has more on a day
RECEIPT = ("salesoutletno", "transactionno", "transactiontime")
OTHERS = [name for name in CONTRACTS[SALES].names if name not in (*RECEIPT, "productno", "transactiondate")]
# what orders the rows of a day; lines of sales that are alike in all of it are alike altogether
ORDER = {
    SALES: [*RECEIPT, "digits", "productno", *OTHERS],
    INVENTORY: ["salesoutletno", "productno"],
    TARGETS: ["salesoutletno", "monthyear"],
}
ORDER_OF_NUMBERED = ORDER | {SALES: [*RECEIPT, "line_no"]}


def clean_schema(dataset: str) -> Any:
    """Return the Arrow schema of an object of the clean zone."""
    return schema_of({name: kind for name, kind in clean_columns(dataset).items() if name != "date"})


def write_days(contract: Dataset, source_key: str, chunks: Sequence[Any], path: Path) -> dict[str, Span]:
    """Write a version's clean rows to a local file, day by day, each as the clean zone has it.

    Args:
        contract: the version's dataset.
        source_key: the version's key.
        chunks: its rows as Arrow batches of the contract's columns, in whatever memory.
        path: the file to write.

    Returns:
        Where each day (of targets: each month) lies.
    """
    schema, spans = clean_schema(contract.name), {}
    with path.open("wb") as file:
        for day, parts in groupby(_sorted_days(contract, chunks), lambda part: part[0]):
            known = (rows.append_column("source_key", pa.repeat(source_key, len(rows))) for _, rows in parts)
            spans[day_label(day)] = write_day(file, schema, (rows.select(schema.names).cast(schema) for rows in known))
    return spans


def _sorted_days(contract: Dataset, chunks: Sequence[Any]) -> Iterator[tuple[Value, Any]]:
    """Yield days with their rows, of a large day with some outlets' at a time."""
    of_chunks = [_rows_of_places(contract, chunk) for chunk in chunks]
    places: Counter[Place] = Counter()
    for each in of_chunks:
        places.update(each)
    for portion in at_once({place: places[place] for place in sorted(places)}):
        having = [chunk for chunk, own in zip(chunks, of_chunks, strict=True) if not own.keys().isdisjoint(portion)]
        rows = pa.Table.from_batches(having if len(portion) == len(places) else _of_places(contract, having, portion))
        rows, first = _sorted(rows.combine_chunks(), contract), 0
        for day, own in groupby(portion, lambda place: place[0]):
            count = sum(places[place] for place in own)
            yield day, rows.slice(first, count)
            first += count


def _rows_of_places(contract: Dataset, chunk: Any) -> dict[Place, int]:
    """Return how many rows of a chunk there are of each day and outlet."""
    names = [contract.day, "salesoutletno"]
    counted = pa.Table.from_batches([chunk.select(names)]).group_by(names).aggregate([([], "count_all")])
    return {(each[contract.day], each["salesoutletno"]): each["count_all"] for each in counted.to_pylist()}


def at_once(rows: Mapping[Key, int]) -> Iterator[list[Key]]:
    """Yield keys in their order, as many together as have ``ROWS_AT_ONCE`` rows; one with more comes alone."""
    some: list[Key] = []
    together = 0
    for key, count in rows.items():
        if some and together + count > ROWS_AT_ONCE:
            yield some
            some, together = [], 0
        some.append(key)
        together += count
    if some:
        yield some


def _of_places(contract: Dataset, chunks: Sequence[Any], places: Sequence[Place]) -> Iterator[Any]:
    wanted = pa.array([f"{day}|{outlet}" for day, outlet in places], pa.string())
    for chunk in chunks:
        place = pc.binary_join_element_wise(chunk[contract.day].cast(pa.string()), chunk["salesoutletno"], "|")
        yield chunk.filter(pc.is_in(place, wanted))


def _sorted(rows: Any, contract: Dataset) -> Any:
    """Return rows by their day, then as the clean zone has them; ``line_no`` is added to those of sales."""
    if contract.name != SALES:
        return in_order(rows, [contract.day, *ORDER[contract.name]])
    rows = rows.append_column("digits", pc.utf8_length(rows["productno"]))
    rows = in_order(rows, [contract.day, *ORDER[contract.name]])
    return rows.append_column("line_no", _line_numbers(rows.select([contract.day, *RECEIPT]).combine_chunks()))


def _line_numbers(receipts: Any) -> Any:
    """Return the place of each row in its receipt, from 1; the rows of a receipt follow each other.

    They follow by product number, then every other column. The position in the file plays no part.
    """
    columns = [column.chunk(0) for column in receipts.columns]
    differs = reduce(pc.or_, (pc.not_equal(column[1:], column[:-1]) for column in columns))
    places = pa.array(range(len(receipts)), pa.int32())
    firsts = pc.cumulative_max(pc.if_else(pa.concat_arrays([pa.array([True]), differs]), places, 0))
    return pc.add(pc.subtract(places, firsts), 1).cast(pa.int32())


# --- several versions


@dataclass(frozen=True)
class DayOfSeveral:
    """A day, of targets all months, and what it is put together from; of two pieces the later one ranks higher.

    ``key`` is where it is staged in ``bucket``.
    """

    dataset: str
    bucket: str
    key: str
    pieces: tuple[Piece, ...]


def stage_day(wanted: DayOfSeveral) -> Span:
    """Stage a day as an object, of each receipt the rows of the version that holds it; return which bytes it has.

    Some outlets at a time, so that a day needs no more memory than its largest outlet.
    """
    rows: Counter[str] = Counter()
    for piece in wanted.pieces:
        rows.update(piece.outlets)
    ordered = {outlet: rows[outlet] for outlet in sorted(rows)}
    file = io.BytesIO()
    span = write_day(file, clean_schema(wanted.dataset), (_held(wanted, outlets) for outlets in at_once(ordered)))
    s3_client().put_object(Bucket=wanted.bucket, Key=wanted.key, Body=file.getvalue())
    return span


def _held(wanted: DayOfSeveral, outlets: list[str]) -> Any:
    contract, names, parts = CONTRACTS[wanted.dataset], clean_schema(wanted.dataset).names, []
    for rank, piece in enumerate(wanted.pieces):
        rows = read_piece(s3_client(), piece, names, outlets)
        parts.append(rows.append_column("rank", pa.repeat(rank, rows.num_rows)))
    rows = pa.concat_tables(parts).combine_chunks()
    if contract.receipt and len(parts) > 1:
        rows = _held_by_highest(rows, contract)
    return in_order(rows, ORDER_OF_NUMBERED[wanted.dataset]).select(names)


def _held_by_highest(rows: Any, contract: Dataset) -> Any:
    """Return of each receipt the rows of the version with the highest rank."""
    receipt = ["salesoutletno", *contract.receipt]
    highest = rows.group_by(receipt).aggregate([("rank", "max")])
    return rows.join(highest, [*receipt, "rank"], [*receipt, "rank_max"], join_type="left semi").combine_chunks()
