"""The Spark session of the jobs, and how they write: sorted, one file a folder, into staging."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


def start_session(name: str) -> SparkSession:
    """Start Spark for small and middling tables: as many shuffle partitions as cores, dates in UTC."""
    from pyspark.sql import SparkSession

    spark = (
        SparkSession.builder.appName(name)
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.adaptive.enabled", "false")
        .config("spark.ui.enabled", "false")
        .config("spark.hadoop.mapreduce.fileoutputcommitter.marksuccessfuljobs", "false")
        .getOrCreate()
    )
    spark.conf.set("spark.sql.shuffle.partitions", str(spark.sparkContext.defaultParallelism))
    return spark


def by_day(rows: DataFrame, day: str, days: int) -> DataFrame:
    """Bring all rows of a day together, in as many parts as the cores can use: a part keeps whole days.

    Window functions and groups over the day need no further shuffle.
    """
    parts = max(1, min(days, 2 * rows.sparkSession.sparkContext.defaultParallelism))
    return rows.repartition(parts, day)


def write_days(rows: DataFrame, day: str, sort: Sequence[Any], place: str, drop: str = "") -> None:
    """Write one file for each day below ``place``; the rows of a file are in a fixed order.

    Args:
        rows: all rows of a day in one part (``by_day``).
        day: the column that becomes the folder.
        sort: what orders the rows within a day, without ties except between equal rows.
        place: an ``s3://`` folder in staging.
        drop: a column that only serves the order.
    """
    rows.sortWithinPartitions(day, *sort).drop(drop).write.partitionBy(day).parquet(place)


def write_table(rows: DataFrame, sort: Sequence[Any], place: str, drop: str = "") -> None:
    """Write one file with the rows in a fixed order; a table without rows keeps its columns."""
    rows.repartition(1).sortWithinPartitions(*sort).drop(drop).write.parquet(place)
