"""The channels that a project has declared, and the one that a name belongs to."""

from collections.abc import Iterable, Mapping
from typing import Any, Final, Protocol

from .pattern import Pattern

__all__ = [
    "Declared",
    "declared_channel",
    "declared_kinds",
    "has_presence",
    "register",
    "unregister",
]


class Declared(Protocol):
    """A channel of a declared kind, as everything but its declaration knows it."""

    name: str
    presence: Any

    def may_subscribe(self, user: Any) -> bool: ...
    def may_publish(self, user: Any) -> bool: ...
    def describe_member(self, user: Any) -> Mapping[str, Any]: ...


class DeclaredKind(Protocol):
    """A class of channels."""

    __module__: str
    __qualname__: str
    compiled_pattern: Pattern
    presence: Any

    def of_name(self, name: str) -> Declared | None: ...


_kinds: Final[dict[str, DeclaredKind]] = {}
"""Kinds by module and name: a module that is loaded anew takes the place of itself."""


def register(kind: Any) -> None:
    """Register a class of channels."""
    _kinds[f"{kind.__module__}.{kind.__qualname__}"] = kind


def unregister(kind: Any) -> None:
    """Forget a class of channels, such as one a test has declared."""
    _kinds.pop(f"{kind.__module__}.{kind.__qualname__}", None)


def declared_kinds() -> Iterable[DeclaredKind]:
    """Return the classes, in the order they were declared."""
    return list(_kinds.values())


def declared_channel(name: str) -> Declared | None:
    """Return the channel of this name, of the first kind whose pattern matches; None if none."""
    for kind in _kinds.values():
        channel = kind.of_name(name)
        if channel is not None:
            return channel
    return None


def has_presence() -> bool:
    """Tell whether any kind of channel has presence."""
    return any(kind.presence for kind in _kinds.values())
