"""The end of a gateway, which loses nothing that the gateway has accepted.

New handshakes get 503 with Retry-After. Connections are closed with 1001 one after the other, over
a window of time, because clients that are all cut at once all come back at once. Each is closed
when its backend calls are done. A post that got 200 stands before the close frame in the same
queue, so the close frame cannot overtake it. At the end, queued bytes get some time to leave while
`$disconnect` is called. So after the window, stopping waits for two things in turn: the backends
that have messages, and everything else.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence

from ...core.closures import GOING_AWAY
from ..runtime.tasks import Tasks
from .connection import Connection

__all__ = ["Drain", "closing_times"]

CLOSES_PER_SECOND = 20
"""Number of connections that may close in a second, however long the window is."""

POLL_SECONDS = 0.02
"""Seconds between two checks whether a connection is done."""


def closing_times(count: int, window_seconds: float) -> Iterator[float]:
    """Return the time to close each of some connections, in seconds from the start."""
    window = min(window_seconds, (count - 1) / CLOSES_PER_SECOND)
    return (window * index / max(1, count - 1) for index in range(count))


class Drain:
    """Closing of all connections in good order.

    Args:
        is_busy: tells whether a connection has messages at a backend.
        window_seconds: the time over which the closing is spread.
        patience_seconds: longest wait for one thing.
    """

    def __init__(
        self,
        tasks: Tasks,
        is_busy: Callable[[Connection], bool],
        *,
        window_seconds: float,
        patience_seconds: float,
    ) -> None:
        self._tasks = tasks
        self._is_busy = is_busy
        self._window_seconds = window_seconds
        self._patience_seconds = patience_seconds

    async def run(self, connections: Sequence[Connection]) -> None:
        """Close the connections over the window, and wait for backends and clients to notice."""
        loop = asyncio.get_running_loop()
        started = loop.time()
        async with asyncio.TaskGroup() as closing:
            times = closing_times(len(connections), self._window_seconds)
            for connection, seconds in zip(connections, times, strict=True):
                await asyncio.sleep(max(0.0, started + seconds - loop.time()))
                if self._is_busy(connection):
                    closing.create_task(self._close_when_done(connection))
                else:
                    connection.close(GOING_AWAY)
        async with asyncio.TaskGroup() as ending:
            ending.create_task(self._until(lambda: all(one.is_gone for one in connections)))
            ending.create_task(self._tasks.drain(self._patience_seconds))
        # A task that began later is no event of a connection.
        await self._tasks.drain(0)

    async def _close_when_done(self, connection: Connection) -> None:
        await self._until(lambda: not self._is_busy(connection))
        connection.close(GOING_AWAY)

    async def _until(self, is_done: Callable[[], bool]) -> None:
        """Wait for a condition, at most as long as the patience."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._patience_seconds
        while not is_done() and loop.time() < deadline:
            await asyncio.sleep(POLL_SECONDS)
