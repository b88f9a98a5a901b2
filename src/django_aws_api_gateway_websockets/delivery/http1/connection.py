"""One connection to a destination: HTTP/1.1 with keep-alive on a socket that never blocks.

The owner waits until the socket is ready for what `wants` says, then calls `advance`. The owner
keeps deadlines, too: a connection knows no clock.
"""

import errno
import ssl
from selectors import EVENT_READ, EVENT_WRITE
from typing import Final

from .addresses import Address
from .destination import Destination
from .establishment import Establishment
from .phase import Phase
from .response import MalformedResponseError, Response, ResponseReader
from .tls import RECORD_BYTES

__all__ = ["BrokenConnectionError", "Connection", "Phase"]

_WOULD_BLOCK: Final = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


class BrokenConnectionError(Exception):
    """The connection is of no use any more; the text is the operating system's reason."""


class Connection:
    """An HTTP connection: it carries one request at a time, or several in a row.

    Args:
        session: TLS session of an earlier connection to the same destination. It spares a third of
            the work; a server that does not know it any more makes a full handshake.
    """

    __slots__ = (
        "__weakref__",
        "_establishment",
        "_outgoing",
        "_reader",
        "_socket",
        "address",
        "deadline",
        "destination",
        "idle_since",
        "is_reused",
        "phase",
        "response_begun",
        "wants",
        "watched",
    )

    def __init__(
        self, destination: Destination, address: Address, session: ssl.SSLSession | None = None
    ) -> None:
        self.destination = destination
        self.address = address
        self.is_reused = False
        """True when it has carried a request before the present one."""
        self.response_begun = False
        """True when any byte of the present responses has arrived."""
        self.deadline = 0.0
        self.idle_since = 0.0
        self.watched = 0
        """Events the owner waits for at the moment; the owner sets it, as it does the two above."""
        self._outgoing: bytes | memoryview = b""
        self._reader = ResponseReader()
        self._establishment = Establishment(destination, address, session)
        self._socket = self._establishment.socket
        self.phase = self._establishment.phase
        self.wants = EVENT_WRITE

    def fileno(self) -> int:
        """Return the descriptor, as selectors ask for it."""
        return self._socket.fileno()

    @property
    def is_established(self) -> bool:
        """Tell whether requests can be, or have been, sent on it."""
        return self.phase in {Phase.IDLE, Phase.SENDING, Phase.RECEIVING}

    @property
    def responses(self) -> list[Response]:
        """Whole responses to the present requests, in the order of the requests."""
        return self._reader.responses

    @property
    def session(self) -> ssl.SSLSession | None:
        """TLS session for the next connection to resume; it came with the response."""
        return self._socket.session if isinstance(self._socket, ssl.SSLSocket) else None

    @property
    def is_reusable(self) -> bool:
        """Tell whether other requests may follow the responses that are complete."""
        return not self._outgoing and self._reader.keeps_alive

    def advance(self) -> bool:
        """Go on as far as the socket lets it; true once it is established, or every response whole.

        Raises:
            BrokenConnectionError: it cannot go on.
        """
        try:
            if self.phase is Phase.RECEIVING:
                return self._receive()
            if self.phase is Phase.SENDING:
                return self._send()
            return self._establish()
        except ssl.SSLWantWriteError:
            self.wants = EVENT_WRITE
        except (BlockingIOError, ssl.SSLWantReadError):
            self.wants = EVENT_READ
        except (OSError, MalformedResponseError) as error:
            raise BrokenConnectionError(_reason(error)) from error
        return False

    def start(self, requests: bytes, *, responses: int = 1) -> None:
        """Send requests on an idle connection, as far as its buffer takes them.

        Args:
            requests: bytes of one request, or of several in a row.
            responses: number of these requests.

        Raises:
            BrokenConnectionError: it turns out to be closed.
        """
        self.is_reused = self.is_reused or bool(self._reader.responses)
        self.response_begun = False
        self._reader.expect(responses)
        self.wants = EVENT_READ
        try:
            sent = self._socket.send(requests)
        except _WOULD_BLOCK:
            sent = 0
        except OSError as error:
            raise BrokenConnectionError(_reason(error)) from error
        if sent == len(requests):
            self._outgoing = b""
            self.phase = Phase.RECEIVING
        else:
            self._outgoing = memoryview(requests)[sent:]
            self.phase = Phase.SENDING
            self.wants = EVENT_READ | EVENT_WRITE

    def rest(self) -> None:
        """Wait for the next request, and forget the last responses."""
        self.is_reused = True
        self._reader.expect(0)
        self.phase = Phase.IDLE

    def is_alive(self) -> bool:
        """Tell whether an idle connection is still open; one with something to read is not."""
        try:
            self._socket.recv(1)
        except _WOULD_BLOCK:
            # Reading took in what belongs to TLS alone, such as session tickets.
            return True
        except OSError:
            return False
        return False

    def close(self) -> None:
        """Close the socket and send nothing.

        TLS has a message for it, but after a fork the parent may still be using this socket.
        """
        self._socket.close()

    def _establish(self) -> bool:
        establishment = self._establishment
        try:
            return establishment.advance()
        finally:
            # It may have got further, and to another socket, before it had to wait.
            self._socket, self.phase = establishment.socket, establishment.phase

    def _send(self) -> bool:
        try:
            while self._outgoing:
                self._outgoing = self._outgoing[self._socket.send(self._outgoing) :]
        except _WOULD_BLOCK:
            # A server that refuses a long body may respond before it has read all of it.
            self.wants = EVENT_READ | EVENT_WRITE
            return self._receive_without_wait()
        except (BrokenPipeError, ConnectionResetError):
            # The server may have closed after its response, which is then still here to read.
            return self._receive()
        self.phase = Phase.RECEIVING
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
            data = self._socket.recv(RECORD_BYTES)
            if data:
                self.response_begun = True
                reader.feed(data)
            elif not reader.end():
                raise ConnectionResetError(errno.ECONNRESET, "the server closed the connection")
        return True


def _reason(error: Exception) -> str:
    return (isinstance(error, OSError) and error.strerror) or str(error) or type(error).__name__
