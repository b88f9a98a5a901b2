"""The connections of one call that are at work, and the exchanges each of them carries."""

import time
from collections.abc import Iterator
from selectors import DefaultSelector
from typing import Final

from .exchange_queue import Exchange
from .http1.connection import Connection

__all__ = ["InFlight"]

FIRST_HANDSHAKES: Final = 16
"""Number of handshakes under way at once, or twice the established connections if that is more."""

EXPIRY_SECONDS: Final = 0.25
"""Seconds by which a deadline may be missed: to look at each connection in each turn costs more."""

SILENT_AFTER_SECONDS: Final = 0.25
"""Seconds without response after which a request gives its place to another."""


class InFlight:
    """Waits for many sockets at once and remembers the exchanges each of them carries.

    A few requests without response would hold every place until their timeouts, and all others
    would wait for them. So they go on waiting beside the places, as long as others get responses:
    where all are late, the server is overloaded and gets no more.

    A connection carries one exchange. Only with `PostsAtOnce` are there several in its list.

    Args:
        places: requests that may be under way at once.
        silent_places: further requests that may wait for a late response.
        read_seconds: seconds from the start of a request to its deadline.
    """

    def __init__(self, *, places: int, silent_places: int, read_seconds: float) -> None:
        self.places = places
        """Number of requests that may be under way at once."""
        self._silent_places = silent_places
        self._patience_left = read_seconds - SILENT_AFTER_SECONDS
        self._selector = DefaultSelector()
        self._carried: dict[Connection, list[Exchange]] = {}
        self._requests = 0
        self._connecting: set[Connection] = set()
        self._silent: set[Connection] = set()
        self._responses = 0
        self._responses_lately = 0.0
        self._next_look = 0.0

    def __len__(self) -> int:
        return len(self._carried)

    @property
    def room(self) -> int:
        """Number of further requests that may be sent."""
        if not self._silent:
            return self.places - self._requests
        silent = sum(len(self._carried[connection]) for connection in self._silent)
        return self.places - self._requests + min(silent, self._silent_places)

    @property
    def count_heard(self) -> int:
        """Number of connections, without those that have been silent for long."""
        return len(self._carried) - len(self._silent)

    @property
    def room_for_handshakes(self) -> int:
        """Number of connections that may be opened now.

        It doubles with each round trip, so that few recipients on a near server do not cost as many
        handshakes as many recipients on a far one.
        """
        established = len(self._carried) - len(self._connecting)
        return max(FIRST_HANDSHAKES, 2 * established) - len(self._connecting)

    def add(self, connection: Connection, exchanges: list[Exchange]) -> None:
        """Let a connection carry exchanges from now on."""
        self._carried[connection] = exchanges
        self._requests += len(exchanges)
        if not connection.is_established:
            self._connecting.add(connection)
        connection.watched = connection.wants
        self._selector.register(connection, connection.wants)

    def hand_on(self, connection: Connection, exchanges: list[Exchange]) -> None:
        """Let a connection that is here go on with other exchanges."""
        self._requests += len(exchanges) - len(self._carried[connection])
        self._carried[connection] = exchanges
        if self._silent:
            self._silent.discard(connection)

    def watch(self, connection: Connection) -> None:
        """Wait for the events the connection wants now; call it whenever they may have changed."""
        if connection.wants != connection.watched:
            connection.watched = connection.wants
            self._selector.modify(connection, connection.wants)

    def established(self, connection: Connection) -> list[Exchange]:
        """Note that a handshake is over; return the exchanges it was made for."""
        self._connecting.discard(connection)
        return self._carried[connection]

    def carried_by(self, connection: Connection) -> list[Exchange]:
        """Return the exchanges a connection carries."""
        return self._carried[connection]

    def count_responses(self, number: int) -> None:
        """Add the responses of one turn."""
        self._responses += number

    def remove(self, connection: Connection) -> list[Exchange]:
        """Let a connection go, while it is still open; return the exchanges it carried."""
        self._connecting.discard(connection)
        self._silent.discard(connection)
        self._selector.unregister(connection)
        exchanges = self._carried.pop(connection)
        self._requests -= len(exchanges)
        return exchanges

    def ready(self, timeout_seconds: float, *, gather_seconds: float = 0.0) -> list[Connection]:
        """Return the connections that can advance, as soon as there are any or the time is over.

        Args:
            gather_seconds: seconds to wait first, so that several responses are there: to be woken
                for each one costs as much as to read it.
        """
        if gather_seconds:
            time.sleep(gather_seconds)
        return [key.fileobj for key, _ in self._selector.select(timeout_seconds)]  # type: ignore[misc]

    def overdue(self, now: float) -> list[Connection]:
        """Return the connections whose deadline has passed; looks a few times a second."""
        if now < self._next_look:
            return []
        self._next_look = now + EXPIRY_SECONDS
        self._excuse_silent(now)
        return [connection for connection in self._carried if connection.deadline <= now]

    def _excuse_silent(self, now: float) -> None:
        # A moving sum over about a second, because no responses come in the moment when all places
        # are held by silent requests.
        self._responses_lately = self._responses_lately * (1 - EXPIRY_SECONDS) + self._responses
        self._responses = 0
        late = now + self._patience_left
        silent = {
            connection
            for connection in self._carried.keys() - self._connecting
            if connection.deadline <= late
        }
        requests = sum(len(self._carried[connection]) for connection in silent)
        self._silent = silent if requests <= self._responses_lately else set()

    def __iter__(self) -> Iterator[Connection]:
        return iter(tuple(self._carried))

    def close(self) -> None:
        """Close every connection; a caller that breaks off wants no more responses."""
        for connection in self._carried:
            connection.close()
        self._carried.clear()
        self._selector.close()
