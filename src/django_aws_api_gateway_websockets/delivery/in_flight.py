"""The connections of one broadcast that are in the middle of something, and for whom."""

from collections.abc import Iterator
from selectors import DefaultSelector
from typing import Final

from .connection import Connection
from .exchange import Exchange

__all__ = ["InFlight"]

FIRST_HANDSHAKES: Final = 16
"""Handshakes under way at once, or twice the established connections where that is more."""

EXPIRY_SECONDS: Final = 0.25
"""How exact deadlines are kept: looking at every connection at each turn would cost more."""


class InFlight:
    """Waits for many sockets at once and remembers whose request each of them carries."""

    def __init__(self) -> None:
        self._selector = DefaultSelector()
        self._exchanges: dict[Connection, Exchange] = {}
        self._connecting: set[Connection] = set()
        self._next_look = 0.0

    def __len__(self) -> int:
        return len(self._exchanges)

    @property
    def room_for_handshakes(self) -> int:
        """How many more connections may be opened now.

        The number doubles with each round trip, so that few recipients on a near server do not
        cost the handshakes that many on a far one are worth.
        """
        established = len(self._exchanges) - len(self._connecting)
        return max(FIRST_HANDSHAKES, 2 * established) - len(self._connecting)

    def add(self, connection: Connection, exchange: Exchange) -> None:
        """Let a connection work for an exchange from now on."""
        self._exchanges[connection] = exchange
        if not connection.is_established:
            self._connecting.add(connection)
        connection.watched = connection.wants
        self._selector.register(connection, connection.wants)

    def hand_on(self, connection: Connection, exchange: Exchange) -> None:
        """Let a connection that is here go on with another exchange."""
        self._exchanges[connection] = exchange

    def watch(self, connection: Connection) -> None:
        """Wait for what the connection wants now; call it whenever that may have changed."""
        if connection.wants != connection.watched:
            connection.watched = connection.wants
            self._selector.modify(connection, connection.wants)

    def established(self, connection: Connection) -> Exchange:
        """Note that a handshake is over; gives the exchange it was made for."""
        self._connecting.discard(connection)
        return self._exchanges[connection]

    def remove(self, connection: Connection) -> Exchange:
        """Let a connection go, while it is still open; gives the exchange it was working for."""
        self._connecting.discard(connection)
        self._selector.unregister(connection)
        return self._exchanges.pop(connection)

    def ready(self, timeout_seconds: float) -> list[Connection]:
        """The connections that can advance, as soon as there are any or the time is over."""
        return [key.fileobj for key, _ in self._selector.select(timeout_seconds)]  # type: ignore[misc]

    def overdue(self, now: float) -> list[Connection]:
        """The connections whose deadline has passed, looked for a few times each second."""
        if now < self._next_look:
            return []
        self._next_look = now + EXPIRY_SECONDS
        return [connection for connection in self._exchanges if connection.deadline <= now]

    def __iter__(self) -> Iterator[Connection]:
        return iter(tuple(self._exchanges))

    def close(self) -> None:
        """Close every connection; whoever breaks off wants no more answers."""
        for connection in self._exchanges:
            connection.close()
        self._exchanges.clear()
        self._selector.close()
