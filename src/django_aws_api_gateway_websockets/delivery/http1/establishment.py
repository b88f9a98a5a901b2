"""The way to a connection that carries requests: TCP, the tunnel of a proxy, TLS."""

import errno
import os
import socket
import ssl
from collections.abc import Callable
from typing import Final

from .addresses import Address
from .destination import Destination
from .phase import Phase
from .response import ResponseReader
from .tls import RECORD_BYTES, client_context

__all__ = ["Establishment"]

TUNNEL_OPEN: Final = range(200, 300)


class Establishment:
    """Establishes one connection, on a socket that never blocks.

    Args:
        session: TLS session to resume; None makes a full handshake.
    """

    __slots__ = ("_destination", "_handshake", "_reader", "_session", "phase", "socket")

    def __init__(
        self, destination: Destination, address: Address, session: ssl.SSLSession | None
    ) -> None:
        self._destination = destination
        self._session = session
        self._reader: ResponseReader
        self._handshake: Callable[[], None]
        self.phase = Phase.CONNECTING
        """As far as it has got."""
        self.socket: socket.socket = socket.socket(address.family, socket.SOCK_STREAM)
        """The socket, in whose place TLS puts another."""
        self.socket.settimeout(0)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        # `advance` asks for the result, once the socket is writable.
        self.socket.connect_ex(address.target)

    def advance(self) -> bool:
        """Go on as far as the socket lets it; true once a request may be sent.

        Raises:
            OSError: it has to wait, or cannot go on.
            MalformedResponseError: the proxy responds with something else than HTTP.
        """
        if self.phase is Phase.CONNECTING:
            self._check_connected()
            self._begin_tunnel_or_tls()
        if self.phase is Phase.TUNNELING and self._tunnel_is_open():
            self._begin_tls()
        if self.phase is Phase.HANDSHAKING:
            self._handshake()
            self.phase = Phase.IDLE
        return self.phase is Phase.IDLE

    def _check_connected(self) -> None:
        code = self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            raise OSError(code, os.strerror(code))

    def _begin_tunnel_or_tls(self) -> None:
        if self._destination.tunnel:
            # The first bytes on a new connection: they fit into the socket's buffer.
            self.socket.send(self._destination.tunnel)
            self._reader = ResponseReader()
            self.phase = Phase.TUNNELING
        elif self._destination.bundle:
            self._begin_tls()
        else:
            self.phase = Phase.IDLE

    def _tunnel_is_open(self) -> bool:
        # No response to CONNECT has a body, so its headers are all of it (RFC 9110, section 9.3.6).
        reader = self._reader
        while not reader.status and reader.missing:
            data = self.socket.recv(RECORD_BYTES)
            if not data:
                raise ConnectionResetError(errno.ECONNRESET, "the proxy closed the connection")
            reader.feed(data)
        # The status is that of a response which is not whole yet.
        status = reader.status or reader.responses[0].status
        if status not in TUNNEL_OPEN:
            raise ConnectionRefusedError(
                errno.ECONNREFUSED, f"the proxy refused a tunnel with status {status}"
            )
        return True

    def _begin_tls(self) -> None:
        context = client_context(self._destination.bundle or "")
        encrypted = context.wrap_socket(
            self.socket,
            do_handshake_on_connect=False,
            server_hostname=self._destination.host,
            session=self._session,
        )
        self._handshake = encrypted.do_handshake
        self.socket = encrypted
        self.phase = Phase.HANDSHAKING
