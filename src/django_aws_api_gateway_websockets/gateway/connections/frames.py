"""Frames as they are parsed, one by one and a slice at a time.

`websockets` hands frames out by the packet: what came before a frame that breaks the protocol could
then no longer be answered. Here each frame is acted on before the next one is looked at. And a
packet may hold ten thousand frames: after some the parser stops, so that others have their turn.
"""

from collections.abc import Callable, Generator
from typing import Any, Final

from websockets.extensions.permessage_deflate import PerMessageDeflate
from websockets.frames import Frame, Opcode
from websockets.server import ServerProtocol
from websockets.streams import StreamReader

__all__ = ["SLICE_FRAMES", "Frames"]

SLICE_FRAMES: Final = 16
"""Small frames in a slice; they take half a millisecond with all that follows from them at once."""

FRAME_BYTES: Final = 4096
"""What a frame may inflate to and still be a small one; a larger one counts for several."""


class _SlicedStream(StreamReader):
    """The bytes of a connection, which seem to end with the slice where a frame begins."""

    frames_left = 0
    """Of the slice."""

    def at_eof(self) -> Generator[None, None, bool]:
        """Part of the library's interface, asked before each frame; it waits by yielding."""
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
        # The library has no place to hand a reader in, and its parser waits in the one it made.
        self.reader = _SlicedStream()
        self.parser = self.parse()
        next(self.parser)

    @property
    def has_more(self) -> bool:
        """Whether there may be frames that were left for the next slice."""
        return self.reader.frames_left <= 0 and bool(self.reader.buffer)

    def keep(self, data: bytes) -> None:
        """Leave what came in for the next slice."""
        self.reader.feed_data(data)
        self.reader.frames_left = 0

    @property
    def compression(self) -> int:
        """Bits of the window messages are compressed with; 0 where they are not."""
        for extension in self.extensions:
            if isinstance(extension, PerMessageDeflate):
                return extension.local_max_window_bits
        return 0

    def feed(self, data: bytes, take: Callable[[Frame], None]) -> None:
        """Parse a slice of what came in and of what was left.

        Args:
            take: called with each frame that is whole and legal; may raise `UnicodeDecodeError` for
                text that is none, which fails the connection with 1007.
        """
        # Not kept: a connection and its frames that hold each other would wait for the garbage
        # collector.
        self._take = take
        self.reader.frames_left = SLICE_FRAMES
        try:
            self.receive_data(data)
        finally:
            self._take = None

    def recv_frame(self, frame: Frame) -> None:
        """Part of the library's interface: what it does with a frame it has parsed."""
        if frame.opcode is Opcode.CLOSE:
            # A client may close in the middle of a message (RFC 6455, section 5.4: control frames
            # may be injected there); the library would call that a protocol error.
            self.current_size = None
        super().recv_frame(frame)
        self.events.clear()
        self.reader.frames_left -= len(frame.data) // FRAME_BYTES
        if self._take is not None:
            self._take(frame)
