"""How many connections a broadcast opens, which is as many as its server can make use of.

More are opened only when a millisecond passes in which no answer came. A near server is served by
few, a far one by as many as may be under way. One that has shown to be near is busy when it is
silent, and further connections would only cost handshakes: one takes as long as forty posts, on
both sides.
"""

from collections.abc import Collection
from typing import Final

from .http1.connection import Connection
from .in_flight import InFlight

__all__ = ["Growth"]

GROWTH_PAUSE_SECONDS: Final = 0.001

ENOUGH_FOR_NEAR: Final = 32
"""Requests under way to a server that answers within the pause: over 32,000 answers a second."""

FEWEST_CONNECTIONS: Final = 4
"""However many requests each of them carries: one is written to while others are answered."""

GATHER_SECONDS: Final = 0.001
"""How long the answers of a far server are let gather, which is little beside what they take."""

ENOUGH_TO_GATHER: Final = 64
"""Requests under way from which on several answers are to be expected in that time."""


class Growth:
    """Decides in each turn of a broadcast whether it may open connections, and how many.

    Args:
        resting: connections that are there already.
        at_once: requests each of them may carry at the same time.
    """

    __slots__ = (
        "_in_flight",
        "_is_near",
        "_may_open",
        "at_once",
        "lacks_connections",
        "last_started",
    )

    def __init__(self, in_flight: InFlight, *, resting: int, at_once: int) -> None:
        self._in_flight = in_flight
        self._is_near = False
        self.at_once = at_once
        """Requests a connection may carry at the same time, as far as is known."""
        self._may_open = max(0, min(in_flight.room_for_handshakes, self._enough) - resting)
        self.last_started: Connection | None = None
        """The connection a request has set out on last; whoever starts one says so here."""
        self.lacks_connections = False
        """Whether a recipient waits for a connection."""

    @property
    def may_open(self) -> bool:
        """Whether one more connection may be opened now."""
        return self._may_open > 0

    def opened(self) -> None:
        """One has been opened."""
        self._may_open -= 1

    def look(self, ready: Collection[Connection], *, seconds: float) -> None:
        """See what the wait between two turns has brought.

        Args:
            ready: the connections that can advance.
            seconds: since the end of the last turn.
        """
        # A turn takes long, so only what was started last tells how soon the server answers.
        if not self._is_near and self.last_started in ready:
            self._is_near = seconds < GROWTH_PAUSE_SECONDS
        self.last_started = None
        self._may_open = 0
        if self.lacks_connections and not ready:
            self._may_open = min(
                self._in_flight.room_for_handshakes, self._enough - self._in_flight.count_heard
            )

    @property
    def gather_seconds(self) -> float:
        """How long to let answers gather before looking at them."""
        if self._is_near or self.lacks_connections or len(self._in_flight) < ENOUGH_TO_GATHER:
            return 0.0
        return GATHER_SECONDS

    @property
    def _enough(self) -> int:
        """How many connections the server can make use of."""
        requests = ENOUGH_FOR_NEAR if self._is_near else self._in_flight.places
        return max(FEWEST_CONNECTIONS, requests // self.at_once)
