"""Connections that are gone, though nobody has been told: API Gateway is asked after them."""

import logging
from collections.abc import Iterable

from ..delivery.outcome import OutcomeKind
from .messages import Recipient
from .posts import group_by_stage
from .transports import transport_for

__all__ = ["find_gone"]

logger = logging.getLogger("django_aws_api_gateway_websockets.models")


def find_gone(recipients: Iterable[Recipient], *, per_second: float) -> list[str]:
    """Return the ids of those connections that are gone, as API Gateway says.

    Where it cannot be asked, none counts as gone.

    Args:
        recipients: connections, as rows have them.
        per_second: requests that may begin in a second.

    Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-how-to-call-websocket-api-connections.html
    """
    gone = []
    for stage, connection_ids in group_by_stage(recipients).items():
        try:
            outcomes = list(transport_for(stage).get_many(connection_ids, per_second=per_second))
        except Exception:  # Without region or credentials no request can be made.
            logger.warning("Nobody could be asked after connections.", exc_info=True)
            continue
        gone += [one.connection_id for one in outcomes if one.kind is OutcomeKind.GONE]
    return gone
