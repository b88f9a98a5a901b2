"""The closing of sockets in API Gateway, once the change that ends them is certain."""

import logging
from collections.abc import Iterable
from functools import partial
from typing import Final

from django.db import transaction

from .messages import Recipient
from .posts import group_by_stage
from .transports import transport_for

__all__ = ["close_after_commit"]

logger = logging.getLogger("django_aws_api_gateway_websockets.models")

_CLOSED: Final = frozenset({"", "GoneException"})
"""Causes that leave nothing to be closed: none, and that the connection is gone already."""


def close_after_commit(recipients: Iterable[Recipient], *, using: str) -> None:
    """Close these sockets when the open transaction is committed, or at once when there is none.

    A socket that cannot be closed is logged: the cause of the closing, such as a logout, must still
    work.

    Args:
        recipients: those without an API id have no address and are left out.
        using: alias of the database whose transaction counts.
    """
    reachable = [recipient for recipient in recipients if recipient.api_id]
    if reachable:
        transaction.on_commit(
            partial(_close, reachable),
            using=using,
            # A failure here must not keep the project's own callbacks from running.
            robust=True,
        )


def _close(recipients: list[Recipient]) -> None:
    try:
        _close_connections(recipients)
    except Exception:  # Without region or credentials no request can be made.
        logger.warning("%d sockets could not be closed.", len(recipients), exc_info=True)


def _close_connections(recipients: list[Recipient]) -> None:
    """Close sockets; a failure is logged.

    Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-how-to-call-websocket-api-connections.html
    """
    for stage, connection_ids in group_by_stage(recipients).items():
        for outcome in transport_for(stage).close_many(connection_ids):
            if outcome.cause not in _CLOSED:
                logger.warning(
                    "Connection %s could not be closed: %s.", outcome.connection_id, outcome.cause
                )
