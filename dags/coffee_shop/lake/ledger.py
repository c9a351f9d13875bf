"""What has been loaded: ``ledger.json`` in the state bucket, the one record of published loads.

Only the load's publish task writes it, and only if nobody wrote it since it was read (S3 conditional writes), so two
loads can never both think that they published. Reports read it to know which days are there.
"""

import copy
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, cast

from coffee_shop.lake.documents import (
    DATASETS,
    FORMAT,
    INVENTORY,
    NOT_LOADED,
    REFUSED,
    SALES,
    TARGETS,
    WITHOUT_RECEIPTS,
    FileOfLedger,
    FileOfResult,
    Handover,
    Holding,
    LastSeen,
    Ledger,
    Plan,
    PublishedLoad,
    ReadTotals,
    Result,
    Stamp,
    Usage,
    VersionOfKey,
    Withdrawn,
)
from coffee_shop.lake.loads import PENDING_KEY, changed_dates, read_pending
from coffee_shop.lake.state import ChangedMeanwhileError, Stored, read_json, replace_json
from coffee_shop.lake.upgrade import upgraded

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

CONFORM = "coffee_shop_conform"  # the asset of the conform tables, which a published load updates

LEDGER_KEY = "ledger.json"
PREFIXES = {SALES: "sales-reciept/", INVENTORY: "pastry-inventory/", TARGETS: "sales-target/"}

LOADS_KEPT = 500
HANDOVERS_KEPT = 2000


class LedgerError(RuntimeError):
    """The ledger cannot be read, or is not the one that this load began with."""


def empty_ledger() -> Ledger:
    """Return the ledger of a shop that has loaded nothing."""
    return {
        "format": FORMAT,
        "revision": 0,
        "files": {dataset: {} for dataset in DATASETS},
        "days": {dataset: {} for dataset in DATASETS},
        "handovers": [],
        "loads": [],
    }


def read_ledger(s3: "S3Client", state_bucket: str) -> Stored[Ledger]:
    """Return the ledger, an empty one before the first load.

    One of format 1 is read in the shape of now; the next load builds all its days again and writes format 2.

    Raises:
        LedgerError: a newer program wrote it, in a format that this one does not know.
    """
    stored = read_json(s3, state_bucket, LEDGER_KEY)
    if stored is None:
        return Stored(empty_ledger(), None)
    format_read = stored.value.get("format")
    if format_read not in (WITHOUT_RECEIPTS, FORMAT):
        raise LedgerError(
            f"s3://{state_bucket}/{LEDGER_KEY} has format {format_read!r}; this program knows formats "
            f"{WITHOUT_RECEIPTS} and {FORMAT}. Deploy the program that wrote it, or a newer one."
        )
    is_old = format_read == WITHOUT_RECEIPTS
    return Stored(upgraded(stored.value) if is_old else cast("Ledger", stored.value), stored.etag)


def newest_load(ledger: Ledger) -> str | None:
    """Return the id of the newest published load: the state of the lake that a query sees."""
    return str(ledger["loads"][-1]["load_id"]) if ledger["loads"] else None


def changes_since(ledger: Ledger, load_id: str | None, first: str, last: str) -> list[tuple[PublishedLoad, list[str]]]:
    """Return the loads after one, oldest first, that changed days of a period, with those days.

    Args:
        ledger: the ledger of loads.
        load_id: the load; without one, or with one that the ledger does not know, all loads count.
        first: the period's first ISO date.
        last: its last one.
    """
    loads = ledger["loads"]
    seen = next((place for place, load in enumerate(loads) if load["load_id"] == load_id), -1)
    changes = [(load, [day for day in load["changed_dates"] if first <= day <= last]) for load in loads[seen + 1 :]]
    return [(load, days) for load, days in changes if days]


def outlets_on(ledger: Ledger, day: date, dataset: str = SALES) -> set[str]:
    """Return the numbers of the outlets that have published rows on a day."""
    return set(ledger["days"][dataset].get(day.isoformat(), {}))


def has_rows(ledger: Ledger, dataset: str) -> bool:
    """Return whether any row of a dataset is published: without one there is no table of its facts."""
    return any(ledger["days"][dataset].values())


def expected_outlets(ledger: Ledger, day: date, days_before: int) -> set[str]:
    """Return the numbers of the outlets that sold in the ``days_before`` days before a day."""
    return set().union(*(outlets_on(ledger, day - timedelta(days=n)) for n in range(1, days_before + 1)))


class OpenFile(Stamp):
    """A file that its last load refused or held back, and nobody has decided about."""

    dataset: str
    key: str
    version_id: str
    status: str
    reason: str | None


def open_files(ledger: Ledger) -> list[OpenFile]:
    """Return the files whose last seen version was refused or held back; oldest first.

    A withdrawn file is not open: somebody decided about it.
    """
    open_: list[OpenFile] = []
    for dataset, files in ledger["files"].items():
        for key, file in files.items():
            seen = file["last_seen"]
            if seen["status"] in NOT_LOADED and not file["withdrawn"]:
                open_.append(
                    {
                        "dataset": dataset,
                        "key": key,
                        "version_id": seen["version_id"],
                        "status": seen["status"],
                        "reason": seen["reason"],
                        "load_id": seen["load_id"],
                        "run_id": seen["run_id"],
                        "at": seen["at"],
                    }
                )
    return sorted(open_, key=lambda file: (file["at"], file["key"]))


def is_published(ledger: Ledger, load_id: str) -> bool:
    """Return whether a load is in the ledger."""
    return any(load["load_id"] == load_id for load in ledger["loads"])


def has_published(ledger: Ledger, run_id: str) -> bool:
    """Return whether a run of the load DAG has published before: what its form asked for is done."""
    return any(load["run_id"] == run_id for load in ledger["loads"])


def check_plan_is_fresh(ledger: Ledger, plan: Plan) -> None:
    """Refuse to go on with a plan that was made from an older ledger.

    Raises:
        LedgerError: a load has published since, perhaps this one; the message says what to clear.
    """
    if ledger["revision"] == plan["ledger_revision"]:
        return
    raise LedgerError(
        f"The plan of load {plan['load_id']} was made from revision {plan['ledger_revision']} of the ledger; it is at "
        f"{ledger['revision']} now (newest load: {newest_load(ledger)}). Going on would undo newer data. Clear this "
        "run from plan_load, with all that follows."
    )


def after_load(ledger: Ledger, plan: Plan, result: Result, at: datetime, usage: Usage | None = None) -> Ledger:
    """Return the ledger as it is after a load: its files, what each day holds of which file, what changed hands.

    ``plan`` is what the task ``plan_load`` wrote, ``result`` what the job ``partition_data`` wrote, ``usage`` what the
    load used, if that is known.
    """
    new = copy.deepcopy(ledger)
    stamp: Stamp = {"load_id": plan["load_id"], "run_id": plan["run_id"], "at": at.isoformat(timespec="seconds")}
    for dataset in DATASETS:
        files = new["files"][dataset]
        versions = {version["key"]: version for version in plan["read"].get(dataset, ())}
        for key, file in result["files"].get(dataset, {}).items():
            files[key] = _file_after_load(files.get(key), versions[key], file, stamp)
        unread = {version["key"]: version for version in plan.get("withdrawn_versions", {}).get(dataset, ())}
        for key in plan["withdraw"].get(dataset, ()):
            files[key] = _file_withdrawn(files.get(key), unread.get(key), stamp)
        for day, outlets in result["days"].get(dataset, {}).items():
            if outlets:
                new["days"][dataset][day] = outlets
            else:
                new["days"][dataset].pop(day, None)
    handed_over = [cast("Handover", {**handover, **stamp}) for handover in result["handovers"]]
    new["handovers"] = [*ledger["handovers"], *handed_over][-HANDOVERS_KEPT:]
    new["loads"] = [*ledger["loads"], _load(plan, result, stamp, usage)][-LOADS_KEPT:]
    for dataset, keys in plan.get("accept", {}).items():
        for key in keys:
            new["files"][dataset][key]["accepted"] = {"run_id": stamp["run_id"], "at": stamp["at"]}
    new["format"] = FORMAT
    new["revision"] = ledger["revision"] + 1
    return new


def _file_after_load(
    before: FileOfLedger | None, version: VersionOfKey, file: FileOfResult, stamp: Stamp
) -> FileOfLedger:
    seen = _seen(version, file["status"], file["reason"], stamp)
    if file["status"] in NOT_LOADED:
        known = before["last_seen"] if before else None
        if known and (known.get("status"), known.get("version_id")) == (file["status"], version["version_id"]):
            # a reload met it again: the load that met it first stays the one to name
            seen["load_id"], seen["run_id"], seen["at"] = known["load_id"], known["run_id"], known["at"]
        # the job names the version that counts instead where that is not the one of the ledger
        holding = file.get("holding") or (before["holding"] if before else None)
    else:
        holding = holding_of(version["version_id"], version["last_modified"], file)
    after: FileOfLedger = {"last_seen": seen, "holding": holding, "withdrawn": None}
    if before and "accepted" in before:
        after["accepted"] = before["accepted"]
    return after


def _seen(version: VersionOfKey, status: str, reason: str | None, stamp: Stamp) -> LastSeen:
    return {
        "version_id": version["version_id"],
        "last_modified": version["last_modified"],
        "etag": version["etag"],
        "size": version["size"],
        "status": status,
        "reason": reason,
        **stamp,
    }


def holding_of(version_id: str, last_modified: str, totals: ReadTotals) -> Holding:
    """Return a version that counts, with what it gave when it was read."""
    return {
        "version_id": version_id,
        "last_modified": last_modified,
        "rows_read": totals["rows_read"],
        "rows_clean": totals["rows_clean"],
        "rows_quarantined": totals["rows_quarantined"],
        "quantity": totals["quantity"],
        "amount": totals["amount"],
        "unreadable": totals["unreadable"],
        "claims": totals["claims"],
    }


def _file_withdrawn(before: FileOfLedger | None, unread: VersionOfKey | None, stamp: Stamp) -> FileOfLedger:
    seen = before["last_seen"] if before else cast("LastSeen", {})
    if unread:
        seen = _seen(unread, REFUSED, "withdrawn before it was read", stamp)
    days = sorted(before["holding"]["claims"]) if before and before["holding"] else []
    withdrawn: Withdrawn = {"run_id": stamp["run_id"], "at": stamp["at"], "days": days}
    return {"last_seen": seen, "holding": None, "withdrawn": withdrawn}


def _load(plan: Plan, result: Result, stamp: Stamp, usage: Usage | None) -> PublishedLoad:
    files = [(key, file) for some in result["files"].values() for key, file in some.items()]
    load: PublishedLoad = {
        "load_id": plan["load_id"],
        "run_id": plan["run_id"],
        "published_at": stamp["at"],
        "changed_dates": changed_dates(result),
        "files": len(files),
        "refused": sorted(key for key, file in files if file["status"] == "refused"),
        "held_back": sorted(key for key, file in files if file["status"] == "held back"),
    }
    if usage:
        load["usage"] = usage
    return load


def publish(
    s3: "S3Client", state_bucket: str, plan: Plan, result: Result, at: datetime, usage: Usage | None = None
) -> Ledger:
    """Write the ledger with this load in it, once, and return it; then forget the pending days.

    A second call for the same load, after a crash, writes nothing and returns the ledger as it is.

    Raises:
        LedgerError: another load has published since the plan was made; nothing was written.
    """
    stored = read_ledger(s3, state_bucket)
    if is_published(stored.value, plan["load_id"]):
        _forget_pending(s3, state_bucket, plan["load_id"])
        return stored.value
    check_plan_is_fresh(stored.value, plan)
    new = after_load(stored.value, plan, result, at, usage)
    try:
        replace_json(s3, state_bucket, LEDGER_KEY, new, stored.etag)
    except ChangedMeanwhileError as error:
        # a write whose answer got lost is repeated by the client, and then meets itself
        now = read_ledger(s3, state_bucket).value
        if not is_published(now, plan["load_id"]):
            raise LedgerError(
                f"Another load published while load {plan['load_id']} did. Clear this run from plan_load, with all "
                "that follows."
            ) from error
        new = now
    _forget_pending(s3, state_bucket, plan["load_id"])
    return new


def _forget_pending(s3: "S3Client", state_bucket: str, load_id: str) -> None:
    """Delete the list of pending days if it is this load's: a later one's days are not published yet."""
    if read_pending(s3, state_bucket)["load_id"] == load_id:
        s3.delete_object(Bucket=state_bucket, Key=PENDING_KEY)


def newly_not_loaded(ledger: Ledger, result: Result, status: str) -> list[tuple[str, str]]:
    """Return (key, reason) of the files that this load refused or held back and no load before had.

    Args:
        ledger: the one after the load.
        result: what the load found out.
        status: ``refused`` or ``held back``.
    """
    new = []
    for dataset, files in result["files"].items():
        for key, file in files.items():
            known = ledger["files"][dataset].get(key)
            seen = known["last_seen"] if known else cast("LastSeen", {})
            met_before = seen.get("version_id") == file["version_id"] and seen.get("load_id") != result["load_id"]
            if file["status"] == status and not met_before:
                new.append((key, str(file["reason"])))
    return sorted(new)
