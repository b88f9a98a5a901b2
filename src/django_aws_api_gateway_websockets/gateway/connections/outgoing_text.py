"""A text message for one client, or for thousands.

The bytes on the wire depend only on the compression that a client has agreed to, and every message
is compressed by itself. So thousands of clients need one encoding for each kind of compression.
"""

from typing import Final

from ...core.quotas import MAX_FRAME_BYTES
from .frames import Frames

__all__ = ["OutgoingText"]


class OutgoingText:
    """A message and its bytes on the wire.

    Only text leaves API Gateway: invalid UTF-8 becomes U+FFFD, as seen on AWS.
    """

    __slots__ = ("payload", "wires")

    def __init__(self, payload: bytes) -> None:
        self.payload: Final = _as_text(payload)
        self.wires: Final[dict[int, bytes]] = {}
        """Encodings made so far, by the compression of the clients."""

    def wire_for(self, frames: Frames) -> bytes:
        """Encode the message for a client, in frames no longer than a client's may be.

        Raises:
            InvalidState: the connection is closing.
        """
        wire = self.wires[frames.compression] = self._encode(frames)
        return wire

    def _encode(self, frames: Frames) -> bytes:
        payload, limit = self.payload, MAX_FRAME_BYTES
        frames.send_text(payload[:limit], fin=len(payload) <= limit)
        for start in range(limit, len(payload), limit):
            frames.send_continuation(
                payload[start : start + limit], fin=start + limit >= len(payload)
            )
        return b"".join(frames.data_to_send())


def _as_text(payload: bytes) -> bytes:
    try:
        payload.decode()
    except UnicodeDecodeError:
        return payload.decode(errors="replace").encode()
    return payload
