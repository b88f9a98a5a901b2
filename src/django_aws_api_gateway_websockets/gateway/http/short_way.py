"""The hook for faster responses, which `HttpConnection` uses if it is set.

A file of its own, so that a reader who looks for the optimisation finds its entry.
"""

from typing import Protocol

from .messages import HttpRequest, HttpResponse
from .targets import ConnectionTarget

__all__ = ["ShortWay"]


class ShortWay(Protocol):
    """Faster way for requests that resemble earlier ones.

    Without it, every request is read in full, and nothing else changes.
    """

    def responses(self, start: int, received: bytes, *, peer: str) -> tuple[bytes, int]:
        """Respond to requests that resemble earlier ones, before anything is parsed.

        Args:
            start: place in `received` where the first one begins.
            peer: address of the sender.

        Returns:
            the responses in a row, and the place where the last request with a response ends.
        """

    def end_of_first(self, start: int, received: bytes) -> int:
        """Estimate the end of the request that begins at `start`.

        Each request is then parsed alone, because `learn` needs the bytes of exactly one request.
        """

    def announced(
        self, request: HttpRequest, target: ConnectionTarget, response: HttpResponse
    ) -> HttpResponse:
        """Return the response to a call of `@connections`, with a header for its sender."""

    def learn(self, request: HttpRequest, received: bytes, *, is_followed: bool) -> None:
        """Learn from one request to recognise others that resemble it.

        Args:
            request: the last request with a response, which was 200.
            received: bytes of the request.
            is_followed: true if more bytes came with it.
        """
