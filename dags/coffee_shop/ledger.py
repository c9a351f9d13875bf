"""What has been loaded: ``ledger.json`` in the state bucket, the one record of published loads.

Only the load's publish task writes it, and only if nobody wrote it since it was read (S3 conditional writes), so two
loads can never both think that they published. Reports read it to know which days are there.
"""

import json
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

LEDGER_KEY = "ledger.json"
SALES, INVENTORY, TARGETS = DATASETS = ("sales_reciept", "pastry_inventory", "sales_target")
PREFIXES = {SALES: "sales-reciept/", INVENTORY: "pastry-inventory/", TARGETS: "sales-target/"}

Json = dict[str, Any]


class LedgerError(RuntimeError):
    """The ledger cannot be read, or is not what this load began with."""


@dataclass(frozen=True)
class Stored:
    """A JSON object as it was read from S3; ``etag`` is None when it was not there."""

    value: Json
    etag: str | None


def empty_ledger() -> Json:
    """Return the ledger of a shop that has loaded nothing."""
    return {
        "format": 1,
        "revision": 0,
        "files": {dataset: {} for dataset in DATASETS},
        "days": {dataset: {} for dataset in DATASETS},
        "handovers": [],
        "loads": [],
    }


def read_json(s3: "S3Client", bucket: str, key: str) -> Stored | None:
    """Return a JSON object and its ETag, or None when there is none."""
    try:
        answer = s3.get_object(Bucket=bucket, Key=key)
    except s3.exceptions.NoSuchKey:
        return None
    return Stored(json.loads(answer["Body"].read()), answer["ETag"])


def read_ledger(s3: "S3Client", state_bucket: str) -> Stored:
    """Return the ledger, an empty one before the first load.

    Raises:
        LedgerError: a newer program wrote it, in a format that this one does not know.
    """
    stored = read_json(s3, state_bucket, LEDGER_KEY) or Stored(empty_ledger(), None)
    if stored.value.get("format") != 1:
        raise LedgerError(
            f"s3://{state_bucket}/{LEDGER_KEY} has format {stored.value.get('format')!r}; this program knows format 1."
        )
    return stored


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
    """Return the files whose last seen version was refused: dataset, key, reason, load_id, at; oldest first.

    A withdrawn file is not open: somebody decided about it.
    """
    found = []
    for dataset, files in ledger["files"].items():
        for key, file in files.items():
            seen = file["last_seen"]
            if seen["status"] == "refused" and not file["withdrawn"]:
                found.append(
                    {"dataset": dataset, "key": key}
                    | {name: seen[name] for name in ("version_id", "reason", "load_id", "run_id", "at")}
                )
    return sorted(found, key=lambda file: (file["at"], file["key"]))
