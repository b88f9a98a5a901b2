"""Hears everything first that happens on the connections, counts it, and passes it on."""

from collections.abc import Callable, Sequence
from enum import StrEnum

from ...core.closures import Closure
from ..connections.connection import Session, SessionListener
from ..connections.hub import Hub
from ..http.occupancy import Occupancy
from ..journal.journal import size_of
from ..journal.metrics import Metrics

__all__ = ["Direction", "FrameWatcher", "Traffic"]


class Direction(StrEnum):
    """Which way a message went."""

    IN = "in"
    """From a client."""
    OUT = "out"
    """To a client."""


FrameWatcher = Callable[[Sequence[Session], Direction, "str | bytes", int], None]
"""Gets every message as it travels, with whose connections it takes and its size; may neither block
nor raise."""


class Traffic:
    """The listener of every session, before the dispatcher."""

    def __init__(
        self, following: SessionListener, *, hub: Hub, occupancy: Occupancy, metrics: Metrics
    ) -> None:
        self._following = following
        self._hub = hub
        self._occupancy = occupancy
        self._metrics = metrics
        self.watcher: FrameWatcher | None = None
        """Who watches what travels."""

    def message_received(self, session: Session, text: str) -> None:
        """Part of the listener's interface."""
        self._metrics.messages_in += 1
        byte_count = size_of(text)
        self._metrics.bytes_in += byte_count
        if self.watcher is not None:
            self.watcher((session,), Direction.IN, text, byte_count)
        self._following.message_received(session, text)

    def message_sent(self, sessions: Sequence[Session], payload: bytes) -> None:
        """Part of the listener's interface."""
        byte_count = len(payload)
        self._metrics.messages_out += len(sessions)
        self._metrics.bytes_out += len(sessions) * byte_count
        self._hub.backlog.note_sent(sessions, byte_count)
        if self.watcher is not None:
            self.watcher(sessions, Direction.OUT, payload, byte_count)

    def session_closed(self, session: Session, closure: Closure) -> None:
        """Part of the listener's interface."""
        self._hub.forget(session)
        self._occupancy.leave(session.client.source_ip)
        self._following.session_closed(session, closure)
