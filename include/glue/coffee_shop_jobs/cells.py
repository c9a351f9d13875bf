"""Reading one cell of a raw file exactly, or saying why it cannot be read (contract 3.1).

Nothing is guessed: ``1,234.50``, ``31 Feb``, ``24:00:00``, ``1e3`` and two-digit years are unreadable.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from .columns import Column

Value = str | int | float | Decimal | date | None

FIRST_DAY = date(2000, 1, 1)
MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
INT_MAX = 2**31 - 1
WHOLE_DIGITS = {2: 10, 4: 8}  # before the point, of decimal(12,2) and decimal(12,4)

_DIGITS = re.compile(r"[0-9]+", re.ASCII)
_INTEGER = re.compile(r"-?[0-9]{1,20}", re.ASCII)
_DECIMAL = re.compile(r"-?(?:[0-9]+(?:\.([0-9]+))?|\.([0-9]+))", re.ASCII)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_TIME = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]", re.ASCII)
_MONTH = re.compile(r"([A-Za-z]+) +([0-9]{4})", re.ASCII)


@dataclass(frozen=True)
class Limits:
    """What depends on the upload and the settings: the last business date allowed and the largest quantity."""

    last_day: date
    max_quantity: int

    @classmethod
    def of_upload(cls, uploaded: date, max_quantity: int) -> Limits:
        """Return the limits of a file uploaded on a day (UTC): dates go to the day after it."""
        return cls(uploaded + timedelta(days=1), max_quantity)


@dataclass(frozen=True)
class Unreadable:
    """Why a cell could not be read; ``negative`` holds the number when that is all that is wrong with it."""

    reason: str
    negative: Decimal | None = None


def _text(text: str, limits: Limits) -> str:
    return text


def _number(text: str, limits: Limits) -> str | Unreadable:
    if not _DIGITS.fullmatch(text):
        return Unreadable("is not made of digits only")
    return text.lstrip("0") or "0"


def _integer(text: str, limits: Limits) -> int | Unreadable:
    if not _INTEGER.fullmatch(text):
        return Unreadable("is not a whole number")
    number = int(text)
    if abs(number) > INT_MAX:
        return Unreadable(f"is beyond {INT_MAX:,}")
    return number


def _quantity(text: str, limits: Limits) -> int | Unreadable:
    number = _integer(text, limits)
    if isinstance(number, Unreadable) or 1 <= number <= limits.max_quantity:
        return number
    negative = Decimal(number) if number < 0 else None
    return Unreadable(f"is not from 1 to {limits.max_quantity:,}", negative)


def _decimal(text: str, scale: int) -> Decimal | Unreadable:
    """Read an amount >= 0 that a decimal(12, scale) holds exactly."""
    found = _DECIMAL.fullmatch(text)
    if not found:
        return Unreadable("is not a number such as 1234.50")
    decimals = found[1] or found[2] or ""
    if len(decimals) > scale:
        return Unreadable(f"has more than {scale} decimals")
    number = Decimal(text)
    if abs(number) >= Decimal(10) ** WHOLE_DIGITS[scale]:
        return Unreadable(f"has more than {WHOLE_DIGITS[scale]} digits before the point")
    number = number.quantize(Decimal(1).scaleb(-scale))
    if number < 0:
        return Unreadable("is negative", number)
    return abs(number)  # -0.00 is 0.00


def _price(text: str, limits: Limits) -> Decimal | Unreadable:
    return _decimal(text, 4)


def _amount(text: str, limits: Limits) -> Decimal | Unreadable:
    return _decimal(text, 2)


def _double(text: str, limits: Limits) -> float | Unreadable:
    if not _DECIMAL.fullmatch(text):
        return Unreadable("is not a number such as 12.5")
    number = float(text)
    if number in (float("inf"), float("-inf")):
        return Unreadable("is too large a number")
    return number + 0.0  # -0.0 is 0.0


def _percent(text: str, limits: Limits) -> float | Unreadable:
    number = _double(text.removesuffix("%").rstrip(), limits)
    return Unreadable("is not a number such as 56 or 56%") if isinstance(number, Unreadable) else number


def _day(text: str, limits: Limits) -> date | Unreadable:
    if not _DAY.fullmatch(text):
        return Unreadable("is not a date such as 2019-04-24")
    try:
        return date.fromisoformat(text)
    except ValueError:
        return Unreadable("is not a day of the calendar")


def _business_day(text: str, limits: Limits) -> date | Unreadable:
    day = _day(text, limits)
    if isinstance(day, Unreadable) or FIRST_DAY <= day <= limits.last_day:
        return day
    if day < FIRST_DAY:
        return Unreadable(f"is before {FIRST_DAY}")
    return Unreadable(f"is later than the day after the upload, {limits.last_day}")


def _time(text: str, limits: Limits) -> str | Unreadable:
    return text if _TIME.fullmatch(text) else Unreadable("is not a time from 00:00:00 to 23:59:59")


def _month(text: str, limits: Limits) -> str | Unreadable:
    found = _MONTH.fullmatch(text)
    if not found or found[1].capitalize() not in MONTHS:
        return Unreadable("is not a month such as April 2019")
    if int(found[2]) < FIRST_DAY.year:
        return Unreadable(f"is before {FIRST_DAY}")
    return f"{found[1].capitalize()} {found[2]}"


def _flag(text: str, limits: Limits) -> str | Unreadable:
    return text.upper() if text in ("Y", "N", "y", "n") else Unreadable("is not Y or N")


READERS: dict[str, Callable[[str, Limits], Value | Unreadable]] = {
    "text": _text,
    "number": _number,
    "flag": _flag,
    "time": _time,
    "month": _month,
    "integer": _integer,
    "quantity": _quantity,
    "double": _double,
    "percent": _percent,
    "price": _price,
    "amount": _amount,
    "day": _day,
    "business_day": _business_day,
}


def month_of(monthyear: str) -> str:
    """Return ``2019-04`` for ``April 2019``."""
    name, year = monthyear.split()
    return f"{year}-{MONTHS.index(name) + 1:02d}"


class Memo(dict[str, "Value | Unreadable"]):
    """The values of one column by their text: each text is read once, however many rows repeat it.

    ``blank`` and ``unreadable`` turn true with the first such text: only then need the rows be searched for it. The
    memo forgets its texts when it holds ``SIZE``, so that a million different numbers do not fill the memory.
    """

    SIZE = 20_000

    def __init__(self, column: Column, limits: Limits) -> None:
        super().__init__()
        self._read = READERS[column.kind]
        self._limits = limits
        self.blank = self.unreadable = False

    def __missing__(self, text: str) -> Value | Unreadable:
        if len(self) >= self.SIZE:
            self.clear()
        bare = text.strip()
        value = None if bare in ("", "NULL") else self._read(bare, self._limits)
        self.blank = self.blank or value is None
        self.unreadable = self.unreadable or isinstance(value, Unreadable)
        self[text] = value
        return value
