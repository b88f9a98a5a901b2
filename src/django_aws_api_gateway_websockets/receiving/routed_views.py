"""Finding the socket views a project has routed, and under which path."""

import functools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Final

from django.conf import settings
from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RoutePattern
from django.utils import translation

__all__ = [
    "ROUTE_KWARG",
    "RoutedView",
    "find_language",
    "find_socket_class",
    "find_socket_view",
    "find_socket_views",
    "have_own_channel_rule",
    "refuse_unlisted_channels",
    "walk_views",
]

ROUTE_KWARG: Final = "route"
"""Name of the argument by which a view learns of connects and disconnects."""

_GROUP_NAME: Final = re.compile(r"\(\?P<(\w+)>")
_MAX_DECORATORS: Final = 8

_CHANNEL_HOOKS: Final = ("can_join_channel", "get_channel_permission")
"""Hooks with which a project decides itself who may be in a channel."""


@dataclass(frozen=True, slots=True)
class RoutedView:
    """A view of this package in the project's URLs."""

    view_class: type
    """The project's class."""
    path: str
    """Pattern of the URL, from the root, such as `ws/<slug:route>`."""
    regex: str
    """The same as a regular expression."""
    defaults: Mapping[str, Any]
    """Arguments the URL gives the view besides those of the pattern."""
    initkwargs: Mapping[str, Any]
    """Arguments of `as_view()`, which come before the attributes of the class."""
    callback: Any
    """Function that Django calls: the result of `as_view()`, or what a decorator made of it."""

    def attribute(self, name: str) -> Any:
        """The value an attribute has in requests to this URL."""
        return self.initkwargs.get(name, getattr(self.view_class, name))

    @property
    def parameters(self) -> list[str]:
        """Names of the arguments the path gives the view, in order."""
        return _GROUP_NAME.findall(self.regex)

    @property
    def has_route_slug(self) -> bool:
        """True when the view learns the `route` that API Gateway's events need."""
        return ROUTE_KWARG in self.parameters or ROUTE_KWARG in self.defaults


@dataclass(frozen=True, slots=True)
class _Prefix:
    """The beginning of a URL, as far as `include()` has led."""

    path: str = ""
    regex: str = ""
    defaults: tuple[tuple[str, Any], ...] = ()

    def followed_by(self, entry: URLPattern | URLResolver) -> "_Prefix":
        """Return the prefix with one more part of the URL."""
        is_resolver = isinstance(entry, URLResolver)
        own = entry.default_kwargs if is_resolver else entry.default_args  # type: ignore[union-attr] # Django has two names.
        return _Prefix(
            self.path + _text_of(entry),
            self.regex + entry.pattern.regex.pattern.removeprefix("^"),
            (*self.defaults, *own.items()),
        )


def find_socket_views() -> list[RoutedView]:
    """Every routed `WebSocketView` subclass, in the order of the URLs; [] without ROOT_URLCONF."""
    from .view import WebSocketView

    if not getattr(settings, "ROOT_URLCONF", None):
        return []
    with translation.override(find_language("")):
        return list(walk_views(get_resolver().url_patterns, WebSocketView))


def walk_views(patterns: list[Any], base: type) -> Iterator[RoutedView]:
    """Yield the views of a class and its subclasses, in the order of the URLs."""
    return _walk(patterns, _Prefix(), base)


def find_language(path: str) -> str:
    """Find the language Django speaks in a request for `path`, which decides about its URLs.

    Only `LocaleMiddleware` looks at the path, and it knows no languages besides `LANGUAGES`.
    """
    spoken: str = settings.LANGUAGE_CODE
    if not any("LocaleMiddleware" in name for name in settings.MIDDLEWARE):
        return spoken
    try:
        found = translation.get_language_from_path(path)
        return found or translation.get_supported_language_variant(spoken)
    except LookupError:
        # Django's own checks report a language that is not among LANGUAGES.
        return spoken


def find_socket_class(callback: Any) -> type | None:
    """Find the `WebSocketView` subclass behind a view of the URLs; None behind any other view."""
    view = find_socket_view(callback)
    return None if view is None else view.view_class


def find_socket_view(callback: Any) -> Any | None:
    """Find the result of a `WebSocketView.as_view()` behind a view of the URLs; None elsewhere."""
    from .view import WebSocketView

    return _below_decorators(callback, WebSocketView)


def have_own_channel_rule() -> bool:
    """Tell whether a routed view decides itself who may be in a channel."""
    from .view import WebSocketView

    views = find_socket_views()
    hooks = {getattr(view.view_class, name) for view in views for name in _CHANNEL_HOOKS}
    return not hooks <= {getattr(WebSocketView, name) for name in _CHANNEL_HOOKS}


def refuse_unlisted_channels() -> bool:
    """Tell whether channels without a rule are closed, as every routed view says."""
    if have_own_channel_rule():
        # A project's own rule is asked on the way in, and cannot be asked without a request.
        return False
    views = find_socket_views()
    return bool(views) and not any(view.attribute("ALLOW_UNLISTED_CHANNELS") for view in views)


def _walk(patterns: list[Any], prefix: _Prefix, base: type) -> Iterator[RoutedView]:
    for entry in patterns:
        whole = prefix.followed_by(entry)
        if isinstance(entry, URLResolver):
            yield from _walk(entry.url_patterns, whole, base)
            continue
        view = _below_decorators(entry.callback, base)
        if view is not None:
            yield RoutedView(
                view_class=view.view_class,
                path=whole.path,
                regex=whole.regex,
                defaults=dict(whole.defaults),
                initkwargs=view.view_initkwargs,
                callback=entry.callback,
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
