"""The limits of waiting in one call."""

from dataclasses import dataclass
from typing import Final

__all__ = ["Timeouts"]

CONNECT_TIMEOUT_SECONDS: Final = 5.0
READ_TIMEOUT_SECONDS: Final = 10.0


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Limits of waiting; time a caller spends between two outcomes does not count."""

    connect_seconds: float = CONNECT_TIMEOUT_SECONDS
    """Limit for TCP, the proxy and TLS together."""
    read_seconds: float = READ_TIMEOUT_SECONDS
    """Limit from the start of a request to the end of its response."""
    total_seconds: float | None = None
    """Limit for a whole call with all its recipients and attempts; `None` sets none."""
