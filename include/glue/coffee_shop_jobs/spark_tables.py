"""The Spark session of the jobs, and how they write: sorted, one file a folder, into staging."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame, SparkSession


def start_session(name: str) -> SparkSession:
    """Start Spark for small and middling tables: as many shuffle partitions as cores, dates in UTC.

    Hundreds of days are looked up by 32 tasks, not by one for each.
    """
    from py4j.java_gateway import java_import
    from pyspark.sql import SparkSession

    spark = (
        SparkSession.builder.appName(name)
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.adaptive.enabled", "false")
        .config("spark.sql.sources.parallelPartitionDiscovery.parallelism", "32")
        .config("spark.ui.enabled", "false")
        .config("spark.hadoop.mapreduce.fileoutputcommitter.marksuccessfuljobs", "false")
        .getOrCreate()
    )
    spark.conf.set("spark.sql.shuffle.partitions", str(spark.sparkContext.defaultParallelism))
    # else Java would look for the class in eight packages each time that a function is named
    jvm: Any = spark._jvm
    java_import(jvm, "org.apache.spark.sql.functions")
    return spark


def small_table(spark: SparkSession, rows: Iterable[Sequence[Any]], schema: str) -> DataFrame:
    """Return a table of rows that the driver knows, such as days. Unlike ``createDataFrame`` it starts no Python.

    Args:
        spark: the session.
        rows: values that JSON can hold, and dates.
        schema: names and types, ``day string, rank int``.
    """
    from pyspark.sql import functions as f

    names = [column.split(" ")[0] for column in schema.split(", ")]
    text = json.dumps([dict(zip(names, row, strict=True)) for row in rows], default=str)
    return spark.range(0, 1, 1, 1).select(f.inline(f.from_json(f.lit(text), f"array<struct<{schema}>>")))


def by_number(name: str) -> list[Column]:
    """Return what orders a column of digits as numbers, however long they are."""
    from pyspark.sql import functions as f

    return [f.length(name), f.col(name)]


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
        sort: what orders the rows within a day, without ties except between equal rows; nothing where they are in
            order already.
        place: an ``s3://`` folder in staging.
        drop: a column that only serves the order.
    """
    ordered = rows.sortWithinPartitions(day, *sort) if sort else rows
    ordered.drop(drop).write.partitionBy(day).parquet(place)


def write_table(rows: DataFrame, sort: Sequence[Any], place: str, drop: str = "") -> None:
    """Write one file with the rows in a fixed order; a table without rows keeps its columns."""
    rows.repartition(1).sortWithinPartitions(*sort).drop(drop).write.parquet(place)
