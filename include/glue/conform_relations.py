"""Glue job: clean rows of the touched days -> facts, each id looked up in the dimensions.

Nothing is put in place before rows, quantity and amount of what was staged agree with what the partition job counted,
and before every id has found its row. At last, members that are gone leave the dimensions.
"""

from __future__ import annotations

import logging
import sys
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
from coffee_shop.lake.documents import DAILY_DATASETS, DATASETS, Result
from coffee_shop.lake.loads import read_result
from coffee_shop.lake.state import read_json
from coffee_shop.lake.tables import write_tables
from coffee_shop_jobs import decision, load_state, partitions, placing
from coffee_shop_jobs.columns import TARGETS
from coffee_shop_jobs.facts import FactsOfDay, stage_facts
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

    def tasks(self) -> list[FactsOfDay]:
        """Return what to stage: the touched days that hold rows, and all targets when a month of them was touched.

        A lake without any targets gets an empty table of them.
        """
        held = {
            (dataset, day): list(self.days[dataset][day].values())
            for dataset in DAILY_DATASETS
            for day in self.touched[dataset]
            if day in self.days[dataset]
        }
        if self.touched[TARGETS] or not self.days[TARGETS]:
            held[TARGETS, ""] = [entry for outlets in self.days[TARGETS].values() for entry in outlets.values()]
        return [FactsOfDay.of(self.arguments, self.staging, *place, entries) for place, entries in held.items()]


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
    tasks = job.tasks()
    Tasks("conform_relations").run(stage_facts, tasks, is_small=few(sum(task.rows for task in tasks)))
    by_dataset = {dataset: [task for task in tasks if task.dataset == dataset] for dataset in DATASETS}
    with ThreadPoolExecutor(len(DATASETS)) as pool:
        list(pool.map(lambda dataset: place_facts(job, dataset, by_dataset[dataset]), DATASETS))
    placing.delete_below(job.s3, job.arguments.state_bucket, job.staging)


def place_facts(job: Job, dataset: str, tasks: list[FactsOfDay]) -> None:
    """Put what the tasks of a dataset have staged in place, and take its emptied days away."""
    arguments, days = job.arguments, [task.day for task in tasks]
    staged, target = (arguments.state_bucket, f"{job.staging}/conform/{dataset}"), (arguments.conform_bucket, dataset)
    if tasks:
        log.info("%s: %s rows agree with the raw files", dataset, f"{sum(task.rows for task in tasks):,}")
    if dataset == TARGETS:
        if tasks:
            changed = placing.place_table(job.s3, staged, target)
            log.info("%s: %s", TARGETS, "written" if changed else "unchanged")
        return
    if tasks:
        placing.place_days(job.s3, staged, target, "business_date", days)
        place = (arguments.conform_database, dataset)
        partitions.register_days(job.glue, place, dict(TABLES[dataset]), "business_date", days)
        log.info("%s: %s days written, %s to %s", dataset, len(days), days[0], days[-1])
    empty = [day for day in job.touched[dataset] if day not in job.days[dataset]]
    clients = (job.s3, job.glue)
    placing.remove_days(clients, arguments.conform_database, dataset, arguments.conform_bucket, "business_date", empty)


def prune_dimensions(s3: Any, arguments: load_state.Arguments) -> None:
    """Take the members that are gone out of the dimensions, now that no fact needs them."""
    stored = read_json(s3, arguments.state_bucket, arguments.load_key("dimensions.json"))
    for table, staged in (stored.value["prune"] if stored else {}).items():
        placing.place_table(s3, (arguments.state_bucket, staged), (arguments.conform_bucket, table))
        log.info("%s: members that are gone were taken out", table)


def main() -> None:
    """Run as Glue does."""
    load_state.log_to_stdout()
    run(load_state.Arguments.of(sys.argv))


if __name__ == "__main__":
    main()
