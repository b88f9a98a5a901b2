"""Throttles: the limits of routes as their stage sets them, and those of the account.

They count real seconds, even if the gateway's clock runs faster, because clients that have to
slow down do so in real seconds.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-protect.html
"""

from collections.abc import Hashable
from typing import Final

from ...core.events.routes import CONNECT
from ...core.quotas import (
    CONNECTS_PER_SECOND,
    CONTROL_CALLS_AT_ONCE,
    CONTROL_CALLS_PER_SECOND,
    REQUESTS_AT_ONCE,
    REQUESTS_PER_SECOND,
    SECONDS_BETWEEN_DEPLOYMENTS,
    SECONDS_BETWEEN_DOMAIN_CHANGES,
)
from ...core.throttling import RateLimit, TokenBucket
from ..runtime.clock import Clock
from .apis import Stage

__all__ = ["Throttles"]

_CONNECTS: Final = RateLimit(CONNECTS_PER_SECOND, CONNECTS_PER_SECOND)
_REQUESTS: Final = RateLimit(REQUESTS_PER_SECOND, REQUESTS_AT_ONCE)
_CALLS: Final = RateLimit(CONTROL_CALLS_PER_SECOND, CONTROL_CALLS_AT_ONCE)
_DEPLOYMENTS: Final = RateLimit(1 / SECONDS_BETWEEN_DEPLOYMENTS, 1)
_DOMAIN_CHANGES: Final = RateLimit(1 / SECONDS_BETWEEN_DOMAIN_CHANGES, 1)

_MAX_BUCKETS: Final = 10_000


class Throttles:
    """Count of requests against all limits.

    Args:
        has_quotas: true if the account's quotas count as well; tests and load tests would exceed
            them all the time.
    """

    def __init__(self, clock: Clock, *, has_quotas: bool) -> None:
        self._clock = clock
        self._has_quotas = has_quotas
        self._buckets: dict[Hashable, TokenBucket] = {}

    def admits_connect(self, stage: Stage) -> bool:
        """Tell whether a client may try to connect."""
        if self._has_quotas and not self._take("connects", _CONNECTS):
            return False
        return self.admits_message(stage, CONNECT)

    def admits_message(self, stage: Stage, route_key: str) -> bool:
        """Tell whether an event may take a route: by the account's limit, then by the stage's."""
        limit = stage.limits.get(route_key, stage.default_limit)
        if self._has_quotas and not self._take("requests", _REQUESTS):
            return False
        return limit is None or self._take((stage.api_id, stage.name, route_key), limit)

    def admits_post(self) -> bool:
        """Tell whether `@connections` may be called; its calls count as requests of the account."""
        return not self._has_quotas or self._take("requests", _REQUESTS)

    def admits_control_call(self, method: str, segments: tuple[str, ...]) -> bool:
        """Tell whether the control plane may be called."""
        if not self._has_quotas:
            return True
        if not self._take("control", _CALLS):
            return False
        match method, segments:
            case "POST", ("apis", _, "deployments"):
                return self._take("deployments", _DEPLOYMENTS)
            case ("POST", ("domainnames",)) | ("PATCH" | "DELETE", ("domainnames", _)):
                return self._take(("domainnames", method), _DOMAIN_CHANGES)
            case _:
                return True

    def _take(self, key: Hashable, limit: RateLimit) -> bool:
        now = self._clock.monotonic()
        bucket = self._buckets.get(key)
        if bucket is None or bucket.limit != limit:
            if len(self._buckets) >= _MAX_BUCKETS:
                self._buckets.clear()
            bucket = self._buckets[key] = TokenBucket(limit, now)
        return bucket.take(now)
