"""The first listener of all connections, which counts every event and passes it on."""

from collections.abc import Sequence

from ...core.closures import Closure
from ..connections.connection import Connection, ConnectionListener
from ..connections.hub import Hub
from ..http.occupancy import Occupancy
from ..journal.entries import size_of
from ..journal.metrics import Metrics
from .history import Direction, History

__all__ = ["Traffic"]


class Traffic:
    """First listener of every connection, before the dispatcher."""

    def __init__(
        self,
        following: ConnectionListener,
        *,
        hub: Hub,
        occupancy: Occupancy,
        metrics: Metrics,
        history: History,
    ) -> None:
        self.following = following
        """Next listener."""
        self._hub = hub
        self._occupancy = occupancy
        self._metrics = metrics
        self._history = history

    def message_received(self, connection: Connection, text: str) -> None:
        self._metrics.messages_in += 1
        byte_count = size_of(text)
        self._metrics.bytes_in += byte_count
        self._history.note_frame((connection,), Direction.IN, text, byte_count)
        self.following.message_received(connection, text)

    def message_sent(self, connections: Sequence[Connection], payload: bytes) -> None:
        byte_count = len(payload)
        self._metrics.messages_out += len(connections)
        self._metrics.bytes_out += len(connections) * byte_count
        self._hub.backlog.note_sent(connections, byte_count)
        self._history.note_frame(connections, Direction.OUT, payload, byte_count)

    def connection_closed(self, connection: Connection, closure: Closure) -> None:
        self._hub.forget(connection)
        self._occupancy.leave(connection.client.source_ip)
        self.following.connection_closed(connection, closure)
