"""A limit for the messages of one connection.

AWS limits a route, a stage and an account, where one loud client takes the share of all others;
here each connection can have its own limit. Further messages are refused like throttled ones,
before they take a place in the queue. The client gets some error frames and can slow down; a client
that goes on is closed.

The limit counts real seconds, like the other throttles.
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
"""Seconds' worth of messages that may come at once, because a new page asks for many things."""

REFUSAL: Final = GatewayMessage.TOO_MANY_REQUESTS


class FloodGuard:
    """Listener that passes on what `Allowances` permit a connection, and refuses the rest."""

    def __init__(
        self,
        following: ConnectionListener,
        *,
        per_second: float,
        instruments: Instruments,
        burst_seconds: float = BURST_SECONDS,
    ) -> None:
        self.following = following
        """Listener for the messages that may pass."""
        self._clock = instruments.clock
        self._ids = instruments.ids
        self._journal = instruments.journal
        self.allowances = Allowances(
            self._clock, per_second=per_second, burst_seconds=burst_seconds
        )
        """Allowances of the connections."""

    def message_received(self, connection: Connection, text: str) -> None:
        now = self._clock.monotonic()
        allowance = self.allowances.of(connection.client, now)
        if allowance.messages.take(now):
            self.following.message_received(connection, text)
            return
        context = self._refuse(connection, text)
        if not allowance.refusals.take(now):
            connection.close(FLOODED)
        elif allowance.error_frames.take(now):
            send_error(connection, context, REFUSAL)

    def message_sent(self, connections: Sequence[Connection], payload: bytes) -> None:
        self.following.message_sent(connections, payload)

    def connection_closed(self, connection: Connection, closure: Closure) -> None:
        self.allowances.leave(connection.client)
        self.following.connection_closed(connection, closure)

    def _refuse(self, connection: Connection, text: str) -> EventContext:
        """Record a refused message; return the context of its event."""
        # Without a look-up of its route: that would be work, and the limit is not the route's.
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
