"""The tables of the clean and the conform zone as the jobs read them: by the objects that hold them.

Which objects there are says the ledger, which columns they have says the contract. So a job needs no crawl before it,
reads only the days it needs, and no other table of the catalog can disturb it. The catalog is for Athena.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from .columns import TARGETS, clean_columns
from .placing import OBJECT
from .spark_tables import small_table
from .star_schema import TABLES

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

Days = Mapping[str, Mapping[str, Mapping[str, Any]]]


class MissingRowsError(Exception):
    """A zone does not hold what the ledger says, or an object of it cannot be read; the message names it."""


def read_days(spark: SparkSession, bucket: str, dataset: str, days: Sequence[str]) -> DataFrame:
    """Return the clean rows of some days, with the partition key ``date``.

    They are not counted: who has read them compares their number with the ledger's, and calls ``name_differing_days``
    where that differs.

    Args:
        spark: the session.
        bucket: the clean zone's.
        dataset: a table partitioned by ``date``.
        days: ISO dates.
    """
    paths = [_place_of_day(bucket, dataset, day) for day in days]
    rows = spark.read.option("basePath", f"s3://{bucket}/{dataset}").schema(_clean_schema(dataset))
    return rows.parquet(*paths)


def name_differing_days(rows: DataFrame, place: tuple[str, str], days: Sequence[str], held: Days) -> None:
    """Read the days once more to see which of them differs from the ledger.

    Args:
        rows: as ``read_days`` returned them.
        place: bucket and table.
        days: those that were read.
        held: who holds each day, with its number of rows.

    Raises:
        MissingRowsError: a day has not exactly the rows that are held.
    """
    counted = {row["date"]: row["count"] for row in rows.groupBy("date").count().collect()}
    for day in days:
        _expect(_place_of_day(*place, day), counted.get(day, 0), sum(entry["rows"] for entry in held[day].values()))


def _place_of_day(bucket: str, dataset: str, day: str) -> str:
    return f"s3://{bucket}/{dataset}/date={day}/{OBJECT}"


def read_targets(spark: SparkSession, bucket: str, held: Mapping[str, Days]) -> DataFrame:
    """Return all clean targets.

    Raises:
        MissingRowsError: the rows are not exactly those that are held.
    """
    expected = sum(entry["rows"] for outlets in held[TARGETS].values() for entry in outlets.values())
    if not expected:
        return small_table(spark, [], _clean_schema(TARGETS))
    path = f"s3://{bucket}/{TARGETS}/{OBJECT}"
    rows = spark.read.schema(_clean_schema(TARGETS)).parquet(path)
    _expect(path, rows.count(), expected)
    return rows


def read_dimension(spark: SparkSession, bucket: str, table: str) -> DataFrame:
    """Return a dimension as readers see it now."""
    schema = ", ".join(f"{name} {kind}" for name, kind in TABLES[table])
    return spark.read.schema(schema).parquet(f"s3://{bucket}/{table}/{OBJECT}")


def _clean_schema(dataset: str) -> str:
    return ", ".join(f"{name} {kind}" for name, kind in clean_columns(dataset).items())


@contextmanager
def unreadable_objects_named() -> Iterator[None]:
    """Let what Spark says of an object that is missing or damaged name the object, and how to build it again.

    Raises:
        MissingRowsError: in place of Spark's error, which stays its cause. Errors that name no object stay as they are.
    """
    from py4j.protocol import Py4JJavaError
    from pyspark.errors import AnalysisException

    try:
        yield
    except (AnalysisException, Py4JJavaError) as error:
        named = next((line for line in str(error).splitlines() if re.search(r"s3a?://\S+\.parquet", line)), None)
        if named is None:
            raise
        raise MissingRowsError(f"{named}. {REBUILD}") from error


def _expect(path: str, rows: int, expected: int) -> None:
    if rows != expected:
        raise MissingRowsError(f"{path} has {rows:,} rows, the ledger expects {expected:,}. {REBUILD}")


REBUILD = (
    "Build its days again from the raw files, of an object in members/ all days of its month: trigger coffee_shop_load"
    " with reload_from and reload_to."
)
