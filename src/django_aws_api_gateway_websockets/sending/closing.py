"""The closing of sockets in API Gateway, once the change that ends them is certain."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from .after_commit import after_commit
from .frames import post_frame
from .messages import Recipient
from .posts import group_by_stage
from .transports import transport_for

__all__ = ["Advice", "close_after_commit"]

logger = logging.getLogger("django_aws_api_gateway_websockets.models")

_CLOSED: Final = frozenset({"", "GoneException"})
"""Causes that leave nothing to be closed: none, and that the connection is gone already."""


@dataclass(frozen=True, slots=True)
class Advice:
    """The frame that clients of the wire protocol get before they are closed."""

    connection_ids: frozenset[str]
    """Connections that speak the protocol; others would not know what the frame is."""
    frame: dict[str, Any]
    """The advice."""


def close_after_commit(
    recipients: Iterable[Recipient], *, using: str, advice: Advice | None = None
) -> None:
    """Close these sockets when the open transaction is committed, or at once when there is none.

    A socket that cannot be closed is logged: the cause of the closing, such as a logout, must still
    work.

    Args:
        recipients: those without an API id have no address and are left out.
        using: alias of the database whose transaction counts.
        advice: sent before they are closed.
    """
    reachable = [recipient for recipient in recipients if recipient.api_id]
    if reachable:
        after_commit(_close, reachable, advice, using=using)


def _close(recipients: list[Recipient], advice: Advice | None) -> None:
    """Close sockets; a failure is logged.

    Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-how-to-call-websocket-api-connections.html
    """
    if advice is not None:
        advised = [one for one in recipients if one.connection_id in advice.connection_ids]
        if advised:
            post_frame(advised, advice.frame)
    for stage, connection_ids in group_by_stage(recipients).items():
        try:
            _close_connections(stage, connection_ids)
        except Exception:  # Without region or credentials no request can be made.
            logger.warning("%d sockets could not be closed.", len(connection_ids), exc_info=True)


def _close_connections(stage: Recipient, connection_ids: list[str]) -> None:
    for outcome in transport_for(stage).close_many(connection_ids):
        if outcome.cause not in _CLOSED:
            logger.warning(
                "Connection %s could not be closed: %s.", outcome.connection_id, outcome.cause
            )
