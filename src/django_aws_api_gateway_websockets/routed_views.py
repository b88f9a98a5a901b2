"""Finding the socket views a project has routed, and under which path."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RoutePattern

__all__ = ["RoutedView", "find_socket_views"]

ROUTE_KWARG = "route"


@dataclass(frozen=True, slots=True)
class RoutedView:
    """A `WebSocketView` in the project's URLs."""

    view_class: type
    """The project's class."""
    path: str
    """Pattern of the URL, from the root, such as `ws/<slug:route>`."""
    has_route_slug: bool
    """Whether the pattern has the `route` slug API Gateway's events need."""

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
        view_class = getattr(entry.callback, "view_class", None)
        if isinstance(view_class, type) and issubclass(view_class, WebSocketView):
            slug = f":{ROUTE_KWARG}>" in path or f"<{ROUTE_KWARG}>" in path
            yield RoutedView(view_class=view_class, path=path, has_route_slug=slug)


def _text_of(entry: URLPattern | URLResolver) -> str:
    text = str(entry.pattern)
    return text if isinstance(entry.pattern, RoutePattern) else text.removeprefix("^")
