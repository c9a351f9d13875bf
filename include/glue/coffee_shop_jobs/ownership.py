"""Which file counts for which receipt (contract 3.2): pure functions over what files deliver for a day of an outlet.

Files add up: of each receipt the newest upload counts, and a file in a ``corrections/`` folder counts alone for each
day of an outlet that it names. An upload that would leave a published day with much less than it had is held back.
The outcome depends on the uploads in their order, and on what an operator accepted or withdrew, never on how many of
them one load took.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from coffee_shop.lake.documents import Totals

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

    def as_json(self) -> Totals:
        """Return it as ledger and result hold it."""
        return {
            "receipts": self.receipts,
            "rows": self.rows,
            "quantity": self.quantity,
            "amount": str(self.amount),
            "digest": f"{self.digest:032x}",
        }

    @classmethod
    def of(cls, totals: Totals) -> Content:
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
        return is_correction(self.key)


def is_correction(key: str) -> bool:
    """Tell whether a key lies in a ``corrections/`` folder below its prefix, in any case as ``archive/`` is."""
    return CORRECTIONS in map(str.lower, key.split("/")[1:-1])


def version_digest(key: str, version_id: str) -> str:
    """Return a name for a version of a key that any object key can hold."""
    return hashlib.sha256(f"{key}|{version_id}".encode()).hexdigest()


@dataclass(frozen=True, eq=False)  # its claims have no hash; the same delivery is the same object
class Delivery:
    """A version that keeps the contract, and what it delivers for each day and outlet."""

    source: Source
    claims: Mapping[str, Mapping[str, Totals]]

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
    """Receipts of a place that another key holds now, with other content; or a whole place that a correction changed.

    Several keys are joined by `` + ``; a key is empty where no file holds anything.
    """

    from_key: str
    to_key: str
    before: Content
    after: Content


@dataclass(frozen=True)
class Verdict:
    """Who holds what of a place; ``shrinking`` names the first upload that has to be held back instead.

    ``is_corrected``: a correction held it before, after or during the load, so it is named as a whole, not by receipts.
    """

    place: Place
    shares: Mapping[str, tuple[str, Content]] = field(default_factory=dict)  # by key: version, content
    takeovers: Sequence[Takeover] = ()
    is_corrected: bool = False
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
    held = first = _held(current.values(), contents)
    for step in case.steps:
        current[step.key] = step
        after = _held(current.values(), contents)
        totals = _total(held), _total(after)
        # a goal may be lowered; it must not vanish
        shrinks = bool(held) and not after if case.is_goal else _shrinks(*totals, kept_share)
        if shrinks and not step.may_shrink and not step.is_correction:
            return Verdict(case.place, shrinking=Shrinking(step, case.place, *totals))
        held, first = after, {**after, **first}
    shares: dict[str, tuple[str, Content]] = {}
    for source, content in held.values():
        shares[source.key] = source.version_id, shares.get(source.key, ("", Content()))[1] + content
    corrected = any(each.is_correction and contents.get(each.id) for each in (*case.standing, *case.steps))
    takeovers = [] if corrected else _takeovers(first, held)
    return Verdict(case.place, dict(sorted(shares.items())), takeovers, is_corrected=corrected)


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
    least = kept_share * before.amount if before.amount > 0 else before.amount
    return bool(before.rows) and (after.receipts < kept_share * before.receipts or after.amount < least)


def _takeovers(first: Held, now: Held) -> list[Takeover]:
    """Return which receipts another key holds now than the one that had them first, with other content.

    A receipt that is in the tables was first in them; of one that is not, the first upload of this load had it.
    """
    found: dict[tuple[str, str], tuple[Content, Content]] = {}
    for receipt in first.keys() & now.keys():
        (giver, before), (taker, after) = first[receipt], now[receipt]
        if giver.key != taker.key and before.digest != after.digest:
            sums = found.get((giver.key, taker.key), (Content(), Content()))
            found[giver.key, taker.key] = sums[0] + before, sums[1] + after
    return [Takeover(*pair, *sums) for pair, sums in sorted(found.items())]
