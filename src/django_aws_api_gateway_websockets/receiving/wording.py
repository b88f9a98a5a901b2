"""A refusal: the text a client is told, and the reason in words for the log.

Whatever a client wrote is cut and escaped before it stands in a line. Tokens, session keys and
secrets are no argument of anything here.
"""

import json
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Final

from .event import Event

__all__ = [
    "Refusal",
    "explain_limit",
    "explain_rule",
    "explain_unknown_handler",
    "find_similar",
    "log_refusal",
    "quote",
]

logger = logging.getLogger("django_aws_api_gateway_websockets.views")

_LONGEST_QUOTE: Final = 64
_MOST_NAMES: Final = 20


@dataclass(frozen=True, slots=True)
class Refusal:
    """The reason for which an event goes no further."""

    text: str
    """The text the client is told; "" where a hook of the view has it."""
    why: str = ""
    """The reason only the log is told; "" when the text says it all."""


def log_refusal(what: str, event: Event, refusal: Refusal) -> None:
    """Tell the log what was refused, why, and of which connection.

    Args:
        what: the thing that is refused, in a word or two.
        event: names the connection.
        refusal: gives the reason.
    """
    logger.warning(
        "A %s was refused: %s (connection %s).",
        what,
        ": ".join(filter(None, (refusal.text, refusal.why))),
        quote(event.connection_id),
    )


def quote(text: object) -> str:
    """Quote what a client wrote: in ASCII, on one line, no longer than 64 characters."""
    written = str(text)
    return json.dumps(written[:_LONGEST_QUOTE]) + ("…" if len(written) > _LONGEST_QUOTE else "")


def find_similar(name: str, allowed: Iterable[str]) -> str:
    """Find the allowed name a client may have meant; "" when none is like it."""
    return next(iter(get_close_matches(name[:_LONGEST_QUOTE], sorted(allowed), n=1)), "")


def explain_unknown_handler(name: str, allowed: Iterable[str]) -> str:
    """Explain that no handler has this name, and which there are.

    Args:
        name: as the client wrote it.
        allowed: names clients may call.
    """
    names = sorted(allowed)
    similar = find_similar(name, names)
    hint = f"; did you mean {quote(similar)}?" if similar else ";"
    more = ", …" if len(names) > _MOST_NAMES else ""
    return f"handler {quote(name)} unknown{hint} allowed: {', '.join(names[:_MOST_NAMES])}{more}"


def explain_rule(channel: str, rule: str, user: Any) -> str:
    """Explain that somebody may not join a channel, and which rule said no.

    Args:
        channel: its name; "" for a connection that names none.
        rule: as people know it.
        user: named by primary key alone.
    """
    known = user is not None and user.is_authenticated
    who = f"user {user.pk}" if known else "an anonymous user"
    return f"{who} is not allowed to join {quote(channel)}: {rule} said no"


def explain_limit(who: str, *, limit: str, minutes: float, seconds_left: float, source: str) -> str:
    """Explain that somebody has used a limit up, and until when.

    Args:
        who: the one whose limit it is.
        limit: number of things in a window, and their name.
        minutes: length of the window.
        seconds_left: time until the window ends.
        source: the setting or attribute that sets the limit.
    """
    span = "a minute" if minutes == 1 else f"{minutes:g} minutes"
    return (
        f"{who} has used up the {limit} of {span}; "
        f"retry in {max(1, round(seconds_left))} s; {source} sets the limit"
    )
