"""The tables of the clean and the conform zone as the jobs read them: by the objects that hold them.

Which objects there are says the ledger, which columns they have says the contract. So a job needs no crawl before it,
reads only the days it needs, and no other table of the catalog can disturb it. The catalog is for Athena.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .columns import TARGETS, clean_columns
from .parquet_rows import UnreadableError, read_rows, schema_of
from .placing import object_key
from .star_schema import TABLES
from .tasks import DataError

Columns = Mapping[str, str] | Iterable[tuple[str, str]]


class MissingRowsError(DataError):
    """A zone does not hold what the ledger says, or an object of it cannot be read; the message names it."""


def clean_key(dataset: str, day: str) -> str:
    """Return the key of a day in the clean zone."""
    return object_key(dataset, f"date={day}")


def read_day(s3: Any, bucket: str, dataset: str, day: str, names: Iterable[str], rows: int) -> Any:
    """Return the clean rows of a day as an Arrow table.

    Args:
        s3: the client.
        bucket: the clean zone's.
        dataset: a table partitioned by ``date``.
        day: an ISO date.
        names: the columns to read.
        rows: how many rows the ledger expects.

    Raises:
        MissingRowsError: the object is missing or damaged, or has another number of rows.
    """
    kinds = clean_columns(dataset)
    return _counted(s3, bucket, clean_key(dataset, day), {name: kinds[name] for name in names}, rows)


def read_targets(s3: Any, bucket: str, rows: int) -> Any:
    """Return all clean targets as an Arrow table; ``rows`` is how many the ledger expects.

    Raises:
        MissingRowsError: as for a day.
    """
    columns = clean_columns(TARGETS)
    return _counted(s3, bucket, object_key(TARGETS), columns, rows) if rows else schema_of(columns).empty_table()


def read_dimension(s3: Any, bucket: str, table: str) -> Any:
    """Return a dimension as readers see it now, as an Arrow table.

    Raises:
        MissingRowsError: its object is missing or damaged.
    """
    return read_object(s3, bucket, object_key(table), TABLES[table])


def read_object(s3: Any, bucket: str, key: str, columns: Columns, only: Mapping[str, Any] | None = None) -> Any:
    """Return the rows of an object that can be built again from raw, as an Arrow table.

    Of groups of rows those are left out that have none with the values ``only`` names (``read_rows``).

    Raises:
        MissingRowsError: the object is missing or damaged.
    """
    try:
        return read_rows(s3, bucket, key, schema_of(columns), only)
    except UnreadableError as error:
        raise MissingRowsError(f"{error}. {REBUILD}") from error


def _counted(s3: Any, bucket: str, key: str, columns: Columns, expected: int) -> Any:
    table = read_object(s3, bucket, key, columns)
    if table.num_rows != expected:
        path = f"s3://{bucket}/{key}"
        raise MissingRowsError(f"{path} has {table.num_rows:,} rows, the ledger expects {expected:,}. {REBUILD}")
    return table


REBUILD = (
    "Build its days again from the raw files, of an object in members/ all days of its month: trigger coffee_shop_load"
    " with reload_from and reload_to."
)
