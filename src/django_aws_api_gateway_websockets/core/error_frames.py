"""The frames API Gateway itself writes to a client, byte for byte.

The spacing was seen on the wire: a space after the first colon and the commas, none after the
later colons.
"""

import json
from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from .events.context import EventContext
from .events.identifiers import ConnectionId, RequestId

__all__ = ["GatewayMessage", "error_body", "error_frame", "response_type_of", "status_of"]


class GatewayMessage(StrEnum):
    """The texts of the gateway's own responses."""

    BAD_REQUEST_BODY = "Bad request body"
    """The route's model refuses the message."""
    FORBIDDEN = "Forbidden"
    """No route takes the message and there is no `$default`; or no such API or stage."""
    INTERNAL_SERVER_ERROR = "Internal server error"
    """The integration could not be called."""
    TIMED_OUT = "Endpoint request timed out"
    """The integration did not respond in time."""
    TOO_MANY_REQUESTS = "Too Many Requests"
    """A throttle refused it; the status text AWS documents, no frame has been published."""
    UNSUPPORTED_MEDIA_TYPE = "Unsupported Media Type"
    """No request template took the message; the text REST APIs respond with."""


_STATUSES: Final[Mapping[GatewayMessage, int]] = {
    GatewayMessage.BAD_REQUEST_BODY: 400,
    GatewayMessage.FORBIDDEN: 403,
    GatewayMessage.INTERNAL_SERVER_ERROR: 500,
    GatewayMessage.TIMED_OUT: 504,
    GatewayMessage.TOO_MANY_REQUESTS: 429,
    GatewayMessage.UNSUPPORTED_MEDIA_TYPE: 415,
}


_RESPONSE_TYPES: Final[Mapping[str, str]] = {
    GatewayMessage.BAD_REQUEST_BODY: "BAD_REQUEST_BODY",
    GatewayMessage.FORBIDDEN: "ACCESS_DENIED",
    GatewayMessage.INTERNAL_SERVER_ERROR: "INTEGRATION_FAILURE",
    GatewayMessage.TIMED_OUT: "INTEGRATION_TIMEOUT",
    GatewayMessage.TOO_MANY_REQUESTS: "THROTTLED",
    GatewayMessage.UNSUPPORTED_MEDIA_TYPE: "UNSUPPORTED_MEDIA_TYPE",
}


def response_type_of(message: str) -> str:
    """Return `$context.error.responseType` for one of the gateway's own responses.

    A text that is none of the usual ones tells which parameters are missing.

    Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
    """
    return _RESPONSE_TYPES.get(message, "BAD_REQUEST_PARAMETERS")


def status_of(message: GatewayMessage) -> int:
    """The status the access log gives a message that ended so; AWS publishes no list."""
    return _STATUSES[message]


def error_body(
    message: GatewayMessage, *, connection_id: ConnectionId, request_id: RequestId
) -> bytes:
    """The frame for a message, or the body for a handshake, that came to nothing.

    For handshakes the members are known from AWS and the spacing is assumed to be the same.
    """
    return (
        f'{{"message": {json.dumps(message)}, '
        f'"connectionId":{json.dumps(connection_id)}, "requestId":{json.dumps(request_id)}}}'
    ).encode()


def error_frame(message: GatewayMessage, context: EventContext) -> bytes:
    """The frame for a message that came to nothing.

    One that its model refuses is told in other spacing, and by its own id instead of the request's.

    Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-request-validation.html
    """
    if message is not GatewayMessage.BAD_REQUEST_BODY:
        return error_body(
            message, connection_id=context.connection_id, request_id=context.request_id
        )
    return (
        f'{{"message" : {json.dumps(message)}, "connectionId": {json.dumps(context.connection_id)}'
        f', "messageId": {json.dumps(context.message_id)}}}'
    ).encode()
