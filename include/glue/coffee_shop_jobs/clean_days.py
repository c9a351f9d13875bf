"""Objects of the clean zone, built from the staged rows of the versions that hold them; a task builds one."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from .columns import CONTRACTS, INVENTORY, SALES, TARGETS, Dataset, clean_columns
from .parquet_rows import WRITING, schema_of, staged_schema
from .placing import s3_client
from .row_order import in_order
from .staged_rows import ROWS_AT_ONCE, Piece, read_piece

RECEIPT = ("salesoutletno", "transactionno", "transactiontime")
OTHERS = [name for name in CONTRACTS[SALES].names if name not in (*RECEIPT, "productno", "transactiondate")]
# what orders the rows of an object, without ties except between equal rows
ORDER = {
    SALES: [*RECEIPT, "digits", "productno", *OTHERS],
    INVENTORY: ["salesoutletno", "productno", "row_digest"],
    TARGETS: ["salesoutletno", "monthyear", "row_digest"],
}


@dataclass(frozen=True)
class CleanObject:
    """What an object is built from and where it is staged. Of two pieces the later one's version ranks higher."""

    dataset: str
    bucket: str
    key: str
    pieces: tuple[Piece, ...]


def write_object(wanted: CleanObject) -> None:
    """Build an object and stage it: of each receipt the rows of the version that holds it, in a fixed order.

    Some outlets at a time, so that a day needs no more memory than its largest outlet.
    """
    columns = clean_columns(wanted.dataset)
    schema = schema_of({name: kind for name, kind in columns.items() if name != "date"})
    body = io.BytesIO()
    with pq.ParquetWriter(body, schema, **WRITING) as writer:
        for outlets in _outlets_at_once(wanted):
            writer.write_table(_rows_of(wanted, outlets).select(schema.names).cast(schema))
    s3_client().put_object(Bucket=wanted.bucket, Key=wanted.key, Body=body.getvalue())


def _outlets_at_once(wanted: CleanObject) -> Iterator[list[str]]:
    """Yield the outlets in their order, as many together as may be in memory."""
    rows: Counter[str] = Counter()
    for piece in wanted.pieces:
        rows.update(piece.outlets)
    some: list[str] = []
    for outlet in sorted(rows, key=str.encode):
        if some and sum(rows[each] for each in (*some, outlet)) > ROWS_AT_ONCE:
            yield some
            some = []
        some.append(outlet)
    if some:
        yield some


def _rows_of(wanted: CleanObject, outlets: list[str]) -> Any:
    contract = CONTRACTS[wanted.dataset]
    names, parts = staged_schema(contract).names, []
    for rank, piece in enumerate(wanted.pieces):
        rows = read_piece(s3_client(), piece, names, outlets)
        parts.append(rows.append_column("rank", pa.repeat(rank, rows.num_rows)))
    rows = pa.concat_tables(parts).combine_chunks()
    if contract.receipt and len(parts) > 1:
        rows = _held_by_highest(rows, contract)
    return _as_stored(rows, wanted.dataset)


def _held_by_highest(rows: Any, contract: Dataset) -> Any:
    """Return of each receipt the rows of the version with the highest rank."""
    receipt = ["salesoutletno", *contract.receipt]
    highest = rows.group_by(receipt).aggregate([("rank", "max")])
    return rows.join(highest, [*receipt, "rank"], [*receipt, "rank_max"], join_type="left semi").combine_chunks()


def _as_stored(rows: Any, dataset: str) -> Any:
    if dataset == SALES:
        rows = rows.append_column("digits", pc.utf8_length(rows["productno"]))
    rows = in_order(rows, ORDER[dataset])
    return _numbered(rows) if dataset == SALES else rows


def _numbered(lines: Any) -> Any:
    """Add ``line_no``: from 1 in each receipt, by product number, then every other column.

    Lines that are alike in all of these are alike altogether, so it does not matter which comes first. The position in
    the file plays no part.
    """
    receipts = zip(*(lines[name].to_pylist() for name in RECEIPT), strict=True)
    numbers = [number for _, alike in groupby(receipts) for number, _ in enumerate(alike, start=1)]
    return lines.append_column("line_no", pa.array(numbers, pa.int32()))
