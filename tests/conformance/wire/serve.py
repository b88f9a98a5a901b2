"""The server's side, played against a client that is judged.

The client stands behind an adapter, a small program in the client's own language: it connects to
`/control`, does what it is told to there, and tells what the client tells its user. README.md has
the words of both.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from .exchanges import ANY, Deviation, Exchange, Verdict, compare, difference, exchanges, filled

SECONDS = 10.0
CONTROL = "/control"
CHANNEL = "room-7"
MAY_COME_BETWEEN = frozenset({"status", "subscribed", "message"})
NAMES = {
    "channel": CHANNEL,
    "forbidden": "secret",
    "unknown": "nowhere",
    "read_only": "news",
    "presence": CHANNEL,
    "echo": "echo",
    "failing": "fail",
    "unknown_action": "dance",
    "many": "room-10",
    "publish": "yes",
}


class Stage:
    """A place to play one exchange after another: the adapter, and the sockets of its client."""

    def __init__(self) -> None:
        self.url = ""
        self.adapter: asyncio.Future[ServerConnection] = asyncio.get_running_loop().create_future()
        self.sockets: asyncio.Queue[ServerConnection] = asyncio.Queue()
        self.told: asyncio.Queue[list[Any]] = asyncio.Queue()
        self.is_over = asyncio.Event()

    async def take(self, connection: ServerConnection) -> None:
        """Keep a connection until the end, as the adapter or as a socket of the client."""
        if connection.request is not None and connection.request.path == CONTROL:
            self.adapter.set_result(connection)
            with suppress(ConnectionClosed):
                async for text in connection:
                    self.told.put_nowait(json.loads(text))
        else:
            self.sockets.put_nowait(connection)
            await self.is_over.wait()

    async def do(self, *words: Any) -> None:
        """Have the client's user do something."""
        await (await self.adapter).send(json.dumps(words))


@asynccontextmanager
async def stage(port: int = 0) -> AsyncIterator[Stage]:
    """Open the server that adapters and clients connect to."""
    one = Stage()
    async with serve(one.take, "127.0.0.1", port, close_timeout=1) as server:
        bound = next(iter(server.sockets)).getsockname()[1]
        one.url = f"ws://127.0.0.1:{bound}"
        try:
            yield one
        finally:
            one.is_over.set()


async def judge_client(one: Stage) -> list[Verdict]:
    """Play each exchange with the client behind the adapter; return how they went."""
    await one.adapter
    verdicts = [await _judged(exchange, one) for exchange in exchanges("client")]
    await one.do("end")
    return verdicts


async def _judged(exchange: Exchange, one: Stage) -> Verdict:
    try:
        async with asyncio.timeout(SECONDS):
            await ServersSide(exchange, one).play()
    except Deviation as deviation:
        return Verdict(exchange.name, str(deviation))
    except TimeoutError:
        return Verdict(exchange.name, f"the client did not go on within {SECONDS:g} seconds")
    except ConnectionClosed as closed:
        return Verdict(exchange.name, f"the client closed the connection: {closed}")
    finally:
        await _end_client(one)
    return Verdict(exchange.name, "")


async def _end_client(one: Stage) -> None:
    """Close the client, and throw away what it has told of this exchange."""
    await one.do("close")
    async with asyncio.timeout(SECONDS):
        while await one.told.get() != ["closed"]:
            pass
    while not one.sockets.empty():
        one.sockets.get_nowait()


class ServersSide:
    """One exchange as the server has it."""

    def __init__(self, exchange: Exchange, one: Stage) -> None:
        self._exchange = exchange
        self._stage = one
        self._names: dict[str, Any] = {**NAMES, **exchange.given}
        self._socket: ServerConnection | None = None
        self._messages: list[Any] = []

    async def play(self) -> None:
        """Go through the steps."""
        for step in self._exchange.steps:
            [(kind, content)] = step.items()
            await getattr(self, f"_{kind}")(content)

    async def _do(self, words: list[Any]) -> None:
        verb, *rest = filled(words, self._names)
        if verb == "open":
            rest = [{"url": self._stage.url, **rest[0]}]
        await self._stage.do(verb, *rest)

    async def _client(self, pattern: dict[str, Any]) -> None:
        if self._socket is None:
            self._socket = await self._stage.sockets.get()
        if pattern.get("action") == "hello":
            # Each connection begins with one of its own.
            self._names.pop("hello", None)
        frame = json.loads(await self._socket.recv())
        compare(pattern, frame, self._names, self._exchange.given)

    async def _server(self, frame: dict[str, Any]) -> None:
        assert self._socket is not None
        await self._socket.send(json.dumps(filled(frame, self._names)))

    async def _close(self, code: int) -> None:
        assert self._socket is not None
        await self._socket.close(code)
        self._socket = None

    async def _told(self, pattern: list[Any]) -> None:
        """Wait until the client tells this; some things may come between, others may not."""
        wanted = filled(pattern, self._names | {"any": ANY})
        while True:
            told = await self._next_told()
            try:
                compare(wanted, told[: len(wanted)], self._names, self._exchange.given, "told")
            except Deviation:
                if told[0] not in MAY_COME_BETWEEN:
                    raise
            else:
                return

    async def _next_told(self) -> list[Any]:
        told = await self._stage.told.get()
        if told[0] == "message":
            self._messages.append(told[2])
        return told

    async def _heard(self, wanted: list[Any]) -> None:
        """Hold all messages the client has told so far beside the table."""
        while not self._stage.told.empty():
            await self._next_told()
        if problem := difference(wanted, self._messages):
            raise Deviation(problem)
