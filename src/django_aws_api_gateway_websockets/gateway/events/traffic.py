"""Hears everything first that happens on the connections, counts it, and passes it on."""

from collections.abc import Callable, Sequence
from enum import StrEnum

from ...core.closures import Closure
from ..connections.connection import Connection, ConnectionListener
from ..connections.hub import Hub
from ..http.occupancy import Occupancy
from ..journal.entries import size_of
from ..journal.metrics import Metrics

__all__ = ["Direction", "FrameWatcher", "Traffic"]


class Direction(StrEnum):
    """Which way a message went."""

    IN = "in"
    """From a client."""
    OUT = "out"
    """To a client."""


FrameWatcher = Callable[[Sequence[Connection], Direction, "str | bytes", int], None]
"""Gets every message as it travels, with whose connections it takes and its size; may neither block
nor raise."""


class Traffic:
    """The listener of every connection, before the dispatcher."""

    def __init__(
        self, following: ConnectionListener, *, hub: Hub, occupancy: Occupancy, metrics: Metrics
    ) -> None:
        self._following = following
        self._hub = hub
        self._occupancy = occupancy
        self._metrics = metrics
        self.watcher: FrameWatcher | None = None
        """Who watches what travels."""

    def message_received(self, connection: Connection, text: str) -> None:
        """Part of the listener's interface."""
        self._metrics.messages_in += 1
        byte_count = size_of(text)
        self._metrics.bytes_in += byte_count
        if self.watcher is not None:
            self.watcher((connection,), Direction.IN, text, byte_count)
        self._following.message_received(connection, text)

    def message_sent(self, connections: Sequence[Connection], payload: bytes) -> None:
        """Part of the listener's interface."""
        byte_count = len(payload)
        self._metrics.messages_out += len(connections)
        self._metrics.bytes_out += len(connections) * byte_count
        self._hub.backlog.note_sent(connections, byte_count)
        if self.watcher is not None:
            self.watcher(connections, Direction.OUT, payload, byte_count)

    def connection_closed(self, connection: Connection, closure: Closure) -> None:
        """Part of the listener's interface."""
        self._hub.forget(connection)
        self._occupancy.leave(connection.client.source_ip)
        self._following.connection_closed(connection, closure)
