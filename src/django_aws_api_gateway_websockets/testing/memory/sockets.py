"""One socket in the memory of a test: what it got, how it ended, and how well it is."""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ...core.closures import Closure
from ...core.quotas import IDLE_TIMEOUT_SECONDS, MAX_CONNECTION_SECONDS
from ...core.retry import THROTTLED
from ...gateway.connections.connected_client import ConnectedClient
from .served_api import ServedApi

__all__ = ["GONE", "OK", "Arrival", "Socket", "Sockets"]

OK = 200
GONE = 410

_IDLE = timedelta(seconds=IDLE_TIMEOUT_SECONDS)
_LONGEST = timedelta(seconds=MAX_CONNECTION_SECONDS)


@dataclass(frozen=True, slots=True)
class Arrival:
    """A frame on its way to a socket."""

    on: datetime
    """Time at which the client gets it."""
    text: str


@dataclass(slots=True)
class Socket:
    """A connection that a client of a test has opened."""

    client: ConnectedClient
    """Facts that its handshake has fixed."""
    api: ServedApi
    opened_on: datetime
    label: str = ""
    """Name for people, in what a failed assertion prints."""
    raises: bool = True
    """True where an exception in a view is raised in the test."""
    has_opened: bool = False
    """True once Django has let it in."""
    closure: Closure | None = None
    """The end of the connection; None before it."""
    arrivals: deque[Arrival] = field(default_factory=deque)
    is_gone: bool = False
    """True when API Gateway does not know the connection any more, and nobody has been told."""
    refusals: int = 0
    """Posts that are still refused for being too many; below 0 all are."""
    delay: timedelta = timedelta()
    """Time after which the client gets what is posted."""
    active_on: datetime | None = None
    """Time at which something travelled last."""

    @property
    def is_open(self) -> bool:
        """True from the moment Django lets it in until either side closes it."""
        return self.has_opened and self.closure is None

    @property
    def ends_on(self) -> datetime:
        """Time at which API Gateway closes it, unless something travels before."""
        return min((self.active_on or self.opened_on) + _IDLE, self.opened_on + _LONGEST)

    @property
    def connection_id(self) -> str:
        """The id of the connection."""
        return str(self.client.connection_id)

    def make_gone(self) -> None:
        """Let the connection be gone with nobody told: posts get 410 from now on."""
        self.is_gone = True

    def make_throttled(self, posts: int | None = None) -> None:
        """Let posts be refused with 429: so many attempts, or all."""
        self.refusals = -1 if posts is None else posts

    def make_slow(self, seconds: float) -> None:
        """Let frames arrive so many seconds of the test's clock after they were sent."""
        self.delay = timedelta(seconds=seconds)

    def make_well(self) -> None:
        """Undo `make_throttled` and `make_slow`; what is under way stays so."""
        self.refusals, self.delay = 0, timedelta()

    def take(self, text: str, *, on: datetime) -> int:
        """Take a frame that was posted, and return the status API Gateway responds with."""
        if self.is_gone or not self.is_open:
            return GONE
        if self.refusals:
            self.refusals -= self.refusals > 0
            return THROTTLED
        self.deliver(text, on=on)
        return OK

    def deliver(self, text: str, *, on: datetime) -> None:
        """Put a frame on its way to the client."""
        self.active_on = on
        self.arrivals.append(Arrival(on + self.delay, text))

    def texts(self, *, until: datetime) -> list[str]:
        """Return the frames that the client has by now, in the order they came."""
        came = [arrival for arrival in self.arrivals if arrival.on <= until]
        return [arrival.text for arrival in sorted(came, key=lambda arrival: arrival.on)]


class Sockets(dict[str, Socket]):
    """The sockets of a test by connection id, as `@connections` sees them.

    One that is not open yet is gone for whoever posts to it, as on AWS. An id that is not here is
    that of a row a test has made by hand, and stands for a socket that is open somewhere.
    """

    def open_ones(self) -> list[Socket]:
        """Return those that nobody has closed."""
        return [socket for socket in self.values() if socket.is_open]

    def take(self, connection_id: str, text: str, *, on: datetime) -> int:
        """Give a text to a socket, and return the status."""
        socket = self.get(connection_id)
        return OK if socket is None else socket.take(text, on=on)

    def look(self, connection_id: str) -> int:
        """Return the status of asking after a connection."""
        socket = self.get(connection_id)
        return OK if socket is None or (socket.is_open and not socket.is_gone) else GONE

    def label(self, connection_id: str) -> str:
        """Return the name of a connection for people."""
        socket = self.get(connection_id)
        return f"connection {connection_id}" if socket is None else socket.label
