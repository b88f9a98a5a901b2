"""The connections of one broadcast that are in the middle of something, and for whom."""

import time
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

SILENT_AFTER_SECONDS: Final = 0.25
"""A request that has waited so long for its answer gives its place to another."""


class InFlight:
    """Waits for many sockets at once and remembers whose request each of them carries.

    A few requests that are never answered would otherwise hold every place until their timeouts,
    and everybody else would wait for them. They go on waiting beside the places instead, as long
    as others are answered: where all are late, it is the server that needs rest.

    Args:
        places: requests that may be under way at once.
        silent_places: more of them that may wait for an answer which is late.
        read_seconds: how long after its start the deadline of a request is.
    """

    def __init__(self, *, places: int, silent_places: int, read_seconds: float) -> None:
        self._places = places
        self._silent_places = silent_places
        self._patience_left = read_seconds - SILENT_AFTER_SECONDS
        self._selector = DefaultSelector()
        self._exchanges: dict[Connection, Exchange] = {}
        self._connecting: set[Connection] = set()
        self._silent: set[Connection] = set()
        self._answers = 0
        self._answers_lately = 0.0
        self._next_look = 0.0

    def __len__(self) -> int:
        return len(self._exchanges)

    @property
    def has_room(self) -> bool:
        """Whether one more request may set out."""
        return self.count_heard < self._places

    @property
    def count_heard(self) -> int:
        """How many hold a place: all but those who have been silent for long."""
        return len(self._exchanges) - min(len(self._silent), self._silent_places)

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

    def answered(self, connection: Connection) -> Exchange:
        """Note that an answer has come; gives the exchange it belongs to."""
        self._answers += 1
        self._silent.discard(connection)
        return self._exchanges[connection]

    def remove(self, connection: Connection) -> Exchange:
        """Let a connection go, while it is still open; gives the exchange it was working for."""
        self._connecting.discard(connection)
        self._silent.discard(connection)
        self._selector.unregister(connection)
        return self._exchanges.pop(connection)

    def ready(self, timeout_seconds: float, *, gather_seconds: float = 0.0) -> list[Connection]:
        """The connections that can advance, as soon as there are any or the time is over.

        Args:
            gather_seconds: how long to let answers gather before looking, because to be woken for
                each one costs as much as reading it.
        """
        if gather_seconds:
            time.sleep(gather_seconds)
        return [key.fileobj for key, _ in self._selector.select(timeout_seconds)]  # type: ignore[misc]

    def overdue(self, now: float) -> list[Connection]:
        """The connections whose deadline has passed, looked for a few times each second."""
        if now < self._next_look:
            return []
        self._next_look = now + EXPIRY_SECONDS
        self._excuse_silent(now)
        return [connection for connection in self._exchanges if connection.deadline <= now]

    def _excuse_silent(self, now: float) -> None:
        # A moving sum over about a second, because in the moment when all places are held by the
        # silent, no answers come either.
        self._answers_lately = self._answers_lately * (1 - EXPIRY_SECONDS) + self._answers
        self._answers = 0
        late = now + self._patience_left
        silent = {
            connection
            for connection in self._exchanges.keys() - self._connecting
            if connection.deadline <= late
        }
        self._silent = silent if len(silent) <= self._answers_lately else set()

    def __iter__(self) -> Iterator[Connection]:
        return iter(tuple(self._exchanges))

    def close(self) -> None:
        """Close every connection; whoever breaks off wants no more answers."""
        for connection in self._exchanges:
            connection.close()
        self._exchanges.clear()
        self._selector.close()
