"""The words of refusals: the text a client is told, and the reason for the log.

Refusals are decided elsewhere:

origin         a request that does not come from an API Gateway of ours
judge          a message, or a connect without the user agent of AWS
connect        the headers, the channel's name, the token and the session of a connect
limits         one attempt to connect too many
channel_rules  a channel that the user may not join, or a permission that is missing

To add one, let `judge` return a `Refuse` with the hook that responds, or a step of `connect` return
a `Refusal`. A reason that takes more than a sentence to put together is an `explain_…` here.

Texts of a client are cut and escaped before they stand in a line. Tokens, session keys and
secrets are no argument of anything here.
"""

import json
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from http import HTTPStatus
from traceback import extract_tb, format_exception_only
from typing import Any, Final
from urllib.parse import quote as percent_encoded

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from ..conf import uses_local_gateway
from ..core.authority import Authority, read_authority
from ..telemetry.current_event import event_of_request
from .event import Event

__all__ = [
    "Refusal",
    "explain_failure",
    "explain_limit",
    "explain_missing_cookie",
    "explain_other_origin",
    "explain_rule",
    "explain_unknown_handler",
    "find_reason",
    "find_similar",
    "is_logged",
    "log_refusal",
    "mark_logged",
    "note_logged",
    "quote",
]

logger = logging.getLogger("django_aws_api_gateway_websockets.views")

_LONGEST_QUOTE: Final = 64
_LONGEST_FAILURE: Final = 1000
_LONGEST_REASON: Final = 1000
_REASON: Final = "_websockets_refusal"
_REFUSAL_HEADER: Final = "X-Ws-Refusal"
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
    reason = ": ".join(filter(None, (refusal.text, refusal.why)))
    logger.warning(
        "A %s was refused: %s (connection %s).", what, reason, quote(event.connection_id)
    )
    note_logged(event.request, reason)


def note_logged(request: HttpRequest, reason: str) -> None:
    """Note that the log has a refusal, so that nobody writes a second line about it.

    Args:
        request: the one that is refused.
        reason: as the log has it.
    """
    vars(request)[_REASON] = reason
    facts = event_of_request(request)
    if facts is not None:
        facts.refusal = reason


def is_logged(request: HttpRequest) -> bool:
    """Tell whether the log has the refusal of this request."""
    return _REASON in vars(request)


def find_reason(request: HttpRequest) -> str:
    """Find the reason for which a request was refused, as the log has it; "" where it has none."""
    return str(vars(request).get(_REASON, ""))


def mark_logged(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    """Keep Django from logging a refusal once more; tell the local gateway the reason.

    Args:
        request: the one that was refused, if it was.
        response: to it.
    """
    reason = vars(request).get(_REASON)
    if reason is None or response.status_code < HTTPStatus.BAD_REQUEST:
        return response
    # Django's own mark, of its `log_response()`.
    vars(response)["_has_been_logged"] = True
    if uses_local_gateway():
        response.headers[_REFUSAL_HEADER] = percent_encoded(reason[:_LONGEST_REASON], safe=" ")
    return response


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


def explain_missing_cookie(event: Event) -> str:
    """Explain why a browser may have sent no cookie of this site.

    The host a socket was opened at does not reach Django; the page's does, and the host that Django
    itself is called at.
    """
    page, host = _authorities(event)
    if page is None or host is None:
        return "the client is no browser, or has no cookie"
    if page.host == host.host:
        return f"the browser has none for {page.host} yet, or the socket is at another host name"
    if page.is_loopback and host.is_loopback:
        return (
            f"the page is at {page.host} and not at {host.host}, and browsers keep cookies by host "
            "name: open page and socket under one name, as websocket_url(request) does, and log in "
            "there"
        )
    return (
        f"the page is at {page.host}, and the browser keeps its cookies from sockets at other "
        "names: set SESSION_COOKIE_DOMAIN"
    )


def explain_other_origin(event: Event) -> str:
    """Explain that the page which opens a socket is at another host than Django."""
    headers = event.request.headers
    page, host = quote(headers.get("Origin", "")), quote(headers.get("Host", ""))
    return f"the page is at {page}, and Django is called at {host}"


def _authorities(event: Event) -> tuple[Authority | None, Authority | None]:
    headers = event.request.headers
    origin = headers.get("Origin", "").removesuffix("/").partition("://")[2]
    return read_authority(origin), read_authority(headers.get("Host", ""))


def explain_failure(error: Exception) -> str:
    """Explain on one line what a project's code has raised, and where."""
    text = " ".join("".join(format_exception_only(error)).split())[:_LONGEST_FAILURE]
    text = "".join(one if one.isprintable() else "?" for one in text)
    frames = extract_tb(error.__traceback__)
    place = f", at {frames[-1].filename}:{frames[-1].lineno}" if frames else ""
    return text + place


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
