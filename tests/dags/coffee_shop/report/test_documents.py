"""The types of a report's documents are those of the published schema."""

import json
import types
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints, is_typeddict

from coffee_shop.report.documents import Summary

SCHEMA = json.loads((Path(__file__).resolve().parents[4] / "docs" / "summary.schema.json").read_text())


def keys_of_schema(part: dict[str, Any]) -> Any:
    """Return the keys of an object with what lies below them, a list around what a list holds, else None."""
    if "$ref" in part:
        return keys_of_schema(SCHEMA["$defs"][part["$ref"].rsplit("/", 1)[1]])
    if "anyOf" in part:
        (part,) = [each for each in part["anyOf"] if each != {"type": "null"}]
        return keys_of_schema(part)
    if "properties" in part:
        return {name: keys_of_schema(each) for name, each in part["properties"].items()}
    if isinstance(part.get("additionalProperties"), dict):
        return {"any name": keys_of_schema(part["additionalProperties"])}
    return [keys_of_schema(part["items"])] if "items" in part else None


def keys_of_type(kind: Any) -> Any:
    if is_typeddict(kind):
        return {name: keys_of_type(each) for name, each in get_type_hints(kind).items()}
    if isinstance(kind, types.UnionType):
        (kind, *_) = [each for each in get_args(kind) if each is not types.NoneType]
        return keys_of_type(kind)
    if get_origin(kind) is dict:
        return {"any name": keys_of_type(get_args(kind)[1])}
    return [keys_of_type(get_args(kind)[0])] if get_origin(kind) is list else None


def test_a_summary_has_the_keys_of_its_schema():
    ours, published = keys_of_type(Summary), keys_of_schema(SCHEMA)
    del ours["outlet"]  # in what the mail of an outlet is made of; it is not kept
    (handover,), (known,) = (each["data_quality"].pop("handovers") for each in (ours, published))
    assert handover.keys() > known.keys()  # of the ledger's hand-overs the schema promises what readers need
    assert ours == published
