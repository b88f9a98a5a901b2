"""A small HTTP server on a real socket that checks every signature and answers as it is told."""

import asyncio
import socket
import ssl
import struct
import threading
from collections import Counter, defaultdict, deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from unittest.mock import patch
from urllib.parse import unquote, urlsplit

import botocore.auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotocoreCredentials
from httptools import HttpRequestParser

from django_aws_api_gateway_websockets.core.sigv4.check import SignedRequest, verify
from django_aws_api_gateway_websockets.core.sigv4.sign import Credentials

KEYS = Credentials("AKIDEXAMPLE", "a-secret-for-tests")
REGION = "eu-west-1"


@dataclass(frozen=True)
class Reply:
    """A response, and the treatment of the connection that goes with it."""

    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    chunked: bool = False
    without_length: bool = False
    announce_close: bool = False
    drop_after: bool = False
    """Close without having announced it, as servers do with connections they find idle."""
    reset_after: bool = False
    """Reset the connection instead of closing it."""
    cut_at: int | None = None
    """Send this many bytes of the answer, then reset the connection."""
    never: bool = False
    """Do not answer at all."""
    raw: bytes | None = None
    """Send this instead of a response."""

    def encode(self) -> bytes:
        if self.raw is not None:
            return self.raw
        headers = [("x-amzn-RequestId", "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"), *self.headers]
        body = self.body
        if self.chunked:
            headers.append(("Transfer-Encoding", "chunked"))
            half = len(body) // 2
            pieces = [piece for piece in (body[:half], body[half:], b"") if piece or piece == b""]
            body = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
        elif not self.without_length and self.status != 204:
            headers.append(("Content-Length", str(len(body))))
        if self.announce_close:
            headers.append(("Connection", "close"))
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers)
        return f"HTTP/1.1 {self.status} Whatever\r\n{lines}\r\n".encode() + body


GONE = Reply(410, (("x-amzn-ErrorType", "GoneException"),))
TOO_LARGE = Reply(413)
THROTTLED = Reply(429, (("x-amzn-ErrorType", "LimitExceededException"),))
BROKEN = Reply(500, (), b'{"message": "Internal server error"}')


@dataclass(frozen=True)
class Arrived:
    """One request as it came, its signature checked."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    peer: int
    access_key: str

    @property
    def connection_id(self) -> str:
        return unquote(self.target.rpartition("/")[2])

    def header(self, name: str) -> str | None:
        return dict(self.headers).get(name)


class RecordingServer:
    """Runs in a thread of its own; `replies` holds what each connection id gets, in order."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self.secrets = {KEYS.access_key: KEYS.secret_key}
        self.default = Reply()
        self.replies: defaultdict[str, deque[Reply]] = defaultdict(deque)
        self.arrived: list[Arrived] = []
        self.faults: list[BaseException] = []
        self.peers = 0
        self.most_at_once = 0
        """Most requests that came over a connection in one piece."""
        self.open_peers: set[_Peer] = set()
        self._context = context
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._started = threading.Event()

    def __enter__(self) -> "RecordingServer":
        self._thread.start()
        assert self._started.wait(10)
        return self

    def __exit__(self, *_exception: object) -> None:
        self._loop.call_soon_threadsafe(self._done.set)
        self._thread.join(10)
        assert not self._thread.is_alive()
        assert not self.faults, self.faults

    @property
    def url(self) -> str:
        return f"{'https' if self._context else 'http'}://localhost:{self.port}/prod"

    def will_answer(self, connection_id: str, *replies: Reply) -> None:
        self.replies[connection_id].extend(replies)

    @property
    def ids(self) -> Counter[str]:
        """Count the requests for each connection id."""
        return Counter(request.connection_id for request in self.arrived)

    def close_peers(self) -> None:
        """Close every connection that is open now."""

        async def close() -> None:
            for peer in tuple(self.open_peers):
                peer.transport.close()
            while self.open_peers:
                await asyncio.sleep(0)

        asyncio.run_coroutine_threadsafe(close(), self._loop).result(10)

    def answer(self, request: Arrived) -> Reply:
        waiting = self.replies[request.connection_id]
        return waiting.popleft() if waiting else self.default

    def _run(self) -> None:
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self) -> None:
        self._done = asyncio.Event()
        listener = await self._loop.create_server(
            lambda: _Peer(self), "127.0.0.1", 0, ssl=self._context, backlog=1024
        )
        self.port = listener.sockets[0].getsockname()[1]
        self._started.set()
        await self._done.wait()
        # Connections being accepted are tasks, become peers when those are done, and would be
        # lost to a listener that is closed already.
        while self.open_peers or len(asyncio.all_tasks()) > 1:
            for peer in tuple(self.open_peers):
                peer.transport.abort()
            await asyncio.sleep(0)
        listener.close()
        # A TLS handshake that failed closes its socket a turn or two after its task is over.
        for _ in range(4):
            await asyncio.sleep(0)


class _Peer(asyncio.Protocol):
    def __init__(self, server: RecordingServer) -> None:
        self._server = server
        self._parser = HttpRequestParser(self)
        self._count = 0
        self._forget()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self._server.peers += 1
        self._number = self._server.peers
        self._server.open_peers.add(self)

    def connection_lost(self, _error: Exception | None) -> None:
        self._server.open_peers.discard(self)

    def data_received(self, data: bytes) -> None:
        before = self._count
        try:
            self._parser.feed_data(data)
        except Exception as error:  # noqa: BLE001 - whatever it is, the test must see it.
            self._server.faults.append(error.__context__ or error)
            self.transport.abort()
        self._server.most_at_once = max(self._server.most_at_once, self._count - before)

    def on_url(self, url: bytes) -> None:
        self._target += url.decode("latin-1")

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers.append((name.decode("latin-1").lower(), value.decode("latin-1")))

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        method = self._parser.get_method().decode()
        parts = urlsplit(self._target)
        request = SignedRequest(method, parts.path, parts.query, tuple(self._headers), self._body)
        signed = verify(request, secret_of=self._server.secrets.get, moment=datetime.now(UTC))
        arrived = Arrived(
            method, self._target, request.headers, self._body, self._number, signed.access_key
        )
        self._forget()
        self._server.arrived.append(arrived)
        self._count += 1
        self._send(self._server.answer(arrived))

    def _send(self, reply: Reply) -> None:
        if reply.never:
            return
        data = reply.encode()
        if reply.cut_at is not None:
            self.transport.write(data[: reply.cut_at])
            self.transport.close()
            return
        self.transport.write(data)
        if reply.reset_after:
            connection = self.transport.get_extra_info("socket")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.transport.abort()
        elif reply.announce_close or reply.drop_after or reply.without_length:
            self.transport.close()

    def _forget(self) -> None:
        self._target = ""
        self._headers: list[tuple[str, str]] = []
        self._body = b""


def signed_by_botocore(
    request: Arrived, *, host: str, scheme: str = "http", secret: str = KEYS.secret_key
) -> str:
    """The Authorization header botocore gives the same request at the same moment."""
    moment = datetime.strptime(request.header("x-amz-date") or "", "%Y%m%dT%H%M%SZ").replace(
        tzinfo=UTC
    )
    again = AWSRequest(request.method, f"{scheme}://{host}{request.target}", data=request.body)
    keys = Credentials(request.access_key, secret, request.header("x-amz-security-token"))
    # botocore reads the clock itself; that is all that is replaced.
    with patch.object(botocore.auth, "get_current_datetime", lambda: moment):
        botocore.auth.SigV4Auth(
            BotocoreCredentials(keys.access_key, keys.secret_key, keys.session_token),
            "execute-api",
            REGION,
        ).add_auth(again)
    return str(again.headers["Authorization"])


@contextmanager
def recorded_posts(settings: Any) -> Iterator[RecordingServer]:
    """Let Django send to such a server, in API Gateway's place."""
    settings.AWS_GATEWAY_REGION_NAME = "eu-west-1"
    settings.AWS_ACCESS_KEY_ID = KEYS.access_key
    settings.AWS_SECRET_ACCESS_KEY = KEYS.secret_key
    with RecordingServer() as running:
        settings.WEBSOCKETS = {"management_endpoint_url": f"{running.url}/prod"}
        yield running
