"""One TCP connection, as long as it speaks HTTP.

Requests get their responses one after the other. After a WebSocket handshake, the WebSocket
connection takes the transport over.
"""

import asyncio
import socket
from collections import deque
from collections.abc import Coroutine
from http import HTTPStatus
from typing import Final, Protocol, cast

from ..runtime.log import problems
from .messages import HttpRequest, HttpResponse, HttpStream, json_response
from .occupancy import Occupancy, Place
from .patience import HttpTimeouts, Patience
from .request_reader import BadRequestError, RequestReader
from .response_writer import ResponseWriter
from .short_way import ShortWay

__all__ = ["Application", "HttpConnection"]

MAX_EARLY_BYTES: Final = 64 * 1024
"""Bytes that a client may send between its handshake and the response to it."""

_KEEP_ALIVE: Final = {"TCP_KEEPIDLE": 60, "TCP_KEEPINTVL": 15, "TCP_KEEPCNT": 4}
"""Seconds of silence before the first probe, seconds between probes, and probes without a reply."""


class Application(Protocol):
    """The application that responds to the requests of every connection."""

    connections: "set[HttpConnection]"
    """Every connection that speaks HTTP."""

    occupancy: Occupancy
    """Count of all connections."""

    short_way: ShortWay | None
    """Faster way for requests that resemble earlier ones; `None` where there is no such way."""

    def refusal_of(self, peer: str) -> HttpResponse | None:
        """Return the response that refuses an address; `None` for an address that may connect."""

    def respond(
        self, request: HttpRequest
    ) -> HttpResponse | HttpStream | Coroutine[None, None, HttpResponse]:
        """Return the response, or a coroutine where the response needs waiting."""

    def open_socket(self, request: HttpRequest, http_connection: "HttpConnection") -> None:
        """Start a handshake, which ends in `refuse` or `hand_over`."""

    def run(self, work: Coroutine[None, None, None]) -> None:
        """Run a coroutine as a task."""


class HttpConnection(asyncio.Protocol):
    """Connection that reads requests and writes responses; asyncio calls its public methods."""

    def __init__(self, application: Application, timeouts: HttpTimeouts) -> None:
        self._application = application
        self._timeouts = timeouts
        self._reader: RequestReader
        self._requests: deque[HttpRequest] = deque()
        self._early = b""
        self._is_upgrading = False
        self._place = Place(application.occupancy)
        self._responses: ResponseWriter
        self.client_host = ""
        """Address of the client, as far as it is known."""
        self.transport: asyncio.Transport

    def refuse(self, response: HttpResponse, *, keeps_open: bool = False) -> None:
        """Respond to a handshake with something else than a WebSocket.

        Args:
            keeps_open: true if further requests may follow on the connection.
        """
        if self.transport.is_closing():
            return
        if keeps_open:
            self._responses.write(response, keep_alive=True)
            # Later, not at once: refused handshakes in a row would be calls within calls.
            self._loop.call_soon(self._start_over)
        else:
            self.transport.write(response.serialise(keep_alive=False))
            self.transport.close()

    def _start_over(self) -> None:
        """Continue after a refused handshake, with the bytes that came meanwhile."""
        self._is_upgrading = False
        # Behind a proxy, the next request may come from another client.
        self.client_host = self._peer
        # A parser that has seen an upgrade takes no further request.
        self._reader = RequestReader(self._peer)
        early, self._early = self._early, b""
        self._read_or_pause()
        if early:
            self.data_received(early)

    def hand_over(self) -> tuple[asyncio.Transport, bytes]:
        """Give the transport away, with the bytes that came after the handshake.

        From here on, the connection counts for its client; the caller has to count it out.
        """
        self._patience.cancel()
        self._application.connections.discard(self)
        self._place.leave()
        self._application.occupancy.enter(self.client_host)
        early, self._early = self._early, b""
        return self.transport, early

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # asyncio types the argument wider than what create_server passes; uvloop passes no
        # subclass of its class, so this cannot be asserted.
        transport = cast("asyncio.Transport", transport)
        self.transport = transport
        self._loop = asyncio.get_running_loop()
        self._patience = Patience(self._timeouts, is_working=self._is_working, end=transport.abort)
        self._responses = ResponseWriter(transport, self._patience)
        self._application.connections.add(self)
        peer = transport.get_extra_info("peername")
        self._peer = self.client_host = str(peer[0]) if peer else ""
        self._reader = RequestReader(self._peer)
        refusal = self._application.refusal_of(self.client_host)
        if refusal is not None:
            self.refuse(refusal)
            return
        self._place.take(self.client_host)
        _notice_dead_peer(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._patience.cancel()
        self._requests.clear()
        self._application.connections.discard(self)
        self._place.leave()

    def data_received(self, data: bytes) -> None:
        start = 0
        while start < len(data) and not self.transport.is_closing():
            start, end = self._take_short_way(start, data)
            if start == len(data):
                return
            if self._is_upgrading:
                self._keep_early(data[start:])
                return
            self._read(data[start:end], is_followed=end < len(data))
            start = end

    def _take_short_way(self, start: int, data: bytes) -> tuple[int, int]:
        """Respond to known requests, if there is a short way.

        Returns:
            start and end of the bytes that still have to be read.
        """
        short_way = self._application.short_way
        if short_way is None:
            return start, len(data)
        if self._is_between_requests():
            responses, start = short_way.responses(start, data, peer=self.client_host)
            if responses:
                self._responses.write_bytes(responses)
        return start, short_way.end_of_first(start, data)

    def _read(self, data: bytes, *, is_followed: bool) -> None:
        is_alone = not (self._reader.is_mid_request or self._requests)
        try:
            requests, rest = self._reader.feed(data)
        except BadRequestError as error:
            self._give_up(error.status, str(error))
            return
        self._requests.extend(requests)
        is_unfinished = self._reader.is_mid_request
        is_alone = is_alone and len(requests) == 1 and not is_unfinished
        self._patience.time_request(is_unfinished=is_unfinished, has_news=bool(requests))
        if requests and requests[-1].is_upgrade:
            self._is_upgrading = True
            self._keep_early(rest)
        self._serve(data if is_alone else b"", is_followed=is_followed)

    def pause_writing(self) -> None:
        """Stop reading from a client that does not read its responses."""
        self._responses.is_full = True
        self._read_or_pause()

    def resume_writing(self) -> None:
        self._responses.is_full = False
        self._serve()

    def _is_between_requests(self) -> bool:
        is_reading_one = self._requests or self._is_upgrading or self._reader.is_mid_request
        return self._responses.is_ready and not is_reading_one

    def _serve(self, received: bytes = b"", *, is_followed: bool = False) -> None:
        """Respond to the requests that wait.

        Args:
            received: bytes of the only request that waits, if it came in one piece.
            is_followed: true if more bytes came with it.
        """
        while self._requests and self._responses.is_ready:
            request = self._requests.popleft()
            if request.is_upgrade:
                self._application.open_socket(request, self)
                break
            try:
                response = self._application.respond(request)
            except Exception:  # noqa: BLE001 - an error in one request must not end the connection.
                response = _internal_error()
            if isinstance(response, HttpResponse):
                self._responses.write(response, keep_alive=request.keep_alive)
                short_way = self._application.short_way
                if received and response.status == HTTPStatus.OK and short_way is not None:
                    short_way.learn(request, received, is_followed=is_followed)
            elif isinstance(response, HttpStream):
                self._responses.is_busy = True
                self._application.run(self._responses.write_stream(response))
            else:
                self._responses.is_busy = True
                self._application.run(self._respond_later(response, request))
        self._read_or_pause()

    async def _respond_later(
        self, responding: Coroutine[None, None, HttpResponse], request: HttpRequest
    ) -> None:
        try:
            response = await responding
        except Exception:  # noqa: BLE001 - as above.
            response = _internal_error()
        self._responses.is_busy = False
        self._responses.write(response, keep_alive=request.keep_alive)
        self._serve()

    def _keep_early(self, data: bytes) -> None:
        self._early += data
        if len(self._early) > MAX_EARLY_BYTES:
            self.transport.pause_reading()

    def _read_or_pause(self) -> None:
        if self.transport.is_closing() or self._is_upgrading:
            return
        if self._responses.is_ready:
            self.transport.resume_reading()
        else:
            self.transport.pause_reading()

    def _is_working(self) -> bool:
        return self._responses.is_busy or self._is_upgrading

    def _give_up(self, status: int, reason: str) -> None:
        problems.info("A connection from %s was refused: %s.", self.client_host, reason)
        self.refuse(json_response(status, {"message": "Bad Request"}))


def _notice_dead_peer(transport: asyncio.Transport) -> None:
    """Let the system probe a silent client, and end the connection if there is no reply.

    A client that lost its network sends nothing. While backends post to it, the ten idle minutes
    never pass. Clients would see a WebSocket ping, and AWS sends none.
    """
    connection = transport.get_extra_info("socket")
    if connection is None or connection.family == socket.AF_UNIX:
        return
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in _KEEP_ALIVE.items():
        # macOS calls the first one differently, and has sensible defaults for the others.
        if hasattr(socket, name):
            connection.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


def _internal_error() -> HttpResponse:
    """Log an error of the gateway itself, and make the response to the request that met it."""
    problems.exception("An error in the gateway itself, while answering a request.")
    return json_response(
        500, {"message": "Internal server error"}, error_type="InternalServerErrorException"
    )
