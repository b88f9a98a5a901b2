"""`/_gateway`: pages and data for the people who run the gateway; AWS has none of it."""

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Final

from ..http.messages import HttpRequest, HttpResponse, HttpStream, json_response
from ..http.origins import comes_from_another_site
from ..journal.metrics import Metrics
from ..weather.chances import Weather
from .frames import HandFrames
from .live_feed import LiveFeed
from .operators import Operators
from .project import ProjectNote
from .switchboard import Switchboard

__all__ = ["OperationsApi"]

STREAM_HEADERS: Final = (
    ("Content-Type", "text/event-stream"),
    ("Cache-Control", "no-store"),
    # nginx would otherwise buffer the events.
    ("X-Accel-Buffering", "no"),
)
EXPOSITION_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"

_PAGE_FOLDER: Final = Path(__file__).parent / "live"
_PAGE_TYPES: Final = {
    "index.html": "text/html; charset=utf-8",
    "live.css": "text/css; charset=utf-8",
    "live.js": "text/javascript; charset=utf-8",
}
# The page shows texts of strangers. It inserts them as text and never as markup, and the policy
# allows only these files to run or load.
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_PAGE_HEADERS: Final = (
    ("Content-Security-Policy", _POLICY),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Cache-Control", "no-store"),
)


class OperationsApi:
    """Responses to requests below `/_gateway`.

    Args:
        is_secure: true if the port speaks TLS.
        is_draining: returns true while the gateway stops.
    """

    def __init__(
        self,
        *,
        operators: Operators,
        metrics: Metrics,
        weather: Weather,
        feed: LiveFeed,
        frames: HandFrames,
        is_secure: bool,
        is_draining: Callable[[], bool],
    ) -> None:
        self._operators = operators
        self._metrics = metrics
        self._feed = feed
        self._frames = frames
        self._project = ProjectNote()
        self._switchboard = Switchboard(weather)
        self._is_secure = is_secure
        self._is_draining = is_draining

    def respond(self, request: HttpRequest, segments: tuple[str, ...]) -> HttpResponse | HttpStream:
        """Return the response to a request; the segments are those after `/_gateway`."""
        if segments == ("health",):
            # Load balancers ask for it, without a token; it contains no secret.
            return self._health(request)
        page = _page(request, segments)
        if comes_from_another_site(request, is_page=page is not None):
            return _refused("Requests from pages of other sites are not served.")
        if page is not None:
            # It contains no data of the gateway, and a visitor needs it to sign in.
            return page
        if segments == ("sign-in",):
            return self._sign_in(request)
        if not self._operators.knows(request):
            return _sign_in_needed()
        return self._respond_to_operator(request, segments)

    def _respond_to_operator(
        self, request: HttpRequest, segments: tuple[str, ...]
    ) -> HttpResponse | HttpStream:
        match request.method, segments:
            case "GET", ("metrics",):
                body = self._metrics.exposition().encode()
                return HttpResponse(200, (("Content-Type", EXPOSITION_TYPE),), body)
            case "GET", ("events",):
                return self._events()
            case _, ("project",):
                return self._project.respond(request)
            case _, ("frames",):
                return self._frames.respond(request)
            case _, ("weather",):
                return self._switchboard.respond(request)
        return json_response(404, {"message": "Nothing is here."})

    def _events(self) -> HttpResponse | HttpStream:
        if self._feed.is_full:
            return json_response(503, {"message": "Enough people are watching."})
        return HttpStream(STREAM_HEADERS, self._feed.stream())

    def _sign_in(self, request: HttpRequest) -> HttpResponse:
        if request.method != "POST":
            return HttpResponse(405, (("Allow", "POST"),))
        token = request.body.decode("utf-8", "replace").strip()
        is_secure = self._is_secure or request.header("x-forwarded-proto") == "https"
        cookie = self._operators.sign_in(token, is_secure=is_secure)
        if cookie is None:
            return json_response(401, {"message": "This is not the token."})
        return HttpResponse(204, (("Set-Cookie", cookie), ("Cache-Control", "no-store")))

    def _health(self, request: HttpRequest) -> HttpResponse:
        if request.method not in {"GET", "HEAD"}:
            return HttpResponse(405, (("Allow", "GET"),))
        if self._is_draining():
            return json_response(503, {"status": "draining"})
        return json_response(200, {"status": "ready"})


def _page(request: HttpRequest, segments: tuple[str, ...]) -> HttpResponse | None:
    if not segments:
        return HttpResponse(308, (("Location", "/_gateway/"),))
    return _page_file(segments[0]) if len(segments) == 1 and request.method == "GET" else None


def _refused(message: str) -> HttpResponse:
    return json_response(403, {"message": message})


def _sign_in_needed() -> HttpResponse:
    body = {"message": "Show the operator's token: Authorization: Bearer TOKEN."}
    return HttpResponse(
        401,
        (("Content-Type", "application/json"), ("WWW-Authenticate", "Bearer")),
        json.dumps(body).encode(),
    )


def _page_file(name: str) -> HttpResponse | None:
    """Return a file of the page; the empty name is the page itself."""
    name = name or "index.html"
    if name not in _PAGE_TYPES:
        return None
    return HttpResponse(
        200, (("Content-Type", _PAGE_TYPES[name]), *_PAGE_HEADERS), _page_content(name)
    )


@cache
def _page_content(name: str) -> bytes:
    return (_PAGE_FOLDER / name).read_bytes()
