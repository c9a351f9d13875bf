"""Members of the dimensions: per day the latest sale of each, kept in one small object per month.

Dimensions are rebuilt from these extracts, never from all lines: a day that is loaded again replaces its own members
only, and a member without any fact or target is in none of them. Of each month the rows that are a member's latest are
marked, because a dimension needs no others: what a load compares grows by a month's members, not by those of its days.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from .columns import CONTRACTS, SALES, TYPES
from .spark_tables import by_number
from .star_schema import CUSTOMER, DIMENSIONS, NOBODY, OUTLET, PRODUCT, Dimension, customer_number

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

_TYPES = {column.name: TYPES[column.kind] for column in CONTRACTS[SALES].columns}
_ATTRIBUTES = [name for dimension in DIMENSIONS for name in dimension.attributes.values()]

# a row is a member on a day: when and where its latest sale of that day was, and its attributes in that line
COLUMNS = [
    ("dimension", "string"),
    ("number", "string"),
    ("day", "string"),
    ("time", "string"),
    ("transactionno", "string"),
    ("line_no", "int"),
    ("outlet", "string"),
    *((name, _TYPES[name]) for name in _ATTRIBUTES),
]
# as an extract has them; one that was written before rows were marked has nulls
SCHEMA = ", ".join(f"{name} {kind}" for name, kind in [*COLUMNS, ("is_latest", "boolean")])


def of_sales(lines: DataFrame) -> DataFrame:
    """Return the members of each day of sales with the attributes of the day's latest sale.

    Each line mentions up to four members; one pass finds the latest sale of all.

    Args:
        lines: clean sales with ``line_no``.
    """
    from pyspark.sql import functions as f

    sale = f.struct(
        f.col("transactiontime").alias("time"),
        f.length("transactionno").alias("digits"),
        "transactionno",
        "line_no",
        # two tills may write the same moment, number and line
        f.length("salesoutletno").alias("outlet_digits"),
        f.col("salesoutletno").alias("outlet"),
    )
    own = [_own(dimension, name).alias(name) for dimension in DIMENSIONS for name in dimension.attributes.values()]
    each = lines.select("date", sale.alias("sale"), *_ATTRIBUTES, _mentioned(DIMENSIONS)).where("number is not null")
    latest = (
        each.select("number", "dimension", "date", f.struct("sale", *own).alias("latest"))
        .groupBy("number", "dimension", "date")  # the number first: what differs early is compared fast
        .agg(f.max("latest").alias("latest"))  # no two lines of a day have the same sale
    )
    return latest.select(
        "dimension",
        "number",
        f.col("date").alias("day"),
        "latest.sale.time",
        "latest.sale.transactionno",
        "latest.sale.line_no",
        "latest.sale.outlet",
        *(f"latest.{name}" for name in _ATTRIBUTES),
    )


def _mentioned(dimensions: Iterable[Dimension]) -> Column:
    """Return a row, ``dimension`` and ``number``, for each member that a row mentions."""
    from pyspark.sql import functions as f

    numbers = {each.table: customer_number() if each is CUSTOMER else f.col(each.number) for each in dimensions}
    members = (f.struct(f.lit(table).alias("dimension"), number.alias("number")) for table, number in numbers.items())
    return f.inline(f.array(*members))


def _own(dimension: Dimension, name: str) -> Column:
    """Return an attribute for the dimension that it belongs to; whatever a till wrote, customer 0 is nobody."""
    from pyspark.sql import functions as f

    belongs = f.col("dimension") == dimension.table
    if dimension is CUSTOMER:
        belongs = belongs & (f.col("number") != NOBODY)
    return f.when(belongs, f.col(name))


def of_inventory(rows: DataFrame) -> DataFrame:
    """Return the outlets and products of each day of inventory; nothing but their numbers is known."""
    from pyspark.sql import functions as f

    return _with_nulls(rows.select(f.col("date").alias("day"), _mentioned((OUTLET, PRODUCT))).distinct())


def of_targets(rows: DataFrame) -> DataFrame:
    """Return the outlets of the targets, without a day."""
    return _with_nulls(rows.select(_mentioned((OUTLET,))).distinct())


def _with_nulls(found: DataFrame) -> DataFrame:
    from pyspark.sql import functions as f

    return found.select(
        *(f.col(name) if name in found.columns else f.lit(None).cast(kind).alias(name) for name, kind in COLUMNS)
    )


def mark_latest(members: DataFrame) -> DataFrame:
    """Add ``is_latest``: whether no later day of the month has the member. It sorts by month and member, newest first.

    Args:
        members: of one dataset, with ``month``, all rows of a month in one part.
    """
    from pyspark.sql import Window
    from pyspark.sql import functions as f

    newest_first = Window.partitionBy("month", "dimension", "number").orderBy(f.desc("day"))
    return members.withColumn("is_latest", f.row_number().over(newest_first) == 1)


def latest(members: DataFrame) -> DataFrame:
    """Return one row per member: the attributes of its latest sale by date, time, TransactionNo and line_no.

    What only inventory or targets mention has nulls: a row without a sale comes before any with one.
    """
    from pyspark.sql import functions as f

    order = f.struct(f.col("time").isNotNull().alias("sold"), "day")  # of a day there is one row with a sale
    found = members.groupBy("dimension", "number").agg(f.max_by(f.struct(*_ATTRIBUTES), order).alias("attributes"))
    return found.select("dimension", "number", *(f.col(f"attributes.{name}") for name in _ATTRIBUTES))


def dimension_rows(members: DataFrame, dimension: Dimension) -> DataFrame:
    """Return one dimension's table from the latest members."""
    from pyspark.sql import functions as f

    return members.where(f.col("dimension") == dimension.table).select(
        f.md5("number").alias(dimension.id),
        f.col("number").alias(dimension.number),
        *(f.col(clean).alias(name) for name, clean in dimension.attributes.items()),
    )


def number_order(dimension: Dimension) -> list[Column]:
    """Return what orders a dimension's table: its numbers."""
    return by_number(dimension.number)
