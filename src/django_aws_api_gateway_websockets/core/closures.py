"""The ways a connection ends, in the words `$disconnect` is told."""

from dataclasses import dataclass
from typing import Final

__all__ = [
    "BINARY_REFUSED",
    "DELETED",
    "FLOODED",
    "GOING_AWAY",
    "LOST",
    "MESSAGE_TOO_BIG",
    "NO_STATUS",
    "TOO_SLOW",
    "Closure",
    "closure_by_client",
]


@dataclass(frozen=True, slots=True)
class Closure:
    """A close code and its reason (RFC 6455, section 7.1)."""

    code: int
    reason: str


DELETED: Final = Closure(1000, "Connection Closed Normally")
"""After DELETE on `@connections`, as seen on AWS in September 2026."""

GOING_AWAY: Final = Closure(1001, "Going away")
"""Idle for ten minutes (seen on AWS in 2024), two hours old, or the gateway stops."""

BINARY_REFUSED: Final = Closure(1003, "Binary is not supported")
"""A client sent a binary frame.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-develop-binary-media-types.html
"""

MESSAGE_TOO_BIG: Final = Closure(1009, "Message too big")
"""Frame or message over the quota; AWS documents the code, nobody has published its reason."""

FLOODED: Final = Closure(1008, "Too many messages")
"""A client went on sending after it had been refused often enough; AWS has no such limit."""

TOO_SLOW: Final = Closure(1008, "Too slow")
"""A client does not read what it is sent, or does not finish what it sends.

AWS documents no such end; 1008
is the code for a policy (RFC 6455, section 7.4.1).
"""

NO_STATUS: Final = Closure(1005, "Client-side close frame status not set")
"""The client closed without a status; recorded from AWS in 2022."""

LOST: Final = Closure(1006, "Connection lost")
"""The network connection broke without a close frame; AWS's own words are not known."""


def closure_by_client(code: int, reason: str) -> Closure:
    """The closure `$disconnect` sees for a close frame from the client."""
    return NO_STATUS if code == NO_STATUS.code else Closure(code, reason)
