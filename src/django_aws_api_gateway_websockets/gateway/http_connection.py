"""One TCP connection as long as it speaks HTTP.

Requests are answered one after the other. A WebSocket handshake ends this object's part: the
session takes the transport over.
"""

import asyncio
from collections import deque
from collections.abc import Coroutine
from typing import Final, Protocol

from .access_log import problems
from .config import Config
from .http_messages import HttpRequest, HttpResponse, json_response
from .request_reader import BadRequestError, RequestReader

__all__ = ["Application", "HttpConnection"]

MAX_EARLY_BYTES: Final = 64 * 1024
"""What a client may send between its handshake and the answer to it."""


class Application(Protocol):
    """What answers the requests of every connection."""

    connections: "set[HttpConnection]"
    """Every connection that speaks HTTP."""

    def answer(self, request: HttpRequest) -> HttpResponse | Coroutine[None, None, HttpResponse]:
        """The answer, at once where no waiting is needed."""

    def open_socket(self, request: HttpRequest, connection: "HttpConnection") -> None:
        """Start on a handshake, which ends in `refuse` or `hand_over`."""

    def run(self, work: Coroutine[None, None, None]) -> None:
        """Own a task."""


class HttpConnection(asyncio.Protocol):
    """Reads requests from a connection and writes the answers."""

    def __init__(self, application: Application, config: Config) -> None:
        self._application = application
        self._config = config
        self._reader = RequestReader()
        self._requests: deque[HttpRequest] = deque()
        self._early = b""
        self._is_upgrading = False
        self._is_busy = False
        self._is_outbox_full = False
        self.transport: asyncio.Transport

    @property
    def peer_host(self) -> str:
        """Address of the client."""
        peer = self.transport.get_extra_info("peername")
        return str(peer[0]) if peer else ""

    def refuse(self, response: HttpResponse) -> None:
        """Answer a handshake with something else than a WebSocket, and close."""
        if not self.transport.is_closing():
            self.transport.write(response.serialise(keep_alive=False))
            self.transport.close()

    def hand_over(self) -> tuple[asyncio.Transport, bytes]:
        """Give the transport away, with the bytes that came after the handshake."""
        self._timer.cancel()
        self._application.connections.discard(self)
        early, self._early = self._early, b""
        return self.transport, early

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Part of the transport's interface."""
        # asyncio types the argument wider than what create_server passes.
        assert isinstance(transport, asyncio.Transport)  # noqa: S101
        self.transport = transport
        self._loop = asyncio.get_running_loop()
        self._idle_since = self._loop.time()
        self._patience = self._config.request_timeout_seconds
        self._timer = self._loop.call_later(self._patience, self._check_patience)
        self._application.connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Part of the transport's interface."""
        self._timer.cancel()
        self._requests.clear()
        self._application.connections.discard(self)

    def data_received(self, data: bytes) -> None:
        """Part of the transport's interface."""
        if self._is_upgrading:
            self._keep_early(data)
            return
        try:
            requests, rest = self._reader.feed(data)
        except BadRequestError as error:
            self._give_up(error.status, str(error))
            return
        self._requests.extend(requests)
        if requests and requests[-1].is_upgrade:
            self._is_upgrading = True
            self._keep_early(rest)
        self._serve()

    def pause_writing(self) -> None:
        """Part of the transport's interface: a client that reads no answers gets no more."""
        self._is_outbox_full = True
        self._read_or_pause()

    def resume_writing(self) -> None:
        """Part of the transport's interface."""
        self._is_outbox_full = False
        self._serve()

    def _serve(self) -> None:
        while self._requests and not self._is_busy and not self._is_outbox_full:
            request = self._requests.popleft()
            if request.is_upgrade:
                self._application.open_socket(request, self)
                break
            try:
                answer = self._application.answer(request)
            except Exception:  # noqa: BLE001 - one request must not take the connection with it.
                answer = _internal_error()
            if isinstance(answer, HttpResponse):
                self._write(answer, request)
            else:
                self._is_busy = True
                self._application.run(self._answer_later(answer, request))
        self._read_or_pause()

    async def _answer_later(
        self, answer: Coroutine[None, None, HttpResponse], request: HttpRequest
    ) -> None:
        try:
            response = await answer
        except Exception:  # noqa: BLE001 - as above.
            response = _internal_error()
        self._is_busy = False
        self._write(response, request)
        self._serve()

    def _write(self, response: HttpResponse, request: HttpRequest) -> None:
        if self.transport.is_closing():
            return
        self.transport.write(response.serialise(keep_alive=request.keep_alive))
        self._idle_since = self._loop.time()
        self._patience = self._config.keep_alive_seconds
        if not request.keep_alive:
            self._requests.clear()
            self.transport.close()

    def _keep_early(self, data: bytes) -> None:
        self._early += data
        if len(self._early) > MAX_EARLY_BYTES:
            self.transport.pause_reading()

    def _read_or_pause(self) -> None:
        if self.transport.is_closing() or self._is_upgrading:
            return
        if self._is_busy or self._is_outbox_full:
            self.transport.pause_reading()
        else:
            self.transport.resume_reading()

    def _check_patience(self) -> None:
        """Close a connection that has not sent a whole request in time.

        One timer, moved on only when it fires: setting it anew for each request would cost more
        than answering one.
        """
        left = self._idle_since + self._patience - self._loop.time()
        if self._is_busy or self._is_upgrading:
            left = max(left, 1.0)
        if left > 0:
            self._timer = self._loop.call_later(left, self._check_patience)
        else:
            self.transport.abort()

    def _give_up(self, status: int, reason: str) -> None:
        problems.info("A connection from %s was refused: %s.", self.peer_host, reason)
        self.refuse(json_response(status, {"message": "Bad Request"}))


def _internal_error() -> HttpResponse:
    """The answer to a request that met an error of ours, which goes to the log."""
    problems.exception("An error in the gateway itself, while answering a request.")
    return json_response(
        500, {"message": "Internal server error"}, error_type="InternalServerErrorException"
    )
