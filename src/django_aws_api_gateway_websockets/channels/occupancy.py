"""The signals of a channel that gets its first connection, and of one that loses its last."""

from collections.abc import Iterable
from functools import partial

from django.db import router, transaction

from ..models import ChannelState, WebSocketSession
from ..models.channel_sessions import is_in_channels
from ..models.deadlocks import outlast_deadlocks
from ..models.lifecycle import occupied, send_after_commit, vacated
from ..sending.after_commit import after_commit

__all__ = ["is_watched", "settle_after_commit"]


def is_watched() -> bool:
    """Tell whether anybody listens to these signals."""
    return any(signal.has_listeners(WebSocketSession) for signal in (occupied, vacated))


def settle_after_commit(channel_names: Iterable[str]) -> None:
    """Send `occupied` and `vacated` for these channels, where they are due, after the commit.

    It costs nothing while nobody listens.
    """
    if is_watched():
        using = router.db_for_write(ChannelState)
        names = [name for name in channel_names if name]
        after_commit(_settle_all, names, using, using=using)


def _settle_all(channel_names: list[str], using: str) -> None:
    for name in channel_names:
        outlast_deadlocks(partial(_settle, name, using), using=using)


def _settle(channel_name: str, using: str) -> None:
    row = ChannelState.objects.filter(name=channel_name)
    with transaction.atomic(using=using):
        # The write locks the row, so that of two changes the second sees what the first did.
        if not row.update(name=channel_name):
            ChannelState.objects.bulk_create(
                [ChannelState(name=channel_name)], ignore_conflicts=True
            )
            row.update(name=channel_name)
        in_channel = is_in_channels(WebSocketSession, [channel_name])
        is_occupied = WebSocketSession.objects.filter(in_channel, connected=True).exists()
        if row.filter(is_occupied=not is_occupied).update(is_occupied=is_occupied):
            signal = occupied if is_occupied else vacated
            facts = [{"channel_name": channel_name}]
            send_after_commit(signal, WebSocketSession, facts, using=using)
