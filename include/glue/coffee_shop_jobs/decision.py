"""What a load does to the tables (contract 3.2): which version of each key counts, and which days are built again.

Pure functions over the ledger, a plan and what its files deliver; ``ownership.py`` decides each day of an outlet.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from coffee_shop.lake.documents import (
    WITHOUT_RECEIPTS,
    DayOfOutlet,
    Days,
    Handover,
    Holding,
    Ledger,
    Plan,
    Result,
    Share,
)

from .columns import DATASETS, TARGETS
from .ownership import (
    WHOLE,
    Case,
    Content,
    Delivery,
    Place,
    Shrinking,
    Source,
    Takeover,
    Verdict,
    is_correction,
    judge,
)

JudgeReceipts = Callable[[Sequence[Case]], Iterable[Verdict]]


@dataclass
class Decision:
    """What a load does to the tables of one dataset."""

    counting: dict[str, Delivery]  # by key: the version that counts after the load
    shares: Days  # of every day, after the load
    touched: list[str]  # days to build again
    changed: list[str]  # of those, where rows differ from the published ones
    days: Days  # for result.json: days whose entry in the ledger changes, {} = emptied
    handovers: list[Handover] = field(default_factory=list)
    held_back: dict[str, str] = field(default_factory=dict)  # by the id of a version: why


def published_deliveries(ledger: Ledger, dataset: str) -> dict[str, Delivery]:
    """Return what the ledger's files deliver; a withdrawn file delivers nothing."""
    return {
        key: delivery(key, file["holding"])
        for key, file in ledger["files"][dataset].items()
        if file["holding"] and not file["withdrawn"]
    }


def delivery(key: str, holding: Holding, *, may_shrink: bool = False) -> Delivery:
    """Return a delivery as the ledger or a result describes it."""
    uploaded = datetime.fromisoformat(holding["last_modified"])
    return Delivery(Source(key, holding["version_id"], uploaded, may_shrink), holding["claims"])


def decide_load(
    ledger: Ledger,
    dataset: str,
    standing: Mapping[str, Delivery],
    arrivals: Sequence[Delivery],
    forced: Iterable[str],
    plan: Plan,
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
    ledger: Ledger, dataset: str, standing: Mapping[str, Delivery], steps: Sequence[Delivery], withdrawn: Iterable[str]
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


def _stale_places(ledger: Ledger, dataset: str, standing: Mapping[str, Delivery]) -> set[Place]:
    """Return the places of files that read otherwise than when they were loaded, or before the ledger knew receipts."""
    stale: set[Place] = set()
    for key, now in standing.items():
        file = ledger["files"][dataset].get(key)
        before = file["holding"]["claims"] if file and file["holding"] else {}
        if before is not now.claims:
            for day in before.keys() | now.claims.keys():
                was, new = before.get(day, {}), now.claims.get(day, {})
                stale |= {(day, outlet) for outlet in was.keys() | new.keys() if was.get(outlet) != new.get(outlet)}
    return stale


def _places_held_by(days: Days, key: str) -> set[Place]:
    return {(day, outlet) for day, outlets in days.items() for outlet, entry in outlets.items() if key in entry["keys"]}


def _decision(
    ledger: Ledger,
    dataset: str,
    counting: dict[str, Delivery],
    verdicts: Sequence[Verdict],
    forced: set[str],
    plan: Plan,
    held_back: dict[str, str],
) -> Decision:
    before = ledger["days"][dataset]
    after = {day: dict(outlets) for day, outlets in before.items()}
    for verdict in verdicts:
        day, outlet = verdict.place
        after.setdefault(day, {}).pop(outlet, None)
        if verdict.shares:
            after[day][outlet] = _entry(verdict.shares)
    after = {day: dict(sorted(outlets.items())) for day, outlets in sorted(after.items()) if outlets}
    every = sorted(before.keys() | after.keys() | forced)
    if ledger["format"] == WITHOUT_RECEIPTS:
        forced = set(every)
    rebuilt = {day for day in every if _in_clean(before.get(day)) != _in_clean(after.get(day))} | forced
    if dataset == TARGETS and rebuilt:
        rebuilt |= set(every)
    return Decision(
        counting=counting,
        shares=after,
        touched=sorted(rebuilt),
        changed=[day for day in every if _rows(before.get(day)) != _rows(after.get(day))],
        days={day: after.get(day, {}) for day in every if before.get(day) != after.get(day) or day in rebuilt},
        handovers=_handovers(ledger, dataset, verdicts, plan),
        held_back=held_back,
    )


def _entry(shares: Mapping[str, tuple[str, Content]]) -> DayOfOutlet:
    """Return the ledger's entry of a day of an outlet: what is in it, and what each key has of it."""
    total = sum((content for _, content in shares.values()), Content())
    keys: dict[str, Share] = {
        key: {"version_id": version_id, **content.as_json()} for key, (version_id, content) in shares.items()
    }
    return {**total.as_json(), "keys": keys}


def _in_clean(day: Mapping[str, DayOfOutlet] | None) -> dict[str, dict[str, str]]:
    """Return what the clean zone shows of a day: rows and their source key."""
    return {
        outlet: {key: share["digest"] for key, share in entry["keys"].items()} for outlet, entry in (day or {}).items()
    }


def _rows(day: Mapping[str, DayOfOutlet] | None) -> dict[str, str]:
    """Return what the conform zone shows of a day: rows."""
    return {outlet: entry["digest"] for outlet, entry in (day or {}).items()}


def _handovers(ledger: Ledger, dataset: str, verdicts: Sequence[Verdict], plan: Plan) -> list[Handover]:
    """Name what changed hands, what a correction changed, and what came back because its file was withdrawn."""
    handovers = []
    withdrawn = set(plan["withdraw"].get(dataset, []))
    for verdict in sorted(verdicts, key=lambda each: each.place):
        day, outlet = verdict.place
        entry = ledger["days"][dataset].get(day, {}).get(outlet)
        takeovers = _takeovers(entry, verdict, withdrawn, knows_receipts=ledger["format"] != WITHOUT_RECEIPTS)
        handovers += [_handover(each, dataset, verdict.place, plan) for each in takeovers]
    return handovers


def _takeovers(
    entry: DayOfOutlet | None, verdict: Verdict, withdrawn: set[str], *, knows_receipts: bool
) -> list[Takeover]:
    """Return what changed hands at a place, from the tables before the load to those after it."""
    keys: Mapping[str, Share] = entry["keys"] if entry else {}
    gone = sorted(withdrawn & keys.keys())
    # what a verdict says of receipts begins without the files that the load withdraws
    if verdict.is_corrected or any(map(is_correction, keys)) or (gone and verdict.takeovers):
        return _whole_place(entry, verdict, knows_receipts=knows_receipts)
    takeovers = [*verdict.takeovers]
    if entry and not knows_receipts:  # one key held the place whole; now files add up
        takeovers += _whole_place(entry, verdict, knows_receipts=False)
    for key in gone:
        takeovers += _given_back(key, keys, verdict)
    return takeovers


def _handover(takeover: Takeover, dataset: str, place: Place, plan: Plan) -> Handover:
    before, after = takeover.before, takeover.after
    return {
        "load_id": plan["load_id"],
        "at": plan["made_at"],
        "dataset": dataset,
        "day": place[0],
        "outlet": place[1],
        "from_key": takeover.from_key,
        "to_key": takeover.to_key,
        "receipts_before": before.receipts,
        "receipts_after": after.receipts,
        "rows_before": before.rows,
        "rows_after": after.rows,
        "amount_before": str(before.amount),
        "amount_after": str(after.amount),
    }


def _whole_place(entry: DayOfOutlet | None, verdict: Verdict, *, knows_receipts: bool) -> list[Takeover]:
    """Return how a place changed as a whole; nothing when it has the rows that it had."""
    before = Content.of(entry) if entry else Content()
    now = sum((content for _, content in verdict.shares.values()), Content())
    same = (before.rows, before.quantity, before.amount) == (now.rows, now.quantity, now.amount)
    if same and (before.digest == now.digest or not knows_receipts):
        return []
    return [Takeover(" + ".join(entry["keys"] if entry else ()), " + ".join(verdict.shares), before, now)]


def _given_back(key: str, keys: Mapping[str, Share], verdict: Verdict) -> list[Takeover]:
    """Return what other keys have of a place since a key was withdrawn from it."""
    known = {other: Content.of(share) for other, share in keys.items()}
    return [
        Takeover(key, other, known[key], content)
        for other, (_, content) in verdict.shares.items()
        if content.digest != known.get(other, Content()).digest
    ]


def days_after(ledger: Ledger, result: Result) -> dict[str, Days]:
    """Return what each day of each dataset has once a load is published: the ledger's days with the load's laid over.

    Used by the conform jobs for the months that exist and the rows that a day must have.
    """
    merged: dict[str, Days] = {}
    for dataset in DATASETS:
        days = {**ledger["days"][dataset], **result["days"].get(dataset, {})}
        merged[dataset] = {day: outlets for day, outlets in sorted(days.items()) if outlets}
    return merged
