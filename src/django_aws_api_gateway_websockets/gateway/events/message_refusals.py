"""Why a message went nowhere, for the developer who reads the log."""

from ...core.error_frames import GatewayMessage
from ...core.events.context import EventContext
from ..deployed.apis import DeployedRoute, Deployment
from ..runtime.log import problems, quotable

__all__ = ["explain_bad_body", "explain_nowhere"]


def explain_nowhere(
    context: EventContext, deployment: Deployment | None, route: DeployedRoute | None
) -> GatewayMessage:
    """Say why nothing takes a message; what its client is told."""
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
    """Say which rule of its model a message breaks; its values stay out of the log."""
    problems.info(
        "A message for %s of %s/%s breaks its model: %s.",
        quotable(context.route_key),
        context.api_id,
        context.stage,
        quotable(complaint),
    )
