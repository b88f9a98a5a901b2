"""Replies and error frames to clients, and the reasons of errors for the log."""

from ...core.closures import MESSAGE_TOO_BIG
from ...core.error_frames import GatewayMessage, error_body, error_frame
from ...core.events.context import EventContext
from ...core.events.identifiers import RequestId
from ...core.quotas import MAX_MESSAGE_BYTES
from ..connections.connection import Connection
from ..deployed.apis import DeployedRoute, Deployment
from ..runtime.log import problems, quotable

__all__ = ["explain_bad_body", "explain_nowhere", "send_error", "send_own_error", "send_reply"]


def send_reply(connection: Connection, body: bytes) -> None:
    """Send the body of a response to a client, unless it is empty.

    Reports about AWS disagree on an empty body; no frame is what was measured.
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
    """Send an error about a message to its client; the connection stays open."""
    if connection.is_open:
        connection.send(error_frame(message, context))


def send_own_error(connection: Connection, *, request_id: RequestId) -> None:
    """Send an error of the gateway itself about a message to its client."""
    if connection.is_open:
        connection_id = connection.client.connection_id
        message = GatewayMessage.INTERNAL_SERVER_ERROR
        connection.send(error_body(message, connection_id=connection_id, request_id=request_id))


def explain_nowhere(
    context: EventContext, deployment: Deployment | None, route: DeployedRoute | None
) -> GatewayMessage:
    """Log the reason why no integration takes a message; return the client's error."""
    api_id, stage = context.api_id, context.stage
    if deployment is None:
        problems.warning("A message found nothing deployed to %s/%s.", api_id, stage)
        return GatewayMessage.INTERNAL_SERVER_ERROR
    if route is None:
        problems.warning(
            "No route of %s/%s takes a message and there is no $default. The routes are: %s.",
            api_id,
            stage,
            ", ".join(sorted(deployment.routes)),
        )
        return GatewayMessage.FORBIDDEN
    problems.warning(
        "The route %r of %s/%s has no target: create it with Target='integrations/ID'.",
        route.key,
        api_id,
        stage,
    )
    return GatewayMessage.INTERNAL_SERVER_ERROR


def explain_bad_body(context: EventContext, complaint: str) -> None:
    """Log the rules of its model that a message breaks, without its values."""
    problems.info(
        "A message for %s of %s/%s breaks its model: %s.",
        quotable(context.route_key),
        context.api_id,
        context.stage,
        quotable(complaint),
    )
