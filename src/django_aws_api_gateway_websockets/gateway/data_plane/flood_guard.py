"""How many messages one connection may send.

AWS limits a route, a stage and an account, where one loud client takes the share of all others;
here each connection can have a limit of its own. What goes over it is refused as throttled messages
are, before it takes a place in the queue. A client in a hurry hears that and slows down. One that
does not is closed.

Counted in real seconds, like the other throttles.
"""

import asyncio
import math
from dataclasses import dataclass
from typing import Final

from ...core.closures import FLOODED, Closure
from ...core.context import EventType
from ...core.error_frames import GatewayMessage, status_of
from ...core.identifiers import ConnectionId
from ...core.throttling import RateLimit, TokenBucket
from ..instruments import Instruments
from ..operations.journal import SocketEntry, size_of
from ..sockets.session import Session, SessionListener
from .replies import send_error

__all__ = ["FloodGuard"]

BURST_SECONDS: Final = 5.0
"""So many seconds' worth may come at once, because a page that opens asks for many things."""


@dataclass(slots=True)
class _Allowance:
    """What a connection may still do."""

    messages: TokenBucket
    refusals: TokenBucket
    """As many messages as may be sent may be sent in vain."""


class FloodGuard:
    """A listener that hands on what a connection may send, and refuses the rest.

    Args:
        per_second: messages of one connection in the long run.
        burst_seconds: how long a connection is silent before it may send a whole burst again.
    """

    def __init__(
        self,
        following: SessionListener,
        *,
        per_second: float,
        instruments: Instruments,
        burst_seconds: float = BURST_SECONDS,
    ) -> None:
        burst = math.ceil(per_second * burst_seconds)
        self._following = following
        self._limit = RateLimit(per_second, burst)
        self._seconds_to_fill = burst / per_second
        self._clock = instruments.clock
        self._ids = instruments.ids
        self._journal = instruments.journal
        # Whoever was silent for as long as filling takes has a full allowance, which need not be
        # kept. So there are two generations, and the earlier one is dropped as a whole.
        self._recent: dict[ConnectionId, _Allowance] = {}
        self._earlier: dict[ConnectionId, _Allowance] = {}
        self._is_ageing = False

    def __len__(self) -> int:
        """Connections whose allowance is kept."""
        return len(self._recent) + len(self._earlier)

    def message_received(self, session: Session, text: str) -> None:
        """Part of the listener's interface."""
        now = self._clock.monotonic()
        allowance = self._allowance(session.client.connection_id, now)
        if allowance.messages.take(now):
            self._following.message_received(session, text)
        else:
            self._refuse(session, text, closes=not allowance.refusals.take(now))

    def message_sent(self, session: Session, payload: bytes) -> None:
        """Part of the listener's interface."""
        self._following.message_sent(session, payload)

    def session_closed(self, session: Session, closure: Closure) -> None:
        """Part of the listener's interface."""
        self._recent.pop(session.client.connection_id, None)
        self._earlier.pop(session.client.connection_id, None)
        self._following.session_closed(session, closure)

    def _allowance(self, connection_id: ConnectionId, now: float) -> _Allowance:
        allowance = self._recent.get(connection_id)
        if allowance is None:
            allowance = self._earlier.pop(connection_id, None) or _Allowance(
                TokenBucket(self._limit, now), TokenBucket(self._limit, now)
            )
            self._recent[connection_id] = allowance
            self._age_later()
        return allowance

    def _age_later(self) -> None:
        if not self._is_ageing:
            self._is_ageing = True
            asyncio.get_running_loop().call_later(self._seconds_to_fill, self._age)

    def _age(self) -> None:
        self._is_ageing = False
        self._earlier, self._recent = self._recent, {}
        if self._earlier:
            self._age_later()

    def _refuse(self, session: Session, text: str, *, closes: bool) -> None:
        # Its route is not looked up: that would be work, and the limit is not the route's.
        context = session.client.context(
            EventType.MESSAGE,
            route_key="",
            request_id=self._ids.request(),
            requested_at_ms=self._clock.now_ms(),
            message_id=self._ids.connection(),
        )
        message = GatewayMessage.TOO_MANY_REQUESTS
        self._journal.record(
            SocketEntry(context, status_of(message), error=message, byte_count=size_of(text))
        )
        if closes:
            session.close(FLOODED)
        else:
            send_error(session, context, message)
