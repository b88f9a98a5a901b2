"""Frames, parsed one by one and in slices.

`websockets` returns the frames of a whole packet: after a frame that breaks the protocol, there
would be no response to earlier frames. Here each frame takes effect before the next one is parsed.
And a packet may hold ten thousand frames: the parser stops after some, so that others have a turn.
"""

from collections.abc import Callable, Generator
from typing import Any, Final

from websockets.extensions.permessage_deflate import PerMessageDeflate
from websockets.frames import Frame, Opcode
from websockets.server import ServerProtocol
from websockets.streams import StreamReader

from ...core.closures import LOST, Closure, closure_by_client

__all__ = ["SLICE_FRAMES", "Frames"]

SLICE_FRAMES: Final = 16
"""Number of small frames in a slice; with everything they cause, they take half a millisecond."""

FRAME_BYTES: Final = 4096
"""Bytes of a small frame, inflated; a larger frame counts as several."""


class _SlicedStream(StreamReader):
    """Bytes of a connection; between two frames, the stream seems to end with the slice."""

    frames_left = 0
    """Number of frames left in the slice."""

    def at_eof(self) -> Generator[None, None, bool]:
        """Tell the library whether the stream ends before the next frame; wait with a yield."""
        while True:
            if self.buffer and self.frames_left > 0:
                self.frames_left -= 1
                return False
            if self.eof:
                return True
            yield


class Frames(ServerProtocol):
    """The frames of one connection, after its handshake."""

    reader: _SlicedStream
    _take: Callable[[Frame], None] | None = None

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        # The library accepts no reader as an argument, and its parser waits in the one it made.
        self.reader = _SlicedStream()
        self.parser = self.parse()
        next(self.parser)

    @property
    def has_more(self) -> bool:
        """Tell whether there may be frames left for the next slice."""
        return self.reader.frames_left <= 0 and bool(self.reader.buffer)

    def keep(self, data: bytes) -> None:
        """Leave received bytes for the next slice."""
        self.reader.feed_data(data)
        self.reader.frames_left = 0

    @property
    def compression(self) -> int:
        """Return the bits of the compression window; 0 without compression."""
        for extension in self.extensions:
            if isinstance(extension, PerMessageDeflate):
                return extension.local_max_window_bits
        return 0

    @property
    def closure(self) -> Closure:
        """Return the reason why the connection closes or has closed: the first close frame."""
        received, sent = self.close_rcvd, self.close_sent
        if received is not None and (sent is None or self.close_rcvd_then_sent):
            return closure_by_client(received.code, received.reason)
        return LOST if sent is None else Closure(sent.code, sent.reason)

    def feed(self, data: bytes, take: Callable[[Frame], None]) -> None:
        """Parse a slice of the new and the remaining bytes.

        Args:
            take: called with each frame that is whole and legal; may raise `UnicodeDecodeError` for
                invalid text, which fails the connection with 1007.
        """
        # Dropped afterwards: a connection and its frames that refer to each other would wait for
        # the garbage collector.
        self._take = take
        self.reader.frames_left = SLICE_FRAMES
        try:
            self.receive_data(data)
        finally:
            self._take = None

    def recv_frame(self, frame: Frame) -> None:
        """Act on a frame that the library has parsed."""
        if frame.opcode is Opcode.CLOSE:
            # A client may close in the middle of a message (RFC 6455, section 5.4: control frames
            # may be injected there); the library would call that a protocol error.
            self.current_size = None
        super().recv_frame(frame)
        self.events.clear()
        self.reader.frames_left -= len(frame.data) // FRAME_BYTES
        if self._take is not None:
            self._take(frame)
