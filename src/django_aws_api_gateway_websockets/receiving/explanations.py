"""Why something was refused, in words for the log: what a client is told says less.

Whatever a client wrote is cut and escaped before it stands in a line. Tokens, session keys and
secrets are no argument of anything here.
"""

import json
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any, Final

__all__ = [
    "explain_limit",
    "explain_rule",
    "explain_unknown_handler",
    "find_similar",
    "quote",
]

_LONGEST_QUOTE: Final = 64
_MOST_NAMES: Final = 20


def quote(text: object) -> str:
    """What a client wrote, in quotes, in ASCII, on one line and no longer than 64 characters."""
    written = str(text)
    return json.dumps(written[:_LONGEST_QUOTE]) + ("…" if len(written) > _LONGEST_QUOTE else "")


def find_similar(name: str, allowed: Iterable[str]) -> str:
    """The allowed name a client may have meant; "" when none is like it."""
    return next(iter(get_close_matches(name[:_LONGEST_QUOTE], sorted(allowed), n=1)), "")


def explain_unknown_handler(name: str, allowed: Iterable[str]) -> str:
    """That no handler has this name, and which there are.

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
    """That somebody may not join a channel, and what said no.

    Args:
        channel: its name; "" for a connection that names none.
        rule: what said no.
        user: who asked; named by primary key alone.
    """
    known = user is not None and user.is_authenticated
    who = f"user {user.pk}" if known else "an anonymous user"
    return f"{who} is not allowed to join {quote(channel)}: {rule} said no"


def explain_limit(who: str, *, limit: str, minutes: float, seconds_left: float, source: str) -> str:
    """That somebody has used a limit up, and until when.

    Args:
        who: whose limit it is.
        limit: how many there are in a window, and of what.
        minutes: length of the window.
        seconds_left: until it ends.
        source: what sets the limit.
    """
    span = "a minute" if minutes == 1 else f"{minutes:g} minutes"
    return (
        f"{who} has used up the {limit} of {span}; "
        f"retry in {max(1, round(seconds_left))} s; {source} sets the limit"
    )
