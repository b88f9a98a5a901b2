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


_MEANINGS_OF_OURS: Final = {
    1002: "the other side speaks another protocol",
    1007: "a text came that is no UTF-8",
    1009: "a message came that is larger than any of API Gateway's, which have 128 KB at most",
}


def explain_close(code: int, reason: str = "", *, is_ours: bool = False) -> str:
    """Return the code of an end, its reason, and what it means.

    Args:
        code: of the close frame.
        reason: of the close frame.
        is_ours: true when this client has sent it.
    """
    said = f" {reason!r}" if reason else ""
    if is_ours:
        cause = _MEANINGS_OF_OURS.get(code, "it could not go on")
        return f"{code}{said} by this client: {cause}"
    meaning = _MEANINGS.get(code, "this is no code of API Gateway's")
    return f"{code}{said}: {meaning}"
