"""Bytes that wait for clients which read too slowly: their number, and for how long.

AWS responds with 429 to a post to a connection when "the WebSocket client side buffer is full"
(LimitExceededException in the service model); the size of that buffer has not been published.
Centrifugo and AnyCable allow a megabyte. A client that stays full is closed, because a reader that
never comes back must not hold memory for two hours.
"""

from collections.abc import Callable, Iterable
from typing import Final

from .connection import Connection

__all__ = ["MAX_BUFFERED_BYTES", "Backlog"]

MAX_BUFFERED_BYTES: Final = 1024 * 1024
"""Number of bytes that may wait for one client."""

MAX_TOTAL_BYTES: Final = 256 * 1024 * 1024
"""Number of bytes that may wait for all clients together."""


class Backlog:
    """Record of the connections with waiting bytes.

    Args:
        monotonic: returns real seconds.
        patience_seconds: longest time that a client may stay full.
    """

    def __init__(
        self,
        monotonic: Callable[[], float],
        *,
        patience_seconds: float,
        max_total_bytes: int = MAX_TOTAL_BYTES,
    ) -> None:
        self._monotonic = monotonic
        self._patience_seconds = patience_seconds
        self._max_total_bytes = max_total_bytes
        self._waiting: set[Connection] = set()
        self._full_since: dict[Connection, float] = {}
        # Never too low: only `count` subtracts what clients have read meanwhile.
        self._at_most_bytes = 0

    def note_sent(self, connections: Iterable[Connection], byte_count: int) -> None:
        """Note that a message has been written to each of these connections."""
        for connection in connections:
            buffered_bytes = connection.buffered_bytes
            if not buffered_bytes:
                continue
            self._waiting.add(connection)
            self._at_most_bytes += byte_count
            if buffered_bytes > MAX_BUFFERED_BYTES:
                # Replies and error frames are written even without room.
                self._full_since.setdefault(connection, self._monotonic())

    def has_room(self, connection: Connection, byte_count: int) -> bool:
        """Tell whether a message of this size may still be sent to a connection."""
        if connection.buffered_bytes + byte_count > MAX_BUFFERED_BYTES:
            self._full_since.setdefault(connection, self._monotonic())
            return False
        return (
            self._at_most_bytes + byte_count <= self._max_total_bytes
            or self.count() + byte_count <= self._max_total_bytes
        )

    def count(self) -> int:
        """Count the bytes that wait now."""
        sizes = {connection: connection.buffered_bytes for connection in self._waiting}
        self._waiting = {connection for connection, size in sizes.items() if size}
        self._at_most_bytes = sum(sizes.values())
        return self._at_most_bytes

    def stuck(self) -> list[Connection]:
        """Return the connections that have been full for too long."""
        # A half empty buffer counts as reading again: a client at the limit would otherwise change
        # its state with every message.
        self._full_since = {
            connection: since
            for connection, since in self._full_since.items()
            if connection.is_open and connection.buffered_bytes > MAX_BUFFERED_BYTES // 2
        }
        now = self._monotonic()
        return [
            connection
            for connection, since in self._full_since.items()
            if now - since >= self._patience_seconds
        ]
