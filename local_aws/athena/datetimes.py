"""Date formats: MySQL's (date_format, date_parse) and Joda's (format_datetime, parse_datetime) as DuckDB's.

Source: https://trino.io/docs/current/functions/datetime.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from local_aws.athena.errors import QueryError, Refused

Place = tuple[int, int] | None

_MYSQL_OUT = {
    "a": "%a", "b": "%b", "c": "%-m", "d": "%d", "e": "%-d", "f": "%f", "H": "%H", "h": "%I", "I": "%I", "i": "%M",
    "j": "%j", "k": "%-H", "l": "%-I", "M": "%B", "m": "%m", "p": "%p", "r": "%I:%M:%S %p", "S": "%S", "s": "%S",
    "T": "%H:%M:%S", "v": "%V", "W": "%A", "x": "%G", "Y": "%Y", "y": "%y", "%": "%%",
}  # fmt: skip
_MYSQL_IN = {k: v.replace("%-", "%") for k, v in _MYSQL_OUT.items() if k not in "vx"}
_MYSQL_REFUSED_BY_TRINO = "DUuVwX"


def _mysql_pieces(pattern: str, at: Place) -> Iterator[tuple[bool, str]]:
    i = 0
    while i < len(pattern):
        if pattern[i] != "%":
            yield False, pattern[i]
            i += 1
            continue
        if i + 1 == len(pattern):
            raise QueryError("INVALID_FUNCTION_ARGUMENT", f"Invalid date format string: {pattern}", at)
        letter = pattern[i + 1]
        if letter in _MYSQL_REFUSED_BY_TRINO:
            raise QueryError(
                "INVALID_FUNCTION_ARGUMENT", f"%{letter} not currently supported in the date format string", at
            )
        yield True, letter
        i += 2


def mysql_to_strftime(pattern: str, at: Place) -> str:
    """Translate a format for printing; letters without a meaning print themselves, as in MySQL."""
    return "".join(_MYSQL_OUT.get(t, t) if special else t for special, t in _mysql_pieces(pattern, at))


def mysql_to_strptime(pattern: str, at: Place) -> str:
    """Translate a format for reading.

    Raises:
        Refused: without a year DuckDB and Trino fill in different ones; also for week formats.
    """
    pieces = list(_mysql_pieces(pattern, at))
    letters = {t for special, t in pieces if special}
    if letters & set("vx") or not letters & set("Yy"):
        raise Refused(f"date_parse with format {pattern} (without a year, or with weeks)", at)
    return "".join(_MYSQL_IN.get(t, t) if special else t for special, t in pieces)


_JODA_OUT = {
    "yyyy": "%Y", "yy": "%y", "y": "%Y", "YYYY": "%Y", "MMMM": "%B", "MMM": "%b", "MM": "%m", "M": "%-m", "dd": "%d",
    "d": "%-d", "HH": "%H", "H": "%-H", "hh": "%I", "h": "%-I", "mm": "%M", "m": "%-M", "ss": "%S", "s": "%-S",
    "SSS": "%g", "SSSSSS": "%f", "EEEE": "%A", "EEE": "%a", "EE": "%a", "E": "%a", "a": "%p", "xxxx": "%G",
    "ww": "%V", "e": "%u", "DDD": "%j", "D": "%-j",
}  # fmt: skip
_JODA_IN = {k: v.replace("%-", "%") for k, v in _JODA_OUT.items() if k not in ("xxxx", "ww", "e", "D", "DDD")}


def _joda(pattern: str, known: dict[str, str], at: Place) -> str:
    out = []
    for m in re.finditer(r"'((?:[^']|'')*)'|(([A-Za-z])\3*)|[^A-Za-z']", pattern):
        quoted, letters, other = m[1], m[2], m[0]
        if letters:
            if letters not in known:
                raise Refused(f"date format letters {letters}", at)
            out.append(known[letters])
        elif quoted is not None:
            out.append((quoted.replace("''", "'") or "'").replace("%", "%%"))
        else:
            out.append(other.replace("%", "%%"))
    return "".join(out)


def joda_to_strftime(pattern: str, at: Place) -> str:
    """Translate a Joda format for printing."""
    return _joda(pattern, _JODA_OUT, at)


def joda_to_strptime(pattern: str, at: Place) -> str:
    """Translate a Joda format for reading."""
    out = _joda(pattern, _JODA_IN, at)
    if "%Y" not in out and "%y" not in out:
        raise Refused(f"parse_datetime with format {pattern} (without a year)", at)
    return out
