"""The client's side, played against a server that is judged."""

import asyncio
import itertools
import json
import uuid
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from .exchanges import Deviation, Exchange, Verdict, compare, exchanges, filled

SECONDS = 10.0

Connect = Callable[[], Awaitable[ClientConnection]]

_ids = itertools.count(1)


async def judge_server(
    connect: Connect, names: Mapping[str, str], *, selection_key: str = "action"
) -> list[Verdict]:
    """Play each exchange on a connection of its own; return how they went.

    Args:
        connect: opens a connection, with a token of its own where the server wants one.
        names: `channel`, which the user may subscribe to; `publish` if clients may publish to it;
            of `forbidden`, `unknown`, `read_only` and `presence` the channels there are, of `echo`,
            `failing` and `unknown_action` the actions; `many` begins the names of 128 channels.
        selection_key: the member that names an action.
    """
    return [
        await _judged(exchange, connect, dict(names), selection_key)
        for exchange in exchanges("server")
    ]


async def _judged(
    exchange: Exchange, connect: Connect, names: dict[str, Any], selection_key: str
) -> Verdict:
    missing = tuple(need for need in exchange.needs if not names.get(need))
    if missing:
        return Verdict(exchange.name, None, missing)
    try:
        async with asyncio.timeout(SECONDS), await connect() as connection:
            await play(exchange, connection, names, selection_key)
    except Deviation as deviation:
        return Verdict(exchange.name, str(deviation))
    except TimeoutError:
        return Verdict(exchange.name, f"nothing that fits came within {SECONDS:g} seconds")
    except ConnectionClosed as closed:
        return Verdict(exchange.name, f"the server closed the connection: {closed}")
    return Verdict(exchange.name, "")


async def play(
    exchange: Exchange,
    connection: ClientConnection,
    names: dict[str, Any],
    selection_key: str = "action",
) -> None:
    """Send what the client sends in this exchange, and hold what comes beside the table.

    Raises:
        Deviation: the server says something else.
    """
    early: list[Any] = []
    for step in exchange.steps:
        if "client" in step:
            frame = step["client"]
            for name in ("id", "client"):
                names.setdefault(frame.get(name, "$")[1:], _fresh(name))
            frame = {
                selection_key if key == "action" else key: value for key, value in frame.items()
            }
            await connection.send(json.dumps(filled(frame, names)))
        elif "server" in step:
            await _receive(step["server"], connection, early, names, exchange.given)


def _fresh(name: str) -> str:
    return str(uuid.uuid4()) if name == "client" else str(next(_ids))


async def _receive(
    pattern: dict[str, Any],
    connection: ClientConnection,
    early: list[Any],
    names: dict[str, Any],
    given: dict[str, Any],
) -> None:
    """Wait for the frame; those of other kinds may come before it, as posts go side by side."""
    for index, frame in enumerate(early):
        if _is_meant(pattern, frame, names):
            compare(pattern, early.pop(index), names, given)
            return
    while True:
        frame = json.loads(await connection.recv())
        if _is_meant(pattern, frame, names):
            compare(pattern, frame, names, given)
            return
        early.append(frame)


def _is_meant(pattern: dict[str, Any], frame: Any, names: dict[str, Any]) -> bool:
    """Tell whether the step speaks of this frame: a reply by its id, others by their kind."""
    if not isinstance(frame, dict) or frame.get("ws") != pattern.get("ws"):
        return False
    marks = [key for key in ("id", "channel") if key in pattern]
    return all(frame.get(key) == filled(pattern[key], names) for key in marks)
