"""CSV as Glue's classifiers see it: separator, header line, types.

Sources: the AWS Glue developer guide, "Defining and managing classifiers" (built-in CSV classifier) and "Writing CSV
custom classifiers"; AWS re:Post, "How does the AWS Glue crawler detect the schema?".
"""

import csv
import itertools
import re
from collections.abc import Iterable
from typing import Any

SAMPLE_ROWS = 1000
LONGEST_HEADING = 150
LAZY = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
OPEN_CSV = "org.apache.hadoop.hive.serde2.OpenCSVSerde"

_SEPARATORS = (",", "|", "\t", ";", "\x01")
_HEADING = re.compile(r"[\u0020-\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF\t]*")  # one printable line, as a name must be
_WHOLE = re.compile(r"[+-]?\d{1,19}")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")

Settings = dict[str, Any]
Recognised = tuple[tuple[tuple[str, str], ...], int, Settings]


def recognise(sample: bytes, size: int, how: Settings | None) -> Recognised | None:
    """Return columns, the number of records (an estimate beyond the sample) and how the file is written.

    Args:
        sample: the beginning of the file, or all of it.
        size: of the whole file, in bytes.
        how: a custom classifier (CsvClassifier of the API); None for Glue's own.

    Returns:
        None when the file is not CSV for this classifier.
    """
    whole = len(sample) >= size
    try:
        text = (sample if whole else sample[: sample.rfind(b"\n") + 1]).decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
    for separator in (how.get("Delimiter") or ",",) if how else _SEPARATORS:
        quote = (how or {}).get("QuoteSymbol") or '"'
        rows, read = _rows(text, separator, quote, whole)
        if rows and "\x00" not in text and _is_table(rows, how):
            header = _has_header(rows, how)
            records = len(rows) if whole and read == len(text) else round(size * len(rows) / read)
            written = {"separator": separator, "quote": quote, "header": header, "serde": (how or {}).get("Serde")}
            return _columns(rows, header, how), records - header, written
    return None


def _rows(text: str, separator: str, quote: str, whole: bool) -> tuple[list[list[str]], int]:
    """Return the first records that are not empty, and how many characters they take."""
    lines = text.splitlines(keepends=True)
    reader = csv.reader(lines, delimiter=separator, quotechar=quote, strict=True)
    rows: list[list[str]] = []
    try:
        rows.extend(row for row in itertools.islice(reader, SAMPLE_ROWS + 1) if row)
    except csv.Error:
        if whole:
            return [], 0  # a sample may end inside quotes, a whole file may not
    return rows, sum(map(len, lines[: reader.line_num]))


def _is_table(rows: list[list[str]], how: Settings | None) -> bool:
    width = len(rows[0])
    if any(len(row) != width for row in rows):
        return False
    if how is None:
        return width > 1 and len(rows) > 1
    return len(how.get("Header") or rows[0]) == width and (width > 1 or bool(how.get("AllowSingleColumn")))


def _has_header(rows: list[list[str]], how: Settings | None) -> bool:
    told = (how or {}).get("ContainsHeader", "UNKNOWN")
    if told != "UNKNOWN":
        return bool(told == "PRESENT")
    first = rows[0]
    named = [value for value in first if value.strip()]
    if len(named) < len(first) - 1 or (len(named) < len(first) and first[-1].strip()):
        return False  # only the last heading may be empty, for a trailing separator
    if any(kind_of([value]) != "string" or not _HEADING.fullmatch(value) for value in named):
        return False
    if any(len(value) >= LONGEST_HEADING for value in first[:-1]):
        return False
    return any(kind_of(row[position] for row in rows[1:]) != "string" for position in range(len(first)))


def _columns(rows: list[list[str]], header: bool, how: Settings | None) -> tuple[tuple[str, str], ...]:
    names = (how or {}).get("Header") or (rows[0] if header else ["" for _ in rows[0]])
    trims = how is None or how.get("DisableValueTrimming") is False
    seen: dict[str, int] = {}
    columns = []
    for position, heading in enumerate(names):
        name = heading.strip().lower() or f"col{position}"
        seen[name] = seen.get(name, -1) + 1
        values = [row[position] for row in rows[header:]]
        columns.append((f"{name}_{seen[name]}" if seen[name] else name, kind_of(values, trims=trims)))
    return tuple(columns)


def kind_of(values: Iterable[str], *, trims: bool = True) -> str:
    """Return the type of a column: bigint, double or boolean when all its values are; dates stay strings."""
    kinds = {_kind(value.strip() if trims else value) for value in values if value.strip()}
    if kinds == {"bigint", "double"}:
        return "double"
    return kinds.pop() if len(kinds) == 1 else "string"


def _kind(value: str) -> str:
    if _WHOLE.fullmatch(value) and -(2**63) <= int(value) < 2**63:
        return "bigint"
    if _NUMBER.fullmatch(value):
        return "double"
    return "boolean" if value.lower() in ("true", "false") else "string"
