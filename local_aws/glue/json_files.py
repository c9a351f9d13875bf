"""JSON as Glue's built-in classifier sees it: one object after another."""

import json
from typing import Any

from local_aws.glue.schema import TEXT_INPUT, TEXT_OUTPUT, Column, Format, Schema, wider

SERDE = "org.openx.data.jsonserde.JsonSerDe"
SAMPLE_RECORDS = 1000
_INT_LIMIT = 2**31


def recognise(sample: bytes, whole_file: bool, compression: str, size: int) -> Schema | None:
    """Return the schema of a file of JSON objects; None when it is not one."""
    try:
        text = sample.decode("utf-8-sig", "strict" if whole_file else "ignore")
    except UnicodeDecodeError:
        return None
    records, read = _records(text, whole_file)
    if not records:
        return None
    types: dict[str, str] = {}
    for record in records:
        for name, value in record.items():
            kind = hive_type(value)
            types[name.lower()] = _both(types.get(name.lower()), kind)
    columns = tuple(Column(name, kind or "string") for name, kind in types.items())
    form = Format(
        "json", compression, TEXT_INPUT, TEXT_OUTPUT, SERDE, (("paths", ",".join(column.name for column in columns)),)
    )
    return Schema(form, columns, round(size * len(records) / max(read, 1)))


def _records(text: str, whole_file: bool) -> tuple[list[dict[str, Any]], int]:
    """Return the objects of the text and how many characters they take; none when there is anything else in it."""
    decoder, position = json.JSONDecoder(), 0
    records: list[dict[str, Any]] = []
    while len(records) < SAMPLE_RECORDS:
        while position < len(text) and text[position] in " \t\r\n":
            position += 1
        if position == len(text):
            break
        try:
            record, position = decoder.raw_decode(text, position)
        except json.JSONDecodeError:
            return ([], 0) if whole_file else (records, position)
        if not isinstance(record, dict):
            return [], 0
        records.append(record)
    return records, position


def hive_type(value: Any) -> str:
    """Return the Hive type of a JSON value; an empty text for null, which says nothing."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "int" if -_INT_LIMIT <= value < _INT_LIMIT else "bigint"
    if isinstance(value, float):
        return "double"
    if isinstance(value, list):
        inner = ""
        for item in value:
            inner = _both(inner, hive_type(item))
        return f"array<{inner or 'string'}>"
    if isinstance(value, dict):
        return (
            "struct<" + ",".join(f"{name.lower()}:{hive_type(item) or 'string'}" for name, item in value.items()) + ">"
        )
    return "string"


def _both(one: str | None, other: str) -> str:
    return wider(one, other) if one and other else one or other
