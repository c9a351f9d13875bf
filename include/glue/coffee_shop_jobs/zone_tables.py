"""The tables of the clean and the conform zone as the jobs read them: by the objects that hold them.

Which objects there are says the ledger, which columns they have says the contract. So a job needs no crawl before it,
reads only the days it needs, and no other table of the catalog can disturb it. The catalog is for Athena.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .columns import CONTRACTS, TARGETS, TYPES
from .placing import OBJECT
from .star_schema import TABLES

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

Days = Mapping[str, Mapping[str, Mapping[str, Any]]]


class MissingRowsError(Exception):
    """A zone does not hold what the ledger says, or an object of it cannot be read; the message names it."""


def read_days(spark: SparkSession, bucket: str, dataset: str, days: Sequence[str], held: Days) -> DataFrame:
    """Return the clean rows of some days, with the partition key ``date``.

    Args:
        spark: the session.
        bucket: the clean zone's.
        dataset: a table partitioned by ``date``.
        days: ISO dates.
        held: who holds each day, with its number of rows.

    Raises:
        MissingRowsError: an object is missing or damaged, or the rows are not exactly those that are held.
    """
    paths = [f"s3://{bucket}/{dataset}/date={day}/{OBJECT}" for day in days]
    schema = f"{_clean_schema(dataset)}, date string"
    rows = _read(spark, schema, *paths, basePath=f"s3://{bucket}/{dataset}")
    counted = {row["date"]: row["count"] for row in _collect(rows.groupBy("date").count())}
    for day, path in zip(days, paths, strict=True):
        _expect(path, counted.get(day, 0), sum(entry["rows"] for entry in held[day].values()))
    return rows


def read_targets(spark: SparkSession, bucket: str, held: Mapping[str, Days]) -> DataFrame:
    """Return all clean targets.

    Raises:
        MissingRowsError: as ``read_days``.
    """
    expected = sum(entry["rows"] for outlets in held[TARGETS].values() for entry in outlets.values())
    if not expected:
        return spark.createDataFrame([], _clean_schema(TARGETS))
    path = f"s3://{bucket}/{TARGETS}/{OBJECT}"
    rows = _read(spark, _clean_schema(TARGETS), path)
    _expect(path, _collect(rows.groupBy().count())[0]["count"], expected)
    return rows


def read_dimension(spark: SparkSession, bucket: str, table: str) -> DataFrame:
    """Return a dimension as readers see it now.

    Raises:
        MissingRowsError: its object is missing.
    """
    schema = ", ".join(f"{name} {kind}" for name, kind in TABLES[table])
    return _read(spark, schema, f"s3://{bucket}/{table}/{OBJECT}")


def _clean_schema(dataset: str) -> str:
    return ", ".join(f"{column.name} {TYPES[column.kind]}" for column in CONTRACTS[dataset].columns)


def _read(spark: SparkSession, schema: str, *paths: str, **options: str) -> DataFrame:
    from pyspark.errors import AnalysisException

    try:
        return spark.read.options(**options).schema(schema).parquet(*paths)
    except AnalysisException as error:
        raise _unreadable(error) from error


def _collect(counts: DataFrame) -> list[Any]:
    from py4j.protocol import Py4JJavaError

    try:
        return counts.collect()
    except Py4JJavaError as error:
        raise _unreadable(error) from error


def _unreadable(reason: object) -> MissingRowsError:
    lines = str(reason).splitlines()
    return MissingRowsError(f"{next((line for line in lines if 's3://' in line), lines[0])}. {REBUILD}")


def _expect(path: str, rows: int, expected: int) -> None:
    if rows != expected:
        raise MissingRowsError(f"{path} has {rows:,} rows, the ledger expects {expected:,}. {REBUILD}")


REBUILD = "Build its days again from the raw files: trigger coffee_shop_load with reload_from and reload_to."
