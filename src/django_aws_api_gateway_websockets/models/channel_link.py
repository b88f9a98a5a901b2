"""The link from a connection to what `channels` knows: rules, presence and signals.

Models know nothing of rules, yet `session.subscribe()` stands on a model. So `channels` registers
here, once Django is ready, what is to be asked and told.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any, Protocol

from django.db import Error, connections, transaction
from django.db.models import QuerySet

from .deadlocks import has_lost_transaction

__all__ = ["ChannelLink", "channel_link", "noting_closed", "prepare_deletion", "register_link"]

logger = logging.getLogger("django_aws_api_gateway_websockets.models")


class ChannelLink(Protocol):
    """The functions of `channels` that a connection needs."""

    def subscribe(self, session: Any, names: Sequence[str], *, check: bool) -> list[str]:
        """Subscribe a session to channels; return those it was not in."""

    def unsubscribe(self, session: Any, names: Sequence[str]) -> list[str]:
        """End subscriptions of a session; return those it was in."""

    def wants_closed(self) -> bool:
        """Tell whether anybody wants to know which connections are closed."""

    def note_closed(self, connection_ids: Sequence[str]) -> None:
        """Take note that these connections, which were open, are closed."""

    def prepare_deletion(self, connection_ids: Sequence[str]) -> Callable[[], object]:
        """Return what tells of these open connections once their rows are deleted."""


_registered: list[ChannelLink] = []


def register_link(link: ChannelLink) -> None:
    """Register what is asked and told from now on."""
    _registered[:] = [link]


def channel_link() -> ChannelLink:
    """Return what was registered.

    Raises:
        RuntimeError: Django is not ready.
    """
    if not _registered:
        raise RuntimeError("Channels can be used once django.setup() has run.")
    return _registered[0]


@contextmanager
def noting_closed(sessions: QuerySet[Any]) -> Iterator[list[str] | None]:
    """Tell `channels` which connections were closed by the block.

    Telling is bookkeeping beside what the block does, so that a failure of the database is logged.

    Args:
        sessions: all there are.

    Yields:
        A list to which the block adds the ids of those it has closed; None spares it finding out,
        since nobody wants to know.
    """
    link = channel_link()
    closed: list[str] | None = [] if link.wants_closed() else None
    yield closed
    if closed:
        with _failures_logged(sessions.db):
            link.note_closed(closed)


@contextmanager
def _failures_logged(alias: str) -> Iterator[None]:
    is_open = connections[alias].in_atomic_block
    # A failed statement would end a transaction of the project, but for a savepoint.
    savepoint: Any = transaction.atomic(using=alias) if is_open else nullcontext()
    try:
        with savepoint:
            yield
    except Error as error:
        if has_lost_transaction(error, using=alias):
            raise
        logger.warning("Nobody was told of closed connections.", exc_info=True)


def prepare_deletion(sessions: QuerySet[Any]) -> Callable[[], object]:
    """Return what tells `channels` of the open ones of these sessions once they are deleted.

    Args:
        sessions: those that will be deleted.
    """
    link = channel_link()
    if not link.wants_closed():
        return _tell_nobody
    still_open = sessions.filter(connected=True).values_list("connection_id", flat=True)
    return link.prepare_deletion(list(still_open))


def _tell_nobody() -> None:
    pass
