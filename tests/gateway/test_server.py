import asyncio
from contextlib import AsyncExitStack

import pytest
import websockets

from django_aws_api_gateway_websockets.gateway.config import Config
from django_aws_api_gateway_websockets.gateway.server import running_gateway
from tests.gateway.aws import deploy
from tests.gateway.backend import WAIT, Answer
from tests.gateway.raw import RawClient, handshake_bytes, raw_client


async def test_an_echo_travels_through_gateway_and_backend(gateway, backend):
    async def echo(request):
        return Answer(body=request.body)

    backend.answer = echo
    api = await deploy(gateway.url, backend.url, replies=("$default",))

    async with websockets.connect(api.url) as socket:
        await socket.send("hello")
        assert await socket.recv() == "hello"
    await backend.wait_for("disconnect")
    assert [request.route for request in backend.received] == ["connect", "default", "disconnect"]


async def test_a_client_let_in_while_the_gateway_stops_is_closed_and_reported(backend):
    may_answer = asyncio.Event()

    async def slow(request):
        if request.route == "connect":
            await may_answer.wait()
        return Answer()

    backend.answer = slow
    async with AsyncExitStack() as stack:
        gateway = await stack.enter_async_context(running_gateway(Config(port=0)))
        api = await deploy(gateway.url, backend.url)
        client = await stack.enter_async_context(raw_client(api.url))
        other = await asyncio.open_connection(*client.writer.get_extra_info("peername"))
        await client.send(handshake_bytes(api.url))
        await backend.wait_for("connect")
        stopping = asyncio.create_task(gateway.stop())
        await asyncio.sleep(0)
        late = RawClient(*other)
        assert (await late.handshake(api.url)).status == 503
        may_answer.set()
        assert (await client.response()).status == 101
        assert await client.close_frame() == (1001, "Going away")
        late.writer.close()
        await stopping

    assert len(backend.on("disconnect")) == 1


@pytest.mark.slow
async def test_a_hundred_clients_are_told_apart(gateway, backend):
    async def echo(request):
        return Answer(body=request.values("connectionId")[0].encode())

    backend.answer = echo
    api = await deploy(gateway.url, backend.url, replies=("$default",))
    async with AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(websockets.connect(api.url)) for _ in range(100)]
        for client in clients:
            await client.send("who am I?")
        async with asyncio.timeout(WAIT):
            ids = [await client.recv() for client in clients]

    assert len(set(ids)) == 100
    assert set(ids) == {request.values("connectionId")[0] for request in backend.on("connect")}
