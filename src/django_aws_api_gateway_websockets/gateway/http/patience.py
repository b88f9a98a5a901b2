"""The time limits of a connection that speaks HTTP."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["HttpTimeouts", "Patience"]


@dataclass(frozen=True, slots=True)
class HttpTimeouts:
    """Time limits of connections that speak HTTP."""

    request_timeout_seconds: float
    """Seconds for the first request, and for each one from its first byte to its last."""
    keep_alive_seconds: float
    """Seconds until the next request has to begin."""


class Patience:
    """Timer that ends a connection without a whole request in time; it needs a running loop.

    Args:
        is_working: returns true while the client waits for the gateway.
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
        """Start to wait for the next request, after a response."""
        self._idle_since = self._loop.time()
        self._seconds = self._timeouts.keep_alive_seconds

    def time_request(self, *, is_unfinished: bool, has_news: bool) -> None:
        """Remember the moment when an unfinished request began.

        Args:
            is_unfinished: true if there is an unfinished request.
            has_news: true if another request ended since the last call.
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
        """Stop the timer, and drop the references to the connection."""
        self._timer.cancel()
        # Connection and timer refer to each other: only the garbage collector would free them.
        self._is_working = self._end = bool

    def _check(self) -> None:
        # One timer, which is set again only when it fires: a new timer for each request would cost
        # more than the response.
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
