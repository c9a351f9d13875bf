"""How this project's code gets into ministack: functions of its modules are replaced when the server starts."""

import inspect
from collections.abc import Callable
from functools import partial
from types import ModuleType
from typing import Any

_noted: list[tuple[ModuleType, str, Callable[..., Any]]] = []


def replaces(module: ModuleType, name: str) -> Callable[[Any], Any]:
    """Decorate what stands in the place of a function of ministack; as argument ``plain`` it gets that function.

    Raises:
        AttributeError: the pinned ministack has no such function; an upgrade has moved it.
    """
    if not hasattr(module, name):
        raise AttributeError(f"{module.__name__} has no {name}: has ministack been upgraded?")

    def note(own: Any) -> Any:
        _noted.append((module, name, own))
        return own

    return note


def install() -> None:
    """Put all that was noted into ministack."""
    for module, name, own in _noted:
        takes_plain = "plain" in inspect.signature(own).parameters
        setattr(module, name, partial(own, getattr(module, name)) if takes_plain else own)
