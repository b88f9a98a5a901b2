"""The method of a view a message is for: the names clients may call, and the one they call."""

import inspect
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any, Final

__all__ = ["DEFAULT_HANDLER", "choose_handler", "find_defined_handlers", "find_unknown_handler"]

DEFAULT_HANDLER: Final = "default"
"""The method that takes what no other is named for."""


def choose_handler(values: dict[str, Any], keys: Iterable[str], allowed: frozenset[str]) -> str:
    """Name the method a message is for: the first key that names an allowed one, else `default`.

    Args:
        values: the message.
        keys: where the name may stand, in order of precedence.
        allowed: names clients may call.
    """
    named = (name for name in _names_in(values, keys) if _may_be_called(name, allowed))
    return next(named, DEFAULT_HANDLER)


def find_unknown_handler(
    values: dict[str, Any], keys: Iterable[str], allowed: frozenset[str]
) -> str:
    """Find the name in a message that no method has, where `choose_handler` gives `default`.

    Args:
        values: the message.
        keys: where the name may stand, in order of precedence.
        allowed: names clients may call.

    Returns:
        "" when the message names `default` itself, or none at all.
    """
    named = _names_in(values, keys)
    if any(_may_be_called(name, allowed) for name in named):
        return ""
    return next((name for name in named if name != DEFAULT_HANDLER), "")


@lru_cache(maxsize=256)
def find_defined_handlers(
    view_class: type, base_class: type, exposable: frozenset[str]
) -> frozenset[str]:
    """Name the functions `view_class` itself defines for clients to call.

    Inherited methods do not count, and neither does anything `base_class` has under that name:
    a project that overrides `setup` must not thereby let clients call it.

    Args:
        view_class: the project's view.
        base_class: the view of this package.
        exposable: names of `base_class` that count when `view_class` defines them.
    """
    reserved = {name for name in dir(base_class) if name not in exposable}
    return frozenset(
        name
        for name, member in vars(view_class).items()
        if not name.startswith("_") and name not in reserved and _is_function(member)
    )


def _names_in(values: dict[str, Any], keys: Iterable[str]) -> list[str]:
    # Only a text is a name. The text of anything else may have no end, or not be made at all.
    return [name for key in keys if isinstance(name := values.get(key), str) and name]


def _may_be_called(name: str, allowed: frozenset[str]) -> bool:
    # A private method stays private even when a project lists it.
    return name in allowed and not name.startswith("_")


def _is_function(member: object) -> bool:
    function: object | Callable[..., Any] = member
    if isinstance(member, staticmethod):
        function = member.__func__
    return inspect.isfunction(function)
