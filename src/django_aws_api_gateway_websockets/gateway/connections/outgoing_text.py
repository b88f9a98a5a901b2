"""A text message on its way to one client, or to very many.

What a message looks like on the wire depends on nothing but the compression a client has agreed to,
and every message is compressed by itself: of thousands of clients, one of each kind is worked for.
"""

from typing import Final

from ...core.quotas import MAX_FRAME_BYTES
from .frames import Frames

__all__ = ["OutgoingText"]


class OutgoingText:
    """A message and its bytes on the wire.

    Only text leaves API Gateway: bytes that are no UTF-8 become U+FFFD, as seen on AWS.
    """

    __slots__ = ("payload", "wires")

    def __init__(self, payload: bytes) -> None:
        self.payload: Final = _as_text(payload)
        self.wires: Final[dict[int, bytes]] = {}
        """What has been worked out, by the compression of the clients it is for."""

    def wire_for(self, frames: Frames) -> bytes:
        """What to write to a client, in frames no longer than a client's may be.

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
