"""Checks of what judges a request by its cookie: API Gateway sends none with messages.

A connect passes, then each message and the disconnect is redirected to a page for logging in. The
socket stays open and deaf, and its row connected.
"""

import functools
import logging
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from django.conf import settings
from django.contrib.auth.mixins import AccessMixin
from django.core.checks import CheckMessage, Warning  # noqa: A004 - the name Django gives it.
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.core.handlers.base import BaseHandler
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.http.request import split_domain_port
from django.urls import Resolver404, ResolverMatch

from ..receiving.invoke import resolve, stay_outside_transactions
from ..receiving.probe import Probe
from ..receiving.routed_views import RoutedView, find_socket_views

__all__ = ["check_messages_need_no_cookie"]

_APP: Final = "django_aws_api_gateway_websockets"

_CONVERTER: Final = re.compile(r"<[^>]*>|\(\?P<[^)]*\)")

_ASYNC_MARK: Final = "_is_coroutine"
"""Part of the name under which Python and asgiref mark functions as async."""

_SERVER_ERRORS: Final = 500
"""Status from which on a response says nothing about a login (RFC 9110, section 15.6)."""


def check_messages_need_no_cookie(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """Report W016: messages are judged by a cookie that they do not have."""
    views = find_socket_views()
    handler = _make_handler() if views else None
    found = [
        (view, reason)
        for view in views
        if (reason := _find_mixin(view) or _find_decorator(view) or _ask(view, handler))
    ]
    return [
        Warning(
            f"{view.view_class.__name__} at '{view.path}' would never hear of a message: {reason}. "
            "API Gateway sends cookies with the connect only.",
            hint="Let the path of the view pass: it knows whose each message is, and "
            "`request.user` is that user within its handlers. Who may connect is for the view's "
            "own settings, such as USE_WS_TOKEN and CHECK_PERMISSIONS_ON_CONNECT.",
            id=f"{_APP}.W016",
        )
        for view, reason in found
    ]


def _find_mixin(view: RoutedView) -> str:
    # The class itself is one, too; the mixin that it names comes after it.
    ancestors = view.view_class.__mro__[1:]
    mixin = next((one.__name__ for one in ancestors if issubclass(one, AccessMixin)), "")
    return f"its {mixin} asks each request for a user" if mixin else ""


def _find_decorator(view: RoutedView) -> str:
    made_by = getattr(view.callback, "__globals__", {}).get("__name__", "")
    is_of_auth = made_by == "django.contrib.auth.decorators"
    return "a decorator of django.contrib.auth asks each request for a user" if is_of_auth else ""


def _make_handler() -> "_Handler | None":
    """Load the project's middleware once; None where it cannot be loaded, which Django reports."""
    try:
        handler = _Handler()
        handler.load_middleware()
    except Exception:  # noqa: BLE001 - likewise.
        return None
    return handler


def _ask(view: RoutedView, handler: "_Handler | None") -> str:
    """Say what responds to a message in place of the view; "" when the view itself does."""
    if handler is None:
        return ""
    probe, request = Probe(), _message_to(view)
    probe.put_into(request)
    try:
        with _without_log():
            response = handler.ask(view, request, probe)
    except Exception:  # noqa: BLE001 - a check must not fail by what it calls, as without database.
        return ""
    if probe.has_reached_view or probe.has_failed or response.status_code >= _SERVER_ERRORS:
        return ""
    # Django's own middleware lets us pass, or has settings that are for all requests.
    is_of_django = all(name.startswith("django.") for name in settings.MIDDLEWARE)
    if is_of_django and not probe.has_passed_middleware:
        return ""
    who = (
        "a decorator, or its own dispatch(),"
        if probe.has_passed_middleware
        else "the project's middleware"
    )
    target = response.headers.get("Location", "")
    to = f" to {target.partition('?')[0]}" if target else ""
    return f"{who} responds with {response.status_code}{to}"


@contextmanager
def _without_log() -> Iterator[None]:
    """Keep what Django logs of a refused request from a log in which nobody has made one."""
    log = logging.getLogger("django.request")
    was_disabled, log.disabled = log.disabled, True
    try:
        yield
    finally:
        log.disabled = was_disabled


class _Handler(BaseHandler):
    """All middleware of the project, before the view and its decorators."""

    _view: Any = None
    _parameters: Iterable[str] = ()

    def ask(self, view: RoutedView, request: HttpRequest, probe: Probe) -> HttpResponseBase:
        """Return the response to a message for this view."""

        @functools.wraps(view.callback, updated=())
        def call(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            probe.has_passed_middleware = True
            try:
                response: HttpResponseBase = resolve(view.callback(request, *args, **kwargs))
            except (Http404, PermissionDenied, SuspiciousOperation):
                # Django has a response for these.
                raise
            except Exception:  # noqa: BLE001 - and logs any other, of which nobody is to hear.
                probe.has_failed = True
                return HttpResponse()
            return response

        marks = getattr(view.callback, "__dict__", {}).items()
        # A view that is async is waited for within the call, which is not.
        vars(call).update((name, mark) for name, mark in marks if _ASYNC_MARK not in name)
        # Without it each connect would be refused, and seen to be.
        call.csrf_exempt = True  # type: ignore[attr-defined] # Django's mark.
        stay_outside_transactions(call)
        self._view, self._parameters = call, view.parameters
        return self.get_response(request)

    def resolve_request(self, request: HttpRequest) -> Any:
        """Lead each request to the view, under whose marks middleware finds it."""
        try:
            match: Any = super().resolve_request(request)
            match.func = self._view
        except Resolver404:
            # No path is known that would lead there.
            match = ResolverMatch(self._view, (), dict.fromkeys(self._parameters, "default"))
            request.resolver_match = match
        return match


def _message_to(view: RoutedView) -> HttpRequest:
    # Django's whole testing framework comes with it, of which a worker needs nothing.
    from django.test import RequestFactory

    host = next(iter(_plain_hosts()), "localhost")
    path = "/" + _CONVERTER.sub("default", view.path).strip("^$").lstrip("/")
    return RequestFactory().post(
        path,
        data={"handler": "default"},
        content_type="application/json",
        secure=True,
        headers={
            "Host": host,
            "X-Forwarded-For": "192.0.2.1",
            "X-Forwarded-Proto": "https",
            "Connectionid": "a-check-of-django",
            "User-Agent": "AmazonAPIGateway_check",
            "X-Amzn-Apigateway-Api-Id": "check",
        },
    )


def _plain_hosts() -> Iterator[str]:
    for host in settings.ALLOWED_HOSTS:
        name, _ = split_domain_port(host)
        if name and "*" not in name:
            yield name.removeprefix(".")
