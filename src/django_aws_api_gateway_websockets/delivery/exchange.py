"""One recipient's turn in a broadcast, from its first attempt to its outcome."""

from dataclasses import dataclass
from typing import Final

from .http1.response import Answer

__all__ = ["Exchange", "Timeouts"]

CONNECT_TIMEOUT_SECONDS: Final = 5.0
READ_TIMEOUT_SECONDS: Final = 10.0


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long to wait for what; the time a caller spends between two outcomes does not count."""

    connect_seconds: float = CONNECT_TIMEOUT_SECONDS
    """For TCP, the proxy and TLS together."""
    read_seconds: float = READ_TIMEOUT_SECONDS
    """From the start of a request to the end of its answer."""
    total_seconds: float | None = None
    """For a whole call with all its recipients and attempts; `None` sets no limit."""


class Exchange:
    """What has been tried for one connection id."""

    # One is made for every recipient, and what few of them need stays with the class.
    attempts: int = 0
    """Attempts that count; one that only found a kept connection closed does not."""
    needs_fresh_connection: bool = False
    answer: Answer | None = None
    """Of the last attempt; `None` when there was none, or when it was a success."""
    reason: str = ""
    """Why the last attempt had no answer."""

    def __init__(self, connection_id: str) -> None:
        self.connection_id = connection_id
