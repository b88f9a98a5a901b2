"""One connection to a destination: HTTP/1.1 with keep-alive on a socket that never blocks.

    CONNECTING ──▶ TUNNELING ──▶ HANDSHAKING ──▶ IDLE ──▶ SENDING ──▶ RECEIVING
                  (with a proxy)  (with TLS)      ▲                        │
                                                  └────────────────────────┘

The owner waits until the socket is ready for what `wants` says, then calls `advance`. Deadlines are
the owner's as well: a connection knows no clock.
"""

import errno
import os
import socket
import ssl
from collections.abc import Callable
from enum import Enum, auto
from selectors import EVENT_READ, EVENT_WRITE
from typing import Final

from .addresses import Address
from .destination import Destination
from .response import Answer
from .response_reader import AnswerReader, MalformedAnswerError
from .tls import client_context

__all__ = ["BrokenConnectionError", "Connection", "Stage"]

RECEIVE_BYTES: Final = 16 * 1024
"""A record of TLS, which is the most that comes at once (RFC 8446, section 5.1)."""
TUNNEL_OPEN: Final = range(200, 300)

_WOULD_BLOCK: Final = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


class Stage(Enum):
    """How far a connection has come."""

    CONNECTING = auto()
    """TCP is being set up."""
    TUNNELING = auto()
    """The proxy has been asked for a tunnel."""
    HANDSHAKING = auto()
    """TLS is being set up."""
    IDLE = auto()
    """A request may be sent."""
    SENDING = auto()
    """Part of a request is still to be sent."""
    RECEIVING = auto()
    """A request was sent and its answer is not complete."""


class BrokenConnectionError(Exception):
    """The connection is of no use any more; the text says why, in words of the operating system."""


class Connection:
    """Carries one batch of requests at a time, which is a single one for most servers.

    Args:
        session: of an earlier connection to the same destination, which spares TLS a third of the
            work; a server that does not know it any more shakes hands in full.
    """

    __slots__ = (
        "__weakref__",
        "_handshake",
        "_outgoing",
        "_reader",
        "_session",
        "_socket",
        "address",
        "answer_begun",
        "deadline",
        "destination",
        "idle_since",
        "is_reused",
        "stage",
        "wants",
        "watched",
    )

    def __init__(
        self, destination: Destination, address: Address, session: ssl.SSLSession | None = None
    ) -> None:
        self.destination = destination
        self.address = address
        self.is_reused = False
        """Whether it has carried a request before the present one."""
        self.answer_begun = False
        """Whether any byte of the present answers has arrived."""
        self.deadline = 0.0
        self.idle_since = 0.0
        self.watched = 0
        """What the owner waits for at the moment; the owner's to set, as the two above are."""
        self._outgoing: bytes | memoryview = b""
        self._reader = AnswerReader()
        self._session = session
        self._handshake: Callable[[], None]
        self._socket: socket.socket = socket.socket(address.family, socket.SOCK_STREAM)
        self._socket.settimeout(0)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        self.stage = Stage.CONNECTING
        self.wants = EVENT_WRITE
        # Whatever it answers is asked for again in `_establish`, once the socket is writable.
        self._socket.connect_ex(address.target)

    def fileno(self) -> int:
        """The descriptor, as selectors ask for it."""
        return self._socket.fileno()

    @property
    def is_established(self) -> bool:
        """Whether requests can be, or have been, sent on it."""
        return self.stage in {Stage.IDLE, Stage.SENDING, Stage.RECEIVING}

    @property
    def answers(self) -> list[Answer]:
        """The answers to the present requests that are whole, in the order of the requests."""
        return self._reader.answers

    @property
    def session(self) -> ssl.SSLSession | None:
        """What lets the next connection resume the TLS of this one; it came with the answer."""
        return self._socket.session if isinstance(self._socket, ssl.SSLSocket) else None

    @property
    def is_reusable(self) -> bool:
        """Whether other requests may follow the answers that are complete."""
        return not self._outgoing and self._reader.keeps_alive

    def advance(self) -> bool:
        """Go on as far as the socket lets it; true once it is established, or every answer whole.

        Raises:
            BrokenConnectionError: it cannot go on.
        """
        try:
            if self.stage is Stage.RECEIVING:
                return self._receive()
            if self.stage is Stage.SENDING:
                return self._send()
            return self._establish()
        except ssl.SSLWantWriteError:
            self.wants = EVENT_WRITE
        except (BlockingIOError, ssl.SSLWantReadError):
            self.wants = EVENT_READ
        except (OSError, MalformedAnswerError) as error:
            raise BrokenConnectionError(_reason(error)) from error
        return False

    def start(self, requests: bytes, *, answers: int = 1) -> None:
        """Set out with requests on an idle connection.

        Args:
            requests: one, or several in a row.
            answers: how many they are.

        Raises:
            BrokenConnectionError: it turns out to be closed.
        """
        self.is_reused = self.is_reused or bool(self._reader.answers)
        self.answer_begun = False
        self._reader.expect(answers)
        self.wants = EVENT_READ
        try:
            sent = self._socket.send(requests)
        except _WOULD_BLOCK:
            sent = 0
        except OSError as error:
            raise BrokenConnectionError(_reason(error)) from error
        if sent == len(requests):
            self._outgoing = b""
            self.stage = Stage.RECEIVING
        else:
            self._outgoing = memoryview(requests)[sent:]
            self.stage = Stage.SENDING
            self.wants = EVENT_READ | EVENT_WRITE

    def rest(self) -> None:
        """Wait for the next request, and forget the last answers."""
        self.is_reused = True
        self._reader.expect(0)
        self.stage = Stage.IDLE

    def is_alive(self) -> bool:
        """Whether an idle connection is still open; one that has something to read is not."""
        try:
            self._socket.recv(1)
        except _WOULD_BLOCK:
            # Reading took in what belongs to TLS alone, such as session tickets.
            return True
        except OSError:
            return False
        return False

    def close(self) -> None:
        """Close the socket, without a word to the other side.

        TLS could say goodbye, but after a fork the parent may still be talking on this socket.
        """
        self._socket.close()

    def _establish(self) -> bool:
        if self.stage is Stage.CONNECTING:
            self._check_connected()
            self._begin_tunnel_or_tls()
        if self.stage is Stage.TUNNELING and self._tunnel_is_open():
            self._begin_tls()
        if self.stage is Stage.HANDSHAKING:
            self._handshake()
            self.stage = Stage.IDLE
        return self.stage is Stage.IDLE

    def _check_connected(self) -> None:
        code = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            raise OSError(code, os.strerror(code))

    def _begin_tunnel_or_tls(self) -> None:
        if self.destination.tunnel:
            # The first bytes on a new connection: they fit into the socket's buffer.
            self._socket.send(self.destination.tunnel)
            self.stage = Stage.TUNNELING
        elif self.destination.bundle:
            self._begin_tls()
        else:
            self.stage = Stage.IDLE

    def _tunnel_is_open(self) -> bool:
        # No answer to CONNECT has a body, so its headers are all of it (RFC 9110, section 9.3.6).
        while not self._reader.status:
            data = self._socket.recv(RECEIVE_BYTES)
            if not data:
                raise ConnectionResetError(errno.ECONNRESET, "the proxy closed the connection")
            self._reader.feed(data)
        if self._reader.status not in TUNNEL_OPEN:
            raise ConnectionRefusedError(
                errno.ECONNREFUSED, f"the proxy refused a tunnel with status {self._reader.status}"
            )
        self._reader = AnswerReader()
        return True

    def _begin_tls(self) -> None:
        context = client_context(self.destination.bundle or "")
        encrypted = context.wrap_socket(
            self._socket,
            do_handshake_on_connect=False,
            server_hostname=self.destination.host,
            session=self._session,
        )
        self._handshake = encrypted.do_handshake
        self._socket = encrypted
        self.stage = Stage.HANDSHAKING

    def _send(self) -> bool:
        try:
            while self._outgoing:
                self._outgoing = self._outgoing[self._socket.send(self._outgoing) :]
        except _WOULD_BLOCK:
            # A server that refuses a long body may answer before it has read all of it.
            self.wants = EVENT_READ | EVENT_WRITE
            return self._receive_without_wait()
        except (BrokenPipeError, ConnectionResetError):
            # It may also have closed after it had answered, and the answer still be here to read.
            return self._receive()
        self.stage = Stage.RECEIVING
        self.wants = EVENT_READ
        return False

    def _receive_without_wait(self) -> bool:
        try:
            return self._receive()
        except _WOULD_BLOCK:
            return False

    def _receive(self) -> bool:
        reader = self._reader
        while reader.missing:
            data = self._socket.recv(RECEIVE_BYTES)
            if data:
                self.answer_begun = True
                reader.feed(data)
            elif not reader.end():
                raise ConnectionResetError(errno.ECONNRESET, "the server closed the connection")
        return True


def _reason(error: Exception) -> str:
    return (isinstance(error, OSError) and error.strerror) or str(error) or type(error).__name__
