"""What API Gateway itself writes to a client, byte for byte.

The spacing was seen on the wire: a space after the first colon and the commas, none after the
later colons.
"""

import json
from enum import StrEnum

from .identifiers import ConnectionId, RequestId

__all__ = ["GatewayMessage", "error_body"]


class GatewayMessage(StrEnum):
    """The texts of the gateway's own answers."""

    FORBIDDEN = "Forbidden"
    """No route takes the message and there is no `$default`; or no such API or stage."""
    INTERNAL_SERVER_ERROR = "Internal server error"
    """The integration could not be called."""
    TIMED_OUT = "Endpoint request timed out"
    """The integration did not answer in time."""


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
