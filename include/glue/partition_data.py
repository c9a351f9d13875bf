"""Glue job: raw files -> clean rows by day, quarantine, control totals; and the extracts of members, staged.

Reads the versions that the plan names, each by its own header (a crawled CSV would map columns by position), decides
which file counts for which receipt, and writes the days that change hands or rows again. A day is always built from
raw, by VersionId, also for outlets whose file did not change: the clean partition might stem from a load that died
half-way, the raw version cannot. So a load's cost grows with the files that share its days, not with the history.

Killed anywhere and started again it gives the same objects: days are put down as pending before the first is replaced,
result.json is written last.
"""

from __future__ import annotations

import logging
import sys
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import boto3
from coffee_shop.lake.documents import (
    DAILY_DATASETS,
    FORMAT,
    HELD_BACK,
    PUBLISHED,
    WITHOUT_RECEIPTS,
    FileOfLedger,
    FileOfResult,
    Pending,
    Result,
)
from coffee_shop.lake.handovers import handover_words
from coffee_shop.lake.loads import PENDING_KEY, result_key
from coffee_shop.lake.state import write_json
from coffee_shop.lake.tables import Columns, write_tables
from coffee_shop_jobs import load_state, placing
from coffee_shop_jobs.clean_days import DayOfSeveral, stage_day
from coffee_shop_jobs.columns import DATASETS, TARGETS, clean_columns
from coffee_shop_jobs.decision import Decision, days_after, decide_load, delivery, published_deliveries
from coffee_shop_jobs.extracts import STAGED_EXTRACTS, ExtractOfMonth, stage_extract
from coffee_shop_jobs.ownership import Case, Delivery, Source, Verdict
from coffee_shop_jobs.raw_versions import (
    Outcome,
    Reading,
    Version,
    by_upload,
    read_all,
    staged_key,
    uploads_since,
)
from coffee_shop_jobs.receipts import SharedDay, judge_day
from coffee_shop_jobs.staged_days import Piece, ReadyDay, portions, put_days
from coffee_shop_jobs.tasks import Tasks, few
from coffee_shop_jobs.zone_tables import clean_key

log = logging.getLogger("coffee_shop_jobs.partition_data")


BYTES_A_ROW = 400  # of sales, about


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
        self.tasks = Tasks("partition_data")

    def piece(self, version: Version, day: str, outlets: Iterable[str]) -> Piece | None:
        """Return where the rows of some outlets' day are staged that a version delivers; None where it has none."""
        outcome = self.outcomes[version]
        if day not in outcome.spans:
            return None
        claims = outcome.totals["claims"][day]
        rows = {outlet: claims[outlet]["rows"] for outlet in outlets if outlet in claims}
        key, is_whole = staged_key(self.staging, version), rows.keys() == claims.keys()
        return Piece(self.arguments.state_bucket, key, outcome.spans[day], rows, is_whole)

    def is_small(self) -> bool:
        """Tell whether the driver may build what was read."""
        rows: int = sum(outcome.totals["rows_clean"] for outcome in self.outcomes.values())
        return few(rows)

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
            for outcome in read_all(readings, self.tasks):
                self.outcomes[outcome.version] = outcome


def run(arguments: load_state.Arguments) -> None:
    """Do the whole job."""
    job = Job(arguments)
    uploads = {dataset: list_uploads(job, dataset) for dataset in DATASETS}
    job.read(version for versions in uploads.values() for version in versions)
    decisions = {dataset: decide(job, dataset, uploads[dataset]) for dataset in DATASETS}
    for dataset, decision in decisions.items():
        read_holders(job, dataset, decision)
    remember_pending(job, decisions)
    ready = write_clean(job, decisions)
    stage_extracts(job, ready, decisions)
    result = make_result(job, uploads, decisions)
    write_json(job.s3, arguments.state_bucket, result_key(arguments.load_id), result)
    for zone, tables in (("raw", raw_tables(result)), ("clean", clean_tables(job, result))):
        write_tables(job.s3, arguments.state_bucket, arguments.load_id, zone, tables)
    placing.delete_below(job.s3, arguments.state_bucket, job.staging)
    log_decisions(decisions)


def list_uploads(job: Job, dataset: str) -> list[Version]:
    """Return what the plan names, except keys that it withdraws, and the uploads before it that no load has seen.

    They are in the order of their upload. A refused version takes nothing away: the one before it counts on.
    """
    plan, files = job.load.plan, job.load.ledger["files"][dataset]
    named = [
        Version(dataset, entry["key"], entry["version_id"], entry["last_modified"], entry["size"])
        for entry in plan["read"].get(dataset, [])
        if entry["key"] not in plan["withdraw"].get(dataset, [])
    ]
    seen = {key: file["last_seen"] for key, file in files.items() if "version_id" in file["last_seen"]}
    again = [version for version in named if _is_seen_last(files, version)]
    new = [version for version in named if version not in again]
    return by_upload(again) + (uploads_since(job.s3, job.arguments.raw_bucket, new, seen) if new else [])


def decide(job: Job, dataset: str, uploads: Sequence[Version]) -> Decision:
    """Decide what this load does to one dataset's days."""
    plan, pending = job.load.plan, job.load.pending
    standing = read_standing(job, dataset)
    accept = plan["accept"].get(dataset, [])
    readable = [version for version in uploads if job.outcomes[version].status == PUBLISHED]
    # what an earlier load held back stays so until somebody accepts it: by the tables of today it might pass
    held_back = {
        version.digest: reason
        for version in readable
        if version.key not in accept and (reason := _held_back_before(job.load.ledger["files"][dataset], version))
    }
    arrivals = [
        delivery(version.key, job.outcomes[version].holding(), may_shrink=version.key in accept)
        for version in readable
        if version.digest not in held_back and not _stands(standing, version)
    ]

    def judge_receipts(cases: Sequence[Case]) -> list[Verdict]:
        read_again(job, dataset, {standing[source.key] for case in cases for source in case.standing})
        days = shared_days(job, dataset, cases)
        return [verdict for some in job.tasks.run(judge_day, days, is_small=job.is_small()) for verdict in some]

    forced = {*plan["rebuild"].get(dataset, []), *pending["days"].get(dataset, [])}
    decision = decide_load(job.load.ledger, dataset, standing, arrivals, forced, plan, judge_receipts)
    decision.held_back |= held_back
    return decision


def shared_days(job: Job, dataset: str, cases: Sequence[Case]) -> list[SharedDay]:
    """Return the cases by their days, each with the versions that have rows of it."""
    kept_share = Decimal(str(job.load.plan["settings"]["kept_share"]))
    by_day: dict[str, list[Case]] = {}
    for case in cases:
        by_day.setdefault(case.place[0], []).append(case)
    shared = []
    for day, some in by_day.items():
        sources = {source for case in some for source in (*case.standing, *case.steps)}
        outlets = [case.place[1] for case in some]
        pieces = {source.id: job.piece(version_of(dataset, source), day, outlets) for source in sources}
        having = {source_id: piece for source_id, piece in pieces.items() if piece}
        shared.append(SharedDay(dataset, having, tuple(some), kept_share))
    return shared


def _is_seen_last(files: Mapping[str, FileOfLedger], version: Version) -> bool:
    return version.key in files and files[version.key]["last_seen"].get("version_id") == version.version_id


def _held_back_before(files: Mapping[str, FileOfLedger], version: Version) -> str:
    """Return why an earlier load held a version back; nothing where none did."""
    is_same = _is_seen_last(files, version) and files[version.key]["last_seen"]["status"] == HELD_BACK
    return str(files[version.key]["last_seen"]["reason"]) if is_same else ""


def read_standing(job: Job, dataset: str) -> dict[str, Delivery]:
    """Return by key what counts before this load, as this load reads it where it does; without withdrawn keys.

    What holds a day that a reload builds again is read once more, so that a changed setting or program shows; and all
    that an earlier program has loaded, whose ledger did not know receipts.

    Raises:
        RowsDifferError: a version that counts would be refused now.
    """
    standing = published_deliveries(job.load.ledger, dataset)
    for key in job.load.plan["withdraw"].get(dataset, []):
        standing.pop(key, None)
    rebuilt = set(job.load.plan["rebuild"].get(dataset, ()))
    is_old = job.load.ledger["format"] == WITHOUT_RECEIPTS
    again = [each for each in standing.values() if is_old or rebuilt & each.claims.keys()]
    job.read([known_version(dataset, each) for each in again], keep_quarantine=False)
    for key, each in standing.items():
        outcome = job.outcomes.get(version_of(dataset, each.source))
        if outcome is None:
            continue
        if outcome.status != PUBLISHED:
            raise _refused_now(outcome)
        standing[key] = delivery(key, outcome.holding())
    return standing


def _refused_now(outcome: Outcome) -> RowsDifferError:
    return RowsDifferError(
        f"{outcome.version.key} version {outcome.version.version_id} counts in the published tables and is refused now:"
        f" {outcome.reason}. Restore the object or take the changed setting back; or withdraw the key, then upload the"
        " file again"
    )


def version_of(dataset: str, source: Source) -> Version:
    """Return what is to be read for a version that counts."""
    moment = source.last_modified.isoformat(timespec="milliseconds")
    return Version(dataset, source.key, source.version_id, moment)


def known_version(dataset: str, known: Delivery) -> Version:
    """Return what is to be read for a version that counts; how large it is can be told from its rows."""
    rows = sum(totals["rows"] for outlets in known.claims.values() for totals in outlets.values())
    return replace(version_of(dataset, known.source), size=rows * BYTES_A_ROW)


def _stands(standing: dict[str, Delivery], version: Version) -> bool:
    return version.key in standing and standing[version.key].source.version_id == version.version_id


def read_holders(job: Job, dataset: str, decision: Decision) -> None:
    """Read every version that holds something of a touched day, as far as this load has not read it yet."""
    outlets = (entry for day in decision.touched for entry in decision.shares.get(day, {}).values())
    read_again(job, dataset, {decision.counting[key] for entry in outlets for key in entry["keys"]})


def read_again(job: Job, dataset: str, known: Iterable[Delivery]) -> None:
    """Read versions that were loaded before, as far as this load has not read them yet.

    Raises:
        RowsDifferError: such a version reads differently from when it was loaded.
    """
    versions = {known_version(dataset, each): each for each in known}
    unread = [version for version in versions if version not in job.outcomes]
    job.read(unread, keep_quarantine=False)
    for version in unread:
        _check_same_rows(job.outcomes[version], versions[version])


def _check_same_rows(outcome: Outcome, known: Delivery) -> None:
    if outcome.status != PUBLISHED:
        raise _refused_now(outcome)
    claims = outcome.totals["claims"]
    for day, outlet in sorted(known.places()):
        if claims.get(day, {}).get(outlet) != known.claims[day][outlet]:
            raise RowsDifferError(
                f"{outcome.version.key} version {outcome.version.version_id} no longer gives the rows of outlet"
                f" {outlet} on {day} that were loaded from it, because max_quantity, the share allowed in quarantine"
                " or the program changed since: start a load that reloads everything"
            )


def remember_pending(job: Job, decisions: Mapping[str, Decision]) -> None:
    """Put down the days that this load is about to replace; the next load builds them again if this one dies."""
    left = job.load.pending["days"]
    days = {dataset: sorted({*left.get(dataset, []), *decision.touched}) for dataset, decision in decisions.items()}
    if any(days.values()):
        pending: Pending = {"load_id": job.arguments.load_id, "days": days, "left": any(left.values())}
        write_json(job.s3, job.arguments.state_bucket, PENDING_KEY, pending)


# --- the clean zone


def write_clean(job: Job, decisions: Mapping[str, Decision]) -> list[ReadyDay]:
    """Put the touched days in place, of targets the whole table; what several versions hold is staged anew first.

    Returns:
        Where the days that hold rows are staged.
    """
    bucket, to_bucket = job.arguments.state_bucket, job.arguments.clean_bucket
    ready: list[ReadyDay] = []
    several: list[DayOfSeveral] = []
    for dataset, decision in decisions.items():
        for key, pieces in objects_to_write(job, dataset, decision).items():
            if len(pieces) == 1 and pieces[0].is_whole and dataset != TARGETS:
                ready.append(ReadyDay(pieces[0].key, pieces[0].span, key))
            else:
                several.append(DayOfSeveral(dataset, bucket, f"{job.staging}/clean/{key}", pieces))
    spans = job.tasks.run(stage_day, several, is_small=job.is_small())
    for day, span in zip(several, spans, strict=True):
        if day.dataset == TARGETS:
            placing.place_table(job.s3, (bucket, day.key), (to_bucket, TARGETS))
        else:
            ready.append(ReadyDay(day.key, span, day.key.removeprefix(f"{job.staging}/clean/")))
    job.tasks.run(put_days, portions(ready, bucket, to_bucket), is_small=job.is_small())
    for dataset in DAILY_DATASETS:
        place, decision = (job.arguments.clean_database, dataset), decisions[dataset]
        columns, held = clean_columns(dataset), decision.shares
        placing.settle_days((job.s3, job.glue), place, columns, (to_bucket, "date"), decision.touched, held)
    return ready


def stage_extracts(job: Job, ready: Iterable[ReadyDay], decisions: Mapping[str, Decision]) -> None:
    """Stage the extracts of members of the months with touched days, for ``conform_tables`` to put in place.

    They outlive this run, so that task can be cleared by itself.

    Args:
        job: the run.
        ready: where the touched days that hold rows are staged.
        decisions: what the load does to each dataset's days.
    """
    arguments, staged_days = job.arguments, {day.to_key: day for day in ready}
    bucket, months = arguments.state_bucket, list[ExtractOfMonth]()
    for dataset in DAILY_DATASETS:
        touched, shares = decisions[dataset].touched, decisions[dataset].shares
        others = {day[:7] for day in shares.keys() - set(touched)}
        for month in sorted({day[:7] for day in touched}):
            days = {day: staged_days.get(clean_key(dataset, day)) for day in touched if day[:7] == month}
            months.append(ExtractOfMonth(bucket, f"{job.staging}-extracts", dataset, month, days, month in others))
    job.tasks.run(stage_extract, [month for month in months if month.is_held], is_small=job.is_small())
    staged = {month.key: month.staged if month.is_held else None for month in months}
    write_json(job.s3, bucket, arguments.load_key(STAGED_EXTRACTS), {"staged": staged})


def objects_to_write(job: Job, dataset: str, decision: Decision) -> dict[str, tuple[Piece, ...]]:
    """Return the keys of the objects to write, a day each, of targets one, and what each is built from.

    Targets are written when they change, and by the first load in any case.
    """
    pieces = {day: pieces_of(job, dataset, decision, day) for day in decision.touched if day in decision.shares}
    if dataset == TARGETS:
        every = tuple(piece for some in pieces.values() for piece in some)
        return {placing.object_key(TARGETS): every} if is_built(job, decision) else {}
    return {clean_key(dataset, day): some for day, some in pieces.items()}


def pieces_of(job: Job, dataset: str, decision: Decision, day: str) -> tuple[Piece, ...]:
    """Return the staged rows that a day is built from; the version that ranks highest is the last."""
    held: dict[str, list[str]] = {}  # by key, the outlets of which it holds something
    for outlet, entry in decision.shares.get(day, {}).items():
        for key in entry["keys"]:
            held.setdefault(key, []).append(outlet)
    ranked = sorted((decision.counting[key].source for key in held), key=lambda source: source.rank)
    pieces = (job.piece(version_of(dataset, source), day, held[source.key]) for source in ranked)
    return tuple(piece for piece in pieces if piece)


def is_built(job: Job, decision: Decision) -> bool:
    """Tell whether the table of targets is built: when it changes, and by the first load in any case."""
    return bool(decision.touched) or not job.load.ledger["revision"]


# --- the result


def make_result(job: Job, uploads: Mapping[str, list[Version]], decisions: Mapping[str, Decision]) -> Result:
    """Return result.json: what each file gave, what each day holds now, what changed."""
    return {
        "format": FORMAT,
        "load_id": job.arguments.load_id,
        "files": {dataset: files_of(job, uploads[dataset], decision) for dataset, decision in decisions.items()},
        "days": {dataset: decision.days for dataset, decision in decisions.items()},
        "handovers": [handover for decision in decisions.values() for handover in decision.handovers],
        "touched": {dataset: decision.touched for dataset, decision in decisions.items()},
        "changed": {dataset: decision.changed for dataset, decision in decisions.items()},
    }


def files_of(job: Job, uploads: Sequence[Version], decision: Decision) -> dict[str, FileOfResult]:
    """Return by key what the last upload gave; where another version counts, ``holding`` says what that delivers."""
    files: dict[str, FileOfResult] = {}
    for version in uploads:  # a later upload of the key takes the place of an earlier one
        outcome = job.outcomes[version]
        entry = outcome.as_json()
        if version.digest in decision.held_back:
            entry["status"], entry["reason"], entry["claims"] = HELD_BACK, decision.held_back[version.digest], {}
        counting = decision.counting.get(version.key)
        if entry["status"] != PUBLISHED and counting is not None:
            other = job.outcomes.get(version_of(version.dataset, counting.source))
            if other is not None:
                entry["holding"] = other.holding()
        files[version.key] = entry
    return files


def raw_tables(result: Result) -> Mapping[str, Columns]:
    """Return the tables of the raw files that this load read, named after their folder, with all columns of the files.

    The crawler guesses the types of these. A file whose header could not be read says nothing.
    """
    tables: dict[str, dict[str, str | None]] = {}
    for files in result["files"].values():
        for key, file in files.items():
            if header := file.get("header"):
                table = key.partition("/")[0].replace("-", "_")
                tables.setdefault(table, {}).update(dict.fromkeys(header))
    return tables


def clean_tables(job: Job, result: Result) -> Mapping[str, Columns]:
    """Return the tables of the clean zone once this load is published: a dataset by day has one when it has rows."""
    days = days_after(job.load.ledger, result)
    return {dataset: clean_columns(dataset) for dataset in DATASETS if days[dataset] or dataset == TARGETS}


def log_decisions(decisions: Mapping[str, Decision]) -> None:
    """Name the days that were built again, the receipts that changed hands, and what corrections changed."""
    for dataset, decision in decisions.items():
        log.info("%s: %s days built again, %s with other rows", dataset, len(decision.touched), len(decision.changed))
        for reason in decision.held_back.values():
            log.info("%s: held back: %s", dataset, reason)
        for handover in decision.handovers:
            log.info("%s", handover_words(handover))


def main() -> None:
    """Run as Glue does."""
    load_state.log_to_stdout()
    run(load_state.Arguments.of(sys.argv))


if __name__ == "__main__":
    main()
