"""The channels a connection is in besides its default channel."""

import random
from collections.abc import Collection, Iterable
from datetime import timedelta
from functools import partial
from typing import Any, ClassVar, Final

from django.db import models, transaction
from django.utils import timezone

from .deadlocks import outlast_deadlocks
from .exact_text import ExactCharField
from .rows import Row

__all__ = ["Subscription", "lock_session"]


DEAD_AFTER: Final = timedelta(minutes=1)
"""Time for which the subscriptions of a closed connection still tell who may be coming back."""

PURGED_TOGETHER: Final = 2000
"""Rows deleted with one statement."""

PURGED_ONE_IN: Final = 100
"""Subscribing deletes dead rows about once in so many times, for projects without a relay."""


class Subscription(Row):
    """One connection in one channel; a connection may be in many."""

    session = models.ForeignKey(
        "WebSocketSession", on_delete=models.CASCADE, related_name="subscriptions"
    )
    channel_name = ExactCharField(max_length=128)
    created_on = models.DateTimeField(auto_now_add=True)
    checked_on = models.DateTimeField(
        auto_now_add=True, help_text="When the rules of the channel last let the user in."
    )
    is_ruled = models.BooleanField(
        default=True,
        help_text="Off where the channel's rules were not asked, and are not asked later.",
    )

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["session", "channel_name"], name="websockets_one_subscription"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["channel_name", "session"], name="websockets_subscribers"),
            models.Index(fields=["checked_on"], name="websockets_oldest_check"),
        ]

    def __str__(self) -> str:
        return str(self.channel_name)

    @classmethod
    def add(
        cls, session: Any, channel_names: Iterable[str], *, unruled: Collection[str] = ()
    ) -> None:
        """Subscribe a session to channels; one that it is in already stays as it is.

        Args:
            session: the connection.
            channel_names: the channels.
            unruled: those of them whose rules have not been asked.
        """
        rows = [
            cls(session=session, channel_name=name, is_ruled=name not in unruled)
            for name in channel_names
        ]
        cls.objects.bulk_create(rows, ignore_conflicts=True)
        if random.randrange(PURGED_ONE_IN) == 0:  # noqa: S311 - no secret.
            cls.delete_dead()

    @classmethod
    def delete_dead(cls) -> int:
        """Delete rows of connections that are closed; the oldest 2,000 at most.

        A message to a channel would have to pass over all that were ever in it.
        """
        closed_before = timezone.now() - DEAD_AFTER
        dead = cls.objects.filter(session__connected=False, session__updated_on__lt=closed_before)
        keys = list(dead.order_by("pk").values_list("pk", flat=True)[:PURGED_TOGETHER])
        if keys:
            cls.objects.filter(pk__in=keys).delete()
        return len(keys)

    @classmethod
    def remove(cls, session: Any, channel_names: Iterable[str]) -> list[str]:
        """End a session's subscriptions to channels, and return those that ended."""
        rows = cls.objects.filter(session=session, channel_name__in=list(channel_names))
        return outlast_deadlocks(partial(_delete_alone, rows, session), using=rows.db)


def lock_session(session: Any, *, using: str, client_id: str | None = None) -> None:
    """Lock the row of a session until the commit, so that its frames change one by one what it has.

    Args:
        session: the connection.
        using: alias of the database, with an open transaction.
        client_id: becomes that of the connection; None leaves it.
    """
    # SQLite has no lock but that of a write.
    mine = type(session).objects.using(using).filter(pk=session.pk)
    mine.update(client_id=models.F("client_id") if client_id is None else client_id)


def _delete_alone(rows: models.QuerySet[Subscription], session: Any) -> list[str]:
    """Delete subscriptions of a session, and return the channels of those that were there."""
    with transaction.atomic(using=rows.db, savepoint=False):
        # Of two that come at once, the second finds nothing left.
        lock_session(session, using=rows.db)
        there = list(rows.values_list("channel_name", flat=True))
        if there:
            rows.delete()
    return there
