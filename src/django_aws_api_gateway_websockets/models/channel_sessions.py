"""The sessions in a channel: it is their default channel, or they have subscribed to it."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Model, Q, QuerySet, Subquery

__all__ = ["is_in_channels"]


class _Keys(Subquery):
    """The primary keys of a union, as a table of its own.

    MariaDB would look at each session there is, and ask the union for every one of them.
    """

    template = "(SELECT * FROM (%(subquery)s) AS websockets_in_channel)"


def is_in_channels(sessions: type[Model], names: Sequence[str]) -> Q:
    """Return the condition of sessions that are in one of these channels; it repeats no session.

    Args:
        sessions: the model of sessions.
        names: of channels.
    """
    of_names = {"channel_name": names[0]} if len(names) == 1 else {"channel_name__in": names}
    by_default = sessions._default_manager.filter(**of_names).order_by().values("pk")
    subscribed: QuerySet[Any, Any] = _subscriptions_of(sessions).filter(**of_names)
    return Q(pk__in=_Keys(by_default.union(subscribed.values("session_id"), all=True)))


def _subscriptions_of(sessions: type[Model]) -> QuerySet[Any, Any]:
    related: Any = sessions._meta.get_field("subscriptions")
    subscriptions: QuerySet[Any, Any] = related.related_model._default_manager.order_by()
    return subscriptions
