"""The clean tables as the conform jobs read them: through the catalog, only the days they need, checked for rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .columns import CONTRACTS, TARGETS, TYPES

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

Days = Mapping[str, Mapping[str, Mapping[str, Any]]]


class MissingRowsError(Exception):
    """The clean tables do not hold what the partition job wrote: most likely the crawl did not run."""


def read_days(spark: SparkSession, database: str, dataset: str, days: Sequence[str], held: Days) -> DataFrame:
    """Return the clean rows of some days, with the partition key ``date``.

    Args:
        spark: the session.
        database: the clean database.
        dataset: a table partitioned by ``date``.
        days: ISO dates.
        held: who holds each day, with its number of rows.

    Raises:
        MissingRowsError: the table is not in the catalog, or does not give exactly the rows that are held.
    """
    from pyspark.sql import functions as f

    rows = read_table(spark, database, dataset).where(f.col("date").isin(list(days)))
    found = {row["date"]: row["count"] for row in rows.groupBy("date").count().collect()}
    for day in days:
        expected = sum(entry["rows"] for entry in held[day].values())
        if found.get(day, 0) != expected:
            raise MissingRowsError(
                f"{database}.{dataset} has {found.get(day, 0):,} rows on {day}, expected {expected:,}:"
                " has the crawler of the clean zone run after the job partition_data?"
            )
    return rows


def read_targets(spark: SparkSession, database: str, held: Mapping[str, Days]) -> DataFrame:
    """Return all clean targets.

    Raises:
        MissingRowsError: as ``read_days``.
    """
    expected = sum(entry["rows"] for outlets in held[TARGETS].values() for entry in outlets.values())
    if not expected:
        schema = ", ".join(f"{column.name} {TYPES[column.kind]}" for column in CONTRACTS[TARGETS].columns)
        return spark.createDataFrame([], schema)
    rows = read_table(spark, database, TARGETS)
    if rows.count() != expected:
        raise MissingRowsError(
            f"{database}.{TARGETS} has {rows.count():,} rows, expected {expected:,}:"
            " has the crawler of the clean zone run after the job partition_data?"
        )
    return rows


def read_table(spark: SparkSession, database: str, table: str) -> DataFrame:
    """Return a table of the catalog.

    Raises:
        MissingRowsError: it is not there.
    """
    if not spark.catalog.tableExists(f"{database}.{table}"):
        raise MissingRowsError(f"there is no table {database}.{table} in the catalog: the crawler of its zone makes it")
    return spark.table(f"{database}.{table}")
