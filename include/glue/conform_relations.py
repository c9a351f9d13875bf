"""Glue job: clean rows of the touched days -> facts, each id looked up in the dimensions.

Nothing is put in place before rows, quantity and amount of what was staged agree with what the partition job counted,
and before every id has found its row. At last, members that are gone leave the dimensions.
"""

from __future__ import annotations

import logging
import sys
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import boto3
from coffee_shop.lake.documents import DAILY_DATASETS, Result, Totals
from coffee_shop.lake.loads import read_result
from coffee_shop.lake.state import read_json
from coffee_shop.lake.tables import write_tables
from coffee_shop_jobs import decision, load_state, partitions, placing, zone_tables
from coffee_shop_jobs.columns import DATASETS, INVENTORY, SALES, TARGETS
from coffee_shop_jobs.spark_tables import by_day, start_session, write_days, write_table
from coffee_shop_jobs.star_schema import (
    DATE,
    DIMENSIONS,
    TABLES,
    inventory_facts,
    sales_facts,
    target_facts,
)

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

log = logging.getLogger("coffee_shop_jobs.conform_relations")

ORDER = {
    SALES: ["transaction_id", "line_no"],
    INVENTORY: ["inventory_id"],
    TARGETS: ["sales_target_id"],
}


class TotalsDifferError(Exception):
    """The facts do not tie out with what the raw files delivered."""


class OrphanError(Exception):
    """A fact mentions a member that its dimension lacks."""


class Job:
    """One run: the clients, the load and the Spark session."""

    def __init__(self, arguments: load_state.Arguments, load: load_state.Load, result: Result) -> None:
        self.arguments = arguments
        self.s3 = placing.s3_client()
        self.glue: Any = boto3.client("glue")
        self.touched: dict[str, list[str]] = result["touched"]
        self.days = decision.days_after(load.ledger, result)
        self.staging = f"staging/{arguments.load_id}/{uuid.uuid4().hex[:12]}"
        self.spark = start_session("conform_relations")

    def dimensions(self) -> dict[str, DataFrame]:
        """Return the dimensions by table name."""
        names = [*(dimension.table for dimension in DIMENSIONS), DATE]
        return {name: zone_tables.read_dimension(self.spark, self.arguments.conform_bucket, name) for name in names}


@zone_tables.unreadable_objects_named()
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
        job = Job(arguments, load, result)
        dimensions = job.dimensions()
        with ThreadPoolExecutor(len(DATASETS)) as pool:
            list(pool.map(lambda dataset: write_facts(job, dataset, dimensions), DATASETS))
        placing.delete_below(s3, arguments.state_bucket, job.staging)
    else:
        log.info("no day was touched: the facts stay as they are")
    prune_dimensions(s3, arguments)


def write_facts(job: Job, dataset: str, dimensions: dict[str, DataFrame]) -> None:
    """Write the touched days of one fact table, or all targets."""
    if dataset == TARGETS:
        write_targets(job, dimensions)
        return
    full = [day for day in job.touched[dataset] if day in job.days[dataset]]
    empty = [day for day in job.touched[dataset] if day not in job.days[dataset]]
    arguments = job.arguments
    if full:
        rows = zone_tables.read_days(job.spark, arguments.clean_bucket, dataset, full)
        facts = FACTS[dataset](by_day(rows, "date", len(full)), dimensions)
        staged = (arguments.state_bucket, f"{job.staging}/conform/{dataset}")

        def write(checked: DataFrame) -> None:
            write_days(checked, "business_date", ORDER[dataset], f"s3://{staged[0]}/{staged[1]}")

        held = [entry for day in full for entry in job.days[dataset][day].values()]
        try:
            write_checked(dataset, facts, held, write)
        except (OrphanError, TotalsDifferError):
            zone_tables.name_differing_days(rows, (arguments.clean_bucket, dataset), full, job.days[dataset])
            raise
        placing.place_days(job.s3, staged, (arguments.conform_bucket, dataset), "business_date", full)
        place = (arguments.conform_database, dataset)
        partitions.register_days(job.glue, place, dict(TABLES[dataset]), "business_date", full)
        log.info("%s: %s days written, %s to %s", dataset, len(full), full[0], full[-1])
    clients = (job.s3, job.glue)
    placing.remove_days(clients, arguments.conform_database, dataset, arguments.conform_bucket, "business_date", empty)


FACTS: dict[str, Callable[[DataFrame, dict[str, DataFrame]], DataFrame]] = {
    SALES: sales_facts,
    INVENTORY: inventory_facts,
    TARGETS: target_facts,
}


def write_targets(job: Job, dimensions: dict[str, DataFrame]) -> None:
    """Write the whole table of targets when a month of it was touched; an empty one in a lake without any."""
    if not job.touched[TARGETS] and job.days[TARGETS]:
        return
    rows = zone_tables.read_targets(job.spark, job.arguments.clean_bucket, job.days)
    staged = (job.arguments.state_bucket, f"{job.staging}/conform/{TARGETS}")
    held = [entry for outlets in job.days[TARGETS].values() for entry in outlets.values()]
    write_checked(
        TARGETS,
        FACTS[TARGETS](rows, dimensions),
        held,
        lambda checked: write_table(checked, ORDER[TARGETS], f"s3://{staged[0]}/{staged[1]}"),
    )
    changed = placing.place_table(job.s3, staged, (job.arguments.conform_bucket, TARGETS))
    log.info("%s: %s", TARGETS, "written" if changed else "unchanged")


def write_checked(dataset: str, facts: DataFrame, held: Sequence[Totals], write: Callable[[DataFrame], None]) -> None:
    """Stage facts and count them on the way: rows, quantity and amount must be those that the files delivered.

    Args:
        dataset: which facts.
        facts: with the column ``orphan``, which is not written.
        held: the entries of the days in these facts, from ledger and result.
        write: stages the facts without ``orphan``.

    Raises:
        OrphanError: a fact's member is not in its dimension.
        TotalsDifferError: the facts do not tie out.
    """
    from pyspark.sql import Observation
    from pyspark.sql import functions as f

    counted = Observation(f"{dataset} facts")
    watched = facts.observe(
        counted,
        f.count(f.lit(1)).alias("rows"),
        f.count("orphan").alias("orphans"),
        f.min("orphan").alias("orphan"),
        *_totals(dataset),
    )
    write(watched.drop("orphan"))
    got = counted.get
    if got["orphans"]:
        raise OrphanError(
            f"{dataset}: {got['orphans']:,} rows mention members that no dimension has, one of them is"
            f" {got['orphan']}: has the job conform_tables of this load run?"
        )
    expected = {
        "rows": sum(entry["rows"] for entry in held),
        "quantity": sum(entry["quantity"] for entry in held),
        "amount": sum((Decimal(entry["amount"]) for entry in held), Decimal(0)),
    }
    for name, total in expected.items():
        if name in got and (got[name] or 0) != total:
            raise TotalsDifferError(
                f"{dataset}: {name} of the facts is {got[name]}, of the raw files {total}; nothing was replaced"
            )
    log.info("%s: %s rows agree with the raw files", dataset, f"{expected['rows']:,}")


def _totals(dataset: str) -> list[Column]:
    from pyspark.sql import functions as f

    quantity = {SALES: "quantity", INVENTORY: "soldquantity"}
    amount = {SALES: "saleamount", TARGETS: "totalgoal"}
    found = []
    if dataset in quantity:
        found.append(f.sum(quantity[dataset]).alias("quantity"))
    if dataset in amount:
        found.append(f.sum(amount[dataset]).alias("amount"))
    return found


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
