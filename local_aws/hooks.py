"""How this project's code gets into ministack: functions of its modules are replaced when the server starts."""

from collections.abc import Callable
from functools import partial
from types import ModuleType
from typing import Any, TypeVar

Own = TypeVar("Own", bound=Callable[..., Any])

_noted: list[tuple[ModuleType, str, Callable[[Any], Any]]] = []


def replaces(module: ModuleType, name: str) -> Callable[[Own], Own]:
    """Decorate what stands in the place of a function of ministack.

    Raises:
        AttributeError: the pinned ministack has no such function; an upgrade has moved it.
    """
    if not hasattr(module, name):
        raise AttributeError(f"{module.__name__} has no {name}: has ministack been upgraded?")

    def note(own: Own) -> Own:
        _noted.append((module, name, lambda _: own))
        return own

    return note


def wraps(module: ModuleType, name: str) -> Callable[[Own], Own]:
    """Decorate as ``replaces`` does; the function gets the one that it replaces as its first argument."""

    def note(own: Own) -> Own:
        replaces(module, name)(own)
        _noted[-1] = (module, name, partial(partial, own))
        return own

    return note


def install() -> None:
    """Put all that was noted into ministack."""
    for module, name, place in _noted:
        setattr(module, name, place(getattr(module, name)))
