"""Where the gateway's identifiers come from."""

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
"""The headers of an answer that identify a call of `@connections`."""

CallIds: TypeAlias = tuple[str, str, str]
"""Values of `CALL_HEADERS`."""

_CALL_BYTES: Final = 16 + REQUEST_ID_BYTES + TRACE_ID_BYTES
_POOL_BYTES: Final = 4096


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
        return _uuid(self._take(16).hex())

    def of_call(self, epoch_seconds: float) -> CallIds:
        """Values of `CALL_HEADERS`."""
        return self.of_calls(epoch_seconds, 1)[0]

    def of_calls(self, epoch_seconds: float, count: int) -> list[CallIds]:
        """The same for so many calls at one moment, whose bytes are drawn together."""
        drawn = self._take(count * _CALL_BYTES)
        root = trace_header_from(int(epoch_seconds), b"")
        return [
            _call_ids(drawn[start : start + _CALL_BYTES], root)
            for start in range(0, len(drawn), _CALL_BYTES)
        ]

    def trace(self, epoch_seconds: float) -> str:
        """A value for `X-Amzn-Trace-Id`."""
        return trace_header_from(int(epoch_seconds), self._take(TRACE_ID_BYTES))

    def resource(self, characters: int) -> str:
        """An id for something of the control plane."""
        return resource_id_from(self._take(characters))

    def _take(self, count: int) -> bytes:
        # A system call for each id would cost a tenth of what delivering a message costs.
        if self._position + count > len(self._pool):
            self._pool = self._random_bytes(max(_POOL_BYTES, count))
            self._position = 0
        taken = self._pool[self._position : self._position + count]
        self._position += count
        return taken


def _call_ids(drawn: bytes, root: str) -> CallIds:
    digits = drawn.hex()
    return (
        _uuid(digits[:32]),
        url_safe_id_from(drawn[16:-TRACE_ID_BYTES]),
        root + digits[-2 * TRACE_ID_BYTES :],
    )


def _uuid(digits: str) -> str:
    # Version 4, variant 1 (RFC 9562, section 5.4), without the cost of uuid.UUID.
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"
