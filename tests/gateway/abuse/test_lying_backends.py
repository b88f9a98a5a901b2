"""Backends that return nonsense harm nobody but the message they respond to."""

import asyncio
import random

import pytest
import websockets

from tests.gateway.aws import deploy
from tests.gateway.backend import WAIT, Answer


@pytest.mark.slow
async def test_a_backend_that_talks_nonsense_harms_the_message_it_answers_and_no_other(
    gateway, backend
):
    """Each message gets the error frame; the socket stays open."""
    source = random.Random(8)

    async def nonsense(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        kind = source.randrange(4)
        if kind == 0:
            writer.write(source.randbytes(source.randrange(1, 2000)))
        elif kind == 1:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\nshort")
        elif kind == 2:
            writer.write(b"HTTP/1.1 999 \xff\r\nX\r\n: y\r\nContent-Length: -1\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(nonsense, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    api = await deploy(gateway.url, url, "$default", replies=("$default",), timeout_ms=2000)
    async with server, websockets.connect(api.url) as socket:
        for _ in range(100):
            await socket.send("hello")
            assert "Internal server error" in await asyncio.wait_for(socket.recv(), WAIT)
        await socket.ping()


@pytest.mark.fact("always-text")
@pytest.mark.parametrize("answer", [Answer(200, b"\xff\xfe"), Answer(200, b"x\x00y")])
async def test_an_answer_that_is_no_text_arrives_as_text(gateway, backend, answer):
    backend.answers("default", answer)
    api = await deploy(gateway.url, backend.url, "$default", replies=("$default",))
    async with websockets.connect(api.url) as socket:
        await socket.send("hello")

        assert await asyncio.wait_for(socket.recv(), WAIT) == answer.body.decode(errors="replace")
