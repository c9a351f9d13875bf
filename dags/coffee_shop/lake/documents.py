"""The JSON documents of the state bucket as types: ledger, plan, result, pending days (docs/architecture.md).

The DAGs and, from their zip, the Spark jobs read and write the same documents. Days are ISO dates, of targets months
such as 2019-04; amounts are decimal texts; moments are ISO texts with their offset.
"""

from typing import Any, NotRequired, TypedDict

SALES, INVENTORY, TARGETS = DATASETS = ("sales_reciept", "pastry_inventory", "sales_target")
DAILY_DATASETS = (SALES, INVENTORY)
PUBLISHED, REFUSED, HELD_BACK = "published", "refused", "held back"
NOT_LOADED = (REFUSED, HELD_BACK)

WITHOUT_RECEIPTS, FORMAT = 1, 2
"""The format of documents that know one file for each day of an outlet, and that of now."""


class Totals(TypedDict):
    """What some rows add up to."""

    receipts: int
    rows: int
    quantity: int
    amount: str
    digest: str


class Share(Totals):
    """What one version of a key holds of a day of an outlet."""

    version_id: str


class DayOfOutlet(Totals):
    """What is published of a day of an outlet, and what each key has of it."""

    keys: dict[str, Share]


Claims = dict[str, dict[str, Totals]]  # by day and outlet, what a version delivers
Days = dict[str, dict[str, DayOfOutlet]]  # by day and outlet


class VersionOfKey(TypedDict):
    """A version of a key as S3 lists it."""

    key: str
    version_id: str
    last_modified: str
    etag: str
    size: int


class ReadTotals(TypedDict):
    """What a version gave when it was read."""

    rows_read: int
    rows_clean: int
    rows_quarantined: int
    quantity: int
    amount: str
    unreadable: dict[str, Any]
    claims: Claims


class Holding(ReadTotals):
    """The version of a key that counts."""

    version_id: str
    last_modified: str


class Stamp(TypedDict):
    """Which load did something, and when."""

    load_id: str
    run_id: str
    at: str


class Order(TypedDict):
    """In which run an operator accepted or withdrew a key, and when."""

    run_id: str
    at: str


class Withdrawn(Order):
    """The same of a withdrawal, with the days that the file delivered; older programs did not keep these."""

    days: NotRequired[list[str]]


class LastSeen(Stamp, total=False):
    """The last version of a key that a load has seen, and what became of it. Without a version: withdrawn unseen."""

    version_id: str
    last_modified: str
    etag: str
    size: int
    status: str
    reason: str | None


class FileOfLedger(TypedDict):
    """What the ledger knows of a key."""

    last_seen: LastSeen
    holding: Holding | None
    withdrawn: Withdrawn | None
    accepted: NotRequired[Order]


class Handover(TypedDict):
    """Receipts of a day of an outlet that another key holds since a load, or a day of one that a correction changed.

    ``from_key`` held it before the load and ``to_key`` holds it now: several keys joined by `` + ``, empty where no
    file does, and the same where a correction was uploaded again.
    """

    load_id: str
    run_id: NotRequired[str]
    at: str
    dataset: str
    day: str
    outlet: str
    from_key: str
    to_key: str
    receipts_before: int
    receipts_after: int
    rows_before: int
    rows_after: int
    amount_before: str
    amount_after: str


class Usage(TypedDict):
    """What a load or a report used: DPU seconds by job, seconds by crawl, bytes that queries read, and US dollars."""

    job_dpu_seconds: dict[str, float]
    crawl_seconds: dict[str, float]
    queries: int
    bytes_scanned: int
    price: str


class PublishedLoad(TypedDict):
    """A load that was published. ``usage`` is missing when it could not be looked up."""

    load_id: str
    run_id: str
    published_at: str
    changed_dates: list[str]
    files: int
    refused: list[str]
    held_back: list[str]
    usage: NotRequired[Usage]


class Ledger(TypedDict):
    """``ledger.json``: what is published. ``files`` is by dataset and key, ``days`` by dataset."""

    format: int
    revision: int
    files: dict[str, dict[str, FileOfLedger]]
    days: dict[str, Days]
    handovers: list[Handover]
    loads: list[PublishedLoad]


class LoadSettings(TypedDict):
    """The settings that a load keeps to from its plan on."""

    max_quantity: int
    quarantine_share: float
    kept_share: float


class Plan(TypedDict):
    """``loads/<load id>/plan.json``: what a load is to do. All but the last three are by dataset."""

    load_id: str
    run_id: str
    made_at: str
    ledger_revision: int
    read: dict[str, list[VersionOfKey]]
    withdraw: dict[str, list[str]]
    accept: dict[str, list[str]]
    withdrawn_versions: dict[str, list[VersionOfKey]]
    rebuild: dict[str, list[str]]
    not_read: dict[str, str]  # by key, why no load reads it
    settings: LoadSettings
    format: int


class FileOfResult(ReadTotals):
    """The last upload of a key; ``holding`` is there when another version of the key counts instead."""

    version_id: str
    status: str
    reason: str | None
    holding: NotRequired[Holding]
    header: NotRequired[list[str]]  # in lower case; empty of a file without a readable one


class Result(TypedDict):
    """``loads/<load id>/result.json``: what the job ``partition_data`` found out; by dataset, but for hand-overs."""

    load_id: str
    files: dict[str, dict[str, FileOfResult]]
    days: dict[str, Days]
    handovers: list[Handover]
    touched: dict[str, list[str]]
    changed: dict[str, list[str]]
    format: int


class Tables(TypedDict):
    """``loads/<load id>/tables/<zone>.json``: the tables that the jobs keep in a zone, with columns and their types.

    A type is None where only the crawler knows it: in the raw zone.
    """

    tables: dict[str, dict[str, str | None]]
    format: int


class Pending(TypedDict):
    """``pending.json``: by dataset, days that a load which is not published may have touched; and which load.

    ``left``: whether a load had put down days before this one began, so that tables may hold what nobody published.
    """

    load_id: str | None
    days: dict[str, list[str]]
    left: bool
