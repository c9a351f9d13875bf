"""CSV as Glue's classifiers see it: separator, header line, types.

Sources: the AWS Glue developer guide, "Defining and managing classifiers" (built-in CSV classifier: separators,
two columns and two rows, what makes a header line) and "Writing CSV custom classifiers"; AWS re:Post, "How does the
AWS Glue crawler detect the schema?" (the first 1,000 records or the first megabyte).
"""

import csv
import itertools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from local_aws.glue.schema import TEXT_INPUT, TEXT_OUTPUT, Column, Format, Schema

SAMPLE_ROWS = 1000
SAMPLE_BYTES = 1 << 20
LAZY_SERDE = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
OPEN_CSV_SERDE = "org.apache.hadoop.hive.serde2.OpenCSVSerde"

_SEPARATORS = (",", "|", "\t", ";", "\x01")
_LONGEST_HEADING = 150
_HEADING = re.compile(r"[\u0020-\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF\t]*")  # a catalog name: one line, printable
_WHOLE = re.compile(r"[+-]?\d{1,19}")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_CUSTOM_TYPES = {"LONG": "bigint", "SHORT": "smallint", "DECIMAL": "decimal(10,2)"}


@dataclass(frozen=True)
class CsvClassifier:
    """A custom CSV classifier: the fields of the Glue API's CsvClassifier that decide how a file is read."""

    name: str
    delimiter: str = ","
    quote: str = '"'
    contains_header: str = "UNKNOWN"
    header: tuple[str, ...] = ()
    trims: bool = False
    single_column: bool = False
    types: tuple[str, ...] = ()
    serde: str = "None"


def recognise(sample: bytes, whole_file: bool, compression: str, size: int, how: CsvClassifier | None) -> Schema | None:
    """Return the schema of a CSV file, or None when it is not CSV for this classifier.

    sample: the beginning of the file, uncompressed; whole_file: whether that is all of it; size: of the file, bytes;
    how: a custom classifier, None for Glue's own.
    """
    text = _decoded(sample, whole_file)
    if text is None:
        return None
    for separator in (how.delimiter,) if how else _SEPARATORS:
        rows, read = _rows(text, separator, how.quote if how else '"', whole_file)
        if rows and _is_table(rows, how):
            records = len(rows) if whole_file and read == len(text) else round(size * len(rows) / read)
            return _schema(rows, separator, compression, how, records)
    return None


def _decoded(sample: bytes, whole_file: bool) -> str | None:
    cut = sample if whole_file else sample[: sample.rfind(b"\n") + 1]
    try:
        text = cut.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
    return None if "\x00" in text else text


def _rows(text: str, separator: str, quote: str, whole_file: bool) -> tuple[list[list[str]], int]:
    """Return the first records that are not empty, and how many characters they take."""
    lines = text.splitlines(keepends=True)
    reader = csv.reader(lines, delimiter=separator, quotechar=quote, strict=True)
    rows: list[list[str]] = []
    try:
        rows.extend(row for row in itertools.islice(reader, SAMPLE_ROWS + 1) if row)
    except csv.Error:
        if whole_file:
            return [], 0  # a sample may end inside quotes, a whole file may not
    return rows, sum(map(len, lines[: reader.line_num]))


def _is_table(rows: list[list[str]], how: CsvClassifier | None) -> bool:
    width = len(rows[0])
    if any(len(row) != width for row in rows):
        return False
    if how is None:
        return width >= 2 and len(rows) >= 2  # the guide's limits
    if how.header and len(how.header) != width:
        return False
    return width > 1 or how.single_column


def _schema(rows: list[list[str]], separator: str, compression: str, how: CsvClassifier | None, records: int) -> Schema:
    with_header = _has_header(rows, how)
    data = rows[1:] if with_header else rows
    if how and how.header:
        names: Sequence[str] = how.header
    elif with_header:
        names = rows[0]
    else:
        names = [f"col{position}" for position in range(len(rows[0]))]
    types = _custom_types(how, len(names)) or [
        infer((row[position] for row in data), trims=how is None or how.trims) for position in range(len(names))
    ]
    columns = tuple(Column(name, kind) for name, kind in zip(_unique(names), types, strict=True))
    return Schema(_format(separator, compression, with_header, how), columns, records - with_header)


def _has_header(rows: list[list[str]], how: CsvClassifier | None) -> bool:
    if how and how.contains_header != "UNKNOWN":
        return how.contains_header == "PRESENT"
    first = rows[0]
    named = [value for value in first if value.strip()]
    if len(named) < len(first) - 1 or (len(named) < len(first) and first[-1].strip()):
        return False  # only the last heading may be empty, for a trailing separator
    if any(infer([value], trims=True) != "string" or not _HEADING.fullmatch(value) for value in named):
        return False
    if any(len(value) >= _LONGEST_HEADING for value in first[:-1]):
        return False
    return any(infer((row[position] for row in rows[1:]), trims=True) != "string" for position in range(len(first)))


def infer(values: Iterable[str], trims: bool) -> str:
    """Return the type of a column: bigint, double or boolean when every value that is there reads as one, else string.

    Dates and times stay strings, as with Glue's CSV classifiers.
    """
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


def _custom_types(how: CsvClassifier | None, width: int) -> list[str]:
    if not how or len(how.types) != width:
        return []
    return [_CUSTOM_TYPES.get(kind, kind.lower()) for kind in how.types]


def _unique(names: Sequence[str]) -> list[str]:
    """Catalog names: lower case, trimmed; a heading that repeats gets a number, an empty one its position."""
    seen: dict[str, int] = {}
    unique = []
    for position, heading in enumerate(names):
        name = heading.strip().lower() or f"col{position}"
        seen[name] = seen.get(name, -1) + 1
        unique.append(name if seen[name] == 0 else f"{name}_{seen[name]}")
    return unique


def _format(separator: str, compression: str, with_header: bool, how: CsvClassifier | None) -> Format:
    skip = (("skip.header.line.count", "1"),) if with_header else ()
    if how and how.serde == "OpenCSVSerDe":
        serde = OPEN_CSV_SERDE
        parameters: tuple[tuple[str, str], ...] = (
            ("escapeChar", "\\"),
            ("quoteChar", how.quote),
            ("separatorChar", separator),
        )
    else:
        serde, parameters = LAZY_SERDE, (("field.delim", separator),)
    table = (("areColumnsQuoted", "false"), ("columnsOrdered", "true"), ("delimiter", separator), *skip)
    return Format("csv", compression, TEXT_INPUT, TEXT_OUTPUT, serde, parameters, table)
