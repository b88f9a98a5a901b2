"""Everybody in a channel: the audience of most messages, found by a statement that is kept."""

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.db.models import Q
from django.db.models.lookups import Exact

from ..sending.messages import Recipient
from .audience import ADDRESS, recipient_at
from .prepared import PreparedQuery

if TYPE_CHECKING:
    from .session import WebSocketSession, WebSocketSessionQuerySet

__all__ = ["WholeChannel"]


class WholeChannel:
    """Reads the audience of querysets that are a channel and nothing else.

    Args:
        model: that of the sessions.
        can_be_sent_to: the condition that is true of those that can.
    """

    def __init__(self, model: type["WebSocketSession"], can_be_sent_to: Callable[[], Q]) -> None:
        def build(channel_name: str) -> Any:
            sessions = model.objects.filter(channel_name=channel_name)
            return sessions.filter(can_be_sent_to()).values_list(*ADDRESS)

        self._model = model
        self._prepared = PreparedQuery(model, build)

    def recipients(self, sessions: "WebSocketSessionQuerySet") -> Iterator[Recipient] | None:
        """Where those are reached that can be sent to; None where the queryset is anything else."""
        channel = self._channel_of(sessions.query)
        if channel is None:
            return None
        rows = self._prepared.rows(using=sessions.db, channel_name=channel)
        return (recipient_at(*row) for row in rows)

    @cached_property
    def _form(self) -> tuple[dict[str, Any], Any]:
        """What the query of a channel has for attributes, and the column it compares."""
        query: Any = self._model.objects.filter(channel_name="").query
        return _attributes(query), query.where.children[0].lhs

    def _channel_of(self, query: Any) -> str | None:
        """The channel in `filter(channel_name=...)`, where nothing has been done but that."""
        attributes, column = self._form
        # Whatever else is done to a queryset leaves an attribute, or changes one.
        if _attributes(query) != attributes or len(query.alias_map) != 1:
            return None
        where = query.where
        if where.negated or where.connector != where.default or len(where.children) != 1:
            return None
        [lookup] = where.children
        is_plain = type(lookup) is Exact and lookup.lhs == column
        return lookup.rhs if is_plain and isinstance(lookup.rhs, str) else None


def _attributes(query: Any) -> dict[str, Any]:
    # The tables and the condition are looked at by themselves; which aliases may be used again is
    # of no consequence.
    besides = {"alias_map", "used_aliases", "where"}
    return {name: value for name, value in vars(query).items() if name not in besides}
