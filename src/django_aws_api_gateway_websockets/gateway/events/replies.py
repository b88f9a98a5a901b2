"""What a client hears about its message: the answer, or that there is none."""

from ...core.closures import MESSAGE_TOO_BIG
from ...core.error_frames import GatewayMessage, error_body, error_frame
from ...core.events.context import EventContext
from ...core.events.identifiers import RequestId
from ...core.quotas import MAX_MESSAGE_BYTES
from ..connections.connection import Connection
from ..runtime.log import problems

__all__ = ["send_error", "send_own_error", "send_reply"]


def send_reply(connection: Connection, body: bytes) -> None:
    """Pass an answer's body on; an empty one stays unsent.

    Whether AWS sends an empty frame for an empty body is contested; no frame is what was measured.
    """
    if not connection.is_open or not body:
        return
    if len(body) > MAX_MESSAGE_BYTES:
        problems.error(
            "A backend answered a message with %d bytes; the limit is %d.",
            len(body),
            MAX_MESSAGE_BYTES,
        )
        connection.close(MESSAGE_TOO_BIG)
    else:
        connection.send(body)


def send_error(connection: Connection, context: EventContext, message: GatewayMessage) -> None:
    """Tell a client that its message came to nothing; the connection stays open."""
    if connection.is_open:
        connection.send(error_frame(message, context))


def send_own_error(connection: Connection, *, request_id: RequestId) -> None:
    """Tell a client that its message met an error of the gateway itself."""
    if connection.is_open:
        connection_id = connection.client.connection_id
        message = GatewayMessage.INTERNAL_SERVER_ERROR
        connection.send(error_body(message, connection_id=connection_id, request_id=request_id))
