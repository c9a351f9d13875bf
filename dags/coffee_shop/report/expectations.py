"""Which outlets should have sold on a day: by what they sold before, and by what the settings say of closed ones.

Whatever asks whether an outlet or a day is missing or closed asks here. All numbers of outlets are text, all days ISO
dates in the results.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from coffee_shop.lake.documents import SALES, Ledger
from coffee_shop.lake.ledger import expected_outlets, outlets_on
from coffee_shop.report.documents import OutletsOfDay
from coffee_shop.settings import Settings


@dataclass(frozen=True)
class Expectations:
    """Which outlets should have sold, by the ledger of loads and the shop's settings."""

    ledger: Ledger
    shop: Settings

    def missing(self, days: Iterable[date]) -> list[OutletsOfDay]:
        """Return the outlets that should have sold on a day and have no published sales for it.

        Returns:
            One entry a day with something missing: ``day``, ``outlets`` (numbers, in order), ``whole_day`` (true when
            no outlet has sales on it).
        """
        return [
            _entry(day, missing, whole_day=not outlets_on(self.ledger, day))
            for day in days
            if (missing := {number for number in self._without_sales(day) if not self.shop.closes(number, day)})
        ]

    def closed(self, days: Iterable[date]) -> list[OutletsOfDay]:
        """Return the outlets without sales that the settings close, which are therefore not missing.

        Returns:
            Entries like those of ``missing``; ``whole_day`` is true when the shop was closed. Then there may be no
            outlets: none was expected anyway.
        """
        entries = [
            _entry(
                day,
                {number for number in self._without_sales(day) if self.shop.closes(number, day)},
                whole_day=self.is_closed(day),
            )
            for day in days
        ]
        return [entry for entry in entries if entry["outlets"] or entry["whole_day"]]

    def is_closed(self, day: date) -> bool:
        """Return whether nobody sold on a day, and the settings close the shop or each outlet that it has."""
        if outlets_on(self.ledger, day):
            return False
        outlets = self._without_sales(day) or set().union(*self.ledger["days"][SALES].values())
        return day in self.shop.closed_days or (
            bool(outlets) and all(self.shop.closes(number, day) for number in outlets)
        )

    def unpublished(self, days: Iterable[date]) -> list[date]:
        """Return the days without any published sales on which the shop was not closed."""
        return [day for day in days if not outlets_on(self.ledger, day) and not self.is_closed(day)]

    def of_outlet(self, number: str) -> Expectations:
        """Return the expectations of a shop that is this outlet alone."""
        days = self.ledger["days"][SALES].items()
        alone = {day: {number: outlets[number]} for day, outlets in days if number in outlets}
        return Expectations({**self.ledger, "days": {SALES: alone}}, self.shop)

    def _without_sales(self, day: date) -> set[str]:
        return expected_outlets(self.ledger, day, self.shop.expected_outlet_days) - outlets_on(self.ledger, day)


def _entry(day: date, outlets: set[str], *, whole_day: bool) -> OutletsOfDay:
    return {"day": day.isoformat(), "outlets": sorted(outlets, key=_by_number), "whole_day": whole_day}


def _by_number(outlet: str) -> tuple[int, str]:
    return (int(outlet) if outlet.isdecimal() else 10**9, outlet)
