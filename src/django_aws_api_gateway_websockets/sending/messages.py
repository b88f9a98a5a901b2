"""A message as it travels, and the recipient it travels to."""

from typing import Any, Final, NamedTuple

from django.core.serializers.json import DjangoJSONEncoder

from ..core.payload import dump_json, encode

__all__ = [
    "BROADCAST_CONNECT_TIMEOUT",
    "BROADCAST_MAX_ATTEMPTS",
    "BROADCAST_MAX_WORKERS",
    "BROADCAST_READ_TIMEOUT",
    "NO_ADDRESS",
    "Recipient",
    "serialise_message",
]

BROADCAST_MAX_WORKERS: Final = 10
"""Threads for a client that is not boto3's own; the engine needs none."""
BROADCAST_CONNECT_TIMEOUT: Final = 5
"""Seconds to reach API Gateway."""
BROADCAST_READ_TIMEOUT: Final = 10
"""Seconds to wait for its response."""
BROADCAST_MAX_ATTEMPTS: Final = 3
"""Attempts at one post, the first included."""

NO_ADDRESS: Final = (
    "This session has no API Gateway: it has no gateway, or one without an API id, so there is no "
    "address to send to. Sessions get theirs when they connect through a registered ApiGateway."
)
"""Text of the error for a session that cannot be sent to."""


class Recipient(NamedTuple):
    """A connection, and the stage through which it is reached."""

    connection_id: str
    """Id of the connection; empty where the stage alone is meant."""
    api_id: str
    """API it belongs to; empty where it has no gateway."""
    stage: str
    """Stage of that API to post through."""


def serialise_message(data: Any) -> str:
    """Return the JSON text of a message, with Django's forms for dates, decimals and UUIDs.

    Raises:
        ValueError: it is larger than API Gateway takes, or has a value JSON cannot express.
    """
    text = dump_json(data, default=DjangoJSONEncoder().default)
    encode(text)
    return text
