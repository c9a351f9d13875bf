"""Receipts of days to which several files deliver: read, added up and decided where Spark has their rows.

The driver knows days and files, never single receipts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from coffee_shop.lake.documents import Days

from .columns import CONTRACTS, SALES, TARGETS, TYPES, clean_columns
from .ownership import Case, Content, Delivery, Place, Verdict, judge
from .spark_tables import small_table

if TYPE_CHECKING:
    from pyspark import RDD
    from pyspark.sql import Column, DataFrame, SparkSession

Paths = Mapping[str, str]  # by the id of a version, where its clean rows are staged


def day_as_written(dataset: str, day: str) -> str:
    """Return a day as the dataset's rows have it: targets say ``April 2019`` for 2019-04."""
    if dataset != TARGETS:
        return day
    from .cells import MONTHS

    return f"{MONTHS[int(day[5:]) - 1]} {day[:4]}"


def staged_rows(spark: SparkSession, dataset: str, paths: Iterable[str]) -> DataFrame:
    """Return the clean rows of versions, with ``row_digest`` and ``source_id``, the id of their version."""
    columns = ", ".join(f"{column.name} {TYPES[column.kind]}" for column in CONTRACTS[dataset].columns)
    schema, places = f"{columns}, source_key string, row_digest binary, source_id string", list(paths)
    if not places:
        return small_table(spark, [], schema)
    table = places[0].rpartition("/source_id=")[0]
    return spark.read.option("basePath", table).schema(schema).parquet(*places)


class SharedPlaces:
    """Decides cases again and again while uploads are held back; the receipts are read once."""

    def __init__(self, spark: SparkSession, dataset: str, kept_share: Decimal) -> None:
        self._spark, self._dataset, self._kept_share = spark, dataset, kept_share
        self._receipts: RDD[Any] | None = None

    def judge(self, cases: Sequence[Case], paths: Paths) -> list[Verdict]:
        """Decide cases.

        Args:
            cases: the places; a later call has the same places or fewer, with fewer uploads.
            paths: where the rows of all their versions are staged; a version without rows has none.
        """
        if self._receipts is None:
            contents = self._contents({case.place for case in cases}, paths)
            self._receipts = contents.rdd.map(_by_place).groupByKey().cache()
        wanted, kept_share = {case.place: case for case in cases}, self._kept_share
        places = self._spark.sparkContext.broadcast(wanted)

        def decided(group: tuple[Place, Iterable[tuple[str, str, Content]]]) -> list[Verdict]:
            case = places.value.get(group[0])
            return [judge(case, _by_version(group[1]), kept_share)] if case else []

        verdicts: list[Verdict] = self._receipts.flatMap(decided).collect()
        met = {verdict.place for verdict in verdicts}
        return verdicts + [judge(case, {}, kept_share) for case in cases if case.place not in met]

    def _contents(self, places: set[Place], paths: Paths) -> DataFrame:
        """Return what each version delivers of each receipt: one row a place, version and receipt."""
        from pyspark.sql import functions as f

        contract = CONTRACTS[self._dataset]
        rows = staged_rows(self._spark, self._dataset, sorted(set(paths.values())))
        given = [(day, outlet) for day, outlet in sorted(places)]
        wanted = small_table(self._spark, given, "place_day string, place_outlet string")
        same = (rows[contract.day].cast("string") == wanted["place_day"]) & (
            rows["salesoutletno"] == wanted["place_outlet"]
        )
        receipt = f.concat_ws("|", *contract.receipt).alias("receipt")
        amount = f.col(contract.amount) if contract.amount else f.lit(Decimal("0.00"))
        quantity = f.col(contract.quantity) if contract.quantity else f.lit(0)
        return (
            rows.join(f.broadcast(wanted), same)
            .groupBy("place_day", "place_outlet", "source_id", receipt)
            .agg(
                f.count(f.lit(1)).alias("rows"),
                f.sum(quantity).alias("quantity"),
                f.sum(amount).alias("amount"),
                f.sum(_half("row_digest", 1)).alias("high"),
                f.sum(_half("row_digest", 9)).alias("low"),
            )
        )


def _half(digest: str, begin: int) -> Column:
    """Return eight bytes of a digest as a number that Spark can add up."""
    from pyspark.sql import functions as f

    return f.conv(f.hex(f.substring(digest, begin, 8)), 16, 10).cast("decimal(20,0)")


def _by_place(row: Any) -> tuple[Place, tuple[str, str, Content]]:
    digest = (int(row["high"]) * 2**64 + int(row["low"])) % 2**128
    content = Content(1, row["rows"], int(row["quantity"] or 0), Decimal(row["amount"] or "0.00"), digest)
    return (row["place_day"], row["place_outlet"]), (row["source_id"], row["receipt"], content)


def _by_version(receipts: Iterable[tuple[str, str, Content]]) -> dict[str, dict[str, Content]]:
    contents: dict[str, dict[str, Content]] = {}
    for source_id, receipt, content in receipts:
        contents.setdefault(source_id, {})[receipt] = content
    return contents


def held_rows(
    spark: SparkSession,
    dataset: str,
    days: Iterable[str],
    shares: Days,
    counting: Mapping[str, Delivery],
    paths: Paths,
) -> DataFrame:
    """Return the rows of some days that count: of each receipt those of the version that holds it.

    Those of daily datasets have ``date`` as well, the day in the form of a partition key.

    Args:
        spark: the session.
        dataset: one of the three.
        days: the days to build.
        shares: which keys hold something of each day and outlet.
        counting: by key, the version that counts.
        paths: where the rows of those versions are staged.
    """
    from pyspark.sql import Window
    from pyspark.sql import functions as f

    contract = CONTRACTS[dataset]
    holders = _holders(dataset, days, shares, counting)
    used = sorted({paths[source_id] for _, _, _, source_id, *_ in holders})
    rows = staged_rows(spark, dataset, used)
    day_type = clean_columns(dataset)[contract.day]
    schema = f"held_day {day_type}, date string, held_outlet string, held_id string, held_rank int, is_shared boolean"
    held = small_table(spark, holders, schema)
    same = (
        (rows[contract.day] == held["held_day"])
        & (rows["salesoutletno"] == held["held_outlet"])
        & (rows["source_id"] == held["held_id"])
    )
    delivered = rows.join(f.broadcast(held), same)
    columns = [*contract.names, "source_key", "row_digest", *([] if dataset == TARGETS else ["date"])]
    if not any(is_shared for *_, is_shared in holders) or not contract.receipt:
        return delivered.select(*columns)
    receipt = Window.partitionBy("held_day", "held_outlet", *contract.receipt)
    shared = delivered.where("is_shared").withColumn("highest_rank", f.max("held_rank").over(receipt))
    highest = shared.where("held_rank = highest_rank")
    return delivered.where("not is_shared").select(*columns).unionByName(highest.select(*columns))


def number_lines(lines: DataFrame) -> DataFrame:
    """Add ``line_no`` and sort by it: from 1 in each receipt, by product number, then every other column.

    Lines that are alike in all of these are alike altogether, so it does not matter which comes first. The position in
    the file plays no part.

    Args:
        lines: sales that count, with all lines of a ``date`` in one part (``by_day``).
    """
    from pyspark.sql import Window
    from pyspark.sql import functions as f

    receipt = ("date", "salesoutletno", "transactionno", "transactiontime")
    others = [name for name in CONTRACTS[SALES].names if name not in (*receipt, "productno", "transactiondate")]
    order = ("digits", "productno", *others)
    # what the window needs is what the file needs: Spark sorts once
    lines = lines.withColumn("digits", f.length("productno")).sortWithinPartitions(*receipt, *order)
    line_no = f.row_number().over(Window.partitionBy(*receipt).orderBy(*order))
    return lines.withColumn("line_no", line_no).drop("digits")


def _holders(
    dataset: str, days: Iterable[str], shares: Days, counting: Mapping[str, Delivery]
) -> list[tuple[str, str, str, str, int, bool]]:
    """Return who holds something of days: day as written, day, outlet, version, its rank, and if others do too."""
    holders = []
    for day in days:
        for outlet, entry in shares.get(day, {}).items():
            ranked = sorted((counting[key].source for key in entry["keys"]), key=lambda source: source.rank)
            written = day_as_written(dataset, day)
            holders += [(written, day, outlet, each.id, rank, len(ranked) > 1) for rank, each in enumerate(ranked)]
    return holders
