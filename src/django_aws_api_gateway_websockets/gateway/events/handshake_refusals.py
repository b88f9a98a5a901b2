"""The responses to a client that gets no WebSocket."""

from http import HTTPStatus
from typing import Final, NamedTuple

from websockets.http11 import Response

from ...core.error_frames import GatewayMessage, error_body
from ...core.events.event import Handshake
from ...core.events.identifiers import ConnectionId, RequestId
from ...core.events.parameters import RequiredParameter
from ...core.events.response import BackendResponse
from ...core.quotas import MAX_URL_CHARACTERS
from ..http.messages import HttpRequest, HttpResponse, json_response
from ..runtime.log import problems, quotable

__all__ = [
    "gateway_error",
    "missing_parameters",
    "refusal_of_handshake",
    "refused_by_backend",
    "too_many_connects",
    "upgrade_required",
]

_BAD_REQUEST_PAGE: Final = (
    b"<html>\r\n<head><title>400 Bad Request</title></head>\r\n"
    b"<body>\r\n<center><h1>400 Bad Request</h1></center>\r\n</body>\r\n</html>\r\n"
)


class Refusal(NamedTuple):
    """A response and its reason."""

    message: str
    response: HttpResponse


def upgrade_required() -> HttpResponse:
    """Make the response to a plain request for a socket's address.

    Two observers of AWS disagree between 426 and 403; 426 tells a developer what to change.
    """
    return HttpResponse(
        426,
        (("Content-Type", "application/json"), ("Upgrade", "websocket")),
        b'{"message":"Upgrade Required"}',
    )


def refusal_of_handshake(request: HttpRequest, response: Response) -> HttpResponse | None:
    if sum(name.lower() == "authorization" for name, _ in request.headers) > 1:
        # Captured from AWS: a page and not JSON, as from a server in front of it.
        return HttpResponse(400, (("Content-Type", "text/html"),), _BAD_REQUEST_PAGE)
    if len(request.target) > MAX_URL_CHARACTERS:
        return json_response(414, {"message": "URI Too Long"})
    if response.status_code == HTTPStatus.UPGRADE_REQUIRED:
        # An upgrade to something else, HTTP/2 for instance.
        return upgrade_required()
    if response.status_code == HTTPStatus.SWITCHING_PROTOCOLS and request.method == "GET":
        return None
    # The library's text names the wrong header.
    problems.info("A handshake is invalid: %s", quotable(response.body.decode().strip()))
    return json_response(400, {"message": "Bad Request"})


def too_many_connects() -> HttpResponse:
    # The status is documented; body and type are those of REST APIs.
    return json_response(
        429, {"message": GatewayMessage.TOO_MANY_REQUESTS}, error_type="TooManyRequestsException"
    )


def gateway_error(
    status: int, message: GatewayMessage, connection_id: ConnectionId, request_id: RequestId
) -> HttpResponse:
    return HttpResponse(
        status,
        (("Content-Type", "application/json; charset=UTF-8"),),
        error_body(message, connection_id=connection_id, request_id=request_id),
    )


def refused_by_backend(response: BackendResponse) -> HttpResponse:
    """Make a response of the integration's status and body, with AWS's content type."""
    return HttpResponse(
        response.status, (("Content-Type", "application/json; charset=UTF-8"),), response.body
    )


def missing_parameters(
    handshake: Handshake, required: tuple[RequiredParameter, ...]
) -> Refusal | None:
    """Refuse a handshake without a parameter that its route requires, in the words of REST APIs."""
    missing = [parameter.name for parameter in required if not parameter.is_in(handshake)]
    if not missing:
        return None
    problems.info("A handshake lacks the required parameters %s.", quotable(", ".join(missing)))
    message = f"Missing required request parameters: [{', '.join(missing)}]"
    return Refusal(message, json_response(400, {"message": message}))
