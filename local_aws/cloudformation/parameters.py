"""Parameters of a template: defaults, given values, and the limits that the template sets them.

Source: AWS CloudFormation User Guide, "Parameters" (properties and their constraints).
"""

import re
from collections.abc import Mapping
from typing import Any

from local_aws.cloudformation.errors import ValidationError

TYPES = {"String", "Number", "CommaDelimitedList", "List<Number>"}
KNOWN = {"Type", "Default", "Description", "NoEcho", "ConstraintDescription", "AllowedValues", "AllowedPattern"} | {
    "MinValue",
    "MaxValue",
    "MinLength",
    "MaxLength",
}


def given_values(requested: list[dict[str, Any]], previous: Mapping[str, str]) -> dict[str, str]:
    """Return the texts that a request gives its parameters; UsePreviousValue takes the stack's own."""
    values = {}
    for parameter in requested:
        name = parameter["ParameterKey"]
        if parameter.get("UsePreviousValue"):
            if name not in previous:
                raise ValidationError(f"Invalid input for parameter key {name}. There is no previous value to use")
            values[name] = previous[name]
        else:
            values[name] = parameter.get("ParameterValue", "")
    return values


def texts(template: Mapping[str, Any], given: Mapping[str, str]) -> dict[str, str]:
    """Return the value of every parameter as text: given, else the default.

    Raises:
        ValidationError: one is unknown, missing or against its limits.
    """
    slots = template.get("Parameters") or {}
    unknown = sorted(given.keys() - slots.keys())
    if unknown:
        raise ValidationError(f"Parameters: [{', '.join(unknown)}] do not exist in the template")
    missing = [name for name, slot in slots.items() if name not in given and "Default" not in slot]
    if missing:
        raise ValidationError(f"Parameters: [{', '.join(missing)}] must have values")
    values = {name: str(given.get(name, slot.get("Default"))) for name, slot in slots.items()}
    for name, slot in slots.items():
        _check(name, values[name], slot)
    return values


def _check(name: str, text: str, slot: Mapping[str, Any]) -> None:
    kind = slot.get("Type")
    if kind not in TYPES:
        raise ValidationError(f"Template format error: parameter {name}: the local AWS does not do the type {kind}")
    for limit in slot.keys() - KNOWN:
        raise ValidationError(f"Template format error: parameter {name}: the local AWS does not do {limit}")
    items = [item.strip() for item in text.split(",")] if kind not in ("String", "Number") else [text]
    for item in items:
        broken = _broken(item, kind, slot)
        if broken:
            own = slot.get("ConstraintDescription")
            raise ValidationError(f"Parameter '{name}' " + (f"failed to satisfy constraint: {own}" if own else broken))


def _broken(text: str, kind: str, slot: Mapping[str, Any]) -> str | None:
    if "AllowedValues" in slot and text not in map(str, slot["AllowedValues"]):
        return f"must be one of AllowedValues: {', '.join(map(str, slot['AllowedValues']))}"
    if "Number" in kind:
        return _broken_number(text, slot)
    if "AllowedPattern" in slot and not re.fullmatch(slot["AllowedPattern"], text):
        return f"must match pattern {slot['AllowedPattern']}"
    if not int(slot.get("MinLength", 0)) <= len(text) <= int(slot.get("MaxLength", 4096)):
        return f"must contain {slot.get('MinLength', 0)} to {slot.get('MaxLength', 4096)} characters"
    return None


def _broken_number(text: str, slot: Mapping[str, Any]) -> str | None:
    try:
        number = float(text)
    except ValueError:
        return "must be a number"
    if number < float(slot.get("MinValue", number)):
        return f"must be a number not less than {slot['MinValue']}"
    if number > float(slot.get("MaxValue", number)):
        return f"must be a number not greater than {slot['MaxValue']}"
    return None


def values(template: Mapping[str, Any], given: Mapping[str, str]) -> dict[str, Any]:
    """Return what Ref of each parameter gives: text, or a list of texts."""
    slots = template.get("Parameters") or {}
    return {
        name: [item.strip() for item in text.split(",")]
        if slots[name]["Type"] in ("CommaDelimitedList", "List<Number>")
        else text
        for name, text in given.items()
    }


def shown(template: Mapping[str, Any], given: Mapping[str, str]) -> list[dict[str, str]]:
    """Return the parameters as the API describes them; those with NoEcho hidden."""
    slots = template.get("Parameters") or {}
    return [
        {"ParameterKey": name, "ParameterValue": "****" if _flag(slots[name].get("NoEcho")) else text}
        for name, text in given.items()
    ]


def _flag(value: Any) -> bool:
    return str(value).lower() == "true"
