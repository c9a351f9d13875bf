"""What is new in the raw bucket, and the plan of one load.

A version is new when it is its key's current one and not the last one that the ledger has seen. The plan lists the
(key, VersionId) pairs to read, so what a load does never depends on what lands while it runs.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

from coffee_shop.lake.documents import (
    DATASETS,
    FORMAT,
    HELD_BACK,
    INVENTORY,
    NOT_LOADED,
    SALES,
    TARGETS,
    WITHOUT_RECEIPTS,
    FileOfLedger,
    Ledger,
    Pending,
    Plan,
    VersionOfKey,
)
from coffee_shop.lake.ledger import PREFIXES, open_files

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from coffee_shop.settings import Settings


class RequestError(ValueError):
    """The form asks for something that cannot be done; the message says what and why."""


@dataclass(frozen=True)
class Version:
    """The current version of one raw key; ``last_modified`` in ISO format, UTC."""

    key: str
    version_id: str
    last_modified: str
    etag: str
    size: int


Listing = Mapping[str, Sequence[Version]]
"""The current versions by dataset."""

CORRECTED_PREFIXES = {"sales-receipt/": SALES}
"""Spellings of a prefix that people use because they are right; they count like the client's own."""

DATASET_OF_PREFIX = {prefix: dataset for dataset, prefix in PREFIXES.items()} | CORRECTED_PREFIXES
ARCHIVE = "archive"


@dataclass(frozen=True)
class Bucket:
    """What lies in the raw bucket: the current version of each key that is read, and why each other key is not."""

    current: dict[str, list[Version]]
    not_read: dict[str, str]


@dataclass(frozen=True)
class Request:
    """What the load's form asks for besides the new files.

    ``reload`` is None, or the first and the last date (ISO, both included); ``ALL`` loads everything again. ``accept``
    names keys whose last upload was held back and shall count all the same.
    """

    withdraw: tuple[str, ...] = ()
    reload: tuple[str, str] | None = None
    accept: tuple[str, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether nothing is asked for."""
        return not self.withdraw and not self.accept and self.reload is None


ALL = ("0001-01-01", "9999-12-31")


def request_from_params(params: Mapping[str, object], raw_bucket: str) -> Request:
    """Return what the form asks for.

    Its fields are ``withdraw`` and ``accept`` (keys or ``s3://`` addresses), ``reload_from``, ``_to`` and ``_all``.

    Raises:
        RequestError: only one of the two dates, or in the wrong order; a key of no dataset.
    """
    withdraw, accept = (_keys(params.get(field), raw_bucket) for field in ("withdraw", "accept"))
    if both := sorted(set(withdraw) & set(accept)):
        raise RequestError(f"{both[0]!r} is to be withdrawn and accepted at once; name it in one of the two fields.")
    if params.get("reload_all"):
        return Request(withdraw, ALL, accept)
    first, last = params.get("reload_from") or None, params.get("reload_to") or None
    if first is None and last is None:
        return Request(withdraw, None, accept)
    if first is None or last is None:
        raise RequestError("Give both reload_from and reload_to, or neither; for one day give it twice.")
    if str(first) > str(last):
        raise RequestError(f"reload_from ({first}) is after reload_to ({last}).")
    return Request(withdraw, (str(first), str(last)), accept)


def _keys(listed: object, raw_bucket: str) -> tuple[str, ...]:
    """Return the keys that a field of the form lists. Raises RequestError for one of no dataset."""
    keys = [str(key).strip().removeprefix(f"s3://{raw_bucket}/") for key in listed] if isinstance(listed, list) else []
    for key in filter(None, keys):
        dataset_of(key)
    return tuple(filter(None, keys))


def dataset_of(key: str) -> str:
    """Return the dataset that a raw key belongs to.

    Raises:
        RequestError: it lies under none of the prefixes.
    """
    for prefix, dataset in DATASET_OF_PREFIX.items():
        if key.startswith(prefix):
            return dataset
    raise RequestError(f"The key {key!r} is under none of {', '.join(DATASET_OF_PREFIX)}.")


def why_not_read(key: str) -> str | None:
    """Return why no load reads a key (contract 3.1), None when it is read. The Lambda has the same rules."""
    if not key.startswith(tuple(DATASET_OF_PREFIX)):
        return f"it is under none of the prefixes {', '.join(DATASET_OF_PREFIX)}, which are told apart by case"
    *folders, name = key.split("/")
    if any(part.startswith((".", "_")) for part in (*folders, name)):
        return "its name, or that of a folder above it, begins with . or _"
    if not name.lower().endswith(".csv"):
        return "its name does not end in .csv"
    if ARCHIVE in map(str.lower, folders):
        return "it is in a folder archive/"
    return None


def list_bucket(s3: "S3Client", raw_bucket: str) -> Bucket:
    """Return the current version of every key that is read, by dataset, and every other key; in the order of the keys.

    A key whose newest version is a delete marker has no current one: deleting a raw object changes nothing. Markers of
    folders are no files.

    Raises:
        RequestError: the bucket keeps no versions, so nobody could tell an upload from the one before.
    """
    bucket = Bucket({dataset: [] for dataset in DATASETS}, {})
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=raw_bucket):
        for entry in page.get("Versions", []):
            key = entry["Key"]
            if not entry["IsLatest"] or key.endswith("/"):
                continue
            if reason := why_not_read(key):
                bucket.not_read[key] = reason
                continue
            _refuse_without_version(raw_bucket, key, entry["VersionId"])
            bucket.current[dataset_of(key)].append(
                Version(
                    key=key,
                    version_id=entry["VersionId"],
                    last_modified=entry["LastModified"].astimezone(UTC).isoformat(timespec="milliseconds"),
                    etag=entry["ETag"].strip('"'),
                    size=entry["Size"],
                )
            )
    return bucket


def _refuse_without_version(raw_bucket: str, key: str, version_id: str) -> None:
    if version_id == "null":
        raise RequestError(
            f"s3://{raw_bucket}/{key} has no version id: switch versioning of the bucket {raw_bucket} on and upload "
            "the file again."
        )


def list_current(s3: "S3Client", raw_bucket: str) -> dict[str, list[Version]]:
    """Return the current version of every key that is read, by dataset; see ``list_bucket``."""
    return list_bucket(s3, raw_bucket).current


def new_versions(ledger: Ledger, listing: Listing) -> dict[str, list[Version]]:
    """Return the versions that no published load has seen, by dataset.

    A version older than the one seen last is none: it became the current one because the newer was deleted for good,
    and deleting changes nothing.
    """
    return {
        dataset: [version for version in listing.get(dataset, ()) if _is_new(ledger["files"][dataset], version)]
        for dataset in DATASETS
    }


def _is_new(files: Mapping[str, FileOfLedger], version: Version) -> bool:
    if version.key not in files:
        return True
    seen = files[version.key]["last_seen"]
    if seen["version_id"] == version.version_id:
        return False
    return datetime.fromisoformat(version.last_modified) >= datetime.fromisoformat(seen["last_modified"])


def newest_upload(versions: Mapping[str, Iterable[Version]]) -> datetime | None:
    """Return when the last of these versions landed, or None when there are none."""
    moments = [datetime.fromisoformat(version.last_modified) for some in versions.values() for version in some]
    return max(moments, default=None)


def unknown_datasets(ledger: Ledger) -> list[str]:
    """Return the datasets of which the ledger has never seen a file."""
    return [dataset for dataset in DATASETS if not ledger["files"][dataset]]


def key_pattern(dataset: str) -> str:
    """Return where a dataset's files are looked for, as a pattern of keys.

    It holds either spelling of the prefix, and .csv in any case. The sensor needs one pattern for all, and finds more
    than is read: a hidden file ends its wait for nothing.
    """
    prefix = "sales-rec[ei][ei]pt/" if dataset == SALES else PREFIXES[dataset]
    return f"{prefix}*.[cC][sS][vV]"


def places(raw_bucket: str, dataset: str) -> str:
    """Return in words where a dataset's files are looked for."""
    prefixes = [prefix for prefix, name in DATASET_OF_PREFIX.items() if name == dataset]
    return " or ".join(f"s3://{raw_bucket}/{prefix}*.csv" for prefix in prefixes)


def missing_datasets(ledger: Ledger, listing: Listing) -> list[str]:
    """Return the datasets that have no file in the bucket and never had one in a load."""
    return [dataset for dataset in unknown_datasets(ledger) if not listing.get(dataset)]


def make_plan(
    *,
    load_id: str,
    run_id: str,
    made_at: datetime,
    ledger: Ledger,
    listing: Listing,
    request: Request,
    settings: "Settings",
    not_read: Mapping[str, str] | None = None,
) -> Plan:
    """Return the plan of a load, as ``loads/<load_id>/plan.json`` keeps it.

    A lake that an earlier version loaded is loaded again as a whole: its ledger does not know receipts. ``not_read``
    names the keys of the bucket that no load reads, each with its reason.

    Raises:
        RequestError: a key to withdraw is neither in the ledger nor in the bucket, or one to accept is not held back.
    """
    new = new_versions(ledger, listing)
    withdraw = _by_dataset([*request.withdraw, *_keys_read_no_more(ledger)])
    _refuse_unknown_keys(ledger, listing, request.withdraw)
    _refuse_what_is_not_held_back(ledger, _by_dataset(request.accept))
    accept = _accepted(request.accept, new)
    reload = ALL if ledger["format"] == WITHOUT_RECEIPTS else request.reload
    again = _versions_to_reload(ledger, reload) if reload else {}
    read, withdrawn = _versions_to_read(ledger, new, withdraw, accept, again)
    return {
        "format": FORMAT,
        "load_id": load_id,
        "run_id": run_id,
        "made_at": made_at.isoformat(timespec="seconds"),
        "ledger_revision": ledger["revision"],
        "read": read,
        "withdraw": withdraw,
        "accept": accept,
        "withdrawn_versions": withdrawn,
        "rebuild": _days_to_rebuild(ledger, reload) if reload else {},
        "not_read": dict(not_read or {}),
        "settings": {
            "max_quantity": settings.max_quantity,
            "quarantine_share": settings.quarantine_share,
            "kept_share": settings.kept_share,
        },
    }


def _by_dataset(keys: Iterable[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for key in sorted(set(keys)):
        found.setdefault(dataset_of(key), []).append(key)
    return found


def _refuse_unknown_keys(ledger: Ledger, listing: Listing, keys: Iterable[str]) -> None:
    for key in keys:
        dataset = dataset_of(key)
        if key not in ledger["files"][dataset] and key not in {version.key for version in listing.get(dataset, ())}:
            raise RequestError(
                f"Cannot withdraw {key!r}: no load has seen it and it is not in the raw bucket. Known keys of "
                f"{dataset}: {', '.join(sorted(ledger['files'][dataset])[:20]) or 'none'}."
            )


def _keys_read_no_more(ledger: Ledger) -> list[str]:
    """Return the keys that an earlier version loaded and this one leaves out, such as those below ``archive/``.

    As long as one file alone counted for a day, a copy of it did no harm; now that files add up it would.
    """
    if ledger["format"] != WITHOUT_RECEIPTS:
        return []
    loaded = ((key, file) for files in ledger["files"].values() for key, file in files.items())
    return [key for key, file in loaded if not file["withdrawn"] and why_not_read(key)]


def _refuse_what_is_not_held_back(ledger: Ledger, accept: Mapping[str, Iterable[str]]) -> None:
    for keys in accept.values():
        held_back = [file["key"] for file in open_files(ledger) if file["status"] == HELD_BACK]
        for key in keys:
            if key not in held_back:
                shown = ", ".join(held_back[:20]) or "none"
                raise RequestError(f"Cannot accept {key!r}: it is not held back. Keys that are held back: {shown}.")


def _accepted(keys: Iterable[str], new: Mapping[str, Iterable[Version]]) -> dict[str, list[str]]:
    """Return keys to accept by dataset, without those uploaded since: nobody has seen what they hold now."""
    uploaded = {version.key for versions in new.values() for version in versions}
    return _by_dataset(key for key in keys if key not in uploaded)


def _versions_to_read(
    ledger: Ledger,
    new: Mapping[str, Iterable[Version]],
    withdraw: Mapping[str, Iterable[str]],
    accept: Mapping[str, Iterable[str]],
    again: Mapping[str, dict[str, VersionOfKey]],
) -> tuple[dict[str, list[VersionOfKey]], dict[str, list[VersionOfKey]]]:
    """Return the versions to read, and new ones of keys that are withdrawn: seen, but not to be read; by dataset."""
    read, withdrawn = {}, {}
    for dataset in DATASETS:
        gone = set(withdraw.get(dataset, ()))
        fresh = {version.key: cast("VersionOfKey", asdict(version)) for version in new[dataset]}
        accepted = {key: _last_seen(key, ledger["files"][dataset][key]) for key in accept.get(dataset, ())}
        wanted = again.get(dataset, {}) | accepted | fresh
        read[dataset] = [wanted[key] for key in sorted(wanted) if key not in gone]
        if unread := [fresh[key] for key in sorted(fresh) if key in gone]:
            withdrawn[dataset] = unread
    return read, withdrawn


def _last_seen(key: str, file: FileOfLedger) -> VersionOfKey:
    """Return the version of a key that a load has seen last, as a plan names it."""
    seen = file["last_seen"]
    return {
        "key": key,
        "version_id": seen["version_id"],
        "last_modified": seen["last_modified"],
        "etag": seen["etag"],
        "size": seen["size"],
    }


def _versions_to_reload(ledger: Ledger, span: tuple[str, str]) -> dict[str, dict[str, VersionOfKey]]:
    """Return the last seen version of each file to read again: those with rows in the span, and those refused.

    Nobody knows the dates of a refused file without reading it; a first load would read it.
    """
    again: dict[str, dict[str, VersionOfKey]] = {}
    for dataset in DATASETS:
        again[dataset] = {
            key: _last_seen(key, file)
            for key, file in ledger["files"][dataset].items()
            if not file["withdrawn"] and _may_have_rows_in(file, span)
        }
    return again


def _may_have_rows_in(file: FileOfLedger, span: tuple[str, str]) -> bool:
    if file["last_seen"]["status"] in NOT_LOADED or not file["holding"]:
        return True
    return any(_touches(day, span) for day in file["holding"]["claims"])


def _touches(day: str, span: tuple[str, str]) -> bool:
    """Return whether a day, or a month such as 2019-04, has a day in the span."""
    width = len(day)
    return span[0][:width] <= day <= span[1][:width]


def _days_to_rebuild(ledger: Ledger, span: tuple[str, str]) -> dict[str, list[str]]:
    return {
        dataset: sorted(day for day in ledger["days"][dataset] if _touches(day, span))
        for dataset in (SALES, INVENTORY, TARGETS)
    }


def has_work(plan: Plan, pending: Pending) -> bool:
    """Return whether a load has anything to do: files to read or withdraw, or days that a broken load left behind."""
    wanted = [*plan["read"].values(), *plan["withdraw"].values(), *plan["rebuild"].values()]
    return any(wanted) or any(pending["days"].values())
