"""Token buckets: how API Gateway counts requests against a rate and a burst.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-protect.html
"""

from dataclasses import dataclass

__all__ = ["RateLimit", "TokenBucket"]


@dataclass(frozen=True, slots=True)
class RateLimit:
    """Number of requests that may come."""

    per_second: float
    """In the long run."""
    burst: int
    """At once."""


class TokenBucket:
    """A bucket that holds a burst of tokens and is filled at a rate.

    Args:
        now: the moment it starts full, in seconds of any clock that never goes back.
    """

    __slots__ = ("_filled_at", "_tokens", "limit")

    def __init__(self, limit: RateLimit, now: float) -> None:
        self.limit = limit
        self._tokens = float(limit.burst)
        self._filled_at = now

    def take(self, now: float) -> bool:
        """Take a token for a request; whether there was one."""
        self._fill(now)
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True

    def _fill(self, now: float) -> None:
        grown = self._tokens + (now - self._filled_at) * self.limit.per_second
        self._tokens = min(grown, float(self.limit.burst))
        self._filled_at = now
