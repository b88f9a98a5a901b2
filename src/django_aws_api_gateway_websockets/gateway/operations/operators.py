"""The operators: people who may look at the gateway and change its weather.

On a loopback address, everybody who can connect is the developer. Anywhere else an operator shows a
token, as a bearer token or through the cookie of the sign-in. `origins` also refuses requests that
a page of another site sends through the operator's browser: a signed-in browser would otherwise
obey any page.
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
    """Check of the operator's token.

    Args:
        token: the operator's token; `None` where everybody is an operator.
    """

    def __init__(self, token: str | None) -> None:
        self._token = token
        # Not the token itself: a value that a browser stores would otherwise also open the API.
        self._cookie = secrets.token_urlsafe(32)

    def knows(self, request: HttpRequest) -> bool:
        """Tell whether the request comes from an operator."""
        if self._token is None:
            return True
        shown = request.header("authorization") or ""
        if shown.startswith(_BEARER):
            return _are_equal(shown.removeprefix(_BEARER), self._token)
        return any(_are_equal(value, self._cookie) for value in _cookies(request))

    def sign_in(self, token: str, *, is_secure: bool) -> str | None:
        """Return the Set-Cookie for the right token; `None` for a wrong one."""
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
    # Compares digests: compare_digest would reveal the length, and refuses non-ASCII text.
    return hmac.compare_digest(_digest(shown), _digest(expected))


def _digest(text: str) -> bytes:
    return sha256(text.encode("utf-8", "surrogateescape")).digest()
