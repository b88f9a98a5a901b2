"""The rules by which a request to `@connections` is sent again, and after how long.

Repeating a post delivers the message twice if the first one did arrive, so only what says "not
now" is repeated: throttling, server errors, and connections that broke. A refusal is final.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

__all__ = ["SERVER_ERROR", "THROTTLED", "RetryPolicy", "is_passing", "may_resend_at_once"]

THROTTLED: Final = 429
SERVER_ERROR: Final = 500


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """The number of attempts at a request, and the patience between them."""

    max_attempts: int = 3
    """Attempts in all, the first included; the precedent is botocore's standard mode."""
    first_wait_seconds: float = 0.1
    """Upper bound of the wait before the second attempt; doubles from attempt to attempt."""
    max_wait_seconds: float = 2.0
    """Upper bound of every wait."""

    def wait_seconds(
        self,
        *,
        attempts: int,
        status: int | None,
        remaining_seconds: float,
        random: Callable[[], float],
    ) -> float | None:
        """Return the seconds to wait before the next attempt, or `None` to leave it at this.

        Args:
            attempts: how many have been made.
            status: of the response; `None` when there was none, because the connection could not
                be made, broke or stayed silent.
            remaining_seconds: until the deadline of the whole call.
            random: gives a number from 0 up to 1.

        Source: full jitter, https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
        """
        if attempts >= self.max_attempts or not is_passing(status):
            return None
        ceiling = min(self.max_wait_seconds, self.first_wait_seconds * 2.0 ** (attempts - 1))
        wait = ceiling * random()
        return wait if wait < remaining_seconds else None


def is_passing(status: int | None) -> bool:
    """Tell whether a failure may be gone on the next attempt; 4xx but throttling never is."""
    return status is None or status == THROTTLED or status >= SERVER_ERROR


def may_resend_at_once(*, reused: bool, response_begun: bool) -> bool:
    """Tell whether a request whose connection broke goes out again at once, on a fresh connection.

    A server may close a kept connection in the moment a request sets out on it, and that says
    nothing about the request (RFC 9112, section 9.3.1). Fresh connections have no such excuse.
    """
    return reused and not response_begun
