"""The open connections, and their time limits."""

import asyncio
from collections.abc import Callable, Iterator
from itertools import islice

from ...core.closures import GOING_AWAY, TOO_SLOW
from ...core.events.identifiers import ConnectionId
from ...core.quotas import IDLE_TIMEOUT_SECONDS, MAX_CONNECTION_SECONDS
from ..deployed.apis import Apis
from ..runtime.clock import Clock
from .backlog import Backlog
from .connection import Connection

__all__ = ["Hub"]

SWEEP_SECONDS = 1.0
"""Precision of the two time limits. AWS's is a few seconds: one connection was seen to close after
603.9 idle seconds."""

SHORTEST_SWEEP_SECONDS = 0.02
"""Real seconds between sweeps, however fast the clock runs."""


class Hub:
    """Table of all open connections by id.

    Args:
        message_seconds: real seconds that a client has to send one message.
    """

    def __init__(
        self, apis: Apis, clock: Clock, *, backlog: Backlog, message_seconds: float
    ) -> None:
        self._apis = apis
        self._clock = clock
        self.backlog = backlog
        """Record of the bytes that wait for clients."""
        self._message_seconds = message_seconds
        self._connections: dict[ConnectionId, Connection] = {}
        self._leaving: set[Connection] = set()
        self.sweeps: list[Callable[[], None]] = [self.sweep]
        """Functions called at each sweep, in turn."""
        self.is_closed = False
        """True while the gateway stops and accepts no new connection."""

    def __len__(self) -> int:
        return len(self._connections)

    def __iter__(self) -> Iterator[Connection]:
        return iter(list(self._connections.values()))

    def add(self, connection: Connection) -> None:
        """Add a connection; from here on `@connections` finds it."""
        self._connections[connection.client.connection_id] = connection

    def find(self, connection_id: ConnectionId) -> Connection | None:
        """Return the open connection with this id."""
        return self._connections.get(connection_id)

    def latest(self, count: int) -> list[Connection]:
        """Return the connections opened last, the latest first."""
        return list(islice(reversed(self._connections.values()), count))

    def forget(self, connection: Connection) -> None:
        """Remove a closed connection; its network connection may still exist."""
        self._connections.pop(connection.client.connection_id, None)
        self._leaving.add(connection)

    def abort(self) -> None:
        """Break every network connection that is left."""
        for connection in (*self, *self._leaving):
            connection.abort()

    def sweep(self) -> None:
        """Close the connections that are idle, old, stuck or without a stage."""
        self._leaving = {connection for connection in self._leaving if not connection.is_gone}
        for connection in self:
            if self._is_over(connection):
                connection.close(GOING_AWAY)
            elif self._is_too_slow(connection):
                connection.close(TOO_SLOW)
        for connection in self.backlog.stuck():
            connection.close(TOO_SLOW)

    async def keep_sweeping(self) -> None:
        """Sweep until cancelled."""
        pause = max(SHORTEST_SWEEP_SECONDS, self._clock.real_seconds(SWEEP_SECONDS))
        while True:
            await asyncio.sleep(min(pause, SWEEP_SECONDS))
            for sweep in self.sweeps:
                sweep()

    def _is_too_slow(self, connection: Connection) -> bool:
        since = connection.unfinished_since
        return since is not None and self._clock.monotonic() - since >= self._message_seconds

    def _is_over(self, connection: Connection) -> bool:
        # It is unknown whether a client's ping keeps a connection alive on AWS. Here it does not
        # count, so that a missing keep-alive message shows before production.
        now, client = self._clock.now(), connection.client
        return (
            now - connection.last_active_at >= IDLE_TIMEOUT_SECONDS
            or now - client.connected_at_ms / 1000 >= MAX_CONNECTION_SECONDS
            or self._apis.stage(client.api_id, client.stage) is None
        )
