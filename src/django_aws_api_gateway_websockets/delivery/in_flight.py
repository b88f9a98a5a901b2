"""The connections of one broadcast that are in the middle of something, and for whom."""

import time
from collections.abc import Iterator
from selectors import DefaultSelector
from typing import Final, TypeAlias

from .exchange import Exchange
from .http1.connection import Connection

__all__ = ["Batch", "InFlight"]

Batch: TypeAlias = list[Exchange]
"""What a connection carries at the same time: one exchange, but where the server reads ahead."""

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
        self.places = places
        """Requests that may be under way at once."""
        self._silent_places = silent_places
        self._patience_left = read_seconds - SILENT_AFTER_SECONDS
        self._selector = DefaultSelector()
        self._batches: dict[Connection, Batch] = {}
        self._requests = 0
        self._connecting: set[Connection] = set()
        self._silent: set[Connection] = set()
        self._answers = 0
        self._answers_lately = 0.0
        self._next_look = 0.0

    def __len__(self) -> int:
        return len(self._batches)

    @property
    def room(self) -> int:
        """How many more requests may set out."""
        if not self._silent:
            return self.places - self._requests
        silent = sum(len(self._batches[connection]) for connection in self._silent)
        return self.places - self._requests + min(silent, self._silent_places)

    @property
    def count_heard(self) -> int:
        """How many connections there are but for those that have been silent for long."""
        return len(self._batches) - len(self._silent)

    @property
    def room_for_handshakes(self) -> int:
        """How many more connections may be opened now.

        The number doubles with each round trip, so that few recipients on a near server do not
        cost the handshakes that many on a far one are worth.
        """
        established = len(self._batches) - len(self._connecting)
        return max(FIRST_HANDSHAKES, 2 * established) - len(self._connecting)

    def add(self, connection: Connection, batch: Batch) -> None:
        """Let a connection work for a batch from now on."""
        self._batches[connection] = batch
        self._requests += len(batch)
        if not connection.is_established:
            self._connecting.add(connection)
        connection.watched = connection.wants
        self._selector.register(connection, connection.wants)

    def hand_on(self, connection: Connection, batch: Batch) -> None:
        """Let a connection that is here go on with another batch."""
        self._requests += len(batch) - len(self._batches[connection])
        self._batches[connection] = batch
        if self._silent:
            self._silent.discard(connection)

    def watch(self, connection: Connection) -> None:
        """Wait for what the connection wants now; call it whenever that may have changed."""
        if connection.wants != connection.watched:
            connection.watched = connection.wants
            self._selector.modify(connection, connection.wants)

    def established(self, connection: Connection) -> Batch:
        """Note that a handshake is over; gives the batch it was made for."""
        self._connecting.discard(connection)
        return self._batches[connection]

    def batch_of(self, connection: Connection) -> Batch:
        """The batch a connection is working for."""
        return self._batches[connection]

    def answered(self, answers: int) -> None:
        """Note how many answers have come in a turn."""
        self._answers += answers

    def remove(self, connection: Connection) -> Batch:
        """Let a connection go, while it is still open; gives the batch it was working for."""
        self._connecting.discard(connection)
        self._silent.discard(connection)
        self._selector.unregister(connection)
        batch = self._batches.pop(connection)
        self._requests -= len(batch)
        return batch

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
        return [connection for connection in self._batches if connection.deadline <= now]

    def _excuse_silent(self, now: float) -> None:
        # A moving sum over about a second, because in the moment when all places are held by the
        # silent, no answers come either.
        self._answers_lately = self._answers_lately * (1 - EXPIRY_SECONDS) + self._answers
        self._answers = 0
        late = now + self._patience_left
        silent = {
            connection
            for connection in self._batches.keys() - self._connecting
            if connection.deadline <= late
        }
        requests = sum(len(self._batches[connection]) for connection in silent)
        self._silent = silent if requests <= self._answers_lately else set()

    def __iter__(self) -> Iterator[Connection]:
        return iter(tuple(self._batches))

    def close(self) -> None:
        """Close every connection; whoever breaks off wants no more answers."""
        for connection in self._batches:
            connection.close()
        self._batches.clear()
        self._selector.close()
