"""What a crawler's classifiers see in one file: its format and its columns.

Sources: the AWS Glue developer guide, "Defining and managing classifiers" and "Writing CSV custom classifiers"; AWS
re:Post, "How does the AWS Glue crawler detect the schema?" (the first records or the first megabyte).
"""

import contextlib
import io
import tempfile
from dataclasses import dataclass, field
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

SAMPLE_BYTES = 1 << 20
SAMPLE_ROWS = 1000
_CSV_TYPES = {"BIGINT": "bigint", "DOUBLE": "double", "BOOLEAN": "boolean", "VARCHAR": "string"}  # dates stay strings
_PARQUET_TYPES = {
    "bool": "boolean", "int8": "tinyint", "int16": "smallint", "int32": "int", "int64": "bigint", "float": "float",
    "double": "double", "string": "string", "binary": "binary", "date32[day]": "date",
}  # fmt: skip


@dataclass(frozen=True)
class Schema:
    """Format and columns (name and Hive type). format: parquet, or csv with its separator and whether it has a header.

    rows: an estimate for text.
    """

    format: tuple[Any, ...]
    columns: tuple[tuple[str, str], ...]
    rows: int = field(default=0, compare=False)


def parquet(end: bytes) -> Schema | None:
    """Return the schema in the last bytes of a Parquet file, which hold its footer; None when there is none."""
    try:
        with pq.ParquetFile(io.BytesIO(b"PAR1" + end)) as file:
            columns = tuple((column.name.lower(), _hive_type(column.type)) for column in file.schema_arrow)
            return Schema(("parquet",), columns, file.metadata.num_rows)
    except (pa.ArrowInvalid, OSError):
        return None


def _hive_type(kind: pa.DataType) -> str:
    if pa.types.is_decimal(kind):
        return f"decimal({kind.precision},{kind.scale})"
    if pa.types.is_timestamp(kind):
        return "timestamp"
    if str(kind) not in _PARQUET_TYPES:
        raise NotImplementedError(f"the local AWS's crawlers do not know Parquet's {kind}")
    return _PARQUET_TYPES[str(kind)]


def text(sample: bytes, size: int, classifiers: list[dict[str, Any]]) -> Schema | None:
    """Return the schema of a CSV file from its beginning; None when no classifier knows it.

    The custom classifiers come first. What they leave open DuckDB finds out.
    """
    whole = len(sample) >= size
    sample = sample if whole else sample[: sample.rfind(b"\n") + 1]
    with tempfile.NamedTemporaryFile(suffix=".csv") as file:
        file.write(sample)
        file.flush()
        for classifier in [*classifiers, {}]:
            with contextlib.suppress(duckdb.Error), duckdb.connect() as reader:
                schema = _read(reader, file.name, classifier)
                if len(schema.columns) > 1 and schema.rows:  # the guide: at least two columns
                    rows = schema.rows if whole else round(size * schema.rows / len(sample))
                    return Schema(schema.format, schema.columns, rows)
    return None


def _read(reader: duckdb.DuckDBPyConnection, file: str, classifier: dict[str, Any]) -> Schema:
    header = {"PRESENT": True, "ABSENT": False}.get(classifier.get("ContainsHeader", "UNKNOWN"))
    told: Any = {"sep": classifier.get("Delimiter"), "quotechar": classifier.get("QuoteSymbol"), "header": header}
    told = {name: value for name, value in told.items() if value is not None}
    seen = reader.execute("select Delimiter, HasHeader from sniff_csv(?)", [file]).fetchall()[0]
    rows = reader.read_csv(file, sample_size=SAMPLE_ROWS, auto_type_candidates=[*_CSV_TYPES], **told)
    names = (name.strip().lower() for name in rows.columns)
    columns = zip(names, (_CSV_TYPES[str(kind)] for kind in rows.types), strict=True)
    return Schema(("csv", told.get("sep", seen[0]), told.get("header", seen[1])), tuple(columns), len(rows))
