"""The reason a backend gives for a refusal, in one line that a person can read.

A Django of this package tells it in a header, when it works with this gateway. Others have only
their body, which may be a page of HTML.
"""

import html
import re
from http import HTTPStatus
from typing import Final, NamedTuple
from urllib.parse import unquote, urlsplit

from ...core.events.response import BackendResponse

__all__ = ["Reason", "find_reason", "find_session"]

REFUSAL_HEADER: Final = "X-Ws-Refusal"
"""Header with the reason, percent-encoded; its sender has logged it."""

SESSION_HEADER: Final = "X-Ws-Session"
"""Header with user and channel as JSON, percent-encoded."""

_LONGEST: Final = 1000
_TITLE: Final = re.compile(r"<title[^>]*>(.*?)</title>", re.DOTALL | re.IGNORECASE)
_EXCEPTION: Final = re.compile(r'<pre class="exception_value">(.*?)</pre>', re.DOTALL)
_INVISIBLE: Final = re.compile(r"<(script|style|head)\b.*?</\1>", re.DOTALL | re.IGNORECASE)
_TAG: Final = re.compile(r"<[^>]*>")
_DJANGOS_PAGE: Final = "Bad Request (400)"


class Reason(NamedTuple):
    """The reason for a refusal."""

    text: str = ""
    """The reason in words; "" for a response that refuses nothing."""
    is_told: bool = False
    """True when the backend has told its own log."""


def find_reason(response: BackendResponse, *, uri: str) -> Reason:
    """Find the reason for which a backend has refused an event.

    Args:
        response: of the backend.
        uri: the address that was called.
    """
    if HTTPStatus.OK <= response.status < HTTPStatus.MULTIPLE_CHOICES:
        return Reason()
    if told := "".join(response.header_values(REFUSAL_HEADER)[:1]):
        return Reason(unquote(told), is_told=True)
    if location := "".join(response.header_values("location")[:1]):
        return Reason(
            f"it redirects to {location.partition('?')[0]}; let the WebSocket view out of the "
            "middleware that does so, such as one that wants a login"
        )
    body = response.body[:65536].decode(errors="replace").strip()
    if not body.startswith("<"):
        # Django's debug page for programs says the rest below an empty line.
        return Reason(body.partition("\n\n")[0][:_LONGEST] or _phrase(response.status))
    return Reason(_read_page(body, response.status, uri)[:_LONGEST])


def find_session(response: BackendResponse) -> str:
    """Find whose connection it is, as the backend tells it; "" when it does not."""
    return unquote("".join(response.header_values(SESSION_HEADER)[:1]))


def _read_page(page: str, status: int, uri: str) -> str:
    """Return what a page of HTML says: its title, and the error of Django's debug pages."""
    found = [pattern.search(page) for pattern in (_TITLE, _EXCEPTION)]
    texts = [_words(match[1]) for match in found if match]
    text = ": ".join(dict.fromkeys(filter(None, texts)))
    text = text or _words(_INVISIBLE.sub(" ", page)) or _phrase(status)
    if text != _DJANGOS_PAGE:
        return text
    host = urlsplit(uri).hostname or "the host of the integration"
    return (
        f"{text}; Django has refused it before any view, most likely because ALLOWED_HOSTS lacks "
        f"'{host}': add it there"
    )


def _words(markup: str) -> str:
    return " ".join(html.unescape(_TAG.sub(" ", markup)).split())


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "no reason given"
