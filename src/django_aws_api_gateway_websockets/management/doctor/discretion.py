"""Discretion: what the doctor says may be pasted into an issue, so secrets never stand in it.

No hop puts a secret into its words. This is for words of others, such as the error of a driver.
"""

import os
from collections.abc import Iterable, Iterator
from typing import Any, Final

from django.conf import settings

from ...aws.integration_headers import get_gateway_secrets
from ...aws.local_credentials import get_local_secret, get_operator_token

__all__ = ["Discretion"]

_HIDDEN: Final = "[hidden]"
_SHORTEST: Final = 6
"""Shorter texts are part of words; nobody would recognise a secret in them either."""

_VARIABLES: Final = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")


class Discretion:
    """Hides secrets in texts."""

    def __init__(self) -> None:
        self._secrets = set(_known_secrets())

    def add(self, texts: Iterable[str]) -> None:
        """Hide these from now on, too."""
        self._secrets.update(texts)

    def hide(self, text: str) -> str:
        """Return a text without secrets."""
        # The longest first: one may be part of another.
        for secret in sorted(self._secrets, key=len, reverse=True):
            if len(secret) >= _SHORTEST:
                text = text.replace(secret, _HIDDEN)
        return text


def _known_secrets() -> Iterator[str]:
    for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        yield key.decode(errors="replace") if isinstance(key, bytes) else str(key)
    yield from get_gateway_secrets()
    for name in _VARIABLES:
        yield str(getattr(settings, name, None) or "")
        yield os.environ.get(name, "")
    databases: dict[str, dict[str, Any]] = settings.DATABASES
    for values in databases.values():
        yield str(values.get("PASSWORD") or "")
    try:
        yield get_local_secret()
        yield get_operator_token()
    except ValueError:
        # The address of the local gateway is of no form; a check says so.
        return
