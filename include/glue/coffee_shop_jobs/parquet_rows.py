"""Rows as Parquet, written by the executors: a file's clean rows (staged for Spark) and its quarantine."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from .coded_column import CodedColumn
from .columns import TYPES, Dataset
from .row_checker import Quarantined

_ARROW = {
    "string": pa.string(),
    "int": pa.int32(),
    "double": pa.float64(),
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


def staged_schema(dataset: Dataset) -> Any:
    """Return the Arrow schema of a file's clean rows: as the clean zone has them, and each row's digest."""
    columns = [(column.name, _ARROW[TYPES[column.kind]]) for column in dataset.columns]
    return pa.schema([*columns, ("source_key", pa.string()), ("row_digest", pa.binary())])


class RowFile:
    """A Parquet file that grows by chunks and is only made when the first chunk comes."""

    def __init__(self, path: Path, schema: Any) -> None:
        self.path = path
        self._schema = schema
        self._writer: Any = None

    def start_again(self) -> None:
        """Forget what was added: the next chunk begins the file anew."""
        self.close()
        self._writer = None

    def append(self, columns: Sequence[CodedColumn | Sequence[str | bytes]]) -> None:
        """Add rows, given as columns in the schema's order."""
        arrays = [
            column.as_array(field.type) if isinstance(column, CodedColumn) else pa.array(column, field.type)
            for column, field in zip(columns, self._schema, strict=True)
        ]
        if self._writer is None:
            self._writer = pq.ParquetWriter(self.path, self._schema)
        self._writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=self._schema))

    def close(self) -> bool:
        """Finish the file; False when nothing was ever added and there is none."""
        if self._writer is None:
            return False
        self._writer.close()
        return True


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
