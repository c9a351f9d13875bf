"""Event patterns: which events a rule is for.

A pattern that this does not know is refused by name when the rule is made: it would match too much or nothing.
Source: EventBridge User Guide, "Creating Amazon EventBridge event patterns" and "Comparison operators".
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

LONGEST = 2048
COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "<": lambda value, bound: value < bound,
    "<=": lambda value, bound: value <= bound,
    "=": lambda value, bound: value == bound,
    ">": lambda value, bound: value > bound,
    ">=": lambda value, bound: value >= bound,
}


class PatternError(Exception):
    """A pattern that is not one, or that is not for real here."""


def parse(text: str) -> dict[str, Any]:
    """Read and check a pattern; raise PatternError."""
    if len(text) > LONGEST:
        raise PatternError(f"the pattern is {len(text)} characters long and may be {LONGEST}")
    try:
        pattern = json.loads(text)
    except ValueError as problem:
        raise PatternError(f"not JSON: {problem}") from None
    _check(pattern, "")
    return dict(pattern)


def matches(pattern: Mapping[str, Any], event: Mapping[str, Any]) -> bool:
    """Tell whether an event has, for every field of the pattern, a value that one of its conditions takes."""
    return all(_field_matches(name, wanted, event) for name, wanted in pattern.items())


def _field_matches(name: str, wanted: Any, event: Mapping[str, Any]) -> bool:
    if isinstance(wanted, Mapping):
        below = event.get(name)
        return matches(wanted, below if isinstance(below, Mapping) else {})
    there = name in event and not isinstance(event[name], Mapping)
    found = event.get(name)
    values = found if isinstance(found, list) else [found]
    return any(_takes(one, there, values) for one in wanted)


def _takes(condition: Any, there: bool, values: list[Any]) -> bool:
    if isinstance(condition, Mapping) and "exists" in condition:
        return bool(condition["exists"]) == there
    return there and any(_value_matches(condition, value) for value in values)


def _value_matches(condition: Any, value: Any) -> bool:
    if isinstance(condition, Mapping):
        ((operator, operand),) = condition.items()
        return OPERATORS[operator](operand, value)
    # JSON knows numbers and flags apart, Python takes True for 1
    return isinstance(condition, bool) == isinstance(value, bool) and bool(condition == value)


def _prefix(operand: Any, value: Any) -> bool:
    if isinstance(operand, Mapping):
        return isinstance(value, str) and value.lower().startswith(operand["equals-ignore-case"].lower())
    return isinstance(value, str) and value.startswith(operand)


def _suffix(operand: Any, value: Any) -> bool:
    if isinstance(operand, Mapping):
        return isinstance(value, str) and value.lower().endswith(operand["equals-ignore-case"].lower())
    return isinstance(value, str) and value.endswith(operand)


def _equals_ignore_case(operand: Any, value: Any) -> bool:
    return isinstance(value, str) and value.lower() == operand.lower()


def _wildcard(operand: Any, value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch(_expression(operand), value, re.DOTALL) is not None


def _expression(wildcard: str) -> str:
    r"""Return a regular expression: * is any text, \* and \\ stand for themselves."""
    parts = re.findall(r"\\[*\\]|.", wildcard, re.DOTALL)
    return "".join(".*" if part == "*" else re.escape(part[-1]) for part in parts)


def _numeric(operand: Any, value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return all(COMPARISONS[sign](value, bound) for sign, bound in zip(operand[::2], operand[1::2], strict=True))


def _anything_but(operand: Any, value: Any) -> bool:
    if isinstance(operand, Mapping):
        ((operator, inner),) = operand.items()
        return not any(OPERATORS[operator](one, value) for one in (inner if isinstance(inner, list) else [inner]))
    return not any(_value_matches(one, value) for one in (operand if isinstance(operand, list) else [operand]))


OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "prefix": _prefix,
    "suffix": _suffix,
    "equals-ignore-case": _equals_ignore_case,
    "wildcard": _wildcard,
    "numeric": _numeric,
    "anything-but": _anything_but,
}
NEGATED = ("prefix", "suffix", "equals-ignore-case", "wildcard")


def _check(pattern: Any, path: str) -> None:
    if not isinstance(pattern, dict) or not pattern:
        raise PatternError(f"{path or 'the pattern'}: expected an object with at least one field")
    for name, wanted in pattern.items():
        where = f"{path}.{name}" if path else name
        if name.startswith("$"):
            raise PatternError(f"{where}: the local AWS does not match {name}")
        if isinstance(wanted, dict):
            _check(wanted, where)
        elif not isinstance(wanted, list):
            raise PatternError(f'"{where}" must be an object or an array')
        elif not wanted:
            raise PatternError(f"{where}: empty arrays are not allowed")
        else:
            for condition in wanted:
                _check_condition(condition, where)


def _check_condition(condition: Any, where: str) -> None:
    if condition is None or isinstance(condition, (str, int, float)):
        return
    if not isinstance(condition, dict) or len(condition) != 1:
        raise PatternError(f"{where}: expected a value or one comparison, found {json.dumps(condition)}")
    ((operator, operand),) = condition.items()
    check = CHECKS.get(operator)
    if check is None:
        raise PatternError(f"{where}: the local AWS does not match by {operator!r}, but by {', '.join(CHECKS)}")
    if not check(operand):
        raise PatternError(f"{where}: {operator} does not take {json.dumps(operand)}")


def _is_text(operand: Any) -> bool:
    return isinstance(operand, str) and operand != ""


def _is_affix(operand: Any) -> bool:
    if isinstance(operand, dict):
        return list(operand) == ["equals-ignore-case"] and _is_text(operand["equals-ignore-case"])
    return _is_text(operand)


def _is_wildcard(operand: Any) -> bool:
    return _is_text(operand) and "**" not in operand


def _is_range(operand: Any) -> bool:
    if not isinstance(operand, list) or len(operand) not in (2, 4):
        return False
    numbers = all(isinstance(one, (int, float)) and not isinstance(one, bool) for one in operand[1::2])
    return numbers and all(one in COMPARISONS for one in operand[::2])


def _is_negated(operand: Any) -> bool:
    if isinstance(operand, dict):
        ((operator, inner),) = operand.items() if len(operand) == 1 else ((None, None),)
        wanted = inner if isinstance(inner, list) else [inner]
        return operator in NEGATED and bool(wanted) and all(_is_text(one) for one in wanted)
    wanted = operand if isinstance(operand, list) else [operand]
    return bool(wanted) and all(isinstance(one, (str, int, float)) and not isinstance(one, bool) for one in wanted)


CHECKS: dict[str, Callable[[Any], bool]] = {
    "prefix": _is_affix,
    "suffix": _is_affix,
    "equals-ignore-case": _is_text,
    "wildcard": _is_wildcard,
    "numeric": _is_range,
    "anything-but": _is_negated,
    "exists": lambda operand: isinstance(operand, bool),
}
