"""Glue job: clean rows of the touched days -> facts, each id looked up in the dimensions.

Nothing is put in place before rows, quantity and amount of what was staged agree with what the partition job counted,
and before every id has found its row. At last, members that are gone leave the dimensions.
"""

from __future__ import annotations

import logging
import sys
import uuid
from typing import Any

import boto3
from coffee_shop.lake.documents import DAILY_DATASETS, DATASETS, Result
from coffee_shop.lake.loads import read_result
from coffee_shop.lake.state import read_json
from coffee_shop.lake.tables import write_tables
from coffee_shop_jobs import decision, load_state, placing
from coffee_shop_jobs.columns import TARGETS
from coffee_shop_jobs.facts import DayTotals, FactsOfDays, in_tasks, stage_facts
from coffee_shop_jobs.staged_days import portions, put_days
from coffee_shop_jobs.star_schema import TABLES
from coffee_shop_jobs.tasks import Tasks, few

log = logging.getLogger("coffee_shop_jobs.conform_relations")


class Job:
    """One run: the clients, the load and the days to write."""

    def __init__(self, arguments: load_state.Arguments, load: load_state.Load, result: Result) -> None:
        self.arguments = arguments
        self.s3 = placing.s3_client()
        self.glue: Any = boto3.client("glue")
        self.touched: dict[str, list[str]] = result["touched"]
        self.days = decision.days_after(load.ledger, result)
        self.staging = f"staging/{arguments.load_id}/{uuid.uuid4().hex[:12]}"

    def tasks(self, dataset: str) -> list[FactsOfDays]:
        """Return what to stage of a dataset: its touched days that hold rows; of targets all when a month was touched.

        A lake without any targets gets an empty table of them.
        """
        held, touched = self.days[dataset], self.touched[dataset]
        if dataset == TARGETS:
            every = [entry for outlets in held.values() for entry in outlets.values()]
            days = [DayTotals.of("", every)] if touched or not held else []
        else:
            days = [DayTotals.of(day, held[day].values()) for day in touched if day in held]
        return in_tasks(self.arguments, self.staging, dataset, days)


def run(arguments: load_state.Arguments) -> None:
    """Do the whole job."""
    s3 = placing.s3_client()
    load = load_state.read_load(s3, arguments)
    result = read_result(s3, arguments.state_bucket, arguments.load_id)
    days = decision.days_after(load.ledger, result)
    absent = [dataset for dataset in DAILY_DATASETS if not days[dataset]]
    tables = {table: dict(columns) for table, columns in TABLES.items() if table not in absent}
    write_tables(s3, arguments.state_bucket, arguments.load_id, "conform", tables)
    if any(result["touched"].values()) or not load.ledger["revision"]:
        write_facts(Job(arguments, load, result))
    else:
        log.info("no day was touched: the facts stay as they are")
    prune_dimensions(s3, arguments)


def write_facts(job: Job) -> None:
    """Stage all facts; when all of them tie out, put them in place.

    Raises:
        DataError: some do not, or mention a member that its dimension lacks; nothing was replaced.
    """
    arguments, does = job.arguments, Tasks("conform_relations")
    tasks = [task for dataset in DATASETS for task in job.tasks(dataset)]
    is_small = few(sum(task.rows for task in tasks))
    staged = does.run(stage_facts, tasks, is_small=is_small)
    for dataset in dict.fromkeys(task.dataset for task in tasks):
        rows = sum(task.rows for task in tasks if task.dataset == dataset)
        log.info("%s: %s rows agree with the raw files", dataset, f"{rows:,}")
    ready = [day for task, days in zip(tasks, staged, strict=True) for day in days if task.dataset != TARGETS]
    does.run(put_days, portions(ready, arguments.state_bucket, arguments.conform_bucket), is_small=is_small)
    for dataset in DAILY_DATASETS:
        place, folder = (arguments.conform_database, dataset), (arguments.conform_bucket, "business_date")
        columns = dict(TABLES[dataset])
        placing.settle_days((job.s3, job.glue), place, columns, folder, job.touched[dataset], job.days[dataset])
    for task in tasks:
        if task.dataset == TARGETS:
            target = arguments.conform_bucket, TARGETS
            changed = placing.place_table(job.s3, (arguments.state_bucket, task.key), target)
            log.info("%s: %s", TARGETS, "written" if changed else "unchanged")
    placing.delete_below(job.s3, arguments.state_bucket, job.staging)


def prune_dimensions(s3: Any, arguments: load_state.Arguments) -> None:
    """Take the members that are gone out of the dimensions, now that no fact needs them."""
    stored = read_json(s3, arguments.state_bucket, arguments.load_key("dimensions.json"))
    for table, staged in (stored.value["prune"] if stored else {}).items():
        places = (arguments.state_bucket, staged), (arguments.conform_bucket, table)
        placing.place_table(s3, *places, staged_by="Clear the task conform_tables: it stages the dimensions.")
        log.info("%s: members that are gone were taken out", table)


def main() -> None:
    """Run as Glue does."""
    load_state.log_to_stdout()
    run(load_state.Arguments.of(sys.argv))


if __name__ == "__main__":
    main()
