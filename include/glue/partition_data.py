"""Glue job: raw files -> clean rows by day, quarantine, control totals.

Reads the versions that the plan names, each by its own header (a crawled CSV would map columns by position), decides
who holds which day, and writes the days that change hands or rows again. A day is always built from raw, by VersionId,
also for outlets whose file did not change: the clean partition might stem from a load that died half-way, the raw
version cannot. So a load's cost grows with the files that share its days, not with the history.

Killed anywhere and started again it gives the same objects: days are put down as pending before the first is replaced,
result.json is written last.
"""

from __future__ import annotations

import logging
import sys
import uuid
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import boto3
from coffee_shop_jobs import load_state, ownership, placing
from coffee_shop_jobs.columns import CONTRACTS, DATASETS, INVENTORY, SALES, TARGETS, TYPES
from coffee_shop_jobs.ownership import Decision, Delivery
from coffee_shop_jobs.raw_versions import PUBLISHED, Outcome, Reading, Version, read_all, unseen_versions
from coffee_shop_jobs.spark_tables import by_day, start_session, write_days, write_table

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

Json = dict[str, Any]
log = logging.getLogger("coffee_shop_jobs.partition_data")


# the rows of an object are in a fixed order; those with the same digest are equal
ORDER = {
    SALES: ["salesoutletno", "transactionno", "transactiontime", "productno", "row_digest"],
    INVENTORY: ["salesoutletno", "productno", "row_digest"],
    TARGETS: ["salesoutletno", "monthyear", "row_digest"],
}


class RowsDifferError(Exception):
    """A published version does not read as it did when it was loaded."""


class Job:
    """One run: the clients, the load, and what it has read so far."""

    def __init__(self, arguments: load_state.Arguments) -> None:
        self.arguments = arguments
        self.s3 = placing.s3_client()
        self.glue: Any = boto3.client("glue")
        self.load = load_state.read_load(self.s3, arguments)
        self.staging = f"staging/{arguments.load_id}/{uuid.uuid4().hex[:12]}"  # no attempt meets another's files
        self.outcomes: dict[Version, Outcome] = {}
        self._spark: SparkSession | None = None

    @property
    def spark(self) -> SparkSession:
        """The Spark session, started when it is first needed."""
        self._spark = self._spark or start_session("partition_data")
        return self._spark

    def read(self, versions: Iterable[Version], *, keep_quarantine: bool = True) -> None:
        """Read the versions that this run has not read yet."""
        settings = self.load.plan["settings"]
        readings = [
            Reading(
                version=version,
                raw_bucket=self.arguments.raw_bucket,
                state_bucket=self.arguments.state_bucket,
                staging=self.staging,
                load_id=self.arguments.load_id,
                max_quantity=settings["max_quantity"],
                quarantine_share=settings["quarantine_share"],
                keep_quarantine=keep_quarantine,
            )
            for version in dict.fromkeys(versions)
            if version not in self.outcomes
        ]
        if readings:
            log.info("reading %s versions", len(readings))
            for outcome in read_all(self.spark.sparkContext, readings):
                self.outcomes[outcome.version] = outcome


def run(arguments: load_state.Arguments) -> None:
    """Do the whole job."""
    job = Job(arguments)
    asked = read_plan(job)
    accepted = {dataset: newest_accepted(job, versions) for dataset, versions in asked.items()}
    decisions = {dataset: decide(job, dataset, accepted[dataset]) for dataset in DATASETS}
    holding = {dataset: read_holders(job, dataset, decision) for dataset, decision in decisions.items()}
    remember_pending(job, decisions)
    with ThreadPoolExecutor(len(DATASETS)) as pool:
        list(pool.map(lambda dataset: write_clean(job, dataset, decisions[dataset], holding[dataset]), DATASETS))
    result = make_result(job, asked, accepted, decisions)
    load_state.write_json(job.s3, arguments.state_bucket, arguments.load_key("result.json"), result)
    placing.delete_below(job.s3, arguments.state_bucket, job.staging)
    log_decisions(decisions)


def read_plan(job: Job) -> dict[str, list[Version]]:
    """Read what the plan names, except keys that it withdraws."""
    plan = job.load.plan
    asked = {
        dataset: [
            Version(dataset, entry["key"], entry["version_id"], entry["last_modified"])
            for entry in plan["read"].get(dataset, [])
            if entry["key"] not in plan["withdraw"].get(dataset, [])
        ]
        for dataset in DATASETS
    }
    job.read(version for versions in asked.values() for version in versions)
    return asked


def newest_accepted(job: Job, versions: list[Version]) -> dict[str, Outcome]:
    """Return by key the newest version that keeps the contract, where this load read one.

    A refused version takes nothing away: the one before it counts on. That may be one that no load has seen, because
    both were uploaded since the last one; then it is read now, so that the tables do not depend on when loads ran.
    """
    found: dict[str, Outcome] = {}
    for version in versions:
        if job.outcomes[version].status == PUBLISHED:
            found[version.key] = job.outcomes[version]
            continue
        for earlier in earlier_versions(job, version):
            job.read([earlier])
            if job.outcomes[earlier].status == PUBLISHED:
                log.info("%s: version %s counts instead of the refused one", earlier.key, earlier.version_id)
                found[version.key] = job.outcomes[earlier]
                break
    return found


def earlier_versions(job: Job, refused: Version) -> list[Version]:
    """Return what may count instead of a refused version, beyond what the ledger knows; newest first."""
    known = job.load.ledger["files"][refused.dataset].get(refused.key)
    if known is None:
        return unseen_versions(job.s3, job.arguments.raw_bucket, refused, None)
    if known["last_seen"]["version_id"] != refused.version_id:
        return unseen_versions(job.s3, job.arguments.raw_bucket, refused, known["last_seen"]["version_id"])
    held = known["holding"]  # a reload: read what counts once more
    return [Version(refused.dataset, refused.key, held["version_id"], held["last_modified"])] if held else []


def decide(job: Job, dataset: str, accepted: Mapping[str, Outcome]) -> Decision:
    """Decide what this load does to one dataset's days."""
    plan, pending = job.load.plan, job.load.pending
    deliveries: dict[str, Delivery | None] = {
        key: ownership.delivery(key, outcome.holding()) for key, outcome in accepted.items()
    }
    forced = {*plan["rebuild"].get(dataset, []), *pending.get(dataset, [])}
    return ownership.decide(job.load.ledger, dataset, deliveries, plan["withdraw"].get(dataset, []), forced, plan)


def read_holders(job: Job, dataset: str, decision: Decision) -> list[Outcome]:
    """Read every version that holds a touched day, as far as the plan did not bring it anyway.

    Raises:
        RowsDifferError: such a version reads differently from when it was loaded.
    """
    ledger, read_before = job.load.ledger, set(job.outcomes)
    wanted: dict[Version, list[tuple[str, str, str]]] = {}
    published = {key: found["holding"] for key, found in ledger["files"][dataset].items() if found["holding"]}
    modified = {(key, holding["version_id"]): holding["last_modified"] for key, holding in published.items()}
    modified |= {(version.key, version.version_id): version.last_modified for version in job.outcomes}
    for day in decision.touched:
        for outlet, held in decision.holders.get(day, {}).items():
            version = Version(dataset, held.key, held.version_id, modified[held.key, held.version_id])
            wanted.setdefault(version, []).append((day, outlet, held.digest))
    job.read(wanted, keep_quarantine=False)
    for version, held_days in wanted.items():
        if version not in read_before:
            _check_same_rows(job.outcomes[version], held_days)
    return [job.outcomes[version] for version in wanted]


def _check_same_rows(outcome: Outcome, held_days: list[tuple[str, str, str]]) -> None:
    claims = outcome.totals["claims"]
    for day, outlet, digest in held_days:
        found = claims.get(day, {}).get(outlet)
        if outcome.status != PUBLISHED or found is None or found[3] != digest:
            raise RowsDifferError(
                f"{outcome.version.key} version {outcome.version.version_id} no longer gives the rows of outlet"
                f" {outlet} on {day} that were loaded from it, because max_quantity, the share allowed in quarantine"
                " or the program changed since: start a load that reloads everything"
            )


def remember_pending(job: Job, decisions: Mapping[str, Decision]) -> None:
    """Put down the days that this load is about to replace; the next load builds them again if this one dies."""
    pending = {
        dataset: sorted({*job.load.pending.get(dataset, []), *decision.touched})
        for dataset, decision in decisions.items()
    }
    if any(pending.values()):
        found = {"load_id": job.arguments.load_id, **pending}
        load_state.write_json(job.s3, job.arguments.state_bucket, load_state.PENDING_KEY, found)


# --- the clean zone


def write_clean(job: Job, dataset: str, decision: Decision, holding: list[Outcome]) -> None:
    """Write the touched days of one dataset, or its whole table, and put them in place."""
    s3, arguments = job.s3, job.arguments
    staged = (arguments.state_bucket, f"{job.staging}/clean/{dataset}")
    place = f"s3://{staged[0]}/{staged[1]}"
    if dataset == TARGETS:
        if decision.touched or not job.load.ledger["revision"]:
            rows = held_rows(job, dataset, decision, holding)
            write_table(rows, ORDER[dataset], place, drop="row_digest")
            placing.place_table(s3, staged, (arguments.clean_bucket, dataset))
        return
    full = [day for day in decision.touched if decision.holders.get(day)]
    empty = [day for day in decision.touched if not decision.holders.get(day)]
    if full:
        from pyspark.sql import functions as f

        rows = held_rows(job, dataset, decision, holding)
        rows = rows.withColumn("date", f.date_format("transactiondate", "yyyy-MM-dd"))
        write_days(by_day(rows, "date", len(full)), "date", ORDER[dataset], place, drop="row_digest")
        placing.place_days(s3, staged, (arguments.clean_bucket, dataset), "date", full)
        log.info("%s: %s days written, %s to %s", dataset, len(full), full[0], full[-1])
    clients = (s3, job.glue)
    placing.remove_days(clients, arguments.clean_database, dataset, arguments.clean_bucket, "date", empty)


def held_rows(job: Job, dataset: str, decision: Decision, holding: list[Outcome]) -> DataFrame:
    """Return the rows of the touched days that their holders deliver."""
    from pyspark.sql import functions as f

    contract = CONTRACTS[dataset]
    schema = (
        ", ".join(f"{column.name} {TYPES[column.kind]}" for column in contract.columns)
        + ", source_key string, row_digest binary"
    )
    paths = [f"s3://{job.arguments.state_bucket}/{found.staged_key}" for found in holding if found.staged_key]
    if not paths:
        return job.spark.createDataFrame([], schema)
    held = [
        (day_as_written(dataset, day), outlet, found.key)
        for day in decision.touched
        for outlet, found in decision.holders.get(day, {}).items()
    ]
    holders = job.spark.createDataFrame(held, "held_day string, held_outlet string, held_key string")
    rows = job.spark.read.schema(schema).parquet(*paths)
    same = (
        (rows[contract.day].cast("string") == holders["held_day"])
        & (rows["salesoutletno"] == holders["held_outlet"])
        & (rows["source_key"] == holders["held_key"])
    )
    return rows.join(f.broadcast(holders), same, "left_semi")


def day_as_written(dataset: str, day: str) -> str:
    """Return a day as the dataset's rows have it: targets say ``April 2019`` for 2019-04."""
    if dataset != TARGETS:
        return day
    from coffee_shop_jobs.cells import MONTHS

    return f"{MONTHS[int(day[5:]) - 1]} {day[:4]}"


# --- the result


def make_result(
    job: Job,
    asked: Mapping[str, list[Version]],
    accepted: Mapping[str, Mapping[str, Outcome]],
    decisions: Mapping[str, Decision],
) -> Json:
    """Return result.json: what each file gave, who holds which day now, what changed."""
    files: dict[str, dict[str, Json]] = {}
    for dataset, versions in asked.items():
        files[dataset] = {}
        for version in versions:
            entry = job.outcomes[version].as_json()
            counts_on = accepted[dataset].get(version.key)
            if entry["status"] != PUBLISHED and counts_on:
                entry["holding"] = counts_on.holding()
            files[dataset][version.key] = entry
    return {
        "load_id": job.arguments.load_id,
        "files": files,
        "days": {dataset: decision.days for dataset, decision in decisions.items()},
        "handovers": [found for decision in decisions.values() for found in decision.handovers],
        "shrunk": [found for decision in decisions.values() for found in decision.shrunk],
        "touched": {dataset: decision.touched for dataset, decision in decisions.items()},
        "changed": {dataset: decision.changed for dataset, decision in decisions.items()},
    }


def log_decisions(decisions: Mapping[str, Decision]) -> None:
    """Name the days that were built again, and each that changed hands."""
    for dataset, decision in decisions.items():
        log.info("%s: %s days built again, %s with other rows", dataset, len(decision.touched), len(decision.changed))
        for found in decision.handovers:
            log.info(
                "%s %s outlet %s: %s (%s rows, %s) hands over to %s (%s rows, %s)",
                dataset,
                found["day"],
                found["outlet"],
                found["from_key"],
                found["rows_before"],
                found["amount_before"],
                found["to_key"],
                found["rows_after"],
                found["amount_after"],
            )


def main() -> None:
    """Run as Glue does."""
    load_state.log_to_stdout()
    run(load_state.Arguments.of(sys.argv))


if __name__ == "__main__":
    main()
