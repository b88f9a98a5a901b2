"""The description of a member for the others: its id, and what the project says of it."""

import logging
from typing import Any

from django.db import Error, transaction

from ..models import ChannelMember
from ..sending.messages import serialise_message
from .members import is_key_of_user
from .registry import Declared

__all__ = ["describe"]

logger = logging.getLogger("django_aws_api_gateway_websockets.models")


def describe(channel: Declared, row: ChannelMember, *, using: str) -> dict[str, Any]:
    """Describe a member, or give its id alone where the project fails to describe it.

    Args:
        channel: says what is told of its members.
        row: the member.
        using: alias of the database whose transaction may be open.

    Raises:
        django.db.Error: the database failed behind the description, within that transaction.
    """
    # A deleted user has an id left, and is none that a project could describe.
    if row.user is None and is_key_of_user(row.key):
        return {"id": row.key}
    try:
        described = {**channel.describe_member(row.user), "id": row.key}
        # The member goes into a frame with others, which it must not spoil.
        serialise_message(described)
    except Exception as failure:
        if isinstance(failure, Error) and transaction.get_connection(using).in_atomic_block:
            # The transaction may be lost with it.
            raise
        logger.exception(
            "%s.describe_member() failed for a member of channel %s, which is named by its id %s.",
            type(channel).__name__,
            channel.name,
            row.key,
        )
        return {"id": row.key}
    return described
