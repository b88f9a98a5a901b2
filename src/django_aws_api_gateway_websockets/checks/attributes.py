"""Checks of what a routed view says about itself: its attributes, its handlers, who logs in."""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from django.conf import settings
from django.core.checks import (
    CheckMessage,
    Error,
    Info,
    Warning,  # noqa: A004 - the name Django gives it.
)

from ..receiving.routed_views import RoutedView, find_socket_views, walk_views
from ..receiving.token_view import WebSocketTokenView
from ..receiving.view import WebSocketView
from ..receiving.wording import find_similar

__all__ = [
    "check_attributes_of_views",
    "check_listed_handlers_exist",
    "check_logins_get_to_views",
    "check_tokens_can_be_fetched",
]

_APP: Final = "django_aws_api_gateway_websockets"

_NAMES: Final = (
    "ALLOWED_HANDLERS",
    "ADDITIONAL_ALLOWED_HANDLERS",
    "additional_required_headers",
    "all_permissions_required",
    "permissions_required",
    "required_connection_headers",
    "required_headers",
)
"""Attributes that are names in a list or a set."""

_LOGIN: Final = {
    "session": "django.contrib.sessions.middleware.SessionMiddleware",
    "auth": "django.contrib.auth.middleware.AuthenticationMiddleware",
}
"""Words in the paths of middleware that finds sessions and users, and Django's own."""


def check_attributes_of_views(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """Report E006: an attribute of a routed view has a value of the wrong kind."""
    found = dict.fromkeys(
        f"{view.view_class.__name__}.{problem}"
        for view in find_socket_views()
        for problem in _bad_attributes(view)
    )
    return [Error(text, id=f"{_APP}.E006") for text in found]


def check_listed_handlers_exist(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """Report W020: a view lists a handler that no client can call, or that is Django's own."""
    found = dict.fromkeys(
        (view.view_class, name, reason)
        for view in find_socket_views()
        for attribute in ("ALLOWED_HANDLERS", "ADDITIONAL_ALLOWED_HANDLERS")
        for name in _texts(view.attribute(attribute))
        if (reason := _explain_listed(view.view_class, name))
    )
    return [
        Warning(
            f"{view_class.__name__} lists the handler {name!r}, {reason}.",
            hint=_hint_for_listed(view_class, name),
            id=f"{_APP}.W020",
        )
        for view_class, name, reason in found
    ]


def check_logins_get_to_views(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """Report W021: a view wants tokens, and no middleware finds out who has logged in."""
    wanting = _views_with_tokens()
    paths = [str(path).lower() for path in settings.MIDDLEWARE]
    # A project's own middleware, or another package's, has its work in its name.
    missing = [ours for word, ours in _LOGIN.items() if not any(word in path for path in paths)]
    if not wanting or not missing:
        return []
    return [
        Warning(
            f"{wanting[0].view_class.__name__} admits users by token, and MIDDLEWARE has nothing "
            f"that finds out who they are: {', '.join(missing)}.",
            hint=f"Add {' and '.join(map(repr, missing))} to MIDDLEWARE, or set USE_WS_TOKEN = "
            "False where anybody may connect.",
            id=f"{_APP}.W021",
        )
    ]


def check_tokens_can_be_fetched(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """Report I002: a view wants tokens, and no view of this package gives them."""
    from django.urls import get_resolver

    wanting = _views_with_tokens()
    if not wanting or any(walk_views(get_resolver().url_patterns, WebSocketTokenView)):
        return []
    return [
        Info(
            f"{wanting[0].view_class.__name__} wants a token of each connect, and no "
            "WebSocketTokenView is routed where pages could get one.",
            hint="Add path('ws/token/', WebSocketTokenView.as_view()) to the URLs, unless a view "
            "of yours gives tokens; or set USE_WS_TOKEN = False where anybody may connect.",
            id=f"{_APP}.I002",
        )
    ]


def _views_with_tokens() -> list[RoutedView]:
    return [view for view in find_socket_views() if view.attribute("USE_WS_TOKEN")]


def _bad_attributes(view: RoutedView) -> Iterator[str]:
    for name in filter(lambda name: _is_plain(view, name), _NAMES):
        value = view.attribute(name)
        if isinstance(value, str | bytes) or not isinstance(value, Iterable):
            yield f"{name} must be a list or a set of names, such as ['{_EXAMPLES[name]}']."
        elif not all(isinstance(one, str) for one in value):
            yield f"{name} must have nothing but texts in it."
    for name in ("route_selection_key", "handler_selection_key"):
        value = view.attribute(name)
        if _is_plain(view, name) and value is not None and not isinstance(value, str):
            yield f"{name} must be a text, such as 'action'."
    pattern = view.attribute("CHANNEL_NAME_PATTERN")
    if _is_plain(view, "CHANNEL_NAME_PATTERN") and not _is_pattern(pattern):
        yield f"CHANNEL_NAME_PATTERN must be made with re.compile(), and is {pattern!r:.60}."
    for name, is_good, wanted in _NUMBERS:
        if _is_plain(view, name) and not is_good(view.attribute(name)):
            yield f"{name} must be {wanted}."


def _is_plain(view: RoutedView, name: str) -> bool:
    """Tell whether an attribute has its value already: a property has one in a request only."""
    return not hasattr(view.attribute(name), "__get__")


def _is_pattern(value: object) -> bool:
    return isinstance(value, re.Pattern) and isinstance(value.pattern, str)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value >= 0


_NUMBERS: Final[tuple[tuple[str, Callable[[object], bool], str], ...]] = (
    ("MAX_BODY_SIZE", _is_count, "a whole number of bytes, 1 or more"),
    ("MAX_CHANNEL_NAME_LENGTH", _is_count, "a whole number of characters, 1 or more"),
    ("EXCEPTION_MAIL_INTERVAL", _is_number, "a number of seconds, 0 or more"),
)

_EXAMPLES: Final = {
    "ALLOWED_HANDLERS": "shout",
    "ADDITIONAL_ALLOWED_HANDLERS": "shout",
    "additional_required_headers": "X-Real-Ip",
    "all_permissions_required": "blog.add_post",
    "permissions_required": "blog.add_post",
    "required_connection_headers": "Cookie",
    "required_headers": "Host",
}


def _texts(value: object) -> list[str]:
    if isinstance(value, str) or not isinstance(value, Iterable):
        return []
    return [one for one in value if isinstance(one, str)]


def _explain_listed(view_class: type, name: str) -> str:
    """Say why a name that is listed is no handler; "" when it is one."""
    if name.startswith("_"):
        return "and no client can call what begins with an underscore"
    if name in WebSocketView.BASE_HANDLERS:
        return ""
    if not callable(getattr(view_class, name, None)):
        if hasattr(view_class, "__getattr__"):
            # It makes its methods up.
            return ""
        return "and has no such method"
    if hasattr(WebSocketView, name):
        return "which is a method of the view's own work and no handler"
    return ""


def _hint_for_listed(view_class: type, name: str) -> str:
    public = [one for one in dir(view_class) if not hasattr(WebSocketView, one)]
    similar = find_similar(name, (one for one in public if not one.startswith("_")))
    if similar:
        return f"Did you mean {similar!r}?"
    return "Take it off the list, or define a method of another name, and list that."
