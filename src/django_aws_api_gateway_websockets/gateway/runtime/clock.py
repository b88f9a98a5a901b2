"""The gateway's time, which may run faster than the world's."""

import time
from datetime import UTC, datetime

__all__ = ["Clock"]


class Clock:
    """Time that starts at the real moment and then runs `speed` times as fast.

    The two hours of a connection and its ten idle minutes are counted on this clock, so that tests
    and demonstrations need not wait for them. Timeouts of backends and the age of signatures are
    real: a faster clock makes neither a backend faster nor boto3's clock wrong.
    """

    def __init__(self, speed: float = 1.0) -> None:
        self.speed = speed
        self._started_at = time.time()
        self._started = time.monotonic()

    def now(self) -> float:
        """Return seconds since the epoch on this clock; the value never goes back."""
        return self._started_at + (time.monotonic() - self._started) * self.speed

    def now_ms(self) -> int:
        """Return milliseconds since the epoch on this clock, as AWS counts time."""
        return int(self.now() * 1000)

    def real_seconds(self, seconds: float) -> float:
        """Convert seconds of this clock to real seconds."""
        return seconds / self.speed

    def backend_seconds(self, seconds: float) -> float:
        """Return the real seconds that a backend gets: a faster clock gives it no less time."""
        return seconds

    def monotonic(self) -> float:
        """Return real seconds since some fixed moment, to measure with."""
        return time.monotonic()

    def milliseconds_since(self, started: float) -> int:
        """Return the real milliseconds since a value of `monotonic`."""
        return int((self.monotonic() - started) * 1000)

    def real_now(self) -> datetime:
        """Return the real time, which a faster clock does not change."""
        return datetime.now(tz=UTC)
