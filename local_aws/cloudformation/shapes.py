"""The form of a resource type's properties: which there are, and what their values are read as.

A template's values are often texts ("2", "true") where an API wants a number or a flag; CloudFormation converts them.
A property that a type's form does not name would be ignored, so it is refused by its path.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

LATER = "{known when made: "
"""What stands for a value that is not known yet, while a change set is planned."""


class PropertyError(Exception):
    """A property is unknown, missing or not of its form."""


@dataclass(frozen=True)
class Shape:
    """A form. fit: takes a value and its path, and gives the value as the API wants it, or raises PropertyError."""

    fit: Callable[[Any, str], Any]

    def __call__(self, value: Any, path: str) -> Any:
        """See the class."""
        return self.fit(value, path)


@Shape
def text(value: Any, path: str) -> str:
    """Read a text; numbers and flags become one."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (str, int, float)):
        return str(value)
    raise PropertyError(f"{path}: expected a text, found {value!r}")


@Shape
def whole(value: Any, path: str) -> int | str:
    """Read a whole number."""
    if isinstance(value, str) and LATER in value:
        return value
    try:
        if not isinstance(value, bool):
            return int(str(value))
    except ValueError:
        pass
    raise PropertyError(f"{path}: expected a whole number, found {value!r}")


@Shape
def flag(value: Any, path: str) -> bool | str:
    """Read true or false."""
    if isinstance(value, bool) or (isinstance(value, str) and LATER in value):
        return value
    if str(value).lower() in ("true", "false"):
        return str(value).lower() == "true"
    raise PropertyError(f"{path}: expected true or false, found {value!r}")


@Shape
def anything(value: Any, path: str) -> Any:
    """Read a JSON document, such as a policy, taken as it is."""
    return value


def only(*allowed: str) -> Shape:
    """Make a form: one of a few words; another would be pretended."""

    def fit(value: Any, path: str) -> str:
        if value not in allowed and LATER not in str(value):
            raise PropertyError(f"{path}: the local AWS does not do {value!r}, but {' or '.join(allowed)}")
        return str(value)

    return Shape(fit)


def many(item: Shape) -> Shape:
    """Make a form: a list."""

    def fit(value: Any, path: str) -> list[Any]:
        if not isinstance(value, list):
            raise PropertyError(f"{path}: expected a list, found {value!r}")
        return [item(one, f"{path}/{number}") for number, one in enumerate(value)]

    return Shape(fit)


def by_name(item: Shape) -> Shape:
    """Make a form: an object with names of the template's own."""

    def fit(value: Any, path: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise PropertyError(f"{path}: expected an object, found {value!r}")
        return {str(name): item(one, f"{path}/{name}") for name, one in value.items()}

    return Shape(fit)


def record(fields: Mapping[str, Shape], needed: tuple[str, ...] = ()) -> Shape:
    """Make a form: an object with these names and no others."""

    def fit(value: Any, path: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise PropertyError(f"{path}: expected an object, found {value!r}")
        for name in value.keys() - fields.keys():
            raise PropertyError(f"{path}/{name}: the local AWS does not do this property")
        for name in needed:
            if name not in value:
                raise PropertyError(f"{path}/{name}: the property is needed and missing")
        return {name: fields[name](one, f"{path}/{name}") for name, one in value.items()}

    return Shape(fit)
