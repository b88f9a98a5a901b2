"""The words by which a view refuses a connect: what they mean, and what to do."""

from typing import Final, NamedTuple

__all__ = ["Reason", "find_reason"]


class Reason(NamedTuple):
    """The meaning of a view's words, and the remedy."""

    said: str
    """The words."""
    text: str
    """Their meaning."""
    remedy: str
    """The remedy, in a sentence or two."""


_REASONS: Final = (
    Reason(
        "Too many connection attempts",
        "all attempts of this user or address are used up",
        'Wait for a minute, or raise WEBSOCKETS["rate_limit_max_attempts"].',
    ),
    Reason(
        "Invalid or expired token",
        "the token was not accepted",
        "Django's log says why. Let every server have the same SECRET_KEY and the right time.",
    ),
    Reason(
        "Invalid session",
        "no Django session came along",
        "Give a user with --user NAME.",
    ),
    Reason(
        "Permission Denied",
        "this user may not be in the channel, or lacks a permission of the view",
        "Give a user who may with --user NAME, and a channel with --channel NAME; Django's log "
        "names the rule that said no.",
    ),
    Reason(
        "Invalid channel",
        "the view takes no channel of that name",
        "Give another one with --channel NAME, or change CHANNEL_NAME_PATTERN.",
    ),
)


def find_reason(text: str) -> Reason | None:
    """Find the meaning of a response to a refused handshake; None for words of others."""
    return next((reason for reason in _REASONS if text.startswith(reason.said)), None)
