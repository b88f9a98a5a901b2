"""How many messages one connection may send.

AWS limits a route, a stage and an account, where one loud client takes the share of all others;
here each connection can have a limit of its own. What goes over it is refused as throttled messages
are, before it takes a place in the queue. A client in a hurry hears that and slows down. One that
does not is closed; in the meantime it is answered now and then.

Counted in real seconds, like the other throttles.
"""

from collections.abc import Sequence
from typing import Final

from ...core.closures import FLOODED, Closure
from ...core.error_frames import GatewayMessage, status_of
from ...core.events.context import EventContext, EventType
from ..connections.connection import Connection, ConnectionListener
from ..journal.entries import SocketEntry, size_of
from ..journal.instruments import Instruments
from .allowances import Allowances
from .replies import send_error

__all__ = ["FloodGuard"]

BURST_SECONDS: Final = 5.0
"""So many seconds' worth may come at once, because a page that opens asks for many things."""

REFUSAL: Final = GatewayMessage.TOO_MANY_REQUESTS


class FloodGuard:
    """A listener that hands on what a connection may send, and refuses the rest.

    Args:
        per_second: messages of one connection in the long run.
        burst_seconds: how long a connection is silent before it may send a whole burst again.
    """

    def __init__(
        self,
        following: ConnectionListener,
        *,
        per_second: float,
        instruments: Instruments,
        burst_seconds: float = BURST_SECONDS,
    ) -> None:
        self.following = following
        """The listener that hears of what is let through."""
        self._clock = instruments.clock
        self._ids = instruments.ids
        self._journal = instruments.journal
        self.allowances = Allowances(
            self._clock, per_second=per_second, burst_seconds=burst_seconds
        )
        """What the connections may still send."""

    def message_received(self, connection: Connection, text: str) -> None:
        """Part of the listener's interface."""
        now = self._clock.monotonic()
        allowance = self.allowances.of(connection.client, now)
        if allowance.messages.take(now):
            self.following.message_received(connection, text)
            return
        context = self._refuse(connection, text)
        if not allowance.refusals.take(now):
            connection.close(FLOODED)
        elif allowance.answers.take(now):
            send_error(connection, context, REFUSAL)

    def message_sent(self, connections: Sequence[Connection], payload: bytes) -> None:
        """Part of the listener's interface."""
        self.following.message_sent(connections, payload)

    def connection_closed(self, connection: Connection, closure: Closure) -> None:
        """Part of the listener's interface."""
        self.allowances.leave(connection.client)
        self.following.connection_closed(connection, closure)

    def _refuse(self, connection: Connection, text: str) -> EventContext:
        """Write down that a message was refused; the context it came to nothing in."""
        # Its route is not looked up: that would be work, and the limit is not the route's.
        context = connection.client.context(
            EventType.MESSAGE,
            route_key="",
            request_id=self._ids.request(),
            requested_at_ms=self._clock.now_ms(),
            message_id=self._ids.connection(),
        )
        self._journal.record(
            SocketEntry(context, status_of(REFUSAL), error=REFUSAL, byte_count=size_of(text))
        )
        return context
