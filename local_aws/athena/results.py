"""Result files: CSV with Athena's quoting, its metadata beside it, and the same rows for GetQueryResults."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import Any

from local_aws.athena.engine import ResultColumn
from local_aws.athena.trino_types import Type

# Precision that Athena reports per type: recorded answers in public clients' tests, and
# https://docs.aws.amazon.com/athena/latest/APIReference/API_ColumnInfo.html
_PRECISION = {
    "boolean": 0, "tinyint": 3, "smallint": 5, "integer": 10, "bigint": 19, "real": 17, "double": 17, "date": 0,
    "timestamp": 3, "timestamp with time zone": 3, "time": 3, "varbinary": 1073741824, "json": 0,
}  # fmt: skip
_UNBOUNDED = 2147483647


def column_info(column: ResultColumn) -> dict[str, Any]:
    """Return a column as GetQueryResults describes it."""
    t = column.type
    precision, scale = _PRECISION.get(t.name, 0), 0
    if t.name == "decimal":
        precision, scale = t.args
    elif t.name == "varchar":
        precision = t.args[0] if t.args else _UNBOUNDED
    return {
        "CatalogName": "hive",
        "SchemaName": "",
        "TableName": "",
        "Name": column.name,
        "Label": column.name,
        "Type": _api_type(t),
        "Precision": precision,
        "Scale": scale,
        "Nullable": "UNKNOWN",
        "CaseSensitive": t.name == "varchar",
    }


def _api_type(t: Type) -> str:
    return {"real": "float", "interval day to second": "interval day to second"}.get(t.name, t.name)


def to_csv(header: list[str], rows: list[list[str | None]]) -> bytes:
    """Every value in quotes, null as nothing at all, one line feed a row.

    Source: https://docs.aws.amazon.com/athena/latest/ug/querying-finding-output-files.html
    """
    lines: list[list[str | None]] = [[*header], *rows]
    return "".join(",".join(map(_quoted, line)) + "\n" for line in lines).encode()


def _quoted(value: str | None) -> str:
    return "" if value is None else '"' + value.replace('"', '""') + '"'


_FIELD = re.compile(r'(?:"((?:[^"]|"")*)")?([,\n])')


@lru_cache(maxsize=2)
def from_csv(body: bytes) -> list[list[str | None]]:
    """Read back what ``to_csv`` wrote: an unquoted nothing is null, a quoted one the empty text.

    The last two results stay at hand, because they are read page by page; nobody may change them.
    """
    rows: list[list[str | None]] = []
    row: list[str | None] = []
    for field in _FIELD.finditer(body.decode()):
        value = field[1]
        row.append(value.replace('""', '"') if value else value)
        if field[2] == "\n":
            rows.append(row)
            row = []
    return rows


def to_text(rows: list[list[str | None]]) -> bytes:
    """Return the result file of a DDL or utility statement: tab-separated, without a header."""
    return "".join("\t".join(v or "" for v in row) + "\n" for row in rows).encode()


def from_text(body: bytes) -> list[list[str | None]]:
    """Read back what ``to_text`` wrote."""
    return [list(line.split("\t")) for line in body.decode().splitlines()]


def metadata(columns: list[dict[str, Any]]) -> bytes:
    """Return the ``.metadata`` object. Athena's own format is not documented; here it is JSON."""
    return json.dumps({"ColumnInfo": columns}).encode()
