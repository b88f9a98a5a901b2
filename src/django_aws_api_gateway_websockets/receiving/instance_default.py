"""An attribute of a view class whose default is found for each view, such as in the settings."""

import inspect
from collections.abc import Callable
from typing import Any

__all__ = ["InstanceDefault", "is_set_by_project"]


class InstanceDefault:
    """A default that a class shows empty and a view shows found; a project may set either.

    Args:
        on_class: value that the class has.
        find: returns the value of a view.
    """

    def __init__(self, on_class: Any, find: Callable[[Any], Any]) -> None:
        self._on_class = on_class
        self._find = find

    def __get__(self, view: Any, owner: type) -> Any:
        """Return the value of a view, or of the class when there is none."""
        return self._on_class if view is None else self._find(view)


def is_set_by_project(view: Any, name: str) -> bool:
    """Tell whether a project has put a value, other than an empty one, into such an attribute."""
    value = inspect.getattr_static(view, name)
    return not isinstance(value, InstanceDefault) and bool(value)
