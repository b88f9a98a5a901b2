"""What waits for clients that do not read fast enough: how much, and for how long.

AWS answers 429 to whoever posts to a connection "or the WebSocket client side buffer is full"
(LimitExceededException in the service model); how large that buffer is has not been published.
A megabyte is what Centrifugo and AnyCable allow. A client that stays full is closed, because a
reader that never comes back must not hold memory for two hours.
"""

from collections.abc import Callable, Iterable
from typing import Final

from .connection import Connection

__all__ = ["MAX_BUFFERED_BYTES", "Backlog"]

MAX_BUFFERED_BYTES: Final = 1024 * 1024
"""Bytes that may wait for one client."""

MAX_TOTAL_BYTES: Final = 256 * 1024 * 1024
"""Bytes that may wait for all clients together."""


class Backlog:
    """Knows every connection with bytes waiting.

    Args:
        monotonic: gives real seconds.
        patience_seconds: how long a client may stay full.
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
        # Never below the truth: what clients read meanwhile is only subtracted by counting again.
        self._at_most_bytes = 0

    def note_sent(self, connections: Iterable[Connection], byte_count: int) -> None:
        """A message has been written to each of these connections."""
        for connection in connections:
            buffered_bytes = connection.buffered_bytes
            if not buffered_bytes:
                continue
            self._waiting.add(connection)
            self._at_most_bytes += byte_count
            if buffered_bytes > MAX_BUFFERED_BYTES:
                # Answers and error frames are written whether there is room or not.
                self._full_since.setdefault(connection, self._monotonic())

    def has_room(self, connection: Connection, byte_count: int) -> bool:
        """Whether a message of this size may still be sent to a connection."""
        if connection.buffered_bytes + byte_count > MAX_BUFFERED_BYTES:
            self._full_since.setdefault(connection, self._monotonic())
            return False
        return (
            self._at_most_bytes + byte_count <= self._max_total_bytes
            or self.count() + byte_count <= self._max_total_bytes
        )

    def count(self) -> int:
        """The bytes that wait now."""
        sizes = {connection: connection.buffered_bytes for connection in self._waiting}
        self._waiting = {connection for connection, size in sizes.items() if size}
        self._at_most_bytes = sum(sizes.values())
        return self._at_most_bytes

    def stuck(self) -> list[Connection]:
        """The connections that have been full for too long."""
        # Half empty counts as reading again: a client at the edge would otherwise be full and not
        # full with every message.
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
