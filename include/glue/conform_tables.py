"""Glue job: clean rows of the touched days -> dimensions with old and new members, and the date table.

Keeps the extracts of members (one object a month) up to date, builds the dimensions from them, and puts down which
dimensions have members that are gone: ``conform_relations`` takes those out when the facts no longer need them. A
dimension's object is replaced only when its rows changed.
"""

from __future__ import annotations

import logging
import sys
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import reduce
from typing import TYPE_CHECKING, Any

from coffee_shop.lake.documents import Result
from coffee_shop.lake.loads import read_result
from coffee_shop.lake.state import write_json
from coffee_shop_jobs import decision, load_state, members, placing, zone_tables
from coffee_shop_jobs.calendar_days import date_rows, months_span
from coffee_shop_jobs.columns import INVENTORY, SALES, TARGETS
from coffee_shop_jobs.spark_tables import small_table, start_session, write_table
from coffee_shop_jobs.star_schema import DATE, DATE_COLUMNS, DIMENSIONS, Dimension

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

log = logging.getLogger("coffee_shop_jobs.conform_tables")

DIMENSIONS_FILE = "dimensions.json"


class Job:
    """One run: the clients, the load and the Spark session."""

    def __init__(self, arguments: load_state.Arguments, load: load_state.Load, result: Result) -> None:
        self.arguments = arguments
        self.s3 = placing.s3_client()
        self.ledger = load.ledger
        self.pending = load.pending
        self.result = result
        self.days = decision.days_after(load.ledger, result)
        self.staging = f"staging/{arguments.load_id}/{uuid.uuid4().hex[:12]}"
        self.spark = start_session("conform_tables")

    def staged(self, name: str) -> tuple[str, str]:
        """Return bucket and prefix of something this run stages."""
        return self.arguments.state_bucket, f"{self.staging}/{name}"


@zone_tables.unreadable_objects_named()
def run(arguments: load_state.Arguments) -> None:
    """Do the whole job."""
    s3 = placing.s3_client()
    load = load_state.read_load(s3, arguments)
    result = read_result(s3, arguments.state_bucket, arguments.load_id)
    if not any(result["touched"].values()) and load.ledger["revision"]:
        log.info("no day was touched: the dimensions stay as they are")
        return
    job = Job(arguments, load, result)
    with ThreadPoolExecutor(3) as pool:
        targets = pool.submit(zone_tables.read_targets, job.spark, arguments.clean_bucket, job.days)
        list(pool.map(lambda dataset: keep_extracts(job, dataset), (SALES, INVENTORY)))
    found = all_members(job, targets.result()).persist()
    gone = members_gone(job, found) if may_lose_members(job) else {}
    with ThreadPoolExecutor(len(DIMENSIONS) + 1) as pool:
        dates = pool.submit(write_dates, job)
        prune = dict(pool.map(lambda dimension: write_dimension(job, found, dimension, gone), DIMENSIONS))
        prune[DATE] = dates.result()
    found.unpersist()  # a session that does more than one load would meet these rows again
    kept = {table: prefix for table, prefix in prune.items() if prefix}
    write_json(s3, arguments.state_bucket, arguments.load_key(DIMENSIONS_FILE), {"prune": kept})


# --- extracts of members


def keep_extracts(job: Job, dataset: str) -> None:
    """Write the extracts of the months with touched days again: their other days as they were, these anew.

    Raises:
        MissingRowsError: a day of the clean zone has not the rows that the ledger expects.
    """
    from pyspark.sql import functions as f

    touched = job.result["touched"][dataset]
    if not touched:
        return
    full = [day for day in touched if day in job.days[dataset]]
    parts, check_days = members_of_days(job, dataset, full) if full else ([], None)
    known = {day[:7] for day in job.ledger["days"][dataset] if day not in touched}
    before = sorted(known & {day[:7] for day in touched})
    if before:
        others = read_extracts(job, dataset, before).where(~f.col("day").isin(touched))
        parts.append(others.drop("is_latest"))
    months = sorted({day[:7] for day in full} | set(before))
    if months:
        rows = reduce(lambda left, right: left.unionByName(right), parts).withColumn("month", f.substring("day", 1, 7))
        staged = job.staged(f"members/{dataset}")
        rows = members.mark_latest(rows.repartition(len(months), "month"))
        rows.write.partitionBy("month").parquet(f"s3://{staged[0]}/{staged[1]}")
        if check_days is not None:
            check_days()
        objects = placing.staged_objects(job.s3, *staged)
        bucket = job.arguments.state_bucket
        placing.copy_all(
            job.s3,
            [(bucket, objects[f"month={month}"], bucket, extract_key(dataset, month)) for month in months],
        )
    emptied = sorted({day[:7] for day in touched} - set(months))
    placing.delete_all(job.s3, job.arguments.state_bucket, [extract_key(dataset, month) for month in emptied])


def members_of_days(job: Job, dataset: str, days: list[str]) -> tuple[list[DataFrame], Callable[[], None]]:
    """Return the members of some days of the clean zone, and what says whether these held the rows that they should.

    That is called when the members were written, as the rows are counted on the way.
    """
    from pyspark.sql import Observation
    from pyspark.sql import functions as f

    bucket, counted = job.arguments.clean_bucket, Observation(f"clean {dataset}")
    clean = zone_tables.read_days(job.spark, bucket, dataset, days)
    rows = clean.observe(counted, f.count(f.lit(1)).alias("rows"))

    def check() -> None:
        held = sum(entry["rows"] for day in days for entry in job.days[dataset][day].values())
        if counted.get["rows"] != held:
            zone_tables.name_differing_days(clean, (bucket, dataset), days, job.days[dataset])

    found = members.of_inventory(rows) if dataset == INVENTORY else members.of_sales(rows)
    return [found], check


def read_extracts(job: Job, dataset: str, months: Sequence[str]) -> DataFrame:
    """Return the members of whole months."""
    paths = [f"s3://{job.arguments.state_bucket}/{extract_key(dataset, month)}" for month in months]
    return job.spark.read.schema(members.SCHEMA).parquet(*paths)


def extract_key(dataset: str, month: str) -> str:
    """Return the key of a month's extract in the state bucket."""
    return f"members/{dataset}/{month}.parquet"


# --- dimensions


def all_members(job: Job, targets: DataFrame) -> DataFrame:
    """Return every member that a fact or a target mentions, with the attributes of its latest sale."""
    parts = [
        read_extracts(job, dataset, sorted({day[:7] for day in job.days[dataset]}))
        .where("coalesce(is_latest, true)")
        .drop("is_latest")
        for dataset in (SALES, INVENTORY)
        if job.days[dataset]
    ]
    parts.append(members.of_targets(targets))
    return members.latest(reduce(lambda left, right: left.unionByName(right), parts))


def may_lose_members(job: Job) -> bool:
    """Tell whether a member can be gone: a day held rows before this load, or a load that died has left some.

    Targets mention outlets alone, so a month of them loses nothing while all its outlets have targets.
    """
    touched = [(dataset, day) for dataset, days in job.result["touched"].items() for day in days]
    before = [(dataset, day, job.ledger["days"][dataset].get(day, {})) for dataset, day in touched]
    return job.pending["left"] or any(
        outlets.keys() - job.days[dataset].get(day, {}).keys() if dataset == TARGETS else outlets
        for dataset, day, outlets in before
    )


def members_gone(job: Job, found: DataFrame) -> dict[str, list[str]]:
    """Return by dimension the numbers that its table has and no fact or target mentions any more."""
    from pyspark.sql import functions as f

    old = [
        table.select(f.lit(dimension.table).alias("dimension"), f.col(dimension.number).alias("number"))
        for dimension in DIMENSIONS
        if (table := published(job, dimension)) is not None
    ]
    gone: dict[str, list[str]] = {dimension.table: [] for dimension in DIMENSIONS}
    if old:
        every = reduce(lambda left, right: left.union(right), old)
        for row in every.join(found, ["dimension", "number"], "left_anti").collect():
            gone[row["dimension"]].append(row["number"])
    return gone


def published(job: Job, dimension: Dimension) -> DataFrame | None:
    """Return a dimension's table as readers see it now; None before the first load."""
    bucket = job.arguments.conform_bucket
    if not job.s3.list_objects_v2(Bucket=bucket, Prefix=f"{dimension.table}/", MaxKeys=1)["KeyCount"]:
        return None
    return zone_tables.read_dimension(job.spark, bucket, dimension.table)


def write_dimension(
    job: Job, found: DataFrame, dimension: Dimension, gone: dict[str, list[str]]
) -> tuple[str, str | None]:
    """Put a dimension with old and new members in place.

    Returns:
        The table, and where it is staged without the members that are gone; None when there are none.
    """
    from pyspark.sql import functions as f

    rows = members.dimension_rows(found, dimension)
    final = None
    lost = gone.get(dimension.table, [])
    if lost and (old := published(job, dimension)) is not None:
        final = job.staged(f"final/{dimension.table}")
        write_table(rows, members.number_order(dimension), f"s3://{final[0]}/{final[1]}")
        rows = rows.unionByName(old.where(f.col(dimension.number).isin(lost)).select(*rows.columns))
        log.info("%s: %s members are gone and go when the facts are written", dimension.table, len(lost))
    place(job, dimension.table, rows, members.number_order(dimension))
    return dimension.table, final[1] if final else None


def write_dates(job: Job) -> str | None:
    """Put the date table in place: every day of the months that old or new facts and targets touch.

    Returns:
        Where it is staged for the new ones alone, when that are fewer; else None.
    """
    schema = ", ".join(f"{name} {kind}" for name, kind in DATE_COLUMNS)
    new = months_span(day for days in job.days.values() for day in days)
    before = [day for dataset in (SALES, INVENTORY, TARGETS) for day in job.ledger["days"][dataset]]
    before += [day for days in job.pending["days"].values() for day in days]
    both = months_span([*before, *(day for days in job.days.values() for day in days)])
    place(job, DATE, small_table(job.spark, date_rows(both), schema), ["date"])
    if both == new:
        return None
    final = job.staged(f"final/{DATE}")
    write_table(small_table(job.spark, date_rows(new), schema), ["date"], f"s3://{final[0]}/{final[1]}")
    return final[1]


def place(job: Job, table: str, rows: DataFrame, sort: Sequence[Any]) -> None:
    """Stage a whole table and replace the one in place if its rows changed."""
    staged = job.staged(f"conform/{table}")
    write_table(rows, sort, f"s3://{staged[0]}/{staged[1]}")
    changed = placing.place_table(job.s3, staged, (job.arguments.conform_bucket, table))
    log.info("%s: %s", table, "written" if changed else "unchanged")


def main() -> None:
    """Run as Glue does."""
    load_state.log_to_stdout()
    run(load_state.Arguments.of(sys.argv))


if __name__ == "__main__":
    main()
