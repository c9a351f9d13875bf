"""Glue job: extracts of members, and targets -> dimensions with old and new members, and the date table.

Puts the extracts in place that ``partition_data`` has staged, and builds the dimensions from all of them. Puts down
which dimensions have members that are gone: ``conform_relations`` takes those out when the facts no longer need them. A
dimension's object is replaced only when its rows changed.
"""

from __future__ import annotations

import logging
import sys
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pyarrow as pa
from coffee_shop.lake.documents import DATASETS, Result
from coffee_shop.lake.loads import read_result
from coffee_shop.lake.state import write_json
from coffee_shop_jobs import decision, load_state, members, placing
from coffee_shop_jobs.calendar_days import date_rows, months_span
from coffee_shop_jobs.columns import TARGETS
from coffee_shop_jobs.dimensions import TableOfDimension, stage_dimension
from coffee_shop_jobs.extracts import EXTRACTS, STAGED_EXTRACTS, extract_key, place_extracts
from coffee_shop_jobs.parquet_rows import put_rows, schema_of
from coffee_shop_jobs.star_schema import DATE, DATE_COLUMNS, DIMENSIONS, Dimension
from coffee_shop_jobs.tasks import Tasks

log = logging.getLogger("coffee_shop_jobs.conform_tables")

DIMENSIONS_FILE = "dimensions.json"
SMALL_EXTRACTS = 32_000_000  # bytes that the driver's processes read in less time than executors take to start


class Job:
    """One run: the client, the load and its tasks."""

    def __init__(self, arguments: load_state.Arguments, load: load_state.Load, result: Result) -> None:
        self.arguments = arguments
        self.s3 = placing.s3_client()
        self.ledger = load.ledger
        self.pending = load.pending
        self.result = result
        self.days = decision.days_after(load.ledger, result)
        self.staging = f"staging/{arguments.load_id}/{uuid.uuid4().hex[:12]}"
        self.tasks = Tasks("conform_tables")

    def dimension(self, dimension: Dimension) -> TableOfDimension:
        """Return a dimension and what mentions its members."""
        mentioning = [dataset for dataset in DATASETS if dimension in members.MENTIONED[dataset]]
        months = {(dataset, day[:7]) for dataset in mentioning if dataset != TARGETS for day in self.days[dataset]}
        extracts = tuple(extract_key(*place) for place in sorted(months))
        held = self.days[TARGETS].values() if TARGETS in mentioning else ()
        targets = sum(entry["rows"] for outlets in held for entry in outlets.values())
        return TableOfDimension(self.arguments, self.staging, dimension, extracts, targets, may_lose_members(self))


def run(arguments: load_state.Arguments) -> None:
    """Do the whole job.

    Raises:
        DataError: an object is missing, damaged or not the one that the ledger expects; the message names it.
    """
    s3 = placing.s3_client()
    load = load_state.read_load(s3, arguments)
    result = read_result(s3, arguments.state_bucket, arguments.load_id)
    if not any(result["touched"].values()) and load.ledger["revision"]:
        log.info("no day was touched: the dimensions stay as they are")
        return
    job = Job(arguments, load, result)
    place_extracts(s3, arguments.state_bucket, arguments.load_key(STAGED_EXTRACTS))
    prune = stage_dimensions(job) + stage_dates(job)
    with ThreadPoolExecutor(len(DIMENSIONS) + 1) as pool:
        list(pool.map(lambda table: place(job, table), [*(dimension.table for dimension in DIMENSIONS), DATE]))
    kept = {table: f"{job.staging}/final/{placing.object_key(table)}" for table in prune}
    write_json(s3, arguments.state_bucket, arguments.load_key(DIMENSIONS_FILE), {"prune": kept})


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


def stage_dimensions(job: Job) -> list[str]:
    """Stage the dimensions with old and new members; return those that have members that are gone."""
    pages = job.s3.get_paginator("list_objects_v2").paginate(Bucket=job.arguments.state_bucket, Prefix=EXTRACTS)
    size = sum(entry["Size"] for page in pages for entry in page.get("Contents", []))
    tasks = [job.dimension(dimension) for dimension in DIMENSIONS]
    gone = job.tasks.run(stage_dimension, tasks, is_small=size <= SMALL_EXTRACTS)
    lost = {dimension.table: count for dimension, count in zip(DIMENSIONS, gone, strict=True) if count}
    for table, count in lost.items():
        log.info("%s: %s members are gone and go when the facts are written", table, count)
    return list(lost)


def stage_dates(job: Job) -> list[str]:
    """Stage the date table: every day of the months that old or new facts and targets touch.

    Returns:
        The table when the new ones alone touch fewer, else nothing.
    """
    after = [day for days in job.days.values() for day in days]
    before = [day for documents in (job.ledger, job.pending) for days in documents["days"].values() for day in days]
    both, new = months_span(before + after), months_span(after)
    stage(job, "conform", both)
    if both == new:
        return []
    stage(job, "final", new)
    return [DATE]


def stage(job: Job, folder: str, span: Any) -> None:
    """Stage the date table of a span of days."""
    schema = schema_of(DATE_COLUMNS)
    rows = [dict(zip(schema.names, row, strict=True)) for row in date_rows(span)]
    key = f"{job.staging}/{folder}/{placing.object_key(DATE)}"
    put_rows(job.s3, job.arguments.state_bucket, key, pa.Table.from_pylist(rows, schema=schema))


def place(job: Job, table: str) -> None:
    """Replace a table by the staged one if its rows changed."""
    staged = (job.arguments.state_bucket, f"{job.staging}/conform/{placing.object_key(table)}")
    changed = placing.place_table(job.s3, staged, (job.arguments.conform_bucket, table))
    log.info("%s: %s", table, "written" if changed else "unchanged")


def main() -> None:
    """Run as Glue does."""
    load_state.log_to_stdout()
    run(load_state.Arguments.of(sys.argv))


if __name__ == "__main__":
    main()
