import asyncio
import json

import pytest
import websockets
from websockets.protocol import State

from django_aws_api_gateway_websockets.core.closures import FLOODED, GOING_AWAY
from django_aws_api_gateway_websockets.gateway.config import Config
from django_aws_api_gateway_websockets.gateway.connections.connected_client import ConnectedClient
from django_aws_api_gateway_websockets.gateway.connections.connection import Connection
from django_aws_api_gateway_websockets.gateway.connections.frames import Frames
from django_aws_api_gateway_websockets.gateway.events.flood_guard import FloodGuard
from django_aws_api_gateway_websockets.gateway.journal.entries import Journal
from django_aws_api_gateway_websockets.gateway.journal.instruments import Instruments
from django_aws_api_gateway_websockets.gateway.runtime.clock import Clock
from django_aws_api_gateway_websockets.gateway.runtime.ids import Ids
from django_aws_api_gateway_websockets.gateway.server import running_gateway
from tests.gateway.aws import deploy
from tests.gateway.backend import WAIT
from tests.gateway.clients import END, end_of
from tests.gateway.hand_moved_clocks import StandingClock
from tests.gateway.metrics import samples
from tests.gateway.raw import TEXT, frame_bytes, raw_socket
from tests.gateway.requests import get


class Heard:
    """A listener that remembers what it hears."""

    def __init__(self):
        self.events = []

    def message_received(self, connection, text):
        self.events.append(text)

    def message_sent(self, connections, payload):
        self.events.append(json.loads(payload)["message"])

    def connection_closed(self, connection, closure):
        self.events.append(closure)


def guarded(clock, **limit):
    """A guard, what is heard behind it, and what is written down."""
    heard, entries, journal = Heard(), [], Journal()
    journal.readers.append(entries.append)
    guard = FloodGuard(heard, instruments=Instruments(clock, Ids(), journal), **limit)
    return guard, heard.events, entries


def connection_of(guard, clock, connection_id="one", source_ip="127.0.0.1"):
    client = ConnectedClient(
        api_id="api",
        stage="test",
        domain_name="localhost",
        connection_id=connection_id,
        connected_at_ms=clock.now_ms(),
        source_ip=source_ip,
        user_agent=None,
    )
    return Connection(client, Frames(state=State.OPEN), guard, clock)


REFUSED = "Too Many Requests"


async def test_a_burst_passes_as_much_is_refused_and_then_the_connection_is_closed():
    clock = StandingClock()
    guard, heard, entries = guarded(clock, per_second=2, burst_seconds=1.5)
    connection = connection_of(guard, clock)

    for number in range(7):
        guard.message_received(connection, f"message {number}")

    passed = ["message 0", "message 1", "message 2"]
    assert heard == [*passed, REFUSED, REFUSED, REFUSED, FLOODED]
    assert connection.closure == FLOODED
    assert [(entry.status, entry.error, entry.byte_count) for entry in entries] == [
        (429, REFUSED, 9)
    ] * 4


async def test_a_flood_is_refused_to_the_end_and_answered_now_and_then():
    clock = StandingClock()
    guard, heard, entries = guarded(clock, per_second=100, burst_seconds=1)
    connection = connection_of(guard, clock)
    for _ in range(200):
        guard.message_received(connection, "hello")
    clock.moment += 0.5
    for _ in range(100):
        guard.message_received(connection, "hello")

    assert [entry.error for entry in entries] == [REFUSED] * 150
    assert heard == ["hello"] * 100 + [REFUSED] * 10 + ["hello"] * 50 + [REFUSED] * 5


async def test_a_client_that_slows_down_stays_and_is_heard_again():
    clock = StandingClock()
    guard, heard, _ = guarded(clock, per_second=2, burst_seconds=1)
    connection = connection_of(guard, clock)

    for _ in range(10):
        for _ in range(4):
            guard.message_received(connection, "hello")
        clock.moment += 1

    assert heard == ["hello", "hello", REFUSED, REFUSED] * 10
    assert connection.is_open


async def test_the_limit_is_each_connections_own():
    clock = StandingClock()
    guard, heard, _ = guarded(clock, per_second=1, burst_seconds=1)
    for name in ("one", "two", "three"):
        guard.message_received(connection_of(guard, clock, name), name)

    assert heard == ["one", "two", "three"]


async def test_a_connection_that_falls_silent_or_ends_costs_nothing_after_a_while():
    clock = Clock()
    guard, _, _ = guarded(clock, per_second=20, burst_seconds=0.1)
    silent, ended = connection_of(guard, clock, "silent"), connection_of(guard, clock, "ended")
    for connection in (silent, ended, silent):
        guard.message_received(connection, "hello")
    ended.close(GOING_AWAY)
    assert len(guard.allowances) == 2

    async with asyncio.timeout(WAIT):
        while len(guard.allowances):
            await asyncio.sleep(0.01)


async def test_a_client_that_comes_back_goes_on_where_it_was_and_is_told_before_it_is_closed():
    clock = StandingClock()
    guard, heard, _ = guarded(clock, per_second=4, burst_seconds=5)
    first = connection_of(guard, clock, "first")
    while first.is_open:
        guard.message_received(first, "hello")
    assert heard.count("hello") == 20
    heard.clear()

    clock.moment += 1
    second = connection_of(guard, clock, "second")
    while second.is_open:
        guard.message_received(second, "again")

    assert heard == ["again"] * 4 + [REFUSED] * 10 + [FLOODED]


async def test_a_spent_allowance_is_not_forgotten_before_it_is_saved_up_again():
    clock = StandingClock()
    guard, heard, _ = guarded(clock, per_second=20, burst_seconds=0.1)
    connection = connection_of(guard, clock)
    for _ in range(2):
        guard.message_received(connection, "hello")
    # Loop and clock part here: for the clock, no time has passed.
    await asyncio.sleep(0.12)
    guard.message_received(connection, "once more")

    assert heard == ["hello", "hello", REFUSED]


async def test_messages_over_the_limit_are_told_so_and_reach_nobody(backend):
    config = Config(port=0, messages_per_second=0.01)
    async with running_gateway(config) as gateway:
        api = await deploy(gateway.url, backend.url)
        async with websockets.connect(api.url) as socket, websockets.connect(api.url) as other:
            await socket.send("first")
            await backend.wait_for("default")
            await socket.send("second")
            frame = json.loads(await asyncio.wait_for(socket.recv(), WAIT))
            await other.send("from another connection")
            await backend.wait_for("default", 2)
        counted = samples((await get(f"{gateway.url}/_gateway/metrics"))[1])

    assert frame["message"] == REFUSED
    assert set(frame) == {"message", "connectionId", "requestId"}
    assert [request.body for request in backend.on("default")] == [
        b"first",
        b"from another connection",
    ]
    assert counted['websocket_gateway_messages_total{status="429"}'] == 1


@pytest.mark.fact("limit-of-a-connection")
async def test_a_client_that_goes_on_flooding_is_closed_and_the_backend_told_why(backend):
    config = Config(port=0, messages_per_second=0.4)
    async with running_gateway(config) as gateway:
        api = await deploy(gateway.url, backend.url, parameters=END)
        async with raw_socket(api.url) as client:
            await client.send(frame_bytes(TEXT, b"flood") * 1000)
            for _ in range(2):
                assert REFUSED.encode() in (await client.frame())[1]
            assert await client.close_frame() == (1008, "Too many messages")
            assert await end_of(backend) == (1008, "Too many messages")
        await backend.wait_for("default", 2)
        counted = samples((await get(f"{gateway.url}/_gateway/metrics"))[1])

    assert len(backend.on("default")) == 2
    assert counted['websocket_gateway_disconnects_total{code="1008"}'] == 1


@pytest.mark.fact("limit-of-a-connection")
async def test_a_gateway_that_is_told_nothing_refuses_nobody(gateway, backend):
    api = await deploy(gateway.url, backend.url)
    async with raw_socket(api.url) as client:
        await client.send(frame_bytes(TEXT, b"flood") * 300)
        await backend.wait_for("default", 300)
        assert len(gateway.hub) == 1
