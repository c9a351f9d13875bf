"""Whether the lake holds what the loads published: lines, items and income of each day and outlet (contract 3.2)."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from coffee_shop.lake.documents import SALES, Ledger
from coffee_shop.report.history import Row

Totals = tuple[int, int, Decimal]  # lines, items, income
NOTHING: Totals = (0, 0, Decimal("0.00"))
SHOWN = 5


class LakeDiffersError(RuntimeError):
    """The lake does not hold what the ledger says; no report is made of it."""


def differences(ledger: Ledger, first: str, last: str, history: Iterable[Row]) -> list[str]:
    """Return in words where the lake and the ledger differ.

    Args:
        ledger: the ledger of loads.
        first: the period's first day, ISO.
        last: its last day, included.
        history: the rows of ``headline/history.sql``.

    Returns:
        One sentence a day and outlet, in order, each beginning with the day.
    """
    published = {
        (day, outlet): (entry["rows"], entry["quantity"], Decimal(entry["amount"]))
        for day, outlets in ledger["days"][SALES].items()
        if first <= day <= last
        for outlet, entry in outlets.items()
    }
    held = {
        (day, row["salesoutletno"]): (row["lines"], row["items"], Decimal(row["income"]))
        for row in history
        if row["salesoutletno"] is not None and first <= (day := row["business_date"].isoformat()) <= last
    }
    places = sorted(published.keys() | held.keys())
    pairs = [(place, published.get(place, NOTHING), held.get(place, NOTHING)) for place in places]
    return [
        f"{day}, outlet {outlet}: {_words(expected)} were published, the lake has {_words(actual)}"
        for (day, outlet), expected, actual in pairs
        if expected != actual
    ]


def _words(totals: Totals) -> str:
    lines, items, income = totals
    return f"{lines:,} lines, {items:,} items, {income:,}" if lines else "nothing"


def message(load_id: str | None, differing: list[str]) -> str:
    """Return what an operator is told: which days differ, and how they are built again."""
    days = sorted({sentence[:10] for sentence in differing})
    more = f"\n  and {len(differing) - SHOWN} more" if len(differing) > SHOWN else ""
    return (
        f"The lake does not hold what load {load_id} published, so no report is made:\n  "
        + "\n  ".join(differing[:SHOWN])
        + f"{more}\nIf a load runs now, clear this task when it has ended. If not, build the days again: trigger "
        f"coffee_shop_load with reload_from {days[0]} and reload_to {days[-1]}, then clear this task."
    )
