"""Reading versions of raw objects, one a task: streamed, never whole in memory, clean rows staged by their day."""

from __future__ import annotations

import contextlib
import logging
import shutil
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from coffee_shop.lake.documents import PUBLISHED, REFUSED, FileOfResult, Holding, LastSeen, ReadTotals
from coffee_shop.lake.ledger import holding_of

from .cells import Limits
from .clean_days import write_days
from .columns import CONTRACTS, INVENTORY, SALES, TARGETS
from .control_totals import Summary, too_many_quarantined
from .ownership import version_digest
from .parquet_rows import QUARANTINE, RowFile, contract_schema, quarantine_columns, write_chunks
from .placing import s3_client, unbroken
from .raw_file import read_file
from .records import RefusedError
from .row_checker import Quarantined
from .staged_days import Span
from .tasks import DataError, Tasks

Json = dict[str, Any]
log = logging.getLogger(__name__)

GONE = ("NoSuchVersion", "NoSuchKey", "MethodNotAllowed")
# archived; or a key that the customer keeps, which S3 answers with InvalidRequest
WITHHELD = ("InvalidObjectState", "InvalidRequest")
NO_ROWS = {SALES: "sales", INVENTORY: "inventory", TARGETS: "targets"}
# bytes and files that the driver's processes read in less time than executors, which must be started first
SMALL, FEW = 800_000_000, 200
MENDED = "restore it, or upload it once more with the bucket's own encryption and in the storage class STANDARD"


class VersionGoneError(DataError):
    """A version that the tables stand on is not in the raw bucket any more."""


@dataclass(frozen=True)
class Version:
    """One version of a raw key; ``last_modified`` in ISO format, ``size`` in bytes where it is known."""

    dataset: str
    key: str
    version_id: str
    last_modified: str
    size: int | None = field(default=None, compare=False)

    @property
    def digest(self) -> str:
        """A name for the version that any object key can hold."""
        return version_digest(self.key, self.version_id)


@dataclass(frozen=True)
class Reading:
    """What to read and where to put it. ``keep_quarantine`` is off when a version is read only for rows it holds."""

    version: Version
    raw_bucket: str
    state_bucket: str
    staging: str
    load_id: str
    max_quantity: int
    quarantine_share: float
    keep_quarantine: bool


@dataclass(frozen=True)
class Outcome:
    """A version that was read: published or refused, its control totals, and where each day of its rows is staged."""

    version: Version
    status: str
    reason: str | None
    totals: Json
    spans: Mapping[str, Span] = field(default_factory=dict)

    def as_json(self) -> FileOfResult:
        """Return the outcome as result.json holds it, with notes for people beside the totals."""
        entry = {"version_id": self.version.version_id, "status": self.status, "reason": self.reason, **self.totals}
        return cast("FileOfResult", entry if self.status == PUBLISHED else {**entry, "claims": {}})

    def holding(self) -> Holding:
        """Return the outcome as the ledger's ``holding``."""
        return holding_of(self.version.version_id, self.version.last_modified, cast("ReadTotals", self.totals))


def staged_key(staging: str, version: Version) -> str:
    """Return where a version's clean rows are staged in the state bucket."""
    return f"{staging}/rows/{version.dataset}/{version.digest}.days"


def read_all(readings: Sequence[Reading], tasks: Tasks) -> list[Outcome]:
    """Read versions: not too many and not too large ones in the driver, where no executors must be started.

    Raises:
        VersionGoneError: one of them is not in the bucket any more.
    """
    sizes = [reading.version.size for reading in readings]
    is_small = len(sizes) <= FEW and sum(SMALL if size is None else size for size in sizes) < SMALL
    outcomes = tasks.run(read_version, readings, is_small=is_small)
    for outcome in outcomes:
        log_outcome(outcome)
    return outcomes


def read_version(reading: Reading) -> Outcome:
    """Fetch one version, read it, stage its clean rows and its quarantine.

    Raises:
        VersionGoneError: the version is not in the bucket any more.
    """
    s3 = s3_client()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "raw.csv")
        try:
            _fetch(s3, reading, path)
        except RefusedError as error:
            return Outcome(reading.version, REFUSED, str(error), Summary().as_json())
        return _read(s3, reading, path, Path(folder))


def _fetch(s3: Any, reading: Reading, path: Path) -> None:
    """Write a version's bytes to a file.

    Raises:
        VersionGoneError: it is not in the bucket any more; or the tables stand on it and S3 does not hand it out.
        RefusedError: S3 does not hand a new version out, and would not an hour later: it is archived, or encrypted with
            a key that this role may not use.
    """
    version = reading.version
    named = {"Bucket": reading.raw_bucket, "Key": version.key, "VersionId": version.version_id}

    def copy() -> None:
        with contextlib.closing(s3.get_object(**named)["Body"]) as body, path.open("wb") as file:
            shutil.copyfileobj(body, file, 1 << 20)

    try:
        unbroken(copy)
    except s3.exceptions.ClientError as error:
        code, words = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
        place = f"s3://{reading.raw_bucket}/{version.key}"
        if code in GONE:
            raise VersionGoneError(
                f"{place} has no version {version.version_id} any more: withdraw the key, then upload the file again"
            ) from None
        if code not in WITHHELD and "kms" not in f"{code} {words}".lower():
            raise  # a role without a permission says nothing about the file
        told = f"S3 does not hand out version {version.version_id} ({code}: {words})"
        if not reading.keep_quarantine:
            raise VersionGoneError(
                f"{place}: {told}; the tables stand on it: restore it; or withdraw the key, then upload the file again"
            ) from None
        raise RefusedError(f"{told}; expected an object that the role of the job can read: {MENDED}") from None


def _read(s3: Any, reading: Reading, path: Path, folder: Path) -> Outcome:
    version = reading.version
    dataset = CONTRACTS[version.dataset]
    uploaded = datetime.fromisoformat(version.last_modified).astimezone(UTC).date()
    rows = RowFile(folder / "clean.arrow", contract_schema(dataset))
    quarantine = RowFile(folder / "quarantine.arrow", QUARANTINE)

    def take_quarantined(found: list[Quarantined]) -> None:
        quarantine.append(quarantine_columns(found, version.dataset, version.key, version.version_id, reading.load_id))

    def start_again() -> None:
        rows.start_again()
        quarantine.start_again()

    try:
        limits = Limits.of_upload(uploaded, reading.max_quantity)
        summary = read_file(path, dataset, limits, rows.append, take_quarantined, start_again)
        reason = too_many_quarantined(summary, reading.quarantine_share)
    except RefusedError as error:
        summary, reason = Summary(), str(error)
    if reading.keep_quarantine:
        _put_quarantine(s3, reading, quarantine.chunks(), folder / "quarantine.parquet")
    if reason:
        return Outcome(version, REFUSED, reason, summary.as_json())
    chunks = rows.chunks()
    spans = write_days(dataset, version.key, chunks, folder / "clean.days") if chunks else {}
    if spans:
        _put(s3, reading.state_bucket, staged_key(reading.staging, version), folder / "clean.days")
    return Outcome(version, PUBLISHED, None, summary.as_json(), spans)


def _put_quarantine(s3: Any, reading: Reading, chunks: Sequence[Any], path: Path) -> None:
    """Keep what this version has in quarantine, instead of what an earlier reading of it found."""
    key = f"quarantine/{reading.version.dataset}/{reading.version.digest}.parquet"
    if not chunks:
        s3.delete_object(Bucket=reading.state_bucket, Key=key)
        return
    write_chunks(path, chunks)
    _put(s3, reading.state_bucket, key, path)


def _put(s3: Any, bucket: str, key: str, path: Path) -> None:
    with path.open("rb") as body:
        s3.put_object(Bucket=bucket, Key=key, Body=body)


def log_outcome(outcome: Outcome) -> None:
    """Say in one line what a file delivers, and below it what was wrong with single values."""
    totals, version = outcome.totals, outcome.version
    log.info(
        "%s version %s: %s rows read = %s clean + %s in quarantine; quantity %s, amount %s%s",
        version.key,
        version.version_id,
        f"{totals['rows_read']:,}",
        f"{totals['rows_clean']:,}",
        f"{totals['rows_quarantined']:,}",
        f"{totals['quantity']:,}",
        totals["amount"],
        f"; REFUSED: {outcome.reason}" if outcome.reason else "",
    )
    if totals["refunds"]["rows"]:
        log.info(
            "  lines with a minus (refunds): %s, %s", f"{totals['refunds']['rows']:,}", totals["refunds"]["amount"]
        )
    if not totals["rows_read"] and not outcome.reason:
        log.info("  the file has a header and no rows: no %s", NO_ROWS[version.dataset])
    for what, count in totals["skipped"].items():
        log.info("  left out: %s %s", f"{count:,}", what)
    for column, reasons in totals["nulled"].items():
        for reason, count in reasons.items():
            log.info("  %s: %s values set to null, each %s", column, f"{count:,}", reason)
    for column, count in totals["unreadable"].items():
        log.warning("  %s cannot be read in %s of %s rows", column, f"{count:,}", f"{totals['rows_read']:,}")
    if totals["ignored_columns"]:
        log.info("  columns ignored: %s", ", ".join(totals["ignored_columns"]))


def uploads_since(s3: Any, raw_bucket: str, newest: Sequence[Version], seen: Mapping[str, LastSeen]) -> list[Version]:
    """Return the versions that came after those that a load has seen, up to given ones, in the order of their upload.

    Each upload counts in its turn, also one that was replaced before any load: were it skipped, the tables would depend
    on when loads ran. S3 lists the versions of a key in the order of their upload, the newest first.

    Args:
        s3: the client.
        raw_bucket: the bucket.
        newest: the last version of each key to return.
        seen: by key, ``version_id`` and ``last_modified`` of the version that was seen last, which may be gone.
    """
    wanted = {version.key: version for version in newest}
    reached: dict[str, list[Version]] = {}  # by key, newest first
    ended: set[str] = set()
    for folder in sorted({key.partition("/")[0] for key in wanted}):
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=raw_bucket, Prefix=f"{folder}/"):
            for entry in page.get("Versions", []):
                key, version_id = entry["Key"], entry["VersionId"]
                if key not in wanted or key in ended:
                    continue
                if version_id == wanted[key].version_id:
                    reached[key] = [wanted[key]]
                elif key in seen and _is_seen(entry, seen[key]):
                    ended.add(key)
                elif key in reached:
                    modified = entry["LastModified"].astimezone(UTC).isoformat(timespec="milliseconds")
                    reached[key].append(Version(wanted[key].dataset, key, version_id, modified, entry["Size"]))
    uploads = [version for key in sorted(wanted) for version in reversed(reached.get(key, [wanted[key]]))]
    return by_upload(uploads)


def _is_seen(entry: Mapping[str, Any], seen: LastSeen) -> bool:
    """Tell whether a version in S3's list is the one that was seen last, or older: that one may have been deleted."""
    is_older = entry["LastModified"] < datetime.fromisoformat(seen["last_modified"]).replace(microsecond=0)
    return bool(entry["VersionId"] == seen["version_id"] or is_older)


def by_upload(versions: Iterable[Version]) -> list[Version]:
    """Return versions in the order of their upload; those of one moment by their keys."""
    return sorted(versions, key=lambda version: (datetime.fromisoformat(version.last_modified), version.key))
