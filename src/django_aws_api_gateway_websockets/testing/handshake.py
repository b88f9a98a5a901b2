"""The request with which the browser of a test opens a socket."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl, urlencode

from django.test import Client

from ..core.events.event import Handshake

__all__ = ["cookies_of", "join_query", "make_handshake"]

_HEADERS: Final = (
    ("Connection", "Upgrade"),
    ("Upgrade", "websocket"),
    ("Sec-WebSocket-Version", "13"),
    ("Sec-WebSocket-Key", "dGVzdGluZyBraXQgb2ZfMQ=="),
    ("Sec-WebSocket-Extensions", "permessage-deflate; client_max_window_bits"),
)


def make_handshake(
    *, origin: str, query: str, cookies: str, headers: Mapping[str, str | None]
) -> Handshake:
    """Make the handshake of a browser whose page is at `origin`.

    Args:
        origin: scheme and host of the page.
        query: query string, encoded.
        cookies: value of the header; "" leaves it out, as a browser without cookies does.
        headers: replace those of the same name, or come in addition; None takes one away.
    """
    usual = [("Host", origin.partition("://")[2]), ("Origin", origin), *_HEADERS]
    if cookies:
        usual.append(("Cookie", cookies))
    own = {name.lower() for name in headers}
    kept = [pair for pair in usual if pair[0].lower() not in own]
    added = [(name, value) for name, value in headers.items() if value is not None]
    pairs = tuple(parse_qsl(query, keep_blank_values=True))
    return Handshake((*kept, *added), pairs, query)


def cookies_of(browser: Client) -> str:
    """Return the cookies of a browser as it sends them, without those that were deleted."""
    there = (one for one in browser.cookies.values() if one.value)
    return "; ".join(f"{one.key}={one.value}" for one in there)


def join_query(query: str, **values: str | None) -> str:
    """Return a query string with values added; None adds nothing."""
    added = urlencode({name: value for name, value in values.items() if value is not None})
    return "&".join(filter(None, (query, added)))
