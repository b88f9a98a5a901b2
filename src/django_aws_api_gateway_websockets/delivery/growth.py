"""The number of connections one call opens: as many as its server can make use of.

More are opened only after a millisecond without response. A near server needs few, a far one as
many as requests may be under way. A server that has shown to be near is busy when it is silent,
and further connections would only cost handshakes: one takes as long as forty posts on both sides.
"""

from collections.abc import Collection
from typing import Final

from .http1.connection import Connection
from .in_flight import InFlight

__all__ = ["Growth"]

GROWTH_PAUSE_SECONDS: Final = 0.001

ENOUGH_FOR_NEAR: Final = 32
"""Requests under way to a server that responds within the pause: over 32,000 in a second."""

FEWEST_CONNECTIONS: Final = 4
"""Connections at least, however many requests each carries: one is written to while others wait."""

GATHER_SECONDS: Final = 0.001
"""Seconds for which responses of a far server gather; that is short beside their way."""

ENOUGH_TO_GATHER: Final = 64
"""Requests under way from which several responses are to be expected in that time."""


class Growth:
    """Decides in each turn of a call how many connections it may open.

    Args:
        resting: connections that are there already.
        per_connection: requests each of them may carry at the same time.
    """

    __slots__ = (
        "_in_flight",
        "_is_near",
        "_may_open",
        "lacks_connections",
        "last_started",
        "per_connection",
    )

    def __init__(self, in_flight: InFlight, *, resting: int, per_connection: int) -> None:
        self._in_flight = in_flight
        self._is_near = False
        self.per_connection = per_connection
        """Requests a connection may carry at the same time, as far as is known."""
        self._may_open = max(0, min(in_flight.room_for_handshakes, self._enough) - resting)
        self.last_started: Connection | None = None
        """Connection on which a request was sent last; the caller sets it."""
        self.lacks_connections = False
        """True while a recipient waits for a connection."""

    @property
    def may_open(self) -> bool:
        """Tell whether one more connection may be opened now."""
        return self._may_open > 0

    def opened(self) -> None:
        """Note that one has been opened."""
        self._may_open -= 1

    def look(self, ready: Collection[Connection], *, seconds: float) -> None:
        """Draw conclusions from the wait between two turns.

        Args:
            ready: the connections that can advance.
            seconds: time since the end of the last turn.
        """
        # A turn takes long, so only the last request tells how soon the server responds.
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
        """Seconds to let responses gather before they are looked at."""
        if self._is_near or self.lacks_connections or len(self._in_flight) < ENOUGH_TO_GATHER:
            return 0.0
        return GATHER_SECONDS

    @property
    def _enough(self) -> int:
        """Number of connections the server can make use of."""
        requests = ENOUGH_FOR_NEAR if self._is_near else self._in_flight.places
        return max(FEWEST_CONNECTIONS, requests // self.per_connection)
