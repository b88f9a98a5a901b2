import asyncio
from urllib.parse import urlsplit

import pytest
import websockets

from django_aws_api_gateway_websockets.gateway.config import Config
from django_aws_api_gateway_websockets.gateway.server import running_gateway
from tests.gateway.aws import deploy
from tests.gateway.backend import WAIT
from tests.gateway.clients import END, end_of
from tests.gateway.raw import BINARY, PING, TEXT, RawClient, frame_bytes, raw_socket

IDLE_MINUTE = 60 / 0.1
"""A clock on which the ten idle minutes take a real second."""


@pytest.fixture
async def fast_gateway(backend):
    async with running_gateway(Config(port=0, clock_speed=IDLE_MINUTE)) as gateway:
        yield gateway


@pytest.mark.fact("idle-timeout", "idle-precision", "no-pings-of-its-own")
async def test_a_silent_connection_is_closed_after_ten_minutes_of_the_clock(fast_gateway, backend):
    api = await deploy(fast_gateway.url, backend.url, parameters=END)
    loop = asyncio.get_running_loop()
    async with raw_socket(api.url) as client:
        started = loop.time()
        assert await client.close_frame() == (1001, "Going away")

    assert 0.9 < loop.time() - started < 2
    assert await end_of(backend) == (1001, "Going away")
    assert len(fast_gateway.hub) == 0


@pytest.mark.fact("pings-and-idle-time")
async def test_pings_do_not_keep_a_connection_alive_and_messages_do(fast_gateway, backend):
    api = await deploy(fast_gateway.url, backend.url)
    async with raw_socket(api.url) as pinging, websockets.connect(api.url) as talking:
        closed = asyncio.create_task(wait_for_close(pinging))
        while not closed.done():
            await pinging.send(frame_bytes(PING, b""))
            await talking.send("still here")
            await asyncio.wait({closed}, timeout=0.1)

        assert closed.result() == (1001, "Going away")
        await asyncio.wait_for(talking.ping(), WAIT)


async def wait_for_close(client):
    while True:
        first, payload = await client.frame()
        if first == 0x88:
            return int.from_bytes(payload[:2], "big"), payload[2:].decode()


@pytest.mark.fact("posts-reset-idle-time")
async def test_posts_keep_a_connection_alive(fast_gateway, backend):
    api = await deploy(fast_gateway.url, backend.url)
    async with websockets.connect(api.url) as socket:
        (connect,) = await backend.wait_for("connect")
        management = api.management
        for _ in range(15):
            await asyncio.to_thread(
                management.post_to_connection,
                ConnectionId=connect.values("connectionId")[0],
                Data=b"x",
            )
            await asyncio.wait_for(socket.recv(), WAIT)
            await asyncio.sleep(0.1)


@pytest.mark.fact("connection-lifetime", "lifetime-close-frame")
async def test_a_busy_connection_is_closed_after_two_hours_of_the_clock(backend):
    async with running_gateway(Config(port=0, clock_speed=7200)) as gateway:
        api = await deploy(gateway.url, backend.url, parameters=END)
        async with raw_socket(api.url) as client:
            closed = asyncio.create_task(client.close_frame())
            while not closed.done():
                await client.send(frame_bytes(TEXT, b"busy"))
                await asyncio.wait({closed}, timeout=0.02)

        assert closed.result() == (1001, "Going away")
        assert await end_of(backend) == (1001, "Going away")


async def test_the_connections_of_a_deleted_api_are_closed(fast_gateway, backend):
    api = await deploy(fast_gateway.url, backend.url)
    async with raw_socket(api.url) as client:
        await asyncio.to_thread(api.client.delete_api, ApiId=api.api_id)

        assert await client.close_frame() == (1001, "Going away")
    assert backend.on("disconnect") == []


async def test_stopping_leaves_no_connection_to_a_client_that_does_not_finish_closing(backend):
    async with running_gateway(Config(port=0, drain_seconds=0)) as gateway:
        api = await deploy(gateway.url, backend.url)
        client = await open_socket(api.url)
        await client.send(frame_bytes(BINARY, b""))
        assert (await client.close_frame())[0] == 1003
        assert len(gateway.hub) == 0

    # The gateway has five seconds for the client's close frame, and ends before.
    await client.wait_closed_within(2)
    client.writer.close()


async def open_socket(url):
    """A client that outlives its gateway."""
    split = urlsplit(url)
    client = RawClient(*await asyncio.open_connection(split.hostname, split.port))
    assert (await client.handshake(url)).status == 101
    return client
