"""The open connections, and the clock's power over them."""

import asyncio
from collections.abc import Iterable

from ..core.closures import GOING_AWAY, Closure
from ..core.identifiers import ConnectionId
from ..core.quotas import IDLE_TIMEOUT_SECONDS, MAX_CONNECTION_SECONDS
from .apis import Apis
from .clock import Clock
from .session import Session

__all__ = ["Hub"]

SWEEP_SECONDS = 1.0
"""Precision of the two time limits. AWS's own is a few seconds: one connection was seen to be
closed after 603.9 idle seconds."""

SHORTEST_SWEEP_SECONDS = 0.02
"""Real time between sweeps however fast the clock runs."""


class Hub:
    """Knows every open connection by its id."""

    def __init__(self, apis: Apis, clock: Clock) -> None:
        self._apis = apis
        self._clock = clock
        self._sessions: dict[ConnectionId, Session] = {}
        self.is_closed = False

    def __len__(self) -> int:
        return len(self._sessions)

    def add(self, session: Session) -> None:
        """Make a connection known; from here on `@connections` finds it."""
        self._sessions[session.client.connection_id] = session

    def find(self, connection_id: ConnectionId) -> Session | None:
        """The open connection with this id."""
        return self._sessions.get(connection_id)

    def forget(self, session: Session) -> None:
        """Take a connection out that is over."""
        self._sessions.pop(session.client.connection_id, None)

    def close_all(self, closure: Closure) -> None:
        """Close every connection, and let no new one in."""
        self.is_closed = True
        self._close(list(self._sessions.values()), closure)

    def sweep(self) -> None:
        """Close what is idle, old, or without a stage."""
        self._close([session for session in self._sessions.values() if self._is_over(session)])

    async def keep_sweeping(self) -> None:
        """Sweep until cancelled."""
        pause = max(SHORTEST_SWEEP_SECONDS, self._clock.real_seconds(SWEEP_SECONDS))
        while True:
            await asyncio.sleep(pause)
            self.sweep()

    def _close(self, sessions: Iterable[Session], closure: Closure = GOING_AWAY) -> None:
        for session in sessions:
            session.close(closure)

    def _is_over(self, session: Session) -> bool:
        # Whether a client's ping keeps a connection alive on AWS is unknown; not counting it is the
        # choice that shows a missing keep-alive message here rather than in production.
        now, client = self._clock.now(), session.client
        return (
            now - session.last_active_at >= IDLE_TIMEOUT_SECONDS
            or now - client.connected_at_ms / 1000 >= MAX_CONNECTION_SECONDS
            or self._apis.stage(client.api_id, client.stage) is None
        )
