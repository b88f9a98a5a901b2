"""Three implementations read the bytes after a handshake: ours, wsproto, websockets."""

import asyncio
import struct
from collections.abc import Iterable
from dataclasses import dataclass, field

from websockets.frames import Frame, Opcode
from websockets.protocol import State
from websockets.server import ServerProtocol
from websockets.streams import StreamReader
from wsproto.connection import Connection as WsprotoConnection
from wsproto.connection import ConnectionType
from wsproto.events import BytesMessage, CloseConnection, Ping, TextMessage

from django_aws_api_gateway_websockets.core.closures import Closure
from django_aws_api_gateway_websockets.gateway.connections.connected_client import ConnectedClient
from django_aws_api_gateway_websockets.gateway.connections.connection import Connection
from django_aws_api_gateway_websockets.gateway.connections.negotiation import negotiate
from django_aws_api_gateway_websockets.gateway.http.messages import HttpRequest
from django_aws_api_gateway_websockets.gateway.runtime.clock import Clock

HANDSHAKE = HttpRequest(
    "GET",
    "/",
    (
        ("Host", "localhost"),
        ("Upgrade", "websocket"),
        ("Connection", "Upgrade"),
        ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ("Sec-WebSocket-Version", "13"),
    ),
    is_upgrade=True,
)
CLIENT = ConnectedClient(
    api_id="fuzz000000",
    stage="test",
    domain_name="localhost",
    connection_id="gbgHN0-zjQAYKEjhgA==",
    connected_at_ms=0,
    source_ip="127.0.0.1",
    user_agent=None,
)
NO_STATUS = 1005


@dataclass
class Verdict:
    """The reading of a stream."""

    messages: list[str] = field(default_factory=list)
    pongs: list[bytes] = field(default_factory=list)
    close_code: int | None = None
    """Code of the close frame that was sent, or None while the connection is open."""
    is_waiting: bool = False
    """True when it ended inside a frame, which one implementation may have judged already."""


class _Transport(asyncio.Transport):
    """Keeps what a connection writes."""

    def __init__(self) -> None:
        super().__init__()
        self.written = bytearray()
        self._is_closing = False

    def write(self, data: bytes) -> None:
        self.written += data

    def can_write_eof(self) -> bool:
        return True

    def write_eof(self) -> None:
        pass

    def close(self) -> None:
        self._is_closing = True

    abort = close

    def is_closing(self) -> bool:
        return self._is_closing

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        pass

    def get_write_buffer_size(self) -> int:
        return 0

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass


class _Listener:
    def __init__(self) -> None:
        self.messages: list[str] = []
        self.closures: list[Closure] = []

    def message_received(self, connection: Connection, text: str) -> None:
        assert connection.is_open
        self.messages.append(text)

    def connection_closed(self, connection: Connection, closure: Closure) -> None:
        self.closures.append(closure)


def ours(pieces: Iterable[bytes]) -> Verdict:
    """The connection of the local gateway; needs a running loop."""
    frames, _ = negotiate(HANDSHAKE)
    listener, transport = _Listener(), _Transport()
    connection = Connection(CLIENT, frames, listener, Clock(1.0))
    connection.take_over(transport, response=b"", early=b"")
    for piece in pieces:
        connection.data_received(piece)
    verdict = _sent(bytes(transport.written))
    verdict.messages = listener.messages
    verdict.is_waiting = bool(frames.reader.buffer)
    assert len(listener.closures) == (0 if connection.is_open else 1)
    connection.connection_lost(None)
    assert len(listener.closures) == 1
    return verdict


def _sent(data: bytes) -> Verdict:
    """Pongs and the close frame among what was written."""
    verdict, reader = Verdict(), StreamReader()
    reader.feed_data(data)
    while reader.buffer:
        parser = Frame.parse(reader.read_exact, mask=False)
        try:
            next(parser)
        except StopIteration as done:
            frame = done.value
        if frame.opcode is Opcode.PONG:
            verdict.pongs.append(bytes(frame.data))
        elif frame.opcode is Opcode.CLOSE:
            verdict.close_code = _code(bytes(frame.data))
    return verdict


def _code(payload: bytes) -> int:
    return struct.unpack("!H", payload[:2])[0] if payload else NO_STATUS


def of_wsproto(pieces: Iterable[bytes]) -> Verdict:
    """wsproto, which finds fault as early as can be."""
    verdict, connection, parts = Verdict(), WsprotoConnection(ConnectionType.SERVER), []
    for piece in pieces:
        if verdict.close_code is not None:
            break
        connection.receive_data(piece)
        for event in connection.events():
            if isinstance(event, CloseConnection):
                verdict.close_code = NO_STATUS if event.code is None else int(event.code)
                break
            if isinstance(event, Ping):
                verdict.pongs.append(bytes(event.payload))
            elif isinstance(event, BytesMessage):
                verdict.close_code = 1003
                break
            elif isinstance(event, TextMessage):
                parts.append(event.data)
                if event.message_finished:
                    verdict.messages.append("".join(parts))
                    parts = []
    return verdict


def of_websockets(pieces: Iterable[bytes]) -> Verdict:
    """The library below ours, as it comes, with a client that decodes whole messages."""
    protocol = ServerProtocol(state=State.OPEN)
    verdict, parts = Verdict(), []
    for piece in pieces:
        if protocol.reader.eof or protocol.state is not State.OPEN:
            break
        protocol.receive_data(piece)
    for frame in protocol.events_received():
        assert isinstance(frame, Frame)
        if frame.opcode is Opcode.BINARY:
            verdict.close_code = 1003
            return verdict
        if frame.opcode is Opcode.PING:
            verdict.pongs.append(bytes(frame.data))
        elif frame.opcode in (Opcode.TEXT, Opcode.CONT):
            parts.append(bytes(frame.data))
            if frame.fin:
                try:
                    verdict.messages.append(b"".join(parts).decode())
                except UnicodeDecodeError:
                    verdict.close_code = 1007
                    return verdict
                parts = []
    if protocol.state is not State.OPEN:
        sent = protocol.close_sent
        verdict.close_code = NO_STATUS if sent is None else sent.code
    return verdict


__all__ = ["Verdict", "of_websockets", "of_wsproto", "ours"]
