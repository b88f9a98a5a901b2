"""The network connection under a WebSocket connection."""

import asyncio

from .frames import Frames

__all__ = ["NetworkConnection"]


class NetworkConnection:
    """The transport of one client, from the end of its handshake until the transport is gone."""

    __slots__ = ("_abort_timer", "is_reading", "transport")

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        """`None` before and after."""
        self._abort_timer: asyncio.TimerHandle | None = None
        self.is_reading = True
        """False while reading is paused."""

    def flush(self, frames: Frames) -> None:
        """Write what the library has to send."""
        transport = self.transport
        if transport is None:
            return
        writes = frames.data_to_send()
        if transport.is_closing() or not writes:
            return
        transport.write(writes[0] if len(writes) == 1 else b"".join(writes))
        # An empty piece is the library's mark for the end: close only our half, so that a client
        # that still sends reads our close frame instead of a reset.
        if not writes[-1]:
            transport.write_eof() if transport.can_write_eof() else transport.close()

    def read(self, *, is_reading: bool) -> None:
        """Read from now on, or pause."""
        if self.transport is not None:
            self.is_reading = is_reading
            self.transport.resume_reading() if is_reading else self.transport.pause_reading()

    def abort(self) -> None:
        """Break the connection, and lose what the client has not read."""
        if self.transport is not None:
            self.transport.abort()

    def abort_after(self, seconds: float) -> None:
        """Break the connection if the client does not close it in some seconds."""
        if self.transport is not None and not self.transport.is_closing():
            self._abort_timer = asyncio.get_running_loop().call_later(seconds, self.abort)

    def forget(self) -> None:
        """Let go of the transport, which is gone."""
        if self._abort_timer is not None:
            self._abort_timer.cancel()
            self._abort_timer = None
        self.transport = None
