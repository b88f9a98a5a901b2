"""Finding the socket views a project has routed, and under which path."""

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Final

from django.conf import settings
from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RoutePattern

__all__ = ["RoutedView", "find_socket_views"]

ROUTE_KWARG = "route"
_MAX_DECORATORS: Final = 8


@dataclass(frozen=True, slots=True)
class RoutedView:
    """A `WebSocketView` in the project's URLs."""

    view_class: type
    """The project's class."""
    path: str
    """Pattern of the URL, from the root, such as `ws/<slug:route>`."""
    has_route_slug: bool
    """True when the pattern has the `route` slug API Gateway's events need."""
    initkwargs: Mapping[str, Any]
    """Arguments of `as_view()`, which come before the attributes of the class."""

    def attribute(self, name: str) -> Any:
        """The value an attribute has in requests to this URL."""
        return self.initkwargs.get(name, getattr(self.view_class, name))

    @property
    def base_path(self) -> str:
        """The path up to the slug, as it belongs into `target_base_endpoint`."""
        return "/" + self.path.partition("<")[0]


def find_socket_views() -> list[RoutedView]:
    """Every routed `WebSocketView` subclass, in the order of the URLs; [] without ROOT_URLCONF."""
    if not getattr(settings, "ROOT_URLCONF", None):
        return []
    return list(_walk(get_resolver().url_patterns, ""))


def _walk(patterns: list[Any], prefix: str) -> Iterator[RoutedView]:
    from .view import WebSocketView

    for entry in patterns:
        path = prefix + _text_of(entry)
        if isinstance(entry, URLResolver):
            yield from _walk(entry.url_patterns, path)
            continue
        view = _below_decorators(entry.callback, WebSocketView)
        if view is not None:
            yield RoutedView(
                view_class=view.view_class,
                path=path,
                has_route_slug=f":{ROUTE_KWARG}>" in path or f"<{ROUTE_KWARG}>" in path,
                initkwargs=view.view_initkwargs,
            )


def _below_decorators(callback: Any, base: type) -> Any | None:
    """Find the result of `as_view()`, also below decorators that hide what they wrap."""
    looked_at: set[int] = set()
    level = [callback]
    for _ in range(_MAX_DECORATORS + 1):
        for one in level:
            view_class = getattr(one, "view_class", None)
            if isinstance(view_class, type) and issubclass(view_class, base):
                return one
        # Objects may hold on to each other in circles.
        looked_at.update(map(id, level))
        level = [held for one in level for held in _held_by(one) if id(held) not in looked_at]
    return None


def _held_by(callback: Any) -> Iterator[Any]:
    """Give what a decorator's result may call: it keeps that in its closure or in an attribute."""
    if isinstance(callback, functools.partial):
        yield callback.func
    # The object of a bound method need not be callable itself; that of a builtin is its module.
    owner = getattr(callback, "__self__", None)
    if not isinstance(owner, ModuleType | type | None):
        yield owner
    for cell in getattr(callback, "__closure__", None) or ():
        try:
            content = cell.cell_contents
        except ValueError:  # It has not been assigned yet.
            continue
        if _may_be_a_view(content):
            yield content
    yield from filter(_may_be_a_view, _attributes_of(callback))


def _attributes_of(holder: Any) -> Iterator[Any]:
    if isinstance(holder, type):
        return
    yield from getattr(holder, "__dict__", {}).values()
    for ancestor in type(holder).__mro__:
        names = vars(ancestor).get("__slots__", ())
        for name in [names] if isinstance(names, str) else names:
            yield getattr(holder, name, None)


def _may_be_a_view(content: Any) -> bool:
    return callable(content) and not isinstance(content, type)


def _text_of(entry: URLPattern | URLResolver) -> str:
    text = str(entry.pattern)
    return text if isinstance(entry.pattern, RoutePattern) else text.removeprefix("^")
