"""The hook for a faster way of answering, which `HttpConnection` asks and nothing needs.

A file of its own, so that whoever looks for the optimisation finds where it is let in.
"""

from typing import Protocol

from .messages import HttpRequest, HttpResponse
from .targets import ConnectionTarget

__all__ = ["ShortWay"]


class ShortWay(Protocol):
    """A faster way for requests that are like earlier ones.

    It can be left out: without one every request is read in full, and nothing else changes.
    """

    def responses(self, start: int, received: bytes, *, peer: str) -> tuple[bytes, int]:
        """Respond to requests that are like earlier ones, before anything is read.

        Args:
            start: place in `received` where the first one begins.
            peer: address they came from.

        Returns:
            the responses in a row, and the place where the last request that has one ends.
        """

    def end_of_first(self, start: int, received: bytes) -> int:
        """Find the place where the request that begins at a place seems to end.

        It is read alone then, because one request alone tells what those behind it are like.
        """

    def announced(
        self, request: HttpRequest, target: ConnectionTarget, response: HttpResponse
    ) -> HttpResponse:
        """Return the response to a call of `@connections`, with what its sender may know."""

    def learn(self, request: HttpRequest, received: bytes, *, is_followed: bool) -> None:
        """Take from a request what tells about those that are like it.

        Args:
            request: the one that was answered last, with 200.
            received: the request as it came.
            is_followed: whether more came with it.
        """
