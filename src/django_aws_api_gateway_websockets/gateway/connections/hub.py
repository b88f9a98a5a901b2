"""The open connections, and the clock's power over them."""

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
"""Precision of the two time limits. AWS's own is a few seconds: one connection was seen to be
closed after 603.9 idle seconds."""

SHORTEST_SWEEP_SECONDS = 0.02
"""Real time between sweeps however fast the clock runs."""


class Hub:
    """Knows every open connection by its id.

    Args:
        message_seconds: how long, in real seconds, a client may take to send one message.
    """

    def __init__(
        self,
        apis: Apis,
        clock: Clock,
        *,
        backlog: Backlog,
        message_seconds: float,
    ) -> None:
        self._apis = apis
        self._clock = clock
        self.backlog = backlog
        """What waits for the clients of these connections."""
        self._message_seconds = message_seconds
        self._connections: dict[ConnectionId, Connection] = {}
        self._leaving: set[Connection] = set()
        self.sweeps: list[Callable[[], None]] = [self.sweep]
        """What is done at each sweep, in turn."""
        self.is_closed = False
        """Whether the gateway is on its way out, and lets no new connection in."""

    def __len__(self) -> int:
        return len(self._connections)

    def __iter__(self) -> Iterator[Connection]:
        return iter(list(self._connections.values()))

    def add(self, connection: Connection) -> None:
        """Make a connection known; from here on `@connections` finds it."""
        self._connections[connection.client.connection_id] = connection

    def find(self, connection_id: ConnectionId) -> Connection | None:
        """The open connection with this id."""
        return self._connections.get(connection_id)

    def latest(self, count: int) -> list[Connection]:
        """The connections opened last, the latest first."""
        return list(islice(reversed(self._connections.values()), count))

    def forget(self, connection: Connection) -> None:
        """Take a connection out that is over, though its network connection may be left."""
        self._connections.pop(connection.client.connection_id, None)
        self._leaving.add(connection)

    def abort(self) -> None:
        """Break every network connection that is left."""
        for connection in (*self, *self._leaving):
            connection.abort()

    def sweep(self) -> None:
        """Close what is idle, old, stuck or without a stage."""
        self._leaving = {connection for connection in self._leaving if not connection.is_gone}
        for connection in self:
            if self._is_over(connection):
                connection.close(GOING_AWAY)
            elif self._dawdles(connection):
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

    def _dawdles(self, connection: Connection) -> bool:
        since = connection.unfinished_since
        return since is not None and self._clock.monotonic() - since >= self._message_seconds

    def _is_over(self, connection: Connection) -> bool:
        # Whether a client's ping keeps a connection alive on AWS is unknown; not counting it is the
        # choice that shows a missing keep-alive message here rather than in production.
        now, client = self._clock.now(), connection.client
        return (
            now - connection.last_active_at >= IDLE_TIMEOUT_SECONDS
            or now - client.connected_at_ms / 1000 >= MAX_CONNECTION_SECONDS
            or self._apis.stage(client.api_id, client.stage) is None
        )
