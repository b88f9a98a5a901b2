"""The gateway's loggers, and how a text from outside becomes harmless in a line of them."""

import logging
import re
from typing import Final

__all__ = [
    "access",
    "execution",
    "one_line",
    "problems",
    "quotable",
    "redacted",
    "without_secrets",
]

problems: Final = logging.getLogger("django_aws_api_gateway_websockets.gateway")
"""What went wrong, in words a developer must understand."""

access: Final = problems.getChild("access")
"""One line per connect, message, disconnect and call of `@connections`."""

execution: Final = problems.getChild("execution")
"""What becomes of an event, step by step, where its stage asks for that."""

_SECRETS: Final = re.compile(
    r"(?P<name>\b(?:ws_token|X-Amz-Signature|X-Amz-Credential|X-Amz-Security-Token))"
    r"(?P<equals>=|%3D)[^&\s]*",
    re.IGNORECASE,
)
_LONGEST: Final = 200


def redacted(target: str) -> str:
    """Return a path and query without the values that would let a reader of the log in."""
    return quotable(without_secrets(target))


def quotable(text: str) -> str:
    """Make one harmless line of a text from outside: control characters escaped, 200 characters.

    A message must not be able to write log lines of its own, or to drive a terminal.
    """
    return one_line(text if len(text) <= _LONGEST else text[:_LONGEST] + "...")


def one_line(text: str) -> str:
    """Escape control characters, whatever the length."""
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in text
    )


def without_secrets(text: str) -> str:
    """Replace the values of parameters that would let a reader in."""
    return _SECRETS.sub(r"\g<name>\g<equals>[redacted]", text)
