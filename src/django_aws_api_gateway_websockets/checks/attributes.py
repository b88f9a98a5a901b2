"""Checks of what a routed view says about itself: its attributes, its handlers, who logs in."""

import inspect
import math
import re
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from typing import Any, Final

from django.conf import settings
from django.core.checks import (
    CheckMessage,
    Error,
    Info,
    Warning,  # noqa: A004 - the name Django gives it.
)

from ..receiving.refusals import find_similar
from ..receiving.routed_views import RoutedView, find_socket_views, walk_views
from ..receiving.token_view import WebSocketTokenView
from ..receiving.view import WebSocketView
from .plain_values import UNKNOWN, is_count, is_on, names_of, value_of

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
        for name in names_of(view, attribute) or ()
        if (reason := _explain_listed(view, name))
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
    return [view for view in find_socket_views() if is_on(view, "USE_WS_TOKEN")]


def _bad_attributes(view: RoutedView) -> Iterator[str]:
    for name in _NAMES:
        if (value := value_of(view, name)) is not UNKNOWN and (problem := _bad_names(value)):
            yield f"{name} {problem}".replace("[]", f"['{_EXAMPLES[name]}']")
    for name, is_good, wanted in _SINGLE_VALUES:
        if (value := value_of(view, name)) is not UNKNOWN and not is_good(value):
            yield f"{name} must be {wanted}".replace("{}", f"{value!r:.60}") + "."


def _bad_names(value: object) -> str:
    """Say what is wrong with a list of names; "" when nothing is."""
    if isinstance(value, Iterator):
        return "must be a list, a tuple or a set: an iterator is used up by the first request."
    if isinstance(value, str | bytes) or not isinstance(value, Iterable):
        return "must be a list or a set of names, such as []."
    if not all(isinstance(one, str) for one in value):
        return "must have nothing but texts in it."
    return ""


def _is_key(value: object) -> bool:
    return value is None or isinstance(value, str)


def _is_pattern(value: object) -> bool:
    return isinstance(value, re.Pattern) and isinstance(value.pattern, str)


def _is_number(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return False
    return (isinstance(value, int) or math.isfinite(value)) and value >= 0


_SINGLE_VALUES: Final[tuple[tuple[str, Callable[[object], bool], str], ...]] = (
    ("route_selection_key", _is_key, "a text, such as 'action'"),
    ("handler_selection_key", _is_key, "a text, such as 'action'"),
    ("CHANNEL_NAME_PATTERN", _is_pattern, "made with re.compile(), and is {}"),
    ("MAX_BODY_SIZE", is_count, "a whole number of bytes, 1 or more"),
    ("MAX_CHANNEL_NAME_LENGTH", is_count, "a whole number of characters, 1 or more"),
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


def _explain_listed(view: RoutedView, name: str) -> str:
    """Say why a name that is listed is no handler; "" when it is one."""
    if name.startswith("_"):
        return "and no client can call what begins with an underscore"
    if name in WebSocketView.BASE_HANDLERS:
        return ""
    if not _may_have(view, name):
        return "and has no such method"
    if hasattr(WebSocketView, name):
        return "which is a method of the view's own work and no handler"
    return ""


def _may_have(view: RoutedView, name: str) -> bool:
    """Tell whether requests may find such a method, be it one that the view makes up."""
    view_class = view.view_class
    found = inspect.getattr_static(view_class, name, None)
    if callable(found) or hasattr(found, "__get__") or hasattr(view_class, "__getattr__"):
        return True
    if view_class.setup is not WebSocketView.setup:  # type: ignore[attr-defined] # it is a view.
        return True
    if view_class.__init__ is WebSocketView.__init__:  # type: ignore[misc] # only compared.
        return False
    try:
        return callable(getattr(view_class(**view.initkwargs), name, None))
    except Exception:  # noqa: BLE001 - it is the project's code, and nobody can tell.
        return True


def _hint_for_listed(view_class: type, name: str) -> str:
    public = [one for one in dir(view_class) if not hasattr(WebSocketView, one)]
    similar = find_similar(name, (one for one in public if not one.startswith("_")))
    if similar:
        return f"Did you mean {similar!r}?"
    return "Take it off the list, or define a method of another name, and list that."
