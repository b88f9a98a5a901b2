"""Django behind the API: requests go through its own handler, with middleware and URLs."""

import json
import sys
from io import BytesIO
from typing import Any, Final
from urllib.parse import unquote_to_bytes, urlsplit

from django.core.signals import got_request_exception
from django.http import HttpRequest, HttpResponseBase
from django.test.client import ClientHandler

from ...core.events.integration import IntegrationCall

__all__ = ["DjangoBackend", "body_of"]

_WITHOUT_PREFIX: Final = {"content-type": "CONTENT_TYPE", "content-length": "CONTENT_LENGTH"}


class DjangoBackend:
    """Sends requests to the project's views.

    Args:
        urlconf: URLs in place of the project's; None for those.
    """

    def __init__(self, urlconf: Any = None) -> None:
        self._handler = _Handler(urlconf)

    def send(self, call: IntegrationCall, *, raises: bool) -> HttpResponseBase:
        """Send a request and return the response, which has `json()` and `wsgi_request`.

        Args:
            call: the request.
            raises: raise what a view has raised, as Django's test client does; False returns the
                response that a client of the web would get.
        """
        raised: list[BaseException | None] = []

        def note(**kwargs: Any) -> None:
            raised.append(sys.exc_info()[1])

        got_request_exception.connect(note)
        try:
            response: Any = self._handler(_environ_of(call))
        finally:
            got_request_exception.disconnect(note)
        if raises and raised and raised[0] is not None:
            raise raised[0]
        response.json = lambda: json.loads(body_of(response))
        return response  # type: ignore[no-any-return]


class _Handler(ClientHandler):
    """Django's handler for tests, which checks CSRF tokens as in production."""

    def __init__(self, urlconf: Any) -> None:
        super().__init__(enforce_csrf_checks=True)
        self._urlconf = urlconf

    def get_response(self, request: HttpRequest) -> HttpResponseBase:
        if self._urlconf is not None:
            request.urlconf = self._urlconf
        return super().get_response(request)


def body_of(response: HttpResponseBase) -> bytes:
    """Return the content of a response, whatever kind of response it is."""
    whole: Any = response
    return whole.getvalue() if whole.streaming else whole.content  # type: ignore[no-any-return]


def _environ_of(call: IntegrationCall) -> dict[str, Any]:
    url = urlsplit(call.url)
    headers: dict[str, str] = {}
    for name, value in call.headers:
        key = _WITHOUT_PREFIX.get(name.lower(), f"HTTP_{name.upper().replace('-', '_')}")
        headers[key] = f"{headers[key]},{value}" if key in headers else value
    client = headers.get("HTTP_X_FORWARDED_FOR", "")
    return {
        "REQUEST_METHOD": call.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(url.path).decode("latin-1"),
        "QUERY_STRING": url.query,
        "REMOTE_ADDR": client,
        "SERVER_NAME": url.hostname or "",
        "SERVER_PORT": "443",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": url.scheme,
        "wsgi.input": BytesIO(call.body),
        "wsgi.errors": sys.stderr,
        "wsgi.multiprocess": True,
        "wsgi.multithread": False,
        "wsgi.run_once": False,
        # The proxy that stands before Django in production adds this one.
        "HTTP_X_REAL_IP": client,
        **headers,
    }
