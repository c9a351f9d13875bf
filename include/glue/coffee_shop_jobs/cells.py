"""Reading one cell of a raw file exactly, or saying why it cannot be read (contract 3.1).

Nothing is guessed: ``1,234.50``, ``31 Feb``, ``24:00:00``, ``1e3`` and two-digit years are unreadable. What a program
on the way added without changing the value is taken off: ``2622.0`` is the number 2622, ``3.1000`` the amount 3.10.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from .columns import Column

Value = str | int | float | Decimal | date | None

FIRST_DAY = date(2000, 1, 1)  # of business
FIRST_OPTIONAL_DAY = date(1900, 1, 1)  # of births and contracts; before it stand the empty dates of programs
TARGET_YEARS = 2  # how far ahead of the upload a month's target may be
MOST_DIGITS = 40  # of a number of a thing
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

# what tills and the programs behind them write where there is nothing, in any case; compared in upper case
WORDS_FOR_NOTHING = frozenset({"NULL", "(NULL)", "<NULL>", "\\N", "NAN", "NONE", "N/A", "<NA>"})
DASHES = "-\u2010\u2011\u2012\u2013\u2014\u2015\u2212"
# of Excel (support article "Formula errors", in English and the languages that rename them), Google Sheets, LibreOffice
_ERROR_OF_SPREADSHEET = re.compile(
    r"#(?:NULL|VALUE|REF|NUM|DIV/0|SPILL|CALC|FIELD|BLOCKED|UNKNOWN|CONNECT|BUSY|PYTHON|EXTERNAL|ERROR|LEER|WERT|BEZUG"
    r"|ZAHL|NUL|VALEUR|NOMBRE|VALOR|\u00a1VALOR|\u00a1REF|\u00a1NUM|\u00a1DIV/0|\u00a1NULO|NULO|VALORE|RIF|NUMERO)!"
    r"|#\u00bf?(?:NAME|NOM|NOMBRE|NOME)\?|#N/[AD]|#NV|#NB|#GETTING_DATA|ERR:[0-9]{3}"
)
NOTHING = "is a word for nothing"

_DIGITS = re.compile(r"([0-9]+)(?:\.0+)?", re.ASCII)
_INTEGER = re.compile(r"(-?[0-9]{1,20})(?:\.0+)?", re.ASCII)
_ZEROS = re.compile(r"[0. -]+", re.ASCII)
_SCIENTIFIC = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]*)?[eE][+-]?[0-9]+", re.ASCII)
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
    """Why a cell could not be read, and what was expected; ``day`` is its date when that lies outside the limits."""

    reason: str
    day: date | None = None


def _is_word_for_nothing(text: str) -> bool:
    return text in WORDS_FOR_NOTHING or not text.strip(DASHES) or _ERROR_OF_SPREADSHEET.fullmatch(text) is not None


def _text(text: str, limits: Limits) -> str:
    return text


def _number(text: str, limits: Limits) -> str | Unreadable:
    digits = _DIGITS.fullmatch(text)
    if not digits:
        return Unreadable("is not made of digits only")
    number = digits[1].lstrip("0") or "0"
    return number if len(number) <= MOST_DIGITS else Unreadable(f"has more than {MOST_DIGITS} digits")


def _card(text: str, limits: Limits) -> str | Unreadable:
    """Read the number of a loyalty card, which may hold letters and hyphens."""
    if _SCIENTIFIC.fullmatch(text):
        return Unreadable("is in scientific notation, its digits are lost")
    if _ZEROS.fullmatch(text):
        return Unreadable("has no digit but zeros")
    digits = _DIGITS.fullmatch(text)
    return digits[1] if digits else text


def _integer(text: str, limits: Limits) -> int | Unreadable:
    digits = _INTEGER.fullmatch(text)
    if not digits:
        return Unreadable("is not a whole number")
    number = int(digits[1])
    if abs(number) > INT_MAX:
        return Unreadable(f"is beyond {INT_MAX:,}")
    return number


def _quantity(text: str, limits: Limits) -> int | Unreadable:
    number = _integer(text, limits)
    if isinstance(number, Unreadable):
        return number
    if number == 0:
        return Unreadable("is zero; expected a number of items, below zero for a refund")
    most = limits.max_quantity
    return number if abs(number) <= most else Unreadable(f"is not from -{most:,} to {most:,}")


def _birth_year(text: str, limits: Limits) -> int | Unreadable:
    year = _integer(text, limits)
    if isinstance(year, Unreadable) or FIRST_OPTIONAL_DAY.year <= year <= limits.last_day.year:
        return year
    return Unreadable(f"is not a year from {FIRST_OPTIONAL_DAY.year} to that of the upload")


def _decimal(text: str, scale: int) -> Decimal | Unreadable:
    """Read an amount that a decimal(12, scale) holds exactly."""
    number_like = _DECIMAL.fullmatch(text)
    if not number_like:
        return Unreadable("is not a number such as 1234.50")
    decimals = (number_like[1] or number_like[2] or "").rstrip("0")
    if len(decimals) > scale:
        return Unreadable(f"has more than {scale} decimals")
    whole = text.lstrip("-").partition(".")[0].lstrip("0")
    if len(whole) > WHOLE_DIGITS[scale]:
        return Unreadable(f"has more than {WHOLE_DIGITS[scale]} digits before the point")
    number = Decimal(f"{whole or '0'}.{decimals:0<{scale}}")
    return -number if number and text[0] == "-" else number  # -0.00 is 0.00


def _not_negative(number: Decimal | Unreadable) -> Decimal | Unreadable:
    return Unreadable("is negative") if isinstance(number, Decimal) and number < 0 else number


def _price(text: str, limits: Limits) -> Decimal | Unreadable:
    return _not_negative(_decimal(text, 4))


def _amount(text: str, limits: Limits) -> Decimal | Unreadable:
    return _not_negative(_decimal(text, 2))


def _signed_amount(text: str, limits: Limits) -> Decimal | Unreadable:
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


def _optional_day(text: str, limits: Limits) -> date | Unreadable:
    """Read a date of a person; the empty dates of programs (0001-01-01, 1899-12-30, 9999-12-31) are none."""
    day = _day(text, limits)
    if isinstance(day, Unreadable) or FIRST_OPTIONAL_DAY <= day <= limits.last_day:
        return day
    return Unreadable(f"is before {FIRST_OPTIONAL_DAY}" if day < FIRST_OPTIONAL_DAY else "is in the future")


def _business_day(text: str, limits: Limits) -> date | Unreadable:
    day = _day(text, limits)
    if isinstance(day, Unreadable) or FIRST_DAY <= day <= limits.last_day:
        return day
    if day < FIRST_DAY:
        return Unreadable(f"is before {FIRST_DAY}", day)
    return Unreadable(f"is later than the day after the upload, {limits.last_day}", day)


def _time(text: str, limits: Limits) -> str | Unreadable:
    return text if _TIME.fullmatch(text) else Unreadable("is not a time from 00:00:00 to 23:59:59")


def _month(text: str, limits: Limits) -> str | Unreadable:
    named = _MONTH.fullmatch(text)
    if not named or named[1].capitalize() not in MONTHS:
        return Unreadable("is not a month such as April 2019")
    name, year = named[1].capitalize(), int(named[2])
    if year < FIRST_DAY.year:
        return Unreadable(f"is before {FIRST_DAY}")
    if (year - TARGET_YEARS, MONTHS.index(name) + 1) > (limits.last_day.year, limits.last_day.month):
        return Unreadable(f"is more than {TARGET_YEARS} years after the upload")
    return f"{name} {named[2]}"


def _flag(text: str, limits: Limits) -> str | Unreadable:
    return text.upper() if text in ("Y", "N", "y", "n") else Unreadable("is not Y or N")


READERS: dict[str, Callable[[str, Limits], Value | Unreadable]] = {
    "text": _text,
    "number": _number,
    "card": _card,
    "flag": _flag,
    "time": _time,
    "month": _month,
    "integer": _integer,
    "birth_year": _birth_year,
    "quantity": _quantity,
    "double": _double,
    "percent": _percent,
    "price": _price,
    "amount": _amount,
    "signed_amount": _signed_amount,
    "day": _optional_day,
    "business_day": _business_day,
}


def day_label(day: Value) -> str:
    """Return a row's day in the form of a partition key; targets say ``April 2019`` for 2019-04."""
    if isinstance(day, date):
        return day.isoformat()
    name, year = str(day).split()
    return f"{year}-{MONTHS.index(name) + 1:02d}"


class Memo(dict[str, "Value | Unreadable"]):
    """The values of one column by their text: each text is read once, however many rows repeat it.

    The memo forgets its texts when it holds ``SIZE``, so that a million different numbers do not fill the memory.
    """

    SIZE = 20_000

    def __init__(self, column: Column, limits: Limits) -> None:
        super().__init__()
        self._read = READERS[column.kind]
        self._needed = column.needed
        self._limits = limits

    def __missing__(self, text: str) -> Value | Unreadable:
        if len(self) >= self.SIZE:
            self.clear()
        value = self._value(text.strip().strip("\0").strip())  # a till pads with NUL bytes too
        self[text] = value
        return value

    def _value(self, bare: str) -> Value | Unreadable:
        if bare in ("", "NULL"):
            return None
        if not self._needed and _is_word_for_nothing(bare.upper()):
            return Unreadable(NOTHING)
        return self._read(bare, self._limits)
