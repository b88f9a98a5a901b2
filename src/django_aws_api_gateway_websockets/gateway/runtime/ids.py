"""Random identifiers of connections, events and requests."""

import secrets
from collections.abc import Callable
from typing import Final, TypeAlias

from ...core.events.identifiers import (
    CONNECTION_ID_BYTES,
    REQUEST_ID_BYTES,
    TRACE_ID_BYTES,
    ConnectionId,
    RequestId,
    resource_id_from,
    trace_header_from,
    url_safe_id_from,
)

__all__ = ["CALL_HEADERS", "CallIds", "Ids"]

CALL_HEADERS: Final = ("x-amzn-RequestId", "x-amz-apigw-id", "X-Amzn-Trace-Id")
"""Headers of a response that identify a call of `@connections`."""

CallIds: TypeAlias = tuple[str, str, str]
"""Values of `CALL_HEADERS`."""

_POOL_BYTES: Final = 4096


class Ids:
    """Source of identifiers, made of random bytes.

    Args:
        random_bytes: returns the given number of unpredictable bytes.
    """

    def __init__(self, random_bytes: Callable[[int], bytes] = secrets.token_bytes) -> None:
        self._random_bytes = random_bytes
        self._pool = b""
        self._position = 0

    def connection(self) -> ConnectionId:
        """Make an id for a new connection; message ids have the same form."""
        return ConnectionId(url_safe_id_from(self._take(CONNECTION_ID_BYTES)))

    def request(self) -> RequestId:
        """Make an id for one event, and for `x-amz-apigw-id`."""
        return RequestId(url_safe_id_from(self._take(REQUEST_ID_BYTES)))

    def aws_request(self) -> str:
        """Make an id for `x-amzn-RequestId`."""
        return _uuid(self._take(16).hex())

    def of_call(self, epoch_seconds: float) -> CallIds:
        """Make values of `CALL_HEADERS`."""
        drawn = self._take(16 + REQUEST_ID_BYTES + TRACE_ID_BYTES)
        return (
            _uuid(drawn[:16].hex()),
            url_safe_id_from(drawn[16:-TRACE_ID_BYTES]),
            trace_header_from(int(epoch_seconds), drawn[-TRACE_ID_BYTES:]),
        )

    def trace(self, epoch_seconds: float) -> str:
        """Make a value for `X-Amzn-Trace-Id`."""
        return trace_header_from(int(epoch_seconds), self._take(TRACE_ID_BYTES))

    def resource(self, characters: int) -> str:
        """Make an id for a resource of the control plane."""
        return resource_id_from(self._take(characters))

    def _take(self, count: int) -> bytes:
        # A system call for each id would cost a tenth of what delivering a message costs.
        if self._position + count > len(self._pool):
            self._pool = self._random_bytes(max(_POOL_BYTES, count))
            self._position = 0
        taken = self._pool[self._position : self._position + count]
        self._position += count
        return taken


def _uuid(digits: str) -> str:
    # Version 4, variant 1 (RFC 9562, section 5.4), without the cost of uuid.UUID.
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"
