"""How this project's code gets into ministack: functions of its modules are replaced when the server starts."""

from types import ModuleType
from typing import Any


def replace(module: ModuleType, name: str, replacement: Any) -> Any:
    """Put something in the place of a function of ministack; return what stood there.

    Raises:
        AttributeError: the pinned ministack has no such function; an upgrade has moved it.
    """
    if not hasattr(module, name):
        raise AttributeError(f"{module.__name__} has no {name}: has ministack been upgraded?")
    replaced = getattr(module, name)
    setattr(module, name, replacement)
    return replaced
