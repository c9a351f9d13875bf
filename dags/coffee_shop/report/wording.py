"""How the shop writes things: money, dates, periods, names of outlets, and lists that are cut off."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from coffee_shop.periods import DAILY, MONTHLY, WEEKLY, Period
from coffee_shop.report.documents import NamedOutlet, OutletsOfDay
from coffee_shop.settings import Settings

MOST_LETTERS = 60
MOST_OUTLETS_NAMED = 8


@dataclass(frozen=True)
class Wording:
    """How the shop writes things: its name, currency sign, date format and time zone."""

    shop: str
    currency: str
    date_format: str
    zone: ZoneInfo

    @classmethod
    def of(cls, shop: Settings) -> Wording:
        """Return how the shop writes things, from its settings."""
        return cls(shop.shop_name, shop.currency_symbol, shop.date_format, shop.zone)

    def money(self, value: str | Decimal | float) -> str:
        """Return an amount such as $1,234.50 or -$3.00."""
        amount = Decimal(value)
        return f"{'-' if amount < 0 else ''}{self.currency}{abs(amount):,.2f}"

    def day(self, day: str | date) -> str:
        """Return a date as the shop writes it."""
        return (date.fromisoformat(day) if isinstance(day, str) else day).strftime(self.date_format)

    def moment(self, moment: str) -> str:
        """Return an ISO moment in the shop's time zone, to the minute."""
        local = datetime.fromisoformat(moment).astimezone(self.zone)
        return local.strftime(f"{self.date_format} %H:%M %Z")

    def period(self, period: Period) -> str:
        """Return a period in words, both ends included."""
        first, last = self.day(period.period_start), self.day(period.period_end)
        if period.kind == DAILY:
            return f"{period.period_start:%A} {first}"
        if period.kind == WEEKLY:
            year, week, _ = period.period_start.isocalendar()
            return f"Week {week} of {year}: Monday {first} to Sunday {last}"
        if period.kind == MONTHLY:
            return f"{period.period_start:%B %Y}: {first} to {last}"
        if first == last:
            return f"{period.period_start:%A} {first}"
        return f"{period.period_start:%A} {first} to {period.period_end:%A} {last}"


def shortened(text: str, letters: int = MOST_LETTERS) -> str:
    """Return a text on one line, cut off with an ellipsis after so many letters: a cell of a file can hold 32,767."""
    line = " ".join(text.split())
    return line if len(line) <= letters else f"{line[: letters - 1].rstrip()}\u2026"


def count(number: int, noun: str) -> str:
    """Return a number with its noun, such as ``1 row`` or ``1,200 rows``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def outlet_name(outlet: NamedOutlet) -> str:
    """Return an outlet's number and neighbourhood."""
    return " ".join(shortened(part) for part in (outlet["number"], outlet["neighbourhood"]) if part)


def missing_text(missing: list[OutletsOfDay], words: Wording, most: int = 12) -> str:
    """Return which days and outlets are missing; after ``most`` entries only how many more."""
    entries = [
        f"{words.day(entry['day'])} has no sales at all"
        if entry["whole_day"]
        else f"{words.day(entry['day'])} lacks {_outlets(entry['outlets'])}"
        for entry in missing
    ]
    return _cut_off(entries, most)


def closed_text(closed: list[OutletsOfDay], words: Wording, most: int) -> str:
    """Return which outlets were closed on which days; after ``most`` entries only how many more."""
    return _cut_off([f"{words.day(entry['day'])} {_outlets(entry['outlets'])}" for entry in closed], most)


def _cut_off(entries: list[str], most: int) -> str:
    more = len(entries) - most
    return "; ".join(entries[:most]) + (f"; and {more} more day{'s' if more > 1 else ''}" if more > 0 else "")


def _outlets(numbers: list[str]) -> str:
    if len(numbers) == 1:
        return f"outlet {shortened(numbers[0])}"
    named = [shortened(number) for number in numbers[:MOST_OUTLETS_NAMED]]
    if more := len(numbers) - len(named):
        return f"outlets {', '.join(named)} and {more} more"
    return f"outlets {', '.join(named[:-1])} and {named[-1]}"
