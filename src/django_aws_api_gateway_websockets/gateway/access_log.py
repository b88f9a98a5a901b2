"""What the gateway writes about its traffic: a line per event, and never a secret.

Two loggers: `….gateway.access` for the lines, `….gateway` for what a developer must understand.
"""

import logging
import re
from typing import Final

__all__ = ["access", "problems", "quotable", "redacted"]

problems: Final = logging.getLogger("django_aws_api_gateway_websockets.gateway")
"""What went wrong, in words."""

access: Final = logging.getLogger("django_aws_api_gateway_websockets.gateway.access")
"""One line per connect, message, disconnect and post."""

_SECRETS: Final = re.compile(
    r"(?P<name>\b(?:ws_token|X-Amz-Signature|X-Amz-Credential|X-Amz-Security-Token))=[^&\s]*",
    re.IGNORECASE,
)
_LONGEST: Final = 200


def redacted(target: str) -> str:
    """A path and query without the values that would let a reader of the log in."""
    return quotable(_SECRETS.sub(r"\g<name>=[redacted]", target))


def quotable(text: str) -> str:
    """A text from outside as one harmless line: control characters escaped, cut to 200 characters.

    A message must not be able to write log lines of its own, or to drive a terminal.
    """
    cut = text if len(text) <= _LONGEST else text[:_LONGEST] + "..."
    if cut.isprintable():
        return cut
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in cut
    )
