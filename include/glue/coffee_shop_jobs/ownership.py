"""Which file counts for which receipt (contract 3.2): pure functions over the ledger and what files deliver.

Files add up: of each receipt the newest upload counts, and a file in a ``corrections/`` folder counts alone for each
day of an outlet that it names. An upload that would leave a published day with much less than it had is held back.
The outcome depends on the uploads in their order, and on what an operator accepted or withdrew, never on how many of
them one load took.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from .columns import DATASETS, TARGETS

Json = dict[str, Any]
Place = tuple[str, str]  # a day (of targets: a month) and an outlet
CORRECTIONS = "corrections"
WHOLE = ""  # stands for all receipts of a day where one key alone delivers them
ZERO = Decimal("0.00")


@dataclass(frozen=True)
class Content:
    """What some rows add up to. The digest does not depend on their order."""

    receipts: int = 0
    rows: int = 0
    quantity: int = 0
    amount: Decimal = ZERO
    digest: int = 0

    def __add__(self, other: Content) -> Content:
        return Content(
            self.receipts + other.receipts,
            self.rows + other.rows,
            self.quantity + other.quantity,
            self.amount + other.amount,
            (self.digest + other.digest) % 2**128,
        )

    def as_json(self) -> Json:
        """Return it as ledger and result hold it."""
        totals = {"receipts": self.receipts, "rows": self.rows, "quantity": self.quantity}
        return totals | {"amount": str(self.amount), "digest": f"{self.digest:032x}"}

    @classmethod
    def of(cls, totals: Json) -> Content:
        """Read it back."""
        digest = int(totals["digest"], 16)
        return cls(totals["receipts"], totals["rows"], totals["quantity"], Decimal(totals["amount"]), digest)


@dataclass(frozen=True)
class Source:
    """A version of a key. ``may_shrink``: an operator has accepted it, so it is not held back."""

    key: str
    version_id: str
    last_modified: datetime
    may_shrink: bool = False

    @property
    def id(self) -> str:
        """A name that any object key can hold."""
        return version_digest(self.key, self.version_id)

    @property
    def rank(self) -> tuple[datetime, str]:
        """What the highest of holds a receipt: the newest upload, then the greater key."""
        return self.last_modified, self.key

    @property
    def is_correction(self) -> bool:
        """Whether it lies in a ``corrections/`` folder."""
        return CORRECTIONS in self.key.split("/")[1:-1]


def version_digest(key: str, version_id: str) -> str:
    """Return a name for a version of a key that any object key can hold."""
    return hashlib.sha256(f"{key}|{version_id}".encode()).hexdigest()


@dataclass(frozen=True, eq=False)  # its claims have no hash; the same delivery is the same object
class Delivery:
    """A version that keeps the contract, and what it delivers for each day and outlet."""

    source: Source
    claims: Mapping[str, Mapping[str, Json]]

    def places(self) -> set[Place]:
        """Return the days and outlets that it delivers rows for."""
        return {(day, outlet) for day, outlets in self.claims.items() for outlet in outlets}


@dataclass(frozen=True)
class Case:
    """What is to be decided about one day of one outlet."""

    place: Place
    standing: tuple[Source, ...]  # one a key, before this load
    steps: tuple[Source, ...]  # uploads in their order; each takes the place of its key's version before
    is_goal: bool = False  # of a target, which may be lowered


@dataclass(frozen=True)
class Shrinking:
    """An upload that would leave a published day of an outlet with much less than it has."""

    source: Source
    place: Place
    before: Content
    after: Content

    def words(self) -> str:
        """Return what is wrong, with the figures before and after."""
        day, outlet = self.place
        return (
            f"outlet {outlet} on {day} has {_words(self.before)} and would be left with {_words(self.after)}"
            if self.after.rows
            else f"outlet {outlet} on {day} has {_words(self.before)} and would be left with nothing"
        )


def _words(content: Content) -> str:
    return f"{content.receipts:,} receipts, {content.amount:,}"


@dataclass(frozen=True)
class Takeover:
    """Receipts of a place that another key holds now, with other content."""

    from_key: str
    to_key: str
    before: Content
    after: Content


@dataclass(frozen=True)
class Verdict:
    """Who holds what of a place; ``shrinking`` names the first upload that has to be held back instead."""

    place: Place
    shares: Mapping[str, tuple[str, Content]] = field(default_factory=dict)  # by key: version, content
    takeovers: Sequence[Takeover] = ()
    shrinking: Shrinking | None = None


Held = Mapping[str, tuple[Source, Content]]  # by receipt


def judge(case: Case, contents: Mapping[str, Mapping[str, Content]], kept_share: Decimal) -> Verdict:
    """Decide one case, upload after upload.

    Args:
        case: the versions that count now, and those that arrive.
        contents: by the id of a version, what it delivers of each receipt of the place.
        kept_share: the least share of its receipts and of its amount that an upload must leave to a day.
    """
    current = {source.key: source for source in case.standing}
    held = _held(current.values(), contents)
    takeovers: list[Takeover] = []
    for step in case.steps:
        current[step.key] = step
        after = _held(current.values(), contents)
        totals = _total(held), _total(after)
        # a goal may be lowered; it must not vanish
        shrinks = bool(held) and not after if case.is_goal else _shrinks(*totals, kept_share)
        if shrinks and not step.may_shrink and not step.is_correction:
            return Verdict(case.place, shrinking=Shrinking(step, case.place, *totals))
        takeovers += _takeovers(held, after)
        held = after
    shares: dict[str, tuple[str, Content]] = {}
    for source, content in held.values():
        shares[source.key] = source.version_id, shares.get(source.key, ("", Content()))[1] + content
    return Verdict(case.place, dict(sorted(shares.items())), takeovers)


def _held(current: Iterable[Source], contents: Mapping[str, Mapping[str, Content]]) -> Held:
    """Return who holds each receipt: of those that deliver it the highest; a correction all of them, alone."""
    delivering = sorted((source for source in current if contents.get(source.id)), key=lambda source: source.rank)
    corrections = [source for source in delivering if source.is_correction]
    return {
        receipt: (source, content)
        for source in corrections[-1:] or delivering
        for receipt, content in contents[source.id].items()
    }


def _total(held: Held) -> Content:
    return sum((content for _, content in held.values()), Content())


def _shrinks(before: Content, after: Content, kept_share: Decimal) -> bool:
    fewer = after.receipts < kept_share * before.receipts
    return bool(before.rows) and (fewer or (before.amount > 0 and after.amount < kept_share * before.amount))


def _takeovers(before: Held, after: Held) -> list[Takeover]:
    """Return which receipts another key holds now, with other content; of a correction, the whole day."""
    keys = [sorted({source.key for source, _ in held.values()}) for held in (before, after)]
    if any(source.is_correction for held in (before, after) for source, _ in held.values()):
        totals = _total(before), _total(after)
        moved = all(keys) and keys[0] != keys[1] and totals[0].digest != totals[1].digest
        return [Takeover(" + ".join(keys[0]), " + ".join(keys[1]), *totals)] if moved else []
    found: dict[tuple[str, str], tuple[Content, Content]] = {}
    for receipt in before.keys() & after.keys():
        (was, old), (now, new) = before[receipt], after[receipt]
        if was.key != now.key and old.digest != new.digest:
            sums = found.get((was.key, now.key), (Content(), Content()))
            found[was.key, now.key] = sums[0] + old, sums[1] + new
    return [Takeover(*pair, *sums) for pair, sums in sorted(found.items())]


# --- a load


Shares = dict[str, dict[str, Json]]  # by day and outlet, as the ledger holds them
JudgeReceipts = Callable[[Sequence[Case]], Iterable[Verdict]]


@dataclass
class Decision:
    """What a load does to the tables of one dataset."""

    counting: dict[str, Delivery]  # by key: the version that counts after the load
    shares: Shares  # of every day, after the load
    touched: list[str]  # days to build again
    changed: list[str]  # of those, where rows differ from the published ones
    days: Shares  # for result.json: days whose entry in the ledger changes, {} = emptied
    handovers: list[Json] = field(default_factory=list)
    held_back: dict[str, str] = field(default_factory=dict)  # by the id of a version: why


def published_deliveries(ledger: Json, dataset: str) -> dict[str, Delivery]:
    """Return what the ledger's files deliver; a withdrawn file delivers nothing."""
    return {
        key: delivery(key, file["holding"])
        for key, file in ledger["files"][dataset].items()
        if file["holding"] and not file["withdrawn"]
    }


def delivery(key: str, holding: Json, *, may_shrink: bool = False) -> Delivery:
    """Return a delivery as the ledger or a result describes it."""
    uploaded = datetime.fromisoformat(holding["last_modified"])
    return Delivery(Source(key, holding["version_id"], uploaded, may_shrink), holding["claims"])


def decide(
    ledger: Json,
    dataset: str,
    standing: Mapping[str, Delivery],
    arrivals: Sequence[Delivery],
    forced: Iterable[str],
    plan: Json,
    judge_receipts: JudgeReceipts,
) -> Decision:
    """Decide which version of each key counts, who holds which receipts, and which days are built again.

    Args:
        ledger: what is published.
        dataset: one of the three.
        standing: by key, the versions that count before this load, without the keys that it withdraws.
        arrivals: versions that keep the contract and are new, in the order of their upload.
        forced: days to build again in any case: asked for by a reload, or left behind by a load that was not
            published. For targets any such month means all of them: their table is one object.
        plan: for its load_id, made_at, settings and what it withdraws.
        judge_receipts: decides the cases in which several keys deliver receipts, where those can be read.
    """
    kept_share = Decimal(str(plan["settings"]["kept_share"]))
    held_back: dict[str, list[Shrinking]] = {}
    while True:
        steps = [arrival for arrival in arrivals if arrival.source.id not in held_back]
        alone, shared = _cases(ledger, dataset, standing, steps, plan["withdraw"].get(dataset, []))
        verdicts = [judge(case, contents, kept_share) for case, contents in alone]
        verdicts += judge_receipts(shared) if shared else ()
        shrinking = [verdict.shrinking for verdict in verdicts if verdict.shrinking]
        if not shrinking:
            break
        # what comes after an upload that is held back is judged anew, without it
        position = {step.source.id: number for number, step in enumerate(steps)}
        first = min((each.source.id for each in shrinking), key=lambda source_id: position[source_id])
        held_back[first] = [each for each in shrinking if each.source.id == first]
    counting = dict(standing) | {step.source.key: step for step in steps}
    reasons = {source_id: _why_held_back(some, kept_share) for source_id, some in held_back.items()}
    return _decision(ledger, dataset, counting, verdicts, set(forced), plan, reasons)


def _why_held_back(shrinking: Sequence[Shrinking], kept_share: Decimal) -> str:
    shown = sorted(shrinking, key=lambda each: each.place)
    more = f"; and {len(shown) - 3} more" if len(shown) > 3 else ""
    days = "; ".join(each.words() for each in shown[:3])
    return (
        f"{days}{more}. An upload that leaves a day with less than {kept_share * 100:.0f} % of its receipts or amount"
        " is held back: upload a complete file, or accept this one in the load's form"
    )


def _cases(
    ledger: Json, dataset: str, standing: Mapping[str, Delivery], steps: Sequence[Delivery], withdrawn: Iterable[str]
) -> tuple[list[tuple[Case, dict[str, dict[str, Content]]]], list[Case]]:
    """Return the places that this load may change: those with one key, with their contents, and those with several."""
    versions: dict[str, list[Delivery]] = defaultdict(list)
    for step in steps:
        versions[step.source.key].append(step)
    affected = _stale_places(ledger, dataset, standing)
    at: dict[Place, list[Delivery]] = defaultdict(list)
    arriving: dict[Place, list[Delivery]] = defaultdict(list)
    for key, some in versions.items():
        before = [standing[key]] if key in standing else []
        places: set[Place] = set().union(*(each.places() for each in [*before, *some]))
        affected |= places
        for place in places:
            arriving[place] += some
    for key in withdrawn:
        affected |= _places_held_by(ledger["days"][dataset], key)
    for each in standing.values():
        for place in each.places() & affected:
            at[place].append(each)
    alone, shared = [], []
    order = {step.source.id: number for number, step in enumerate(steps)}
    for place in sorted(affected):
        ordered = sorted(arriving[place], key=lambda step: order[step.source.id])
        sources = tuple(each.source for each in at[place]), tuple(step.source for step in ordered)
        case = Case(place, *sources, is_goal=dataset == TARGETS)
        deliveries = [*at[place], *ordered]
        if dataset == TARGETS or len({each.source.key for each in deliveries}) <= 1:
            alone.append((case, _whole(place, deliveries)))
        else:
            shared.append(case)
    return alone, shared


def _whole(place: Place, deliveries: Iterable[Delivery]) -> dict[str, dict[str, Content]]:
    """Return what each version delivers of a place, as if it were one receipt."""
    day, outlet = place
    return {
        each.source.id: {WHOLE: Content.of(each.claims[day][outlet])}
        for each in deliveries
        if outlet in each.claims.get(day, {})
    }


def _stale_places(ledger: Json, dataset: str, standing: Mapping[str, Delivery]) -> set[Place]:
    """Return the places of files that read otherwise than when they were loaded, or before the ledger knew receipts."""
    stale: set[Place] = set()
    for key, now in standing.items():
        file = ledger["files"][dataset].get(key) or {}
        before = (file.get("holding") or {}).get("claims", {})
        if before is not now.claims:
            for day in before.keys() | now.claims.keys():
                was, new = before.get(day, {}), now.claims.get(day, {})
                stale |= {(day, outlet) for outlet in was.keys() | new.keys() if was.get(outlet) != new.get(outlet)}
    return stale


def _places_held_by(days: Mapping[str, Mapping[str, Json]], key: str) -> set[Place]:
    return {
        (day, outlet)
        for day, outlets in days.items()
        for outlet, entry in outlets.items()
        if key in entry.get("keys", {entry.get("key"): None})
    }


def _decision(
    ledger: Json,
    dataset: str,
    counting: dict[str, Delivery],
    verdicts: Sequence[Verdict],
    forced: set[str],
    plan: Json,
    held_back: dict[str, str],
) -> Decision:
    before: Shares = ledger["days"][dataset]
    after = {day: dict(outlets) for day, outlets in before.items()}
    for verdict in verdicts:
        day, outlet = verdict.place
        after.setdefault(day, {}).pop(outlet, None)
        if verdict.shares:
            after[day][outlet] = _entry(verdict.shares)
    after = {day: dict(sorted(outlets.items())) for day, outlets in sorted(after.items()) if outlets}
    every = sorted(before.keys() | after.keys() | forced)
    rebuilt = {day for day in every if _in_clean(before.get(day)) != _in_clean(after.get(day))} | forced
    if dataset == TARGETS and rebuilt:
        rebuilt |= set(every)
    return Decision(
        counting=counting,
        shares=after,
        touched=sorted(rebuilt),
        changed=[day for day in every if _rows(ledger, dataset, day, before) != _rows(ledger, dataset, day, after)],
        days={day: after.get(day, {}) for day in every if before.get(day) != after.get(day) or day in rebuilt},
        handovers=_handovers(before, verdicts, plan, dataset),
        held_back=held_back,
    )


def _entry(shares: Mapping[str, tuple[str, Content]]) -> Json:
    """Return the ledger's entry of a day of an outlet: what is in it, and what each key has of it."""
    total = sum((content for _, content in shares.values()), Content())
    keys = {key: {"version_id": version_id} | content.as_json() for key, (version_id, content) in shares.items()}
    return total.as_json() | {"keys": keys}


def _in_clean(day: Mapping[str, Json] | None) -> dict[str, dict[str, str]]:
    """Return what the clean zone shows of a day: rows and their source key."""
    return {
        outlet: {key: share["digest"] for key, share in entry.get("keys", {}).items()}
        for outlet, entry in (day or {}).items()
    }


def _rows(ledger: Json, dataset: str, day: str, shares: Shares) -> dict[str, str]:
    """Return what the conform zone shows of a day: rows. An entry of an earlier format has its digest at its file."""
    return {
        outlet: entry["digest"] if "digest" in entry else _digest_at_file(ledger, dataset, day, outlet, entry["key"])
        for outlet, entry in shares.get(day, {}).items()
    }


def _digest_at_file(ledger: Json, dataset: str, day: str, outlet: str, key: str) -> str:
    holding = ledger["files"][dataset].get(key, {}).get("holding") or {}
    claim = holding.get("claims", {}).get(day, {}).get(outlet)
    return str(claim[3]) if claim else ""


def _handovers(before: Shares, verdicts: Sequence[Verdict], plan: Json, dataset: str) -> list[Json]:
    """Name the receipts that changed hands, and those that came back because their file was withdrawn."""
    handovers = []
    withdrawn = set(plan["withdraw"].get(dataset, []))
    for verdict in verdicts:
        day, outlet = verdict.place
        entry = before.get(day, {}).get(outlet, {})
        takeovers, keys = [*verdict.takeovers], entry.get("keys", {})
        takeovers += _since_files_add_up(entry, verdict) if "key" in entry else []
        for key in sorted(withdrawn & keys.keys()):
            takeovers += _given_back(key, keys, verdict)
        for each in takeovers:
            handovers.append(
                {
                    "load_id": plan["load_id"],
                    "at": plan["made_at"],
                    "dataset": dataset,
                    "day": day,
                    "outlet": outlet,
                    "from_key": each.from_key,
                    "to_key": each.to_key,
                    "receipts_before": each.before.receipts,
                    "receipts_after": each.after.receipts,
                    "rows_before": each.before.rows,
                    "rows_after": each.after.rows,
                    "amount_before": str(each.before.amount),
                    "amount_after": str(each.after.amount),
                }
            )
    return handovers


def _since_files_add_up(entry: Json, verdict: Verdict) -> list[Takeover]:
    """Return how a place changes that one key held whole, by a ledger that did not know receipts."""
    now = sum((content for _, content in verdict.shares.values()), Content())
    before = Content(0, entry["rows"], entry["quantity"], Decimal(entry["amount"]))
    same = (before.rows, before.quantity, before.amount) == (now.rows, now.quantity, now.amount)
    return [] if same else [Takeover(entry["key"], " + ".join(verdict.shares), before, now)]


def _given_back(key: str, keys: Mapping[str, Json], verdict: Verdict) -> list[Takeover]:
    """Return what other keys have of a place since a key was withdrawn from it."""
    known = {other: Content.of(share) for other, share in keys.items()}
    return [
        Takeover(key, other, known[key], content)
        for other, (_, content) in verdict.shares.items()
        if content.digest != known.get(other, Content()).digest
    ]


def days_after(ledger: Json, result: Json) -> dict[str, Shares]:
    """Return what each day of each dataset has once a load is published: the ledger's days with the load's laid over.

    Used by the conform jobs for the months that exist and the rows that a day must have.
    """
    merged: dict[str, Shares] = {}
    for dataset in DATASETS:
        days = {**ledger["days"][dataset], **result["days"].get(dataset, {})}
        merged[dataset] = {day: outlets for day, outlets in sorted(days.items()) if outlets}
    return merged
