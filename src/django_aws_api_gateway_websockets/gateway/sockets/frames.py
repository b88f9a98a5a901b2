"""Frames as they are parsed, one by one.

`websockets` hands frames out by the packet: what came before a frame that breaks the protocol could
then no longer be answered. Here each frame is acted on before the next one is looked at.
"""

from collections.abc import Callable

from websockets.extensions.permessage_deflate import PerMessageDeflate
from websockets.frames import Frame, Opcode
from websockets.server import ServerProtocol

__all__ = ["Frames"]


class Frames(ServerProtocol):
    """The frames of one connection, after its handshake."""

    _take: Callable[[Frame], None] | None = None

    @property
    def compression(self) -> int:
        """Bits of the window messages are compressed with; 0 where they are not."""
        for extension in self.extensions:
            if isinstance(extension, PerMessageDeflate):
                return extension.local_max_window_bits
        return 0

    def feed(self, data: bytes, take: Callable[[Frame], None]) -> None:
        """Parse what came in.

        Args:
            take: called with each frame that is whole and legal; may raise `UnicodeDecodeError` for
                text that is none, which fails the connection with 1007.
        """
        # Not kept: a session and its frames that hold each other would wait for the garbage
        # collector.
        self._take = take
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
        if self._take is not None:
            self._take(frame)
