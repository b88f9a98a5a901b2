"""Clients that do not read; the last test is experiment E28 at the size that fits every push."""

import asyncio
import socket
import time
from contextlib import AsyncExitStack

import pytest

from django_aws_api_gateway_websockets.gateway.config import Config
from django_aws_api_gateway_websockets.gateway.connections.backlog import (
    MAX_BUFFERED_BYTES,
    Backlog,
)
from django_aws_api_gateway_websockets.gateway.server import running_gateway
from tests.gateway.abuse.healthy import listeners, p99
from tests.gateway.aws import deploy, management
from tests.gateway.backend import WAIT, Answer
from tests.gateway.clients import END, end_of
from tests.gateway.metrics import samples
from tests.gateway.processes import gateway_process
from tests.gateway.raw import RawClient
from tests.gateway.requests import get

BIG = b"x" * 100_000
SPACE_OF_THE_SYSTEM = 8 * 1024 * 1024
"""More than kernels keep for one loopback connection."""


class Waiting:
    """A connection as far as a backlog looks at it."""

    def __init__(self, buffered_bytes=0):
        self.buffered_bytes = buffered_bytes
        self.is_open = True


def test_a_client_is_full_when_the_next_message_would_go_over_a_megabyte():
    backlog = Backlog(lambda: 0.0, patience_seconds=30)

    assert backlog.has_room(Waiting(MAX_BUFFERED_BYTES - 10), 10)
    assert not backlog.has_room(Waiting(MAX_BUFFERED_BYTES - 10), 11)


def test_all_clients_together_have_a_bound_that_reading_frees():
    backlog = Backlog(lambda: 0.0, patience_seconds=30, max_total_bytes=1000)
    first, second = Waiting(600), Waiting(300)
    backlog.note_sent([first], 600)
    backlog.note_sent([second], 300)

    assert backlog.has_room(second, 100)
    assert not backlog.has_room(second, 101)
    first.buffered_bytes = 0
    assert backlog.has_room(second, 700)
    assert backlog.count() == 300


def test_a_client_that_stays_full_is_stuck_after_its_time_and_one_that_reads_is_not():
    now = 0.0
    backlog = Backlog(lambda: now, patience_seconds=30)
    stuck, reading, closed = (Waiting(MAX_BUFFERED_BYTES) for _ in range(3))
    for connection in (stuck, reading, closed):
        assert not backlog.has_room(connection, 1)
    reading.buffered_bytes = MAX_BUFFERED_BYTES // 2
    closed.is_open = False

    now = 29.9
    assert backlog.stuck() == []
    now = 30.0
    assert backlog.stuck() == [stuck]


async def stopped_reader(stack, url):
    """A client that opens a socket and then never reads again."""
    ours = socket.socket()
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    ours.setblocking(False)
    host, port = url.removeprefix("ws://").partition("/")[0].split(":")
    await asyncio.get_running_loop().sock_connect(ours, (host, int(port)))
    # A small limit makes the stream stop reading from the system as well.
    reader, writer = await asyncio.open_connection(sock=ours, limit=1024)
    stack.callback(writer.close)
    client = RawClient(reader, writer)
    assert (await client.handshake(url)).status == 101
    return client


def fill(client, connection_id):
    """Post until the gateway refuses; how many posts it took."""
    for count in range(SPACE_OF_THE_SYSTEM // len(BIG) * 2):
        try:
            client.post_to_connection(ConnectionId=connection_id, Data=BIG)
        except client.exceptions.LimitExceededException:
            return count
    raise AssertionError("the gateway took everything")


@pytest.mark.fact("stuck-client")
async def test_a_client_that_stays_full_is_closed_and_its_backend_told(backend):
    config = Config(port=0, slow_client_seconds=0.5)
    async with running_gateway(config) as gateway, AsyncExitStack() as stack:
        api = await deploy(gateway.url, backend.url, parameters=END)
        await stopped_reader(stack, api.url)
        (connect,) = await backend.wait_for("connect")
        await asyncio.to_thread(fill, api.management, connect.values("connectionId")[0])

        assert await end_of(backend) == (1008, "Too slow")
        assert len(gateway.hub) == 0


@pytest.mark.slow
async def test_answers_nobody_reads_gather_to_no_more_than_posts_do(backend):
    config = Config(port=0, slow_client_seconds=1.0)
    backend.answers("default", Answer(body=BIG))
    most = 0
    async with running_gateway(config) as gateway, AsyncExitStack() as stack:
        api = await deploy(gateway.url, backend.url, replies=("$default",), parameters=END)
        client = await stopped_reader(stack, api.url)
        await client.send(b"\x81\x81\0\0\0\0x" * 2000)

        async with asyncio.timeout(WAIT * 4):
            await backend.wait_for("default")
            while len(gateway.hub):
                most = max(most, gateway.hub.backlog.count())
                await asyncio.sleep(0.01)

        assert await end_of(backend) == (1008, "Too slow")
    # Messages that were with the backend when the client was found to be full come on top.
    assert (
        MAX_BUFFERED_BYTES < most < MAX_BUFFERED_BYTES + (config.messages_in_flight + 1) * len(BIG)
    )


@pytest.mark.slow
@pytest.mark.experiment("E28")
async def test_5_of_100_clients_that_stop_reading_cost_a_megabyte_each_and_nobody_else(
    backend, note_figures
):
    with gateway_process("--quiet") as process:
        api = await deploy(process.url, backend.url)
        async with AsyncExitStack() as stack:
            for _ in range(5):
                await stopped_reader(stack, api.url)
            stopped = [request.values("connectionId")[0] for request in backend.on("connect")]
            heard = await asyncio.to_thread(stack.enter_context, listeners(api.url, 95))
            ids = [request.values("connectionId")[0] for request in backend.on("connect")][5:]
            before = await numbers(process)
            client = management(api.management_url)
            calm = await asyncio.to_thread(times_under_way, client, ids, heard)
            refused_after = [await asyncio.to_thread(fill, client, one) for one in stopped]
            full = await numbers(process)
            stormy = await asyncio.to_thread(times_under_way, client, ids, heard)
            after = await numbers(process)

    grown = after["process_resident_memory_bytes"] - before["process_resident_memory_bytes"]
    note_figures(
        f"E28: refused after {refused_after} posts, grown by {grown / 2**20:.1f} MiB; p99 from "
        f"post to the healthy {p99(calm):.0f} ms calm, {p99(stormy):.0f} ms with 5 that do not read"
    )
    assert len(calm) == len(stormy) == 95 * 3
    # Nobody waits for those who do not read; how long the rest takes is the machine's affair.
    assert p99(stormy) <= max(p99(calm) * 5, 500)
    assert full["websocket_gateway_buffered_bytes"] <= 5 * MAX_BUFFERED_BYTES
    allowed = 5 * MAX_BUFFERED_BYTES + before["process_resident_memory_bytes"] * 0.1
    assert grown <= allowed


def times_under_way(client, ids, heard):
    """Return the milliseconds that each of three posts to everybody was under way."""
    took = []
    for _ in range(3):
        for connection_id in ids:
            sent_at = f"{time.time():020.6f}".encode()
            client.post_to_connection(ConnectionId=connection_id, Data=sent_at + BIG[20:])
        took += [float(heard.stdout.readline()) for _ in ids]
    return took


async def numbers(process):
    return samples((await get(f"{process.url}/_gateway/metrics"))[1])
