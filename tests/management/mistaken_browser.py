"""A project that runs, and a browser that does to it what newcomers do."""

import contextlib
import json
import urllib.request
from dataclasses import dataclass, field
from urllib.error import HTTPError

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect

from tests.management.processes import Command
from tests.waiting import SECONDS

SETTINGS = """
LOGGING = {
    "version": 1,
    "handlers": {"terminal": {"class": "logging.StreamHandler"}},
    "loggers": {"django_aws_api_gateway_websockets": {"handlers": ["terminal"], "level": "INFO"}},
}
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
"""

VIEWS = """
from django.contrib.auth import get_user_model, login
from django.http import JsonResponse
from django_aws_api_gateway_websockets.models import WebSocketSession, WebSocketToken
from django_aws_api_gateway_websockets.views import WebSocketView


class EchoView(WebSocketView):
    USE_WS_TOKEN = False
    RATE_LIMIT_ENABLED = False

    def shout(self, request, *args, **kwargs):
        self.websocket_session.send_message({"you sent": self.body})

    def default(self, request, *args, **kwargs):
        pass

    def boom(self, request, *args, **kwargs):
        raise ZeroDivisionError("a bug")

    def large(self, request, *args, **kwargs):
        self.websocket_session.send_message({"text": "x" * 150 * 1024})

    def nobody(self, request, *args, **kwargs):
        WebSocketSession.objects.filter(channel_name="empty").send_message({"n": 1})


class EarlyView(EchoView):
    def connect(self, request, *args, **kwargs):
        response = super().connect(request, *args, **kwargs)
        WebSocketSession.objects.latest("pk").send_message({"welcome": True})
        return response


class ClosedView(EchoView):
    ALLOW_UNLISTED_CHANNELS = False


class LimitedView(EchoView):
    RATE_LIMIT_ENABLED = True
    RATE_LIMIT_MAX_ATTEMPTS = 1


class TokenView(WebSocketView):
    RATE_LIMIT_ENABLED = False


def log_in(request):
    user, _ = get_user_model().objects.get_or_create(username="ada")
    login(request, user, "django.contrib.auth.backends.ModelBackend")
    token = WebSocketToken.generate_token(user, request.session.session_key)
    cookie = f"sessionid={request.session.session_key}"
    return JsonResponse({"token": token.token, "cookie": cookie})
"""

URLS = """
from django.urls import path
from site_views import ClosedView, EarlyView, EchoView, LimitedView, TokenView, log_in

urlpatterns = [
    path("log-in/", log_in),
    path("echo/<slug:route>", EchoView.as_view()),
    path("early/<slug:route>", EarlyView.as_view()),
    path("closed/<slug:route>", ClosedView.as_view()),
    path("limited/<slug:route>", LimitedView.as_view()),
    path("token/<slug:route>", TokenView.as_view()),
]
"""


@dataclass
class Running:
    """The project as it runs, and a browser's ways to it."""

    command: Command
    opened: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)
    """Closes the sockets that said something: not before their messages were answered."""

    @property
    def site(self) -> str:
        return f"http://127.0.0.1:{self.command.port}"

    def url(self, view: str, host: str = "127.0.0.1", query: str = "") -> str:
        path = f"_aws/execute-api/{view.lower()}/production{query}"
        return f"ws://{host}:{self.command.gateway_port}/{path}"

    def open(self, view: str = "EchoView", *, query: str = "", **options: str) -> ClientConnection:
        headers = {"Cookie": options["cookie"]} if "cookie" in options else {}
        return connect(
            self.url(view, options.get("host", "127.0.0.1"), query),
            origin=options.get("origin", self.site),
            additional_headers=headers,
            open_timeout=SECONDS,
        )

    def connects(self, view: str, **options: str) -> None:
        with self.open(view, **options):
            pass

    def fails(self, view: str = "EchoView", **options: str) -> None:
        with pytest.raises(InvalidStatus), self.open(view, **options):
            pass

    def say(self, message: object) -> None:
        text = message if isinstance(message, str) else json.dumps(message)
        self.opened.enter_context(self.open()).send(text)

    def log_in(self) -> tuple[str, str]:
        """Return a token for this browser, and its cookie."""
        with urllib.request.urlopen(f"{self.site}/log-in/", timeout=SECONDS) as response:
            body = json.loads(response.read())
        return f"?ws_token={body['token']}", body["cookie"]

    def post(self, path: str, url: str = "", **headers: str) -> None:
        """Post as a proxy that drops headers does, or as nobody should."""
        request = urllib.request.Request(f"{url or self.site}{path}", b"{}", headers)
        with contextlib.suppress(HTTPError):
            urllib.request.urlopen(request, timeout=SECONDS).close()


def use_a_token_twice(site: Running) -> None:
    query, cookie = site.log_in()
    site.connects("TokenView", query=query, cookie=cookie)
    site.fails("TokenView", query=query, cookie=cookie)


def show_a_token_of_another_session(site: Running) -> None:
    query, _ = site.log_in()
    _, cookie = site.log_in()
    site.fails("TokenView", query=query, cookie=cookie)


def connect_too_often(site: Running) -> None:
    site.connects("LimitedView")
    site.fails("LimitedView")
