"""One open WebSocket connection.

`websockets` decides about frames. This module moves bytes between it and the transport, joins
fragments and calls a listener. The listener hears of the end exactly once: at the first close frame
in either direction, or when the network breaks.
"""

import asyncio
import codecs
from collections.abc import Sequence
from typing import ClassVar, Final, Protocol

from websockets.frames import Frame, Opcode
from websockets.protocol import State

from ...core.closures import BINARY_REFUSED, LOST, MESSAGE_TOO_BIG, Closure, closure_by_client
from ..runtime.clock import Clock
from .connected_client import ConnectedClient
from .frames import SLICE_FRAMES, Frames
from .outgoing_text import OutgoingText

__all__ = ["Connection", "ConnectionListener"]

UTF_8_DECODER: Final = codecs.getincrementaldecoder("utf-8")

LATE_PAUSE_SECONDS: Final = 0.02
"""Pause between slices of data after the end. A client that keeps sending has to wait meanwhile,
with its data in the system's buffers, instead of keeping the gateway busy."""

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
        "_abort_timer",
        "_clock",
        "_compression",
        "_decoder",
        "_frames",
        "_frames_too_late",
        "_is_inbox_full",
        "_is_outbox_full",
        "_is_reading",
        "_is_reading_on",
        "_listener",
        "_pieces",
        "_transport",
        "client",
        "closure",
        "last_active_at",
        "unfinished_since",
    )

    max_fragments: ClassVar[int] = 1024
    """Number of pieces of one message; empty ones cost memory without counting as size."""

    max_frames_too_late: ClassVar[int] = 1024
    """Number of frames after the end that can have been under way before. A client that sends more
    is flooding, and would cost as much as before until the close timeout."""

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
        self._frames_too_late = 0
        self._listener = listener
        self._decoder: codecs.IncrementalDecoder | None = None
        self._pieces: list[str] = []
        self._transport: asyncio.Transport | None = None
        self._abort_timer: asyncio.TimerHandle | None = None
        self._is_inbox_full = False
        self._is_outbox_full = False
        self._is_reading = True
        self._is_reading_on = False

    def take_over(self, transport: asyncio.Transport, *, response: bytes, early: bytes) -> None:
        """Begin to use a transport.

        Args:
            response: the 101 that ends the handshake.
            early: bytes that the client sent without waiting for it.
        """
        self._transport = transport
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
        wire = text.wires.get(self._compression) if self.closure is None else None
        if wire is None:
            wire = text.wire_for(self._frames)
        self.last_active_at = now
        transport = self._transport
        if transport is not None and not transport.is_closing():
            transport.write(wire)

    @property
    def is_open(self) -> bool:
        """Tell whether messages can still be sent."""
        return self.closure is None

    @property
    def is_gone(self) -> bool:
        """Tell whether the network connection is gone, with its queued messages."""
        return self._transport is None and self.closure is not None

    @property
    def buffered_bytes(self) -> int:
        """Return the number of bytes that wait because the client does not read them."""
        return 0 if self._transport is None else self._transport.get_write_buffer_size()

    def close(self, closure: Closure) -> None:
        """Start the closing handshake; on a closed connection, do nothing."""
        if self._frames.state is State.OPEN:
            self._frames.send_close(closure.code, closure.reason)
            self._flush()
        self._notice_end()

    def abort(self) -> None:
        """Break the network connection of a client that does not finish closing."""
        if self._transport is not None:
            self._transport.abort()

    def hold_reading(self, *, is_inbox_full: bool) -> None:
        """Stop reading while too many messages wait, and start again."""
        self._is_inbox_full = is_inbox_full
        self._read_or_pause()

    def data_received(self, data: bytes) -> None:
        if self._is_held() or self._frames.has_more or self._sends_after_end():
            self._frames.keep(data)
            self._read_or_pause()
        else:
            self._parse(data)

    def _read_on(self) -> None:
        """Parse a slice of the waiting bytes, if there is room for its messages."""
        self._is_reading_on = False
        if not self._is_held():
            self._parse(b"")
            self._read_or_pause()

    def _parse(self, data: bytes) -> None:
        frames = self._frames
        if frames.reader.eof:
            return
        frames.feed(data, self._take)
        if frames.has_more:
            self._read_or_pause()
        if self._is_held() or (self._decoder is None and not frames.reader.buffer):
            # The client cannot finish a message that is not read, so its time begins anew.
            self.unfinished_since = None
        elif self.unfinished_since is None:
            self.unfinished_since = self._clock.monotonic()
        self._flush()
        self._notice_end()

    def eof_received(self) -> None:
        """Handle the end of the client's data; the transport then closes itself."""
        self._frames.receive_eof()
        self._flush()
        self._notice_end()

    def connection_lost(self, exc: Exception | None) -> None:
        self._frames.receive_eof()
        self._frames.data_to_send()
        self._notice_end()
        if self._abort_timer is not None:
            self._abort_timer.cancel()
            self._abort_timer = None
        self._transport = None

    def pause_writing(self) -> None:
        """Stop reading from a client that does not read.

        Its pings and messages would otherwise fill the buffer with pongs and replies.
        """
        self._is_outbox_full = True
        self._read_or_pause()

    def resume_writing(self) -> None:
        self._is_outbox_full = False
        self._read_or_pause()

    def _take(self, frame: Frame) -> None:
        if self.closure is not None:
            # The frame came after the reason to close.
            self._frames_too_late += 1
            if self._frames_too_late > self.max_frames_too_late:
                self.abort()
            return
        if frame.opcode is Opcode.BINARY:
            self.close(BINARY_REFUSED)
        elif frame.opcode is Opcode.TEXT or frame.opcode is Opcode.CONT:
            self._take_text(frame)

    def _take_text(self, frame: Frame) -> None:
        """Join the pieces of a message, and refuse text that is not UTF-8 as early as possible.

        Source: RFC 6455, section 8.1; AWS's behaviour has not been published.
        """
        if frame.fin and self._decoder is None:
            text = str(frame.data, "utf-8")
        else:
            if self._decoder is None:
                self._decoder, self._pieces = UTF_8_DECODER(), []
            self._pieces.append(self._decoder.decode(frame.data, frame.fin))
            if not frame.fin:
                if len(self._pieces) > self.max_fragments:
                    self.close(MESSAGE_TOO_BIG)
                return
            text, self._decoder, self._pieces = "".join(self._pieces), None, []
        self.last_active_at = self._clock.now()
        # The next bytes belong to another message, with its own time.
        self.unfinished_since = None
        self._listener.message_received(self, text)

    def _flush(self) -> None:
        transport = self._transport
        if transport is None:
            return
        writes = self._frames.data_to_send()
        if transport.is_closing() or not writes:
            return
        transport.write(writes[0] if len(writes) == 1 else b"".join(writes))
        # An empty piece is the library's mark for the end: close only our half, so that a client
        # that still sends reads our close frame instead of a reset.
        if not writes[-1]:
            transport.write_eof() if transport.can_write_eof() else transport.close()

    def _notice_end(self) -> None:
        if self.closure is not None or self._frames.state is State.OPEN:
            return
        self.closure = self._closure()
        self._pieces = []
        if self._transport is not None and not self._transport.is_closing():
            # The client's own close frame has to be read.
            self._read_or_pause()
            loop = asyncio.get_running_loop()
            self._abort_timer = loop.call_later(CLOSE_TIMEOUT_SECONDS, self.abort)
        self._listener.connection_closed(self, self.closure)

    def _closure(self) -> Closure:
        received, sent = self._frames.close_rcvd, self._frames.close_sent
        if received is not None and (sent is None or self._frames.close_rcvd_then_sent):
            return closure_by_client(received.code, received.reason)
        return LOST if sent is None else Closure(sent.code, sent.reason)

    def _is_held(self) -> bool:
        """Tell whether reading has to wait, because there is no room for messages or replies."""
        return self.closure is None and (self._is_inbox_full or self._is_outbox_full)

    def _sends_after_end(self) -> bool:
        """Tell whether more frames came after the end than can come by accident."""
        return self._frames_too_late >= SLICE_FRAMES

    def _read_or_pause(self) -> None:
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        is_held, has_more = self._is_held(), self._frames.has_more
        if has_more and not is_held and not self._is_reading_on:
            self._is_reading_on = True
            pause = LATE_PAUSE_SECONDS if self._sends_after_end() else 0
            asyncio.get_running_loop().call_later(pause, self._read_on)
        if is_held:
            self.unfinished_since = None
        is_reading = not (is_held or has_more)
        if is_reading is self._is_reading:
            return
        self._is_reading = is_reading
        transport.resume_reading() if is_reading else transport.pause_reading()
