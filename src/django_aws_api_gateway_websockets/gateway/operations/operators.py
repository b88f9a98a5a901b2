"""Who may look at the gateway and change its weather, and from which pages.

On a loopback address whoever can connect is the developer. Anywhere else an operator shows a token,
as a bearer token or through the cookie that signing in gives. Requests that a page of another site
makes the operator's browser send are refused on top of that: a signed-in browser would otherwise
do for any page what its owner may do.
"""

import hmac
import secrets
from hashlib import sha256
from typing import Final

from ..http.messages import HttpRequest

__all__ = ["Operators"]

COOKIE: Final = "websocket_gateway_operator"

_BEARER: Final = "Bearer "


class Operators:
    """Checks the operator's token.

    Args:
        token: what an operator has to show; `None` where everybody is one.
    """

    def __init__(self, token: str | None) -> None:
        self._token = token
        # Not the token itself: what a browser stores would otherwise also open the API.
        self._cookie = secrets.token_urlsafe(32)

    def knows(self, request: HttpRequest) -> bool:
        """Whether the request comes from an operator."""
        if self._token is None:
            return True
        shown = request.header("authorization") or ""
        if shown.startswith(_BEARER):
            return _are_equal(shown.removeprefix(_BEARER), self._token)
        return any(_are_equal(value, self._cookie) for value in _cookies(request))

    def sign_in(self, token: str, *, is_secure: bool) -> str | None:
        """The Set-Cookie for somebody who has the token; `None` for a wrong one."""
        if self._token is None or not _are_equal(token, self._token):
            return None
        secure = "; Secure" if is_secure else ""
        return f"{COOKIE}={self._cookie}; Path=/_gateway; HttpOnly; SameSite=Strict{secure}"


def _cookies(request: HttpRequest) -> list[str]:
    pairs = [
        pair.strip().partition("=")
        for name, value in request.headers
        if name.lower() == "cookie"
        for pair in value.split(";")
    ]
    return [value for name, _, value in pairs if name == COOKIE]


def _are_equal(shown: str, expected: str) -> bool:
    # Of the digests: compare_digest would tell the length, and refuses text that is not ASCII.
    return hmac.compare_digest(_digest(shown), _digest(expected))


def _digest(text: str) -> bytes:
    return sha256(text.encode("utf-8", "surrogateescape")).digest()
