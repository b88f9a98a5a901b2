"""The ends of a socket, in words, and whether a client comes back after them."""

from typing import Final

__all__ = ["BROKEN", "CLOSED_BY_DJANGO", "explain_close"]

CLOSED_BY_DJANGO: Final = 1000
BROKEN: Final = 1006
"""Code of an end without a close frame (RFC 6455, section 7.4.1)."""

_MEANINGS: Final = {
    CLOSED_BY_DJANGO: "Django has closed it: its login has ended, or code of yours called close()",
    1001: "nothing travelled for 10 minutes, or it was 2 hours old, or the local gateway stopped",
    1002: "the other side speaks another protocol",
    1003: "a binary frame was sent, and API Gateway takes text only",
    1005: "it was closed without a code",
    BROKEN: "the connection broke, without a word",
    1007: "a text was sent that is no UTF-8",
    1008: "API Gateway refuses what was sent",
    1009: "a frame was larger than 32 KB, or a message larger than 128 KB",
    1011: "API Gateway has failed",
}
"""Source: docs/reference/errors.md, What a client can see."""


def explain_close(code: int, reason: str = "") -> str:
    """Return the code of an end, its reason, and what it means."""
    said = f" {reason!r}" if reason else ""
    meaning = _MEANINGS.get(code, "this is no code of API Gateway's")
    return f"{code}{said}: {meaning}"
