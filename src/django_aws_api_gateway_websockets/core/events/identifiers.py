"""The forms of API Gateway's identifiers, made from random bytes that the caller draws.

Seen on AWS in September 2026: a connection id is base64url of 13 bytes (20 characters ending
`==`), until 2025 it was base64url of 11 bytes (16 characters ending `=`); API, route and deployment
ids are 10, 7 and 6 lower-case alphanumerics.
"""

import re
from base64 import urlsafe_b64encode
from typing import Final, NewType

__all__ = [
    "CONNECTION_ID_BYTES",
    "REQUEST_ID_BYTES",
    "TRACE_ID_BYTES",
    "ApiId",
    "ConnectionId",
    "RequestId",
    "is_connection_id",
    "resource_id_from",
    "trace_header_from",
    "url_safe_id_from",
]

ApiId = NewType("ApiId", str)
ConnectionId = NewType("ConnectionId", str)
RequestId = NewType("RequestId", str)

CONNECTION_ID_BYTES: Final = 13
"""Random bytes in the id of a connection or a message: 104 bits, past guessing."""

REQUEST_ID_BYTES: Final = 11
"""Random bytes in the id of a request."""

TRACE_ID_BYTES: Final = 12
"""Random bytes in the second half of a trace id."""

_ALPHANUMERICS: Final = "abcdefghijklmnopqrstuvwxyz0123456789"

# Base64 of 13 (or 11) bytes leaves 4 (or 2) bits of the last character unused, always zero: an id
# with one character changed is often not an id at all, as on AWS.
_CONNECTION_ID: Final = re.compile(
    r"[A-Za-z0-9_-]{17}[AQgw]==|[A-Za-z0-9_-]{14}[AEIMQUYcgkosw048]="
)


def url_safe_id_from(random_bytes: bytes) -> str:
    """An id of a connection, message or request, as long as its bytes make it."""
    return urlsafe_b64encode(random_bytes).decode("ascii")


def resource_id_from(random_bytes: bytes) -> str:
    """An id of an API, route, integration or deployment: a character for each byte."""
    # The slight bias of the remainder is harmless: these ids name things and protect nothing.
    return "".join(_ALPHANUMERICS[byte % len(_ALPHANUMERICS)] for byte in random_bytes)


def trace_header_from(epoch_seconds: int, random_bytes: bytes) -> str:
    """A value of X-Amzn-Trace-Id.

    Source: https://docs.aws.amazon.com/xray/latest/devguide/xray-api-sendingdata.html
    """
    return f"Root=1-{epoch_seconds & 0xFFFFFFFF:08x}-{random_bytes.hex()}"


def is_connection_id(text: str) -> bool:
    """Tell whether API Gateway could have issued this connection id, in the form of any year."""
    return _CONNECTION_ID.fullmatch(text) is not None
