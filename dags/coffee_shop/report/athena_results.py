"""Rows of a finished Athena query as Python values: exact decimals, whole numbers, dates; nulls as None."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import urlparse

ROWS_AT_ONCE = 100_000  # texts and values of more would be in memory at the same time

Value = str | int | float | Decimal | bool | date | None


@dataclass(frozen=True)
class Rows:
    """A query's result: column names in order, and a tuple of values for each row."""

    columns: tuple[str, ...]
    rows: list[tuple[Value, ...]]


def read_rows(athena: Any, s3: Any, execution_id: str) -> Rows:
    """Read what a query gave.

    Args:
        athena: boto3 client of Athena.
        s3: boto3 client of S3.
        execution_id: a query that SUCCEEDED.

    The types come from the result's metadata, the rows from the result file: a thousand rows a call are too
    slow for a sheet of a hundred thousand.
    """
    metadata = athena.get_query_results(QueryExecutionId=execution_id, MaxResults=1)["ResultSet"]
    columns = metadata["ResultSetMetadata"]["ColumnInfo"]
    execution = athena.get_query_execution(QueryExecutionId=execution_id)["QueryExecution"]
    place = urlparse(execution["ResultConfiguration"]["OutputLocation"])
    body = s3.get_object(Bucket=place.netloc, Key=place.path.lstrip("/"))["Body"].read()
    types = {column["Name"]: column["Type"] for column in columns}
    return typed_rows(body.decode("utf-8"), types)


def typed_rows(result_file: str, types: dict[str, str]) -> Rows:
    """Turn the text of a result file into values.

    Args:
        result_file: CSV with a header line.
        types: Athena's type of each column by name, in order.

    Raises:
        ValueError: a type has no place in a sheet (array, map, row), or two columns have one name.
    """
    import pandas

    readers = [_reader(name, kind) for name, kind in types.items()]
    if len(header := next(csv.reader(io.StringIO(result_file, newline="")))) != len(types):
        raise ValueError(f"the query gives {', '.join(header)}: each column needs a name of its own")
    chunks = pandas.read_csv(
        io.StringIO(result_file.replace("\0", "\ufffd"), newline=""),  # at a NUL pandas would end the text
        names=list(types),
        header=0,
        dtype=object,  # a number is read from its text, so that no digit is lost
        keep_default_na=False,
        na_values=[""],
        skip_blank_lines=False,  # a lone null is an empty line
        chunksize=ROWS_AT_ONCE,
    )
    rows: list[tuple[Value, ...]] = []
    for chunk in chunks:
        texts = (chunk.iloc[:, place] for place in range(len(readers)))
        rows += zip(*map(_values, readers, texts), strict=True)
    return Rows(tuple(types), rows)


def _values(read: Callable[[str], Value], texts: Iterable[Any]) -> list[Value]:
    """Return the values of a column; pandas has a float, which is not a number, where nothing stands."""
    return [read(text) if isinstance(text, str) else None for text in texts]


def _number(text: str) -> float | None:
    value = float(text)
    return value if math.isfinite(value) else None


_READERS: dict[str, Callable[[str], Value]] = {
    "varchar": str,
    "char": str,
    "string": str,
    "tinyint": int,
    "smallint": int,
    "integer": int,
    "int": int,
    "bigint": int,
    "real": _number,
    "float": _number,
    "double": _number,
    "decimal": Decimal,
    "date": date.fromisoformat,
    "boolean": lambda text: text == "true",
}


def _reader(name: str, kind: str) -> Callable[[str], Value]:
    plain = kind.lower().partition("(")[0]
    if plain not in _READERS:
        raise ValueError(f"column {name} has type {kind}, which a sheet cannot show; cast it in the query")
    return _READERS[plain]
