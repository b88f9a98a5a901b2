"""A send that reaches nobody is no error, and is what one looks for when nothing arrives."""

import logging
from collections.abc import Iterator
from datetime import timedelta
from itertools import chain
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from ..sending.messages import Recipient

if TYPE_CHECKING:
    from .session import WebSocketSessionQuerySet

__all__ = ["note_nobody"]

logger = logging.getLogger("django_aws_api_gateway_websockets.models")


def note_nobody(
    sessions: "WebSocketSessionQuerySet", recipients: Iterator[Recipient]
) -> Iterator[Recipient]:
    """The same recipients; that there are none is logged at INFO, with who has left lately.

    The statement that counts those is for a log that is kept, and of a channel that is known.
    """
    first = next(recipients, None)
    if first is not None:
        return chain([first], recipients)
    if logger.isEnabledFor(logging.INFO):
        logger.info("A message was sent to nobody: 0 live sockets in %s.", _describe(sessions))
    return recipients


def _describe(sessions: "WebSocketSessionQuerySet") -> str:
    channels = _channels_of(sessions)
    if not channels:
        return "the queryset"
    gone = sessions.model.objects.using(sessions.db).filter(
        channel_name__in=channels,
        connected=False,
        updated_on__gte=timezone.now() - timedelta(hours=1),
    )
    names = ", ".join(f'"{name}"' for name in channels)
    return f"{names} ({gone.count()} gone in the last hour)"


def _channels_of(sessions: "WebSocketSessionQuerySet") -> list[str]:
    """The channels a queryset is narrowed to; empty where that is not plain to see."""
    where: Any = sessions.query.where
    if sessions.query.combinator or where.connector != where.default or where.negated:
        return []
    column = sessions.model._meta.get_field("channel_name")
    for lookup in where.children:
        if getattr(getattr(lookup, "lhs", None), "target", None) is not column:
            continue
        if lookup.lookup_name == "exact" and isinstance(lookup.rhs, str):
            return [lookup.rhs]
        if lookup.lookup_name == "in" and isinstance(lookup.rhs, list | tuple | set):
            return sorted(map(str, lookup.rhs))
    return []
