"""Who holds a day (contract 3.2): pure functions over the ledger, a plan and what its files deliver.

Each (outlet, day) of sales and inventory, and each (outlet, month) of targets, is held whole by one key: of those that
deliver at least one clean row for it, the highest-ranking. The outcome depends on the set of deliveries alone, never
on the order in which they were loaded.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from .columns import DATASETS, PREFIXES, TARGETS

Json = dict[str, Any]
CORRECTIONS = "corrections"


@dataclass(frozen=True)
class Delivery:
    """The rows that the accepted version of a key delivers, by day and outlet: rows, quantity, amount, digest."""

    key: str
    version_id: str
    last_modified: datetime
    claims: Mapping[str, Mapping[str, list[Any]]]


@dataclass(frozen=True)
class Held:
    """A day of one outlet in the tables: who holds it and what is in it."""

    key: str
    version_id: str
    rows: int
    quantity: int
    amount: str
    digest: str

    def as_json(self) -> Json:
        """Return the holder as ledger and result hold it; the digest stays with the file's claims."""
        return {
            "key": self.key,
            "version_id": self.version_id,
            "rows": self.rows,
            "quantity": self.quantity,
            "amount": self.amount,
        }


Days = dict[str, dict[str, Held]]  # by day, then outlet


@dataclass
class Decision:
    """What a load does to the tables of one dataset."""

    holders: Days  # of every day, after the load
    touched: list[str]  # days to build again
    changed: list[str]  # of those, where rows differ from the published ones
    days: dict[str, dict[str, Json]]  # for result.json: days whose entry in the ledger changes, {} = emptied
    handovers: list[Json] = field(default_factory=list)
    shrunk: list[Json] = field(default_factory=list)


def rank(key: str, last_modified: datetime, prefix: str) -> tuple[bool, datetime, str]:
    """Return what the highest of holds a day: in a ``corrections/`` sub-folder, then newest, then greater key."""
    folders = key.removeprefix(prefix).split("/")[:-1]
    return CORRECTIONS in folders, last_modified, key


def holders(deliveries: Iterable[Delivery], prefix: str) -> Days:
    """Return who holds each day of each outlet."""
    best: dict[tuple[str, str], tuple[tuple[bool, datetime, str], Delivery]] = {}
    for delivery in deliveries:
        standing = rank(delivery.key, delivery.last_modified, prefix)
        for day, outlets in delivery.claims.items():
            for outlet in outlets:
                found = best.get((day, outlet))
                if found is None or standing > found[0]:
                    best[day, outlet] = standing, delivery
    days: Days = {}
    for (day, outlet), (_, delivery) in sorted(best.items(), key=lambda item: item[0]):
        rows, quantity, amount, digest = delivery.claims[day][outlet]
        held = Held(delivery.key, delivery.version_id, rows, quantity, amount, digest)
        days.setdefault(day, {})[outlet] = held
    return days


def published_deliveries(ledger: Json, dataset: str) -> dict[str, Delivery]:
    """Return what the ledger's files deliver; a withdrawn file delivers nothing."""
    return {
        key: delivery(key, file["holding"])
        for key, file in ledger["files"][dataset].items()
        if file["holding"] and not file["withdrawn"]
    }


def delivery(key: str, holding: Json) -> Delivery:
    """Return a delivery as the ledger or a result describes it."""
    return Delivery(key, holding["version_id"], datetime.fromisoformat(holding["last_modified"]), holding["claims"])


def published_days(ledger: Json, dataset: str) -> Days:
    """Return who holds each day in the published tables, with the digest from the holder's claims."""
    days: Days = {}
    for day, outlets in ledger["days"][dataset].items():
        for outlet, entry in outlets.items():
            holding = ledger["files"][dataset].get(entry["key"], {}).get("holding") or {}
            claim = holding.get("claims", {}).get(day, {}).get(outlet) or [0, 0, "0.00", ""]
            held = Held(entry["key"], entry["version_id"], entry["rows"], entry["quantity"], entry["amount"], claim[3])
            days.setdefault(day, {})[outlet] = held
    return days


def decide(
    ledger: Json,
    dataset: str,
    accepted: Mapping[str, Delivery | None],
    withdraw: Iterable[str],
    forced: Iterable[str],
    plan: Json,
) -> Decision:
    """Decide which days change hands and which are built again.

    Args:
        ledger: what is published.
        dataset: one of the three.
        accepted: of each key read, the newest version that keeps the contract; None when it has none.
        withdraw: keys that count no longer.
        forced: days to build again in any case: asked for by a reload, or left behind by a load that was not
            published. For targets any such month means all of them: their table is one object.
        plan: for its load_id, made_at and settings.
    """
    deliveries: dict[str, Delivery | None] = {**published_deliveries(ledger, dataset), **accepted}
    for key in withdraw:
        deliveries.pop(key, None)
    before = published_days(ledger, dataset)
    after = holders([found for found in deliveries.values() if found], PREFIXES[dataset])
    again = set(forced)
    every = sorted(before.keys() | after.keys() | again)
    rebuilt = {day for day in every if _whose(before.get(day)) != _whose(after.get(day))} | again
    if dataset == TARGETS and rebuilt:
        rebuilt |= set(every)
    handovers = [
        _handover(plan, dataset, day, outlet, before[day][outlet], held)
        for day in every
        for outlet, held in after.get(day, {}).items()
        if outlet in before.get(day, {}) and before[day][outlet].key != held.key
    ]
    share = Decimal(str(plan["settings"]["handover_share"]))
    return Decision(
        holders=after,
        touched=sorted(rebuilt),
        changed=[day for day in every if _what(before.get(day)) != _what(after.get(day))],
        days={
            day: {outlet: held.as_json() for outlet, held in after.get(day, {}).items()}
            for day in every
            if _entries(before.get(day)) != _entries(after.get(day)) or day in rebuilt
        },
        handovers=handovers,
        shrunk=[found for found in handovers if found["rows_after"] < share * found["rows_before"]],
    )


def _whose(day: Mapping[str, Held] | None) -> dict[str, tuple[str, str]]:
    """Return what the clean zone shows of a day: rows and their source key."""
    return {outlet: (held.key, held.digest) for outlet, held in (day or {}).items()}


def _what(day: Mapping[str, Held] | None) -> dict[str, str]:
    """Return what the conform zone shows of a day: rows."""
    return {outlet: held.digest for outlet, held in (day or {}).items()}


def _entries(day: Mapping[str, Held] | None) -> dict[str, Json]:
    return {outlet: held.as_json() for outlet, held in (day or {}).items()}


def _handover(plan: Json, dataset: str, day: str, outlet: str, before: Held, after: Held) -> Json:
    return {
        "load_id": plan["load_id"],
        "at": plan["made_at"],
        "dataset": dataset,
        "day": day,
        "outlet": outlet,
        "from_key": before.key,
        "to_key": after.key,
        "rows_before": before.rows,
        "rows_after": after.rows,
        "amount_before": before.amount,
        "amount_after": after.amount,
    }


def days_after(ledger: Json, result: Json) -> dict[str, dict[str, dict[str, Json]]]:
    """Return who holds each day of each dataset once a load is published: the ledger's days with the load's laid over.

    Used by the conform jobs for the months that exist and the rows that a day must have.
    """
    merged: dict[str, dict[str, dict[str, Json]]] = {}
    for dataset in DATASETS:
        days = {**ledger["days"][dataset], **result["days"].get(dataset, {})}
        merged[dataset] = {day: outlets for day, outlets in sorted(days.items()) if outlets}
    return merged


def amount_of(outlets: Mapping[str, Json]) -> Decimal:
    """Return the sum of a day's amounts over its outlets."""
    return sum((Decimal(entry["amount"]) for entry in outlets.values()), Decimal("0.00"))
