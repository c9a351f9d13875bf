"""Rows as Parquet objects: a file's clean rows and its quarantine as they are read, and whole tables of rows."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from botocore.exceptions import ClientError

from .coded_column import CodedColumn
from .columns import TYPES, Dataset
from .placing import unbroken
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

WRITING: dict[str, Any] = {"store_schema": False, "write_page_checksum": True}
ADDED = ("line_no", "is_latest")  # columns that objects of earlier versions of this program lack

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


def contract_schema(dataset: Dataset) -> Any:
    """Return the Arrow schema of a file's clean rows."""
    return schema_of({column.name: TYPES[column.kind] for column in dataset.columns})


class UnreadableError(DataError):
    """An object of rows is missing or damaged; the message names it."""


def read_rows(s3: Any, bucket: str, key: str, schema: Any, only: Mapping[str, Any] | None = None) -> Any:
    """Return the rows of an object as an Arrow table of the schema's columns.

    A column of ``ADDED`` that the object has not is null.

    Args:
        s3: the client.
        bucket: the object's.
        key: the object's.
        schema: the columns.
        only: values of columns; groups of rows that cannot have them are not read, others may have more than these.

    Raises:
        UnreadableError: the object is missing or damaged, or has other columns.
    """
    body = fetch(s3, bucket, key)
    with damage_named(bucket, key):
        file = pq.ParquetFile(pa.BufferReader(body), page_checksum_verification=True)
        kinds = {field.name: field.type for field in file.schema_arrow}
        groups = [n for n in range(file.num_row_groups) if _may_hold(file.metadata.row_group(n), only or {})]
        rows = file.read_row_groups(groups, [name for name in schema.names if name in kinds], use_threads=False)
    for field in schema:
        if kinds.get(field.name, field.type if field.name in ADDED else None) != field.type:
            has = f"as {kinds[field.name]}" if field.name in kinds else "not at all"
            raise UnreadableError(f"s3://{bucket}/{key} has {field.name} {has}; expected {field.type}")
    columns = [rows[each.name] if each.name in kinds else pa.nulls(rows.num_rows, each.type) for each in schema]
    return pa.table(columns, schema=schema)


def _may_hold(group: Any, only: Mapping[str, Any]) -> bool:
    """Tell by the least and the greatest value of a group of rows whether it may have some with these values."""
    for column in (group.column(n) for n in range(group.num_columns)):
        name = column.path_in_schema
        known = column.statistics if name in only else None
        if known and known.has_min_max and not known.null_count and not known.min <= only[name] <= known.max:
            return False
    return True


def fetch(s3: Any, bucket: str, key: str, span: tuple[int, int] | None = None) -> bytes:
    """Return an object's bytes, or those from one up to before another.

    Raises:
        UnreadableError: the object is not there, or ends too soon.
        ConnectionError: S3 does not hand it out.
    """
    part = {"Range": f"bytes={span[0]}-{span[1] - 1}"} if span else {}
    try:
        body: bytes = unbroken(lambda: s3.get_object(Bucket=bucket, Key=key, **part)["Body"].read())
    except s3.exceptions.NoSuchKey:
        raise UnreadableError(f"s3://{bucket}/{key} is not there") from None
    except ClientError as error:
        if error.response["Error"]["Code"] != "InvalidRange":
            raise ConnectionError(f"s3://{bucket}/{key}: {error}") from error
        body = b""
    if span and len(body) != span[1] - span[0]:
        raise UnreadableError(f"s3://{bucket}/{key} ends before byte {span[1]:,}")
    return body


@contextmanager
def damage_named(bucket: str, key: str) -> Iterator[None]:
    """Let what Arrow says of an object's bytes name the object.

    Raises:
        UnreadableError: in place of Arrow's error.
    """
    try:
        yield
    except MemoryError:  # one of Arrow's is both
        raise
    except (pa.ArrowException, OSError) as error:
        raise UnreadableError(f"s3://{bucket}/{key} cannot be read: {str(error).partition(chr(10))[0]}") from error


def put_rows(s3: Any, bucket: str, key: str, rows: Any) -> None:
    """Put an Arrow table as an object. The same rows give the same bytes."""
    put_groups(s3, bucket, key, [rows])


def put_groups(s3: Any, bucket: str, key: str, groups: Sequence[Any]) -> None:
    """Put Arrow tables as an object in which each is a group of rows that can be read alone."""
    body = io.BytesIO()
    with pq.ParquetWriter(body, groups[0].schema, **WRITING) as writer:
        for rows in groups:
            writer.write_table(rows.combine_chunks())  # where chunks end would show in the bytes
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
    with pq.ParquetWriter(path, chunks[0].schema, **WRITING) as writer:
        for chunk in chunks:
            writer.write_batch(chunk)


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
