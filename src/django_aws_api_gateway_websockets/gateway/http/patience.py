"""The time that a client has on a connection that speaks HTTP."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["HttpTimeouts", "Patience"]


@dataclass(frozen=True, slots=True)
class HttpTimeouts:
    """Time that clients have on a connection that speaks HTTP."""

    request_timeout_seconds: float
    """For the first request, and for each one from its first byte to its last."""
    keep_alive_seconds: float
    """Until the next request begins."""


class Patience:
    """Ends a connection that has not sent a whole request in time; needs a running loop.

    Args:
        is_working: tells whether the client waits for the gateway.
        end: breaks the connection.
    """

    def __init__(
        self, timeouts: HttpTimeouts, *, is_working: Callable[[], bool], end: Callable[[], object]
    ) -> None:
        self._timeouts = timeouts
        self._is_working = is_working
        self._end = end
        self._loop = asyncio.get_running_loop()
        self._idle_since = self._loop.time()
        self._seconds = timeouts.request_timeout_seconds
        self._request_since: float | None = None
        self._timer = self._loop.call_later(self._seconds, self._check)

    def begin_anew(self) -> None:
        """Wait for the next request: there was a response."""
        self._idle_since = self._loop.time()
        self._seconds = self._timeouts.keep_alive_seconds

    def time_request(self, *, is_unfinished: bool, has_news: bool) -> None:
        """Note when a request began that has not ended yet.

        Args:
            is_unfinished: whether there is one.
            has_news: whether another one ended since it was asked last.
        """
        if not is_unfinished:
            self._request_since = None
        elif has_news or self._request_since is None:
            now, limit = self._loop.time(), self._timeouts.request_timeout_seconds
            self._request_since = now
            if self._timer.when() > now + limit:
                self._timer.cancel()
                self._timer = self._loop.call_later(limit, self._check)

    def cancel(self) -> None:
        """Wait no more, and let go of the connection."""
        self._timer.cancel()
        # They hold each other, and would both wait for the garbage collector.
        self._is_working = self._end = bool

    def _check(self) -> None:
        # One timer, moved on only when it fires: setting it anew for each request would cost more
        # than answering one.
        left = self._idle_since + self._seconds - self._loop.time()
        if self._request_since is not None:
            limit = self._timeouts.request_timeout_seconds
            left = min(left, self._request_since + limit - self._loop.time())
        if self._is_working():
            left = max(left, 1.0)
        if left > 0:
            self._timer = self._loop.call_later(left, self._check)
        else:
            self._end()
