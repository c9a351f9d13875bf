"""Rows as Parquet objects: a file's clean rows and its quarantine as they are read, and whole tables of rows."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from .coded_column import CodedColumn
from .columns import TYPES, Dataset
from .row_checker import Quarantined
from .tasks import DataError

_ARROW = {
    "string": pa.string(),
    "int": pa.int32(),
    "double": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "decimal(12,2)": pa.decimal128(12, 2),
    "decimal(12,4)": pa.decimal128(12, 4),
}

# the quarantine table's columns
QUARANTINE = pa.schema(
    [
        ("dataset", pa.string()),
        ("source_key", pa.string()),
        ("version_id", pa.string()),
        ("row_number", pa.int64()),
        ("row", pa.string()),
        ("reasons", pa.string()),
        ("row_date", pa.date32()),
        ("receipt", pa.string()),
        ("load_id", pa.string()),
    ]
)


def schema_of(columns: Mapping[str, str] | Iterable[tuple[str, str]]) -> Any:
    """Return the Arrow schema of columns whose types are named as the catalog names them."""
    return pa.schema([(name, _ARROW[kind]) for name, kind in dict(columns).items()])


def staged_schema(dataset: Dataset) -> Any:
    """Return the Arrow schema of a file's clean rows: as the clean zone has them, and each row's digest."""
    columns = {column.name: TYPES[column.kind] for column in dataset.columns} | {"source_key": "string"}
    return schema_of(columns).append(pa.field("row_digest", pa.binary()))


class UnreadableError(DataError):
    """An object of rows is missing or damaged; the message names it."""


def read_rows(s3: Any, bucket: str, key: str, schema: Any) -> Any:
    """Return the rows of an object as an Arrow table of the schema's columns.

    A column that the object has not is null: it was written before there was one.

    Raises:
        UnreadableError: the object is missing or damaged.
    """
    try:
        file = pq.ParquetFile(io.BytesIO(s3.get_object(Bucket=bucket, Key=key)["Body"].read()))
        having = set(file.schema_arrow.names)
        rows = file.read([name for name in schema.names if name in having])
    except s3.exceptions.NoSuchKey:
        raise UnreadableError(f"s3://{bucket}/{key} is not there") from None
    except pa.ArrowException as error:
        raise UnreadableError(f"s3://{bucket}/{key} cannot be read: {str(error).splitlines()[0]}") from error
    columns = [
        rows[field.name].cast(field.type) if field.name in having else pa.nulls(rows.num_rows, field.type)
        for field in schema
    ]
    return pa.table(columns, schema=schema)


@dataclass(frozen=True)
class Piece:
    """A row group of staged rows: what a version delivers for a day, of targets for a month.

    ``outlets`` says how many rows there are of each outlet that is meant; other outlets may have rows too.
    """

    key: str
    row_group: int
    outlets: Mapping[str, int]


def read_piece(s3: Any, bucket: str, piece: Piece, names: Sequence[str], outlets: Sequence[str]) -> Any:
    """Return the rows of some outlets as an Arrow table.

    Args:
        s3: the client.
        bucket: where the piece is staged.
        piece: what to read from.
        names: the columns to return.
        outlets: the outlets; one that the piece is not meant for has no rows.
    """
    held = [outlet for outlet in outlets if outlet in piece.outlets]
    file = pq.ParquetFile(io.BytesIO(_staged(s3, bucket, piece.key)))
    if file.metadata.row_group(piece.row_group).num_rows == sum(piece.outlets[outlet] for outlet in held):
        return file.read_row_group(piece.row_group, names)
    wanted, batches = pa.array(held, pa.string()), file.iter_batches(row_groups=[piece.row_group], columns=names)
    return pa.Table.from_batches(batch.filter(pc.is_in(batch["salesoutletno"], wanted)) for batch in batches)


@lru_cache(maxsize=2)
def _staged(s3: Any, bucket: str, key: str) -> bytes:
    """Return a staged object; the days that one task after another builds are often those of one file."""
    body: bytes = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    return body


def put_rows(s3: Any, bucket: str, key: str, rows: Any) -> None:
    """Put an Arrow table as an object. The same rows give the same bytes."""
    body = io.BytesIO()
    pq.write_table(rows.combine_chunks(), body, store_schema=False)  # where chunks end would show in the bytes
    s3.put_object(Bucket=bucket, Key=key, Body=body.getvalue())


class RowFile:
    """Rows in a local file that grows by chunks and is only made when the first comes; read back without being held."""

    def __init__(self, path: Path, schema: Any) -> None:
        self._path, self._schema = path, schema
        self._writer: Any = None

    def start_again(self) -> None:
        """Forget what was added: the next chunk begins the file anew."""
        if self._writer is not None:
            self._writer.close()
        self._writer = None

    def append(self, columns: Sequence[CodedColumn | Sequence[str | bytes]]) -> None:
        """Add rows, given as columns in the schema's order."""
        arrays = [
            column.as_array(field.type) if isinstance(column, CodedColumn) else pa.array(column, field.type)
            for column, field in zip(columns, self._schema, strict=True)
        ]
        if self._writer is None:
            self._writer = pa.ipc.new_file(str(self._path), self._schema)
        self._writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=self._schema))

    def chunks(self) -> list[Any]:
        """Finish the file and return its chunks as Arrow batches, whose memory is the file itself."""
        if self._writer is None:
            return []
        self._writer.close()
        file = pa.ipc.open_file(pa.memory_map(str(self._path)))
        return [file.get_batch(number) for number in range(file.num_record_batches)]


def write_chunks(path: Path, chunks: Sequence[Any]) -> None:
    """Write Arrow batches as a local Parquet file."""
    with pq.ParquetWriter(path, chunks[0].schema, store_schema=False) as writer:
        for chunk in chunks:
            writer.write_batch(chunk)


def write_by(column: str, label: Callable[[Any], str], chunks: Sequence[Any], path: Path) -> None:
    """Write Arrow batches as a local Parquet file with a row group for each value of a column, in their labels' order.

    Only the rows of one value are in memory.
    """
    values = [pc.unique(chunk[column]).to_pylist() for chunk in chunks]
    with pq.ParquetWriter(path, chunks[0].schema, store_schema=False) as writer:
        for value in sorted({value for some in values for value in some}, key=label):
            having = [chunk for chunk, some in zip(chunks, values, strict=True) if value in some]
            rows = pa.Table.from_batches(chunk.filter(pc.equal(chunk[column], value)) for chunk in having)
            writer.write_table(rows, row_group_size=max(rows.num_rows, 1))


def quarantine_columns(
    rows: list[Quarantined], dataset: str, source_key: str, version_id: str, load_id: str
) -> list[list[Any]]:
    """Return quarantined rows as the columns of ``QUARANTINE``; several reasons are joined by ``; ``."""
    n = len(rows)
    return [
        [dataset] * n,
        [source_key] * n,
        [version_id] * n,
        [row.line for row in rows],
        [row.text for row in rows],
        ["; ".join(row.reasons) for row in rows],
        [row.day for row in rows],
        [row.receipt for row in rows],
        [load_id] * n,
    ]
