"""The audience of a whole channel, which is the one whose statement is worth keeping."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from django.db import router
from django.db.models import Count, QuerySet

from ..sending.broadcast.audience import StageAudience
from ..sending.messages import Recipient
from ..sending.posts import group_by_stage
from .audience import ADDRESS, can_be_sent_to, recipient_at
from .broadcast_audience import has_address
from .channel_sessions import is_in_channels
from .kept_sql import KeptQuery
from .login import may_hide_users
from .session import WebSocketSession

__all__ = ["ChannelAudience"]


class ChannelAudience:
    """The sessions in one channel that can be sent to, read by one statement whose SQL is kept.

    Args:
        channel_name: the channel.
        without: ids of connections to leave out.
    """

    def __init__(self, channel_name: str, *, without: Sequence[str] = ()) -> None:
        self._channel_name = channel_name
        self._without = frozenset(without)
        self._homeless = 0

    @property
    def database(self) -> str:
        """Alias of the database whose transaction a message waits for."""
        return router.db_for_write(WebSocketSession)

    def recipients(self) -> Iterator[Recipient]:
        """Yield the address of each session, once; without gateway it has no API id."""
        # One may have subscribed to its own default channel.
        seen = set(self._without)
        for row in _IN_CHANNEL.rows(channel_name=self._channel_name):
            if row[0] not in seen:
                seen.add(row[0])
                yield recipient_at(*row)

    def count(self) -> tuple[int, int]:
        """Return the number of sockets that have an address, and of different users."""
        sessions = WebSocketSession.objects.filter(
            is_in_channels(WebSocketSession, [self._channel_name]), can_be_sent_to()
        ).exclude(connection_id__in=self._without)
        counted = sessions.aggregate(
            sockets=Count("pk", filter=has_address()), users=Count("user", distinct=True)
        )
        return counted["sockets"], counted["users"]

    def count_without_gateway(self) -> int:
        """Return the number of sessions without address that `stages` has met."""
        return self._homeless

    def stages(self) -> Iterator[StageAudience]:
        """Yield the audience by stage; it is read when the first is asked for."""
        for stage, connection_ids in group_by_stage(self.recipients()).items():
            if stage.api_id:
                yield StageAudience(stage, connection_ids)
            else:
                self._homeless += len(connection_ids)

    def mark_gone(self, connection_ids: list[str]) -> object:
        """Note that API Gateway says these connections are closed."""
        return WebSocketSession.mark_gone(connection_ids)


def _in_channel(channel_name: str) -> QuerySet[Any, Any]:
    reachable = WebSocketSession.objects.filter(can_be_sent_to())
    by_default = reachable.filter(channel_name=channel_name).values_list(*ADDRESS)
    subscribed = reachable.filter(subscriptions__channel_name=channel_name)
    return by_default.union(subscribed.values_list(*ADDRESS), all=True)


_IN_CHANNEL: Final = KeptQuery(WebSocketSession, _in_channel, may_change=may_hide_users)
