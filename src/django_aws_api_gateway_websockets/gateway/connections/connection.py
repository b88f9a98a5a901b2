"""One open WebSocket connection.

`websockets` decides about frames. This module moves bytes between it and the network, and calls a
listener. The listener hears of the end exactly once: at the first close frame in either direction,
or when the network breaks.

Connection ─▶ Intake               when bytes are read and parsed
            ├▶ Frames               bytes to frames, and back
            ├▶ IncomingText         frames to messages
            ╰▶ NetworkConnection    bytes to the client
"""

import asyncio
from collections.abc import Sequence
from typing import Final, Protocol

from websockets.frames import Frame
from websockets.protocol import State

from ...core.closures import Closure
from ..runtime.clock import Clock
from .connected_client import ConnectedClient
from .frames import Frames
from .incoming_text import IncomingText
from .intake import Intake
from .network_connection import NetworkConnection
from .outgoing_text import OutgoingText

__all__ = ["Connection", "ConnectionListener"]

CLOSE_TIMEOUT_SECONDS: Final = 5.0
"""Seconds that a client has to respond to a close frame."""


class ConnectionListener(Protocol):
    """Interface of listeners to connections; no call may block or raise."""

    def message_received(self, connection: "Connection", text: str) -> None:
        """Take a whole text message that came in."""

    def message_sent(self, connections: Sequence["Connection"], payload: bytes) -> None:
        """Hear of a text message that has been written to each of these connections."""

    def connection_closed(self, connection: "Connection", closure: Closure) -> None:
        """Hear of the end of a connection; called exactly once."""


class Connection(asyncio.Protocol):
    """A connection after its handshake; asyncio calls the methods of its protocol.

    Args:
        frames: the frames that the handshake agreed on.
    """

    __slots__ = (
        "_clock",
        "_compression",
        "_frames",
        "_incoming",
        "_intake",
        "_listener",
        "_network",
        "client",
        "closure",
        "last_active_at",
        "unfinished_since",
    )

    def __init__(
        self, client: ConnectedClient, frames: Frames, listener: ConnectionListener, clock: Clock
    ) -> None:
        self.client = client
        self.closure: Closure | None = None
        self.last_active_at = clock.now()
        self.unfinished_since: float | None = None
        """Start of a message that has not ended yet, in real seconds of the clock."""
        self._clock = clock
        self._frames = frames
        self._compression = frames.compression
        self._intake = Intake(frames)
        self._incoming = IncomingText()
        self._network = NetworkConnection()
        self._listener = listener

    def take_over(self, transport: asyncio.Transport, *, response: bytes, early: bytes) -> None:
        """Begin to use a transport.

        Args:
            response: the 101 that ends the handshake.
            early: bytes that the client sent without waiting for it.
        """
        self._network.transport = transport
        transport.set_protocol(self)
        if transport.is_closing():
            # The client left while the backend was deciding. The backend has accepted it, so it
            # has to hear of the end.
            self.connection_lost(None)
            return
        transport.write(response)
        if early:
            self.data_received(early)

    def send(self, payload: bytes) -> None:
        """Send a text message."""
        text = OutgoingText(payload)
        self.write(text, now=self._clock.now())
        self._listener.message_sent((self,), text.payload)

    def write(self, text: OutgoingText, *, now: float) -> None:
        """Write a text message; the caller has to tell the listener.

        Args:
            now: the time on the gateway's clock.

        Raises:
            InvalidState: the connection is closing.
        """
        # A closed connection skips what is encoded already: only the encoding raises InvalidState.
        wire = text.wires.get(self._compression) if self.closure is None else None
        if wire is None:
            wire = text.wire_for(self._frames)
        self.last_active_at = now
        transport = self._network.transport
        if transport is not None and not transport.is_closing():
            transport.write(wire)

    @property
    def is_open(self) -> bool:
        """Tell whether messages can still be sent."""
        return self.closure is None

    @property
    def is_gone(self) -> bool:
        """Tell whether the network connection is gone, with its queued messages."""
        return self._network.transport is None and self.closure is not None

    @property
    def buffered_bytes(self) -> int:
        """Return the number of bytes that wait because the client does not read them."""
        transport = self._network.transport
        return 0 if transport is None else transport.get_write_buffer_size()

    def close(self, closure: Closure) -> None:
        """Start the closing handshake; on a closed connection, do nothing."""
        if self._frames.state is State.OPEN:
            self._frames.send_close(closure.code, closure.reason)
            self._network.flush(self._frames)
        self._notice_end()

    def abort(self) -> None:
        """Break the network connection of a client that does not finish closing."""
        self._network.abort()

    def set_inbox(self, *, is_full: bool) -> None:
        """Stop reading while too many of the client's messages wait, or go on reading."""
        self._intake.set_inbox(is_full=is_full)
        self._update_reading()

    def data_received(self, data: bytes) -> None:
        if self._intake.may_parse:
            self._parse(data)
        else:
            self._frames.keep(data)
            self._update_reading()

    def _read_on(self) -> None:
        """Parse a slice of the waiting bytes, if there is room for its messages."""
        if self._intake.begin_slice():
            self._parse(b"")
            self._update_reading()

    def _parse(self, data: bytes) -> None:
        frames = self._frames
        if frames.reader.eof:
            return
        frames.feed(data, self._receive_frame)
        if frames.has_more:
            self._update_reading()
        if self._intake.is_held or not (self._incoming.is_unfinished or frames.reader.buffer):
            # The client cannot finish a message that is not read, so its time begins anew.
            self.unfinished_since = None
        elif self.unfinished_since is None:
            self.unfinished_since = self._clock.monotonic()
        self._network.flush(frames)
        self._notice_end()

    def eof_received(self) -> None:
        """Handle the end of the client's data; the transport then closes itself."""
        self._frames.receive_eof()
        self._network.flush(self._frames)
        self._notice_end()

    def connection_lost(self, exc: Exception | None) -> None:
        self._frames.receive_eof()
        # Thrown away: no network is left for what the library would still send.
        self._frames.data_to_send()
        self._notice_end()
        self._network.forget()

    def pause_writing(self) -> None:
        self._intake.set_outbox(is_full=True)
        self._update_reading()

    def resume_writing(self) -> None:
        self._intake.set_outbox(is_full=False)
        self._update_reading()

    def _receive_frame(self, frame: Frame) -> None:
        if self.closure is not None:
            # The frame came after the reason to close.
            if self._intake.count_late_frame():
                self.abort()
            return
        taken = self._incoming.take(frame)
        if isinstance(taken, str):
            self.last_active_at = self._clock.now()
            # The next bytes belong to another message, with its own time.
            self.unfinished_since = None
            self._listener.message_received(self, taken)
        elif taken is not None:
            self.close(taken)

    def _notice_end(self) -> None:
        if self.closure is not None or self._frames.state is State.OPEN:
            return
        self.closure = self._frames.closure
        self._intake.end()
        self._incoming.clear()
        # The client's own close frame has to be read.
        self._update_reading()
        self._network.abort_after(CLOSE_TIMEOUT_SECONDS)
        self._listener.connection_closed(self, self.closure)

    def _update_reading(self) -> None:
        """Read, pause, or plan the next slice of what has been read, as the intake says."""
        network, intake = self._network, self._intake
        if network.transport is None or network.transport.is_closing():
            return
        may_read = intake.may_read
        if intake.is_held:
            self.unfinished_since = None
        elif not may_read:
            intake.plan_slice(self._read_on)
        if may_read is not network.is_reading:
            network.read(is_reading=may_read)
