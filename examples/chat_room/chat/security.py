"""The policy that limits the places the page may load from and talk to."""

from collections.abc import Callable
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse

_POLICY = (
    "default-src 'self'; connect-src 'self'{socket}; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'; object-src 'none'"
)


def allow_socket(request: HttpRequest, socket_url: str) -> None:
    """Let the page that answers `request` open sockets to the origin of `socket_url`."""
    address = urlsplit(socket_url)
    request.META["chat_room.socket_origin"] = f"{address.scheme}://{address.netloc}"


def content_security_policy(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Send a policy with every answer: this site only, plus the socket's origin where allowed.

    The gateway listens on a port of its own, hence is another origin that 'self' does not cover.
    Nothing inline is allowed, so text that slips into the markup still cannot run.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        origin = request.META.get("chat_room.socket_origin", "")
        policy = _POLICY.format(socket=f" {origin}" if origin else "")
        response.headers["Content-Security-Policy"] = policy
        return response

    return middleware
