"""An HTTP/1.1 client for the backends: keep-alive connections, one request at a time on each.

A request is written once. When a connection ends without a response, nobody can know whether the
backend has acted on it (RFC 9110, section 9.2.2: a client should not retry what is not idempotent).
A message that runs twice is worse than a message whose sender hears of a failure. So the client
only makes it rare that a kept connection ends at the moment of a call.
"""

import asyncio
import select
from collections import defaultdict, deque
from functools import lru_cache
from typing import ClassVar, Final, NamedTuple, Protocol, cast
from urllib.parse import urlsplit

import httptools

from ...core.authority import read_authority
from ...core.client_certificate import ClientCertificate
from ...core.error_frames import GatewayMessage
from ...core.errors import WebSocketsError
from ...core.events.integration import IntegrationCall
from ...core.events.response import BackendResponse
from ...core.quotas import MAX_CLIENT_CERTIFICATES
from .tls import tls_context

__all__ = ["BackendError", "BackendTimeoutError", "Backends", "Sender"]

MAX_RESPONSE_BYTES: Final = 1024 * 1024
"""Bytes of a response: eight times the largest message, with room for error pages of `$connect`."""

MAX_CONNECTIONS: Final = 128
"""Number of connections to one backend; further calls wait, within their own timeout."""

REST_SECONDS: Final = 1.0
"""Seconds that a connection waits for the next call: less than in Django's servers, of which
gunicorn has the shortest time, two seconds."""

_HTTP_PORTS: Final = {"http": 80, "https": 443}


class BackendError(WebSocketsError):
    """Error for a call without a usable response; the attributes are for the client."""

    status: ClassVar[int] = 502
    """Status of a refused handshake."""
    tells: ClassVar[GatewayMessage] = GatewayMessage.INTERNAL_SERVER_ERROR
    """Message in a frame or a body."""


class BackendTimeoutError(BackendError):
    """Error for a backend that took longer than the integration allows."""

    status = 504
    tells = GatewayMessage.TIMED_OUT


class _Origin(NamedTuple):
    scheme: str
    host: str
    port: int
    certificate: ClientCertificate | None
    """Certificate it is shown: a kept connection has shown one, and is nobody else's."""


@lru_cache(maxsize=64)
def _origin_and_path(resource: str, certificate: ClientCertificate | None) -> tuple[_Origin, str]:
    """Return the server of a URL without a query, and the path there.

    Raises:
        ValueError: it is no such URL. Stage variables can change a URI that was valid when it was
            deployed.
    """
    url = urlsplit(resource)
    authority = read_authority(url.netloc.rpartition("@")[2])
    if url.scheme not in _HTTP_PORTS or authority is None:
        raise ValueError(f"{resource!r} is not the URL of an HTTP server")
    port = authority.port or _HTTP_PORTS[url.scheme]
    shown = certificate if url.scheme == "https" else None
    return _Origin(url.scheme, authority.host, port, shown), url.path or "/"


class Sender(Protocol):
    """Interface of objects that send the requests of integrations to their backends."""

    async def send(self, call: IntegrationCall) -> BackendResponse:
        """Send a request and return its response; redirects are responses like any other.

        Raises:
            BackendTimeoutError: no whole response within the call's timeout.
            BackendError: nothing listens there, or the response is not HTTP.
        """


class Backends:
    """Client of the backends, which keeps connections for the next call.

    Args:
        rest_seconds: seconds for which a connection is kept.
    """

    def __init__(self, *, rest_seconds: float = REST_SECONDS) -> None:
        self._rest_seconds = rest_seconds
        self._is_watching = False
        # Made once: to load the certificates takes longer than a call.
        self._tls = lru_cache(maxsize=MAX_CLIENT_CERTIFICATES)(tls_context)
        self._idle: defaultdict[_Origin, deque[_BackendConnection]] = defaultdict(deque)
        self._places: defaultdict[_Origin, asyncio.Semaphore] = defaultdict(
            lambda: asyncio.Semaphore(MAX_CONNECTIONS)
        )

    async def send(self, call: IntegrationCall) -> BackendResponse:
        try:
            async with asyncio.timeout(call.timeout_seconds):
                return await self._send(call)
        except TimeoutError:
            raise BackendTimeoutError(f"no answer in {call.timeout_seconds:g} seconds") from None
        except (OSError, ValueError) as error:
            raise BackendError(str(error) or type(error).__name__) from error

    def close(self) -> None:
        """Close the connections without a call."""
        for connections in self._idle.values():
            for connection in connections:
                connection.close()
        self._idle.clear()

    async def _send(self, call: IntegrationCall) -> BackendResponse:
        # The query differs from client to client, and may hold secrets that no cache should keep.
        resource, _, query = call.url.partition("#")[0].partition("?")
        origin, path = _origin_and_path(resource, call.certificate)
        request = _serialise(call, f"{path}?{query}" if query else path)
        async with self._places[origin]:
            connection = self._take_idle(origin) or await self._connect(origin)
            return await self._exchange(connection, request, origin)

    async def _connect(self, origin: _Origin) -> "_BackendConnection":
        _, connection = await asyncio.get_running_loop().create_connection(
            _BackendConnection,
            origin.host,
            origin.port,
            ssl=self._tls(origin.certificate) if origin.scheme == "https" else None,
        )
        return connection

    async def _exchange(
        self, connection: "_BackendConnection", request: bytes, origin: _Origin
    ) -> BackendResponse:
        try:
            response = await connection.exchange(request)
        except BaseException:
            # The next call would take the rest of this response for its own.
            connection.close()
            raise
        if connection.is_reusable:
            self._put_back(connection, origin)
        else:
            connection.close()
        return response

    def _put_back(self, connection: "_BackendConnection", origin: _Origin) -> None:
        connection.idle_since = asyncio.get_running_loop().time()
        self._idle[origin].append(connection)
        self._watch()

    def _take_idle(self, origin: _Origin) -> "_BackendConnection | None":
        idle = self._idle[origin]
        too_old = asyncio.get_running_loop().time() - self._rest_seconds
        while idle:
            # The connection used last is least likely to have been closed meanwhile.
            connection = idle.pop()
            if connection.idle_since > too_old and connection.can_be_used:
                return connection
            connection.close()
        return None

    def _watch(self) -> None:
        if not self._is_watching:
            self._is_watching = True
            asyncio.get_running_loop().call_later(self._rest_seconds, self._close_rested)

    def _close_rested(self) -> None:
        self._is_watching = False
        too_old = asyncio.get_running_loop().time() - self._rest_seconds
        for idle in self._idle.values():
            while idle and idle[0].idle_since <= too_old:
                idle.popleft().close()
        if any(self._idle.values()):
            self._watch()


class _BackendConnection(asyncio.Protocol):
    """One connection to a backend; the parser calls the methods named `on_*`."""

    def __init__(self) -> None:
        self.is_reusable = False
        self.idle_since = 0.0
        self._transport: asyncio.Transport | None = None
        self._is_encrypted = False
        self._has_ever_responded = False
        self._news = select.poll()
        self._waiter: asyncio.Future[BackendResponse] | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._start_over()

    @property
    def can_be_used(self) -> bool:
        """Tell whether a kept connection is still open.

        The loop may not have read yet that it is closed, or a response without a request, such as
        the 408 that some servers send before they close.
        """
        return self.is_reusable and not self._news.poll(0)

    @property
    def _hint(self) -> str:
        """Say why a backend may close a connection before its first response."""
        if self._has_ever_responded or not self._is_encrypted:
            return ""
        # In TLS 1.3 the handshake is over for the client before the server looks at a certificate
        # (RFC 8446, section 4.4.4), and its alert can be lost with the connection.
        return ": it may want a client certificate that the stage does not have"

    async def exchange(self, request: bytes) -> BackendResponse:
        """Send a request and return its response."""
        self._start_over()
        self.is_reusable = False
        self._waiter = asyncio.get_running_loop().create_future()
        if self._transport is None or self._transport.is_closing():
            raise BackendError("the backend closed the connection")
        self._transport.write(request)
        return await self._waiter

    def close(self) -> None:
        """Close the connection; idempotent."""
        self.is_reusable = False
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # asyncio types the argument wider than what create_connection passes; uvloop passes no
        # subclass of its class, so this cannot be asserted.
        transport = cast("asyncio.Transport", transport)
        self._transport = transport
        self._is_encrypted = transport.get_extra_info("sslcontext") is not None
        self._news.register(transport.get_extra_info("socket").fileno(), select.POLLIN)

    def data_received(self, data: bytes) -> None:
        if self._waiter is None or self._waiter.done():
            # There was no request, so the connection cannot be trusted with another call.
            self.close()
            return
        self._has_responded = self._has_ever_responded = True
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._fail(BackendError("the backend tried to switch protocols"))
        except httptools.HttpParserError as error:
            self._fail(BackendError(f"the answer is not HTTP: {error}"))

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_reusable = False
        if not self._has_responded:
            self._fail(
                BackendError(f"the backend closed the connection without an answer{self._hint}")
            )
        elif self._has_head and self._is_body_until_close():
            self._finish()
        else:
            self._fail(BackendError(f"the connection ended within the answer ({exc or 'closed'})"))

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers.append((name.decode("latin-1"), value.decode("latin-1")))

    def on_headers_complete(self) -> None:
        self._has_head = True

    def on_body(self, body: bytes) -> None:
        self._body_bytes += len(body)
        if self._body_bytes > MAX_RESPONSE_BYTES:
            self._fail(BackendError(f"the answer is longer than {MAX_RESPONSE_BYTES} bytes"))
            self.close()
        else:
            self._body.append(body)

    def on_message_complete(self) -> None:
        if self._parser.get_status_code() < 200:  # noqa: PLR2004 - an interim answer, RFC 9110 15.2.
            self._headers.clear()
            self._has_head = False
            return
        self.is_reusable = self._parser.should_keep_alive()
        self._finish()

    def _is_body_until_close(self) -> bool:
        names = {name.lower() for name, _ in self._headers}
        return not names & {"content-length", "transfer-encoding"}

    def _finish(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(
                BackendResponse(
                    self._parser.get_status_code(), tuple(self._headers), b"".join(self._body)
                )
            )

    def _fail(self, error: BackendError) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_exception(error)

    def _start_over(self) -> None:
        self._headers: list[tuple[str, str]] = []
        self._body: list[bytes] = []
        self._body_bytes = 0
        self._has_responded = False
        self._has_head = False


def _serialise(call: IntegrationCall, target: str) -> bytes:
    lines = [f"{call.method} {target} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in call.headers]
    return "\r\n".join([*lines, "\r\n"]).encode("latin-1") + call.body
