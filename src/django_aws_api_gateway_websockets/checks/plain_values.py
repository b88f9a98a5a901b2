"""Reads the attributes of a routed view without a request, as far as that is possible.

A property has its value in a request only, and a value of a wrong kind is for `E006` to report: all
other checks leave such a view out.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from ..receiving.routed_views import RoutedView

__all__ = ["UNKNOWN", "is_count", "is_on", "names_of", "value_of"]

UNKNOWN: Final = object()
"""Stands for a value that only a request can tell."""


def value_of(view: RoutedView, name: str) -> Any:
    """Return the value of an attribute; `UNKNOWN` for a property and other descriptors."""
    try:
        value = view.attribute(name)
    except Exception:  # noqa: BLE001 - a descriptor of the project may do anything on the class.
        return UNKNOWN
    return UNKNOWN if hasattr(value, "__get__") else value


def is_on(view: RoutedView, name: str) -> bool:
    """Tell whether an attribute is known to be true."""
    value = value_of(view, name)
    return value is not UNKNOWN and bool(value)


def names_of(view: RoutedView, name: str) -> list[str] | None:
    """Return the names in a list or a set; None where there is nothing of the kind."""
    value = value_of(view, name)
    # To look into an iterator is to use it up.
    if isinstance(value, str | bytes | Iterator) or not isinstance(value, Iterable):
        return None
    names = list(value)
    return names if all(isinstance(one, str) for one in names) else None


def is_count(value: object) -> bool:
    """Tell whether a value is a whole number, 1 or more."""
    return isinstance(value, int) and not isinstance(value, bool) and value > 0
