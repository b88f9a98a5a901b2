"""Finding the socket views a project has routed, and under which path."""

import functools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.conf import settings
from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RoutePattern

__all__ = ["RoutedView", "find_socket_views"]

ROUTE_KWARG = "route"
_MAX_DECORATORS: Final = 5


@dataclass(frozen=True, slots=True)
class RoutedView:
    """A `WebSocketView` in the project's URLs."""

    view_class: type
    """The project's class."""
    path: str
    """Pattern of the URL, from the root, such as `ws/<slug:route>`."""
    has_route_slug: bool
    """Whether the pattern has the `route` slug API Gateway's events need."""
    initkwargs: Mapping[str, Any]
    """What `as_view()` was given, which comes before the attributes of the class."""

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
    from .views import WebSocketView

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


def _below_decorators(callback: Any, base: type, depth: int = _MAX_DECORATORS) -> Any | None:
    """What `as_view()` of such a class gave, also below decorators that hide what they wrap."""
    view_class = getattr(callback, "view_class", None)
    if isinstance(view_class, type):
        return callback if issubclass(view_class, base) else None
    if depth:
        for wrapped in _wrapped_by(callback):
            if (view := _below_decorators(wrapped, base, depth - 1)) is not None:
                return view
    return None


def _wrapped_by(callback: Any) -> Iterator[Callable[..., Any]]:
    """The functions a decorator's result may call: it holds on to them in its closure."""
    if isinstance(callback, functools.partial):
        yield callback.func
    for cell in getattr(callback, "__closure__", None) or ():
        try:
            content = cell.cell_contents
        except ValueError:  # It has not been assigned yet.
            continue
        if callable(content) and not isinstance(content, type):
            yield content


def _text_of(entry: URLPattern | URLResolver) -> str:
    text = str(entry.pattern)
    return text if isinstance(entry.pattern, RoutePattern) else text.removeprefix("^")
