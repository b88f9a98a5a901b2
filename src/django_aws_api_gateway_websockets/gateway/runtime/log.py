"""The gateway's loggers, and functions that make text from outside harmless in a line of a log."""

import logging
import re
from typing import Final

from ...core.printable import one_line

__all__ = ["access", "execution", "one_line", "problems", "quotable", "redacted", "without_secrets"]

problems: Final = logging.getLogger("django_aws_api_gateway_websockets.gateway")
"""Logger of everything that went wrong, in words for a developer."""

access: Final = problems.getChild("access")
"""Logger of the access log: a line per connect, message, disconnect and call of `@connections`."""

execution: Final = problems.getChild("execution")
"""Logger of the execution log: each step of an event, if its stage asks for that."""

_SECRETS: Final = re.compile(
    r"(?P<name>\b(?:ws_token|X-Amz-Signature|X-Amz-Credential|X-Amz-Security-Token))"
    r"(?P<equals>=|%3D)[^&\s]*",
    re.IGNORECASE,
)
_LONGEST: Final = 200


def redacted(target: str) -> str:
    """Return a path and query in one harmless line, without secret values."""
    return quotable(without_secrets(target))


def quotable(text: str) -> str:
    """Return a text from outside as one harmless line of at most about 200 characters.

    A message must not be able to write log lines of its own, or to control a terminal.
    """
    return one_line(text if len(text) <= _LONGEST else text[:_LONGEST] + "...")


def without_secrets(text: str) -> str:
    """Replace the values of query parameters that would give a reader of the log access."""
    return _SECRETS.sub(r"\g<name>\g<equals>[redacted]", text)
