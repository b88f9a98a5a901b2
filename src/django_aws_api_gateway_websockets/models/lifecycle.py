"""The signals of connections and channels, which a project may listen to.

Each is sent after the commit of what it tells of; what a receiver raises is logged.
"""

from collections.abc import Iterable
from typing import Any

from django.dispatch import Signal

from ..sending.after_commit import after_commit

__all__ = [
    "connected",
    "disconnected",
    "joined",
    "left",
    "occupied",
    "send_after_commit",
    "subscribed",
    "unsubscribed",
    "vacated",
]

connected = Signal()
"""A connection has been admitted; `session` is its row. Its socket opens a moment later."""

disconnected = Signal()
"""A connection is closed, by whomever; `session` is its row."""

subscribed = Signal()
"""A connection has subscribed to a channel; `session`, `channel_name`."""

unsubscribed = Signal()
"""A subscription has ended while its connection is open; `session`, `channel_name`, `reason`."""

occupied = Signal()
"""The first connection is in a channel; `channel_name`."""

vacated = Signal()
"""The last connection has gone from a channel; `channel_name`."""

joined = Signal()
"""A member has come to a channel with presence; `channel_name`, `user`, `member`."""

left = Signal()
"""A member has gone from a channel with presence, after the grace; as `joined`."""


def send_after_commit(
    signal: Signal, sender: type, facts: Iterable[dict[str, Any]], *, using: str
) -> None:
    """Send a signal once for each of some facts, when the open transaction is committed.

    Args:
        signal: one of this file.
        sender: model whose rows it is about.
        facts: keyword arguments of the signal.
        using: alias of the database whose transaction counts.
    """
    if not signal.has_listeners(sender):
        return
    after_commit(_send, signal, sender, list(facts), using=using)


def _send(signal: Signal, sender: type, facts: list[dict[str, Any]]) -> None:
    for fact in facts:
        # Django logs what a receiver raises.
        signal.send_robust(sender, **fact)
