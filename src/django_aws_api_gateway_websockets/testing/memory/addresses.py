"""The address at which a view gets the events of its sockets, found by path or by view."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, unquote, urlsplit

from django.conf import settings
from django.urls import include, path

from ...receiving.called_paths import explain_base_path, find_called_paths, find_match
from ...receiving.routed_views import RoutedView, find_socket_view, find_socket_views

__all__ = ["Address", "find_address"]

_WITHOUT_URL: Final = "/view-of-a-test/"


@dataclass(frozen=True, slots=True)
class Address:
    """The address to which the events of an API go."""

    base: str
    """Path up to the name of the event."""
    view: Any
    """The result of `as_view()` that gets them."""
    query: str = ""
    """Query string that came with the path."""
    urlconf: Any = None
    """URLs with the view in them, where the project's have none for it."""

    @property
    def quoted(self) -> str:
        """The path as it stands in a URL."""
        return quote(self.base)


class _UrlsWithView:
    """The project's URLs, and one more for a view that has none."""

    def __init__(self, view: Any) -> None:
        self.urlpatterns = [
            path(f"{_WITHOUT_URL[1:]}<slug:route>", view),
            path("", include(settings.ROOT_URLCONF)),
        ]


def find_address(path_or_view: Any) -> Address:
    """Find where the events of a socket go.

    Args:
        path_or_view: path up to the route, such as `/ws/`; or a `WebSocketView`, or the result of
            its `as_view()`. A view that no URL leads to is called at an address of its own.

    Raises:
        ValueError: no socket view gets events at the path.
        TypeError: it is neither a path nor a socket view.
    """
    if isinstance(path_or_view, str):
        return _address_at(path_or_view)
    is_class = isinstance(path_or_view, type) and hasattr(path_or_view, "as_view")
    view = find_socket_view(path_or_view.as_view() if is_class else path_or_view)
    if view is None:
        raise TypeError(
            f"{path_or_view!r} is neither a path nor a WebSocketView: give the path up to the "
            "route, such as '/ws/', or the view."
        )
    for routed in find_socket_views():
        is_it = routed.view_class is path_or_view or routed.callback is path_or_view
        called = find_called_paths(routed) if is_it else None
        if called is not None and called.base:
            return Address(unquote(called.base), find_socket_view(routed.callback))
    callback = view if is_class else path_or_view
    return Address(_WITHOUT_URL, view, urlconf=_UrlsWithView(callback))


def _address_at(text: str) -> Address:
    parts = urlsplit(text)
    base = unquote(parts.path)
    problem = explain_base_path(base)
    if problem and not base.endswith("/"):
        # As people write it.
        base += "/"
        problem = explain_base_path(base)
    match = None if problem else find_match(f"{base}connect")
    if match is None:
        raise ValueError(
            f"No socket view gets the events of {text!r}: {problem}. Give the path up to the "
            f"route. {_list_of(find_socket_views())}"
        )
    return Address(base, find_socket_view(match.func), query=parts.query)


def _list_of(views: Iterable[RoutedView]) -> str:
    called = ((find_called_paths(view).base, view.view_class.__name__) for view in views)
    there = [f"{base} ({name})" for base, name in called if base]
    return f"There is {', '.join(there)}." if there else "No URL leads to a WebSocketView yet."
