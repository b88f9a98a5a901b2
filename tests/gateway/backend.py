"""A real HTTP server that records what it is sent and answers what a test says."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

WAIT = 30.0
"""Seconds after which a test that waits has failed."""


@dataclass(frozen=True)
class Received:
    """A request as the backend got it."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    raw_head: bytes
    certificate: bytes | None = None
    """The client's certificate in DER, over TLS."""

    def values(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name.lower()]

    @property
    def route(self) -> str:
        """Last segment of the path: tests give every route a URL of its own."""
        return self.target.partition("?")[0].rpartition("/")[2]


@dataclass(frozen=True)
class Answer:
    status: int = 200
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    closes: bool = False


@dataclass
class Backend:
    """A server in Django's place: its requests so far, and its way to answer."""

    url: str
    answer: Callable[[Received], Awaitable[Answer]] | None = None
    received: list[Received] = field(default_factory=list)
    connections: int = 0
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)

    def answers(self, route: str, answer: Answer) -> None:
        """Answer this way on one route and `200` on the others."""

        async def choose(request: Received) -> Answer:
            return answer if request.route == route else Answer()

        self.answer = choose

    async def wait_for(self, route: str, count: int = 1) -> list[Received]:
        """The requests on a route, once there are that many."""
        async with asyncio.timeout(WAIT), self._news:
            await self._news.wait_for(lambda: len(self.on(route)) >= count)
        return self.on(route)

    def on(self, route: str) -> list[Received]:
        return [request for request in self.received if request.route == route]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while await self._exchange(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = await reader.readuntil(b"\r\n\r\n")
        request = await _parse(head, reader, writer.get_extra_info("ssl_object"))
        async with self._news:
            self.received.append(request)
            self._news.notify_all()
        answer = Answer() if self.answer is None else await self.answer(request)
        lines = [f"HTTP/1.1 {answer.status} Text", f"Content-Length: {len(answer.body)}"]
        lines += [f"{name}: {value}" for name, value in answer.headers]
        writer.write("\r\n".join([*lines, "\r\n"]).encode() + answer.body)
        await writer.drain()
        return not answer.closes


async def _parse(head: bytes, reader: asyncio.StreamReader, tls: ssl.SSLObject | None) -> Received:
    first, *lines = head.decode("latin-1").rstrip("\r\n").split("\r\n")
    method, target, _ = first.split(" ")
    headers = tuple(tuple(line.split(": ", 1)) for line in lines)
    length = int(next(value for name, value in headers if name.lower() == "content-length"))
    body = await reader.readexactly(length)
    certificate = None if tls is None else tls.getpeercert(binary_form=True)
    return Received(method, target, headers, body, head, certificate)


@asynccontextmanager
async def running_backend(tls: ssl.SSLContext | None = None) -> AsyncIterator[Backend]:
    backend: Backend
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            await backend.serve(reader, writer)
        finally:
            tasks.discard(task)

    server = await asyncio.start_server(serve, "127.0.0.1", 0, backlog=1024, ssl=tls)
    scheme = "http" if tls is None else "https"
    backend = Backend(f"{scheme}://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    try:
        yield backend
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
