"""What has been loaded: ``ledger.json`` in the state bucket, the one record of published loads.

Only the load's publish task writes it, and only if nobody wrote it since it was read (S3 conditional writes), so two
loads can never both think that they published. Reports read it to know which days are there.
"""

import copy
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from coffee_shop.lake.state import ChangedMeanwhileError, Json, Stored, read_json, replace_json

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

CONFORM = "coffee_shop_conform"  # the asset of the conform tables, which a published load updates

LEDGER_KEY = "ledger.json"
PENDING_KEY = "pending.json"
SALES, INVENTORY, TARGETS = DATASETS = ("sales_reciept", "pastry_inventory", "sales_target")
PREFIXES = {SALES: "sales-reciept/", INVENTORY: "pastry-inventory/", TARGETS: "sales-target/"}
DAILY_DATASETS = (SALES, INVENTORY)

WITHOUT_RECEIPTS, FORMAT = 1, 2
"""The format of ledgers that know one file for each day of an outlet, and that of now."""
NOT_LOADED = ("refused", "held back")

LOADS_KEPT = 500
HANDOVERS_KEPT = 2000


class LedgerError(RuntimeError):
    """The ledger cannot be read, or is not the one that this load began with."""


def empty_ledger() -> Json:
    """Return the ledger of a shop that has loaded nothing."""
    return {
        "format": FORMAT,
        "revision": 0,
        "files": {dataset: {} for dataset in DATASETS},
        "days": {dataset: {} for dataset in DATASETS},
        "handovers": [],
        "loads": [],
    }


def read_ledger(s3: "S3Client", state_bucket: str) -> Stored:
    """Return the ledger, an empty one before the first load.

    One of format 1 is read as it stands; the next load builds all its days again and writes format 2.

    Raises:
        LedgerError: a newer program wrote it, in a format that this one does not know.
    """
    stored = read_json(s3, state_bucket, LEDGER_KEY) or Stored(empty_ledger(), None)
    if stored.value.get("format") not in (WITHOUT_RECEIPTS, FORMAT):
        raise LedgerError(
            f"s3://{state_bucket}/{LEDGER_KEY} has format {stored.value.get('format')!r}; this program knows formats "
            f"{WITHOUT_RECEIPTS} and {FORMAT}. Deploy the program that wrote it, or a newer one."
        )
    return stored


def plan_key(load_id: str) -> str:
    """Return where the plan of a load lies in the state bucket."""
    return f"loads/{load_id}/plan.json"


def result_key(load_id: str) -> str:
    """Return where the result of a load, with its control totals, lies in the state bucket."""
    return f"loads/{load_id}/result.json"


def newest_load(ledger: Json) -> str | None:
    """Return the id of the newest published load: the state of the lake that a query sees."""
    return str(ledger["loads"][-1]["load_id"]) if ledger["loads"] else None


def outlets_on(ledger: Json, day: date, dataset: str = SALES) -> set[str]:
    """Return the numbers of the outlets that have published rows on a day."""
    return set(ledger["days"][dataset].get(day.isoformat(), {}))


def expected_outlets(ledger: Json, day: date, days_before: int) -> set[str]:
    """Return the numbers of the outlets that sold in the ``days_before`` days before a day."""
    return set().union(*(outlets_on(ledger, day - timedelta(days=n)) for n in range(1, days_before + 1)))


def open_files(ledger: Json) -> list[Json]:
    """Return the files whose last seen version was refused or held back; oldest first.

    Each has ``dataset, key, version_id, status, reason, load_id, run_id, at``. A withdrawn file is not open: somebody
    decided about it.
    """
    found = []
    for dataset, files in ledger["files"].items():
        for key, file in files.items():
            seen = file["last_seen"]
            if seen["status"] in NOT_LOADED and not file["withdrawn"]:
                found.append(
                    {"dataset": dataset, "key": key}
                    | {name: seen[name] for name in ("version_id", "status", "reason", "load_id", "run_id", "at")}
                )
    return sorted(found, key=lambda file: (file["at"], file["key"]))


def is_published(ledger: Json, load_id: str) -> bool:
    """Return whether a load is in the ledger."""
    return any(load["load_id"] == load_id for load in ledger["loads"])


def has_published(ledger: Json, run_id: str) -> bool:
    """Return whether a run of the load DAG has published before: what its form asked for is done."""
    return any(load["run_id"] == run_id for load in ledger["loads"])


def check_plan_is_fresh(ledger: Json, plan: Json) -> None:
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


def after_load(ledger: Json, plan: Json, result: Json, at: datetime) -> Json:
    """Return the ledger as it is after a load: its files, what each day holds of which file, what changed hands.

    ``plan`` is what the task ``plan_load`` wrote, ``result`` what the job ``partition_data`` wrote.
    """
    new: Json = copy.deepcopy(ledger)
    stamp = {"load_id": plan["load_id"], "run_id": plan["run_id"], "at": at.isoformat(timespec="seconds")}
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
    new["handovers"] = (ledger["handovers"] + [handover | stamp for handover in result["handovers"]])[-HANDOVERS_KEPT:]
    new["loads"] = [*ledger["loads"], _load(plan, result, stamp)][-LOADS_KEPT:]
    for dataset, keys in plan.get("accept", {}).items():
        for key in keys:
            new["files"][dataset][key]["accepted"] = {"run_id": stamp["run_id"], "at": stamp["at"]}
    new["format"] = FORMAT
    new["revision"] = ledger["revision"] + 1
    return new


def _file_after_load(before: Json | None, version: Json, file: Json, stamp: Json) -> Json:
    seen = {name: version[name] for name in ("version_id", "last_modified", "etag", "size")}
    seen |= {"status": file["status"], "reason": file["reason"]} | stamp
    kept = {name: before[name] for name in ("accepted",) if before and name in before}
    if file["status"] in NOT_LOADED:
        known = before["last_seen"] if before else {}
        if known.get("status") == file["status"] and known.get("version_id") == version["version_id"]:
            # a reload met it again: the load that met it first stays the one to name
            seen |= {name: known[name] for name in ("load_id", "run_id", "at")}
        # the job names the version that counts instead where that is not the one of the ledger
        holding = file.get("holding") or (before["holding"] if before else None)
        return {"last_seen": seen, "holding": holding, "withdrawn": None} | kept
    totals = ("rows_read", "rows_clean", "rows_quarantined", "quantity", "amount", "claims")
    holding = {"version_id": version["version_id"], "last_modified": version["last_modified"]}
    holding["unreadable"] = file.get("unreadable", {})
    return {"last_seen": seen, "holding": holding | {name: file[name] for name in totals}, "withdrawn": None} | kept


def _file_withdrawn(before: Json | None, unread: Json | None, stamp: Json) -> Json:
    seen = before["last_seen"] if before else {}
    if unread:
        seen = {name: unread[name] for name in ("version_id", "last_modified", "etag", "size")}
        seen |= {"status": "refused", "reason": "withdrawn before it was read"} | stamp
    return {"last_seen": seen, "holding": None, "withdrawn": {"run_id": stamp["run_id"], "at": stamp["at"]}}


def _load(plan: Json, result: Json, stamp: Json) -> Json:
    files = [(key, file) for some in result["files"].values() for key, file in some.items()]
    return {
        "load_id": plan["load_id"],
        "run_id": plan["run_id"],
        "published_at": stamp["at"],
        "changed_dates": changed_dates(result),
        "files": len(files),
        "refused": sorted(key for key, file in files if file["status"] == "refused"),
        "held_back": sorted(key for key, file in files if file["status"] == "held back"),
    }


def changed_dates(result: Json) -> list[str]:
    """Return the dates, ISO and in order, whose rows of sales or inventory a load changed."""
    return sorted({day for dataset in DAILY_DATASETS for day in result["changed"].get(dataset, ())})


def touched_dates(result: Json) -> list[str]:
    """Return the dates, ISO and in order, of sales or inventory that a load rebuilt."""
    return sorted({day for dataset in DAILY_DATASETS for day in result["touched"].get(dataset, ())})


def absent_datasets(ledger: Json, result: Json) -> list[str]:
    """Return the daily datasets without a row in the lake once a load is published: no crawl finds a table of them."""
    return [
        dataset
        for dataset in DAILY_DATASETS
        if not any((ledger["days"][dataset] | result["days"].get(dataset, {})).values())
    ]


def publish(s3: "S3Client", state_bucket: str, plan: Json, result: Json, at: datetime) -> Json:
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
    new = after_load(stored.value, plan, result, at)
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
    pending = read_json(s3, state_bucket, PENDING_KEY)
    if pending and pending.value["load_id"] == load_id:
        s3.delete_object(Bucket=state_bucket, Key=PENDING_KEY)


def newly_not_loaded(ledger: Json, result: Json, status: str) -> list[tuple[str, str]]:
    """Return (key, reason) of the files that this load refused or held back and no load before had.

    Args:
        ledger: the one after the load.
        result: what the load found out.
        status: ``refused`` or ``held back``.
    """
    new = []
    for dataset, files in result["files"].items():
        for key, file in files.items():
            seen = ledger["files"][dataset].get(key, {}).get("last_seen", {})
            met_before = seen.get("version_id") == file["version_id"] and seen.get("load_id") != result["load_id"]
            if file["status"] == status and not met_before:
                new.append((key, str(file["reason"])))
    return sorted(new)
