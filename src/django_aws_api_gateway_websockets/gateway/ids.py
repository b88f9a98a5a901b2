"""Where the gateway's identifiers come from."""

import secrets
from collections.abc import Callable
from typing import Final

from ..core.identifiers import (
    CONNECTION_ID_BYTES,
    REQUEST_ID_BYTES,
    TRACE_ID_BYTES,
    ConnectionId,
    RequestId,
    resource_id_from,
    trace_header_from,
    url_safe_id_from,
)

__all__ = ["CALL_HEADERS", "Ids"]

CALL_HEADERS: Final = ("x-amzn-RequestId", "x-amz-apigw-id", "X-Amzn-Trace-Id")
"""The headers of an answer that identify a call of `@connections`."""

_POOL_BYTES = 4096


class Ids:
    """Draws identifiers from a source of random bytes.

    Args:
        random_bytes: gives that many unpredictable bytes.
    """

    def __init__(self, random_bytes: Callable[[int], bytes] = secrets.token_bytes) -> None:
        self._random_bytes = random_bytes
        self._pool = b""
        self._position = 0

    def connection(self) -> ConnectionId:
        """An id for a new connection; also the form of a message id."""
        return ConnectionId(url_safe_id_from(self._take(CONNECTION_ID_BYTES)))

    def request(self) -> RequestId:
        """An id for one event, and for `x-amz-apigw-id`."""
        return RequestId(url_safe_id_from(self._take(REQUEST_ID_BYTES)))

    def aws_request(self) -> str:
        """An id for `x-amzn-RequestId`."""
        return _uuid(self._take(16))

    def of_call(self, epoch_seconds: float) -> tuple[str, str, str]:
        """Values of `CALL_HEADERS`, whose bytes are drawn together."""
        drawn = self._take(16 + REQUEST_ID_BYTES + TRACE_ID_BYTES)
        return (
            _uuid(drawn[:16]),
            url_safe_id_from(drawn[16:-TRACE_ID_BYTES]),
            trace_header_from(int(epoch_seconds), drawn[-TRACE_ID_BYTES:]),
        )

    def trace(self, epoch_seconds: float) -> str:
        """A value for `X-Amzn-Trace-Id`."""
        return trace_header_from(int(epoch_seconds), self._take(TRACE_ID_BYTES))

    def resource(self, characters: int) -> str:
        """An id for something of the control plane."""
        return resource_id_from(self._take(characters))

    def _take(self, count: int) -> bytes:
        # A system call for each id would cost a tenth of what delivering a message costs.
        if self._position + count > len(self._pool):
            self._pool = self._random_bytes(_POOL_BYTES)
            self._position = 0
        taken = self._pool[self._position : self._position + count]
        self._position += count
        return taken


def _uuid(random_bytes: bytes) -> str:
    # Version 4, variant 1 (RFC 9562, section 5.4), without the cost of uuid.UUID.
    digits = random_bytes.hex()
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"
