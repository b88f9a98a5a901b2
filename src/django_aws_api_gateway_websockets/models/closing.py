"""Closing sockets in API Gateway, once the change that ends them is certain."""

import logging
from collections.abc import Iterable
from functools import partial

from django.db import transaction

from ..aws.clients import client_for
from ..sending.messages import Recipient, close_connections

__all__ = ["close_after_commit"]

logger = logging.getLogger("django_aws_api_gateway_websockets.models")


def close_after_commit(recipients: Iterable[Recipient], *, using: str) -> None:
    """Close these sockets when the open transaction is committed, or at once when there is none.

    A socket that cannot be closed is logged: what led here, such as a logout, must still work.

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
        close_connections(recipients, client_for)
    except Exception:  # Without region or credentials there is nobody to ask.
        logger.warning("%d sockets could not be closed.", len(recipients), exc_info=True)
