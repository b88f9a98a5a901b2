"""The options by which a page connects: addresses of the API and of tokens, names in frames.

A mistake raises an error while `DEBUG` is on. In production the page is served without a socket,
and the log says why: a record that was added or deleted in the admin must not take pages down.
"""

import logging
from functools import lru_cache
from typing import Any, Final
from urllib.parse import quote, unquote, urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest
from django.middleware.csrf import get_token
from django.urls import URLResolver, get_resolver, get_script_prefix, get_urlconf
from django.utils.http import RFC3986_SUBDELIMS, escape_leading_slashes
from django.utils.regex_helper import normalize
from django.utils.translation import get_language

from ..models import ApiGateway
from .called_paths import find_match
from .event import TOKEN_PARAMETER
from .routed_views import RoutedView, find_socket_view, find_socket_views, walk_views
from .token_view import WebSocketTokenView

__all__ = [
    "attribute_of",
    "find_page_api",
    "find_token_url",
    "find_view_of_api",
    "find_websocket_url",
    "make_page_options",
    "selection_key_of",
]

logger = logging.getLogger("django_aws_api_gateway_websockets.views")

_NAMED: Final = 5
"""APIs that a message names, of however many."""


def find_page_api(api: ApiGateway | str | None = None) -> ApiGateway | None:
    """Find the API a page connects to; None where there is none, which is logged.

    Args:
        api: a record or its name; None stands for the only one that exists, or in production for
            the oldest.

    Raises:
        ImproperlyConfigured: there is none, or it is not clear which, while `DEBUG` is on.
    """
    if isinstance(api, ApiGateway):
        return api
    if api:
        found = ApiGateway.objects.filter(api_name=api).first()
        if found is None:
            _complain(f"No ApiGateway has the name {api!r}.")
        return found
    candidates = list(ApiGateway.objects.exclude(api_id="").order_by("pk")[: _NAMED + 1])
    if not candidates:
        _complain(
            "A page needs the address of an API, and none exists yet: create one with "
            "create_gateway(), or set local_gateway in WEBSOCKETS and start runserver."
        )
        return None
    if len(candidates) > 1:
        names = ", ".join(repr(one.api_name) for one in candidates[:_NAMED])
        _complain(
            f"There are several APIs, {names}, and a page does not say which one it connects to: "
            f'give its name, as in {{% websocket_client api="{candidates[0].api_name}" %}}.'
        )
    return candidates[0]


def find_websocket_url(api: ApiGateway | None, request: HttpRequest | None) -> str:
    """Return the address of an API for a page; "" while it has none, which is logged.

    Raises:
        ImproperlyConfigured: it has none, while `DEBUG` is on.
    """
    if api is None:
        return ""
    url = api.websocket_url(request)
    if not url:
        _complain(f"The API {api.api_name!r} has no address yet: call its create_gateway().")
    return url


def make_page_options(
    api: ApiGateway | None, request: HttpRequest | None, *, token_url: str | None = None
) -> dict[str, Any]:
    """Return the options of the browser client, but for its channels.

    Args:
        api: the API the page connects to.
        request: of the page; None takes the addresses as they are without one.
        token_url: where tokens are, for a token view of the project's own.

    Raises:
        ImproperlyConfigured: the API has no address, or no view gives the tokens that its view
            wants, while `DEBUG` is on.
    """
    view = None if api is None else find_view_of_api(api)
    wants_token = view is None or bool(attribute_of(view, "USE_WS_TOKEN", unknown=True))
    if token_url is None and wants_token:
        token_url = find_token_url("" if api is None else api.api_id)
        if token_url is None and view and attribute_of(view, "USE_WS_TOKEN", unknown=False):
            _complain(
                f"{view.view_class.__name__} wants a token, and no WebSocketTokenView is routed: "
                "add one to the URLs, give token_url=, or set USE_WS_TOKEN = False."
            )
    options = {
        "url": find_websocket_url(api, request),
        "tokenUrl": token_url,
        "tokenParameter": TOKEN_PARAMETER,
        "selectionKey": "action" if view is None else selection_key_of(view),
        # The server has waited before it tells of a leave.
        "grace": 0,
    }
    return options if token_url is None else options | _csrf_options(request)


def _complain(text: str) -> None:
    if settings.DEBUG:
        raise ImproperlyConfigured(text)
    logger.error("A page cannot be given its socket as it should: %s", text)


def selection_key_of(view: Any) -> str:
    """Return the member by which the messages of the browser client name their handler."""
    return str(
        attribute_of(view, "route_selection_key", unknown="action")
        or attribute_of(view, "handler_selection_key", unknown="handler")
    )


def attribute_of(view: Any, name: str, *, unknown: Any) -> Any:
    """Return the value that an attribute has in requests to a view.

    Args:
        view: the result of `as_view()`.
        name: of the attribute.
        unknown: what to return of a property that has its value in a request only.
    """
    try:
        value = view.view_initkwargs.get(name, getattr(view.view_class, name))
        if not hasattr(value, "__get__"):
            return value
        return getattr(view.view_class(**view.view_initkwargs), name)
    except Exception:  # noqa: BLE001 - it is the project's code, and lacks a request.
        return unknown


def _csrf_options(request: HttpRequest | None) -> dict[str, str]:
    """Return what fetching a token needs besides the client's defaults, and have the cookie set."""
    options: dict[str, str] = {}
    if settings.CSRF_COOKIE_NAME != "csrftoken":
        options["csrfCookie"] = settings.CSRF_COOKIE_NAME
    header = settings.CSRF_HEADER_NAME.removeprefix("HTTP_").replace("_", "-")
    if header != "X-CSRFTOKEN":
        options["csrfHeader"] = header
    if request is not None:
        # Django sends the cookie with those pages only that have asked for it.
        token = get_token(request)
        if settings.CSRF_USE_SESSIONS or settings.CSRF_COOKIE_HTTPONLY:
            options["csrfToken"] = token
    return options


def find_view_of_api(api: ApiGateway) -> Any | None:
    """Find the result of `as_view()` that gets the events of an API; None where nobody can tell."""
    path = unquote(urlsplit(api.target_base_endpoint or "").path)
    match = find_match(f"{path}connect") if path else None
    found = None if match is None else find_socket_view(match.func)
    if found is not None:
        return found
    routed = _routed_socket_views(get_resolver(), get_language())
    pinned = [one for one in routed if one.attribute("aws_api_gateway_id") == api.api_id]
    # Behind a proxy that takes a prefix away, the address says nothing about the URLs.
    only = routed if len({one.view_class for one in routed}) == 1 else ()
    return next((find_socket_view(one.callback) for one in [*pinned, *only]), None)


def find_token_url(api_id: str) -> str | None:
    """Find the address of tokens: of a view for this API alone, or else of one for all."""
    views = _routed_token_views(get_resolver(get_urlconf()), get_language())
    for wanted in (api_id, None):
        for view in views:
            if wanted != "" and view.attribute("aws_api_gateway_id") == wanted:
                form, parameters = normalize(view.regex)[0]
                if not parameters:
                    path = get_script_prefix() + form.replace("%%", "%")
                    return escape_leading_slashes(quote(path, safe=f"{RFC3986_SUBDELIMS}/~:@"))
    return None


@lru_cache(maxsize=32)
def _routed_socket_views(resolver: URLResolver, language: str | None) -> tuple[RoutedView, ...]:
    return tuple(find_socket_views())


@lru_cache(maxsize=32)
def _routed_token_views(resolver: URLResolver, language: str | None) -> tuple[RoutedView, ...]:
    """Walk through the URLs once for each language, which may stand in them."""
    return tuple(walk_views(resolver.url_patterns, WebSocketTokenView))
