"""Clients that send too much, and what it costs the others."""

import asyncio
import time
from contextlib import AsyncExitStack, suppress
from pathlib import Path

import pytest
import websockets

from django_aws_api_gateway_websockets.gateway.config import Config
from django_aws_api_gateway_websockets.gateway.connections.connection import CLOSE_TIMEOUT_SECONDS
from django_aws_api_gateway_websockets.gateway.server import running_gateway
from tests.experiment_sizes import sized
from tests.gateway.abuse.healthy import p99
from tests.gateway.aws import RoutePlan, deploy, deploy_plans
from tests.gateway.backend import Answer
from tests.gateway.clients import END, end_of
from tests.gateway.hand_moved_clocks import AheadClock
from tests.gateway.metrics import samples
from tests.gateway.processes import gateway_process
from tests.gateway.raw import BINARY, CLOSE, TEXT, frame_bytes, raw_socket
from tests.gateway.requests import get

pytestmark = pytest.mark.slow

DEADLINE = 60


async def numbers(process):
    return samples((await get(f"{process.url}/_gateway/metrics"))[1])


FLOOD_PER_SECOND = 10_000

FLOOD_SECONDS = 4

CUT_BEFORE_READING = (None, "")

MESSAGES_PER_SECOND = 50


async def flood(client):
    """Messages at a rate, come what may; how many were sent until the cut, and when it came."""
    sent, frames = 0, frame_bytes(TEXT, b"flood") * (FLOOD_PER_SECOND // 100)
    began = time.monotonic()
    with suppress(ConnectionError):
        while True:
            await client.send(frames)
            sent += FLOOD_PER_SECOND // 100
            await asyncio.sleep(max(0.0, began + sent / FLOOD_PER_SECOND - time.monotonic()))
    return sent, time.monotonic()


async def until_closed(client):
    """The close frame's code and reason, and when it came; it is not answered."""
    try:
        while (frame := await client.frame())[0] != 0x88:
            pass
    except (ConnectionError, asyncio.IncompleteReadError):
        # A cut connection loses all that it has not read yet.
        return *CUT_BEFORE_READING, time.monotonic()
    return int.from_bytes(frame[1][:2]), frame[1][2:].decode(), time.monotonic()


async def echoes(sockets, *, until):
    """Measure each echo, with one message of each socket under way at a time."""
    took = []

    async def go_on(socket_):
        while not until.done():
            started = time.monotonic()
            await socket_.send("hello")
            assert await asyncio.wait_for(socket_.recv(), DEADLINE) == "hello"
            took.append(time.monotonic() - started)
            # Within the limit, which is theirs as well.
            await asyncio.sleep(2 / MESSAGES_PER_SECOND)

    await asyncio.gather(*(go_on(socket_) for socket_ in sockets))
    return took


async def echo(sockets):
    """Measure the time until each has its echo."""
    started = time.monotonic()
    for socket_ in sockets:
        await socket_.send("hello")
    async with asyncio.timeout(DEADLINE):
        for socket_ in sockets:
            assert await socket_.recv() == "hello"
    return time.monotonic() - started


async def read_frames(client, count):
    for _ in range(count):
        await client.frame()


A_LOT = sized(100_000)

MOCK = {
    "IntegrationType": "MOCK",
    "RequestTemplates": {"200": '{"statusCode": 200}'},
    "TemplateSelectionExpression": "200",
}

MESSAGES_IN = "websocket_gateway_messages_received_total"


def threads_of(process):
    return len(list(Path(f"/proc/{process.process.pid}/task").iterdir()))


@pytest.mark.experiment("E37", "T23")
async def test_one_client_that_floods_has_no_more_than_its_share(backend, note_figures):
    under_way, most, loud_id = {}, {}, "?"

    async def work(request):
        who = request.values("connectionId")[0]
        under_way[who] = under_way.get(who, 0) + 1
        most[who] = max(most.get(who, 0), under_way[who])
        await asyncio.sleep(0.005)
        under_way[who] -= 1
        return Answer(body=request.body)

    with gateway_process("--quiet") as process:
        api = await deploy(process.url, backend.url, replies=("$default",))
        async with AsyncExitStack() as stack:
            loud = await stack.enter_async_context(raw_socket(api.url))
            (connect,) = await backend.wait_for("connect")
            loud_id = connect.values("connectionId")[0]
            others = [
                await stack.enter_async_context(websockets.connect(api.url)) for _ in range(10)
            ]
            backend.answer = work
            calm = [await echo(others) for _ in range(20)]
            flood = frame_bytes(TEXT, b"flood") * 10_000
            flooding = asyncio.create_task(loud.send(flood))
            reading = asyncio.create_task(read_frames(loud, 10_000))
            stormy, tasks = [], []
            while not reading.done() and len(stormy) < 60:
                stormy.append(await echo(others))
                tasks.append((await numbers(process))["websocket_gateway_tasks"])
            reading.cancel()
            flooding.cancel()

    note_figures(
        f"E37: at most {most[loud_id]} calls of the flooder at once, {max(tasks):.0f} tasks; the "
        f"others' slowest echo {max(calm) * 1000:.0f} ms calm, {max(stormy) * 1000:.0f} ms flooded"
    )
    assert most[loud_id] <= 16
    assert max(tasks) <= 16 + 10 + 2
    assert len(stormy) >= 10


@pytest.mark.experiment("E37")
async def test_a_flooder_is_limited_and_closed_while_the_others_are_served(backend, note_figures):
    """It goes on after its close frame, until it is cut: the worst one client can do."""

    async def work(request):
        await asyncio.sleep(0.005)
        return Answer(body=request.body)

    backend.answer = work
    with gateway_process("--quiet", "--messages-per-second", str(MESSAGES_PER_SECOND)) as process:
        api = await deploy(process.url, backend.url, replies=("$default",), parameters=END)
        async with AsyncExitStack() as stack:
            loud = await stack.enter_async_context(raw_socket(api.url))
            others = [
                await stack.enter_async_context(websockets.connect(api.url)) for _ in range(10)
            ]
            calm = await echoes(others, until=asyncio.create_task(asyncio.sleep(FLOOD_SECONDS)))
            began = time.monotonic()
            flooding = asyncio.create_task(flood(loud))
            reading = asyncio.create_task(until_closed(loud))
            stormy = await echoes(others, until=asyncio.create_task(asyncio.sleep(FLOOD_SECONDS)))
            code, reason, closed_at = await reading
            sent, cut_at = await flooding
            told = await end_of(backend)
            left = await numbers(process)

    calls = sum(request.body == b"flood" for request in backend.on("default"))
    note_figures(
        f"E37: {calls} of {sent} messages reached the backend, closed after "
        f"{closed_at - began:.2f} s, cut after {cut_at - began:.2f} s; the others' p99 "
        f"{p99(calm) * 1000:.0f} ms calm, {p99(stormy) * 1000:.0f} ms flooded, "
        f"x {p99(stormy) / p99(calm):.2f}"
    )
    assert (code, reason) in {(1008, "Too many messages"), CUT_BEFORE_READING}
    assert told == (1008, "Too many messages")
    assert calls <= MESSAGES_PER_SECOND * (5 + closed_at - began) + 1
    assert sent > 2 * calls
    assert cut_at > closed_at or code is None
    assert left["websocket_gateway_connections"] == len(others)
    # Nobody has to wait for the flood to end.
    assert len(stormy) >= 2 * len(others)


@pytest.mark.experiment("E37")
async def test_coming_back_again_and_again_buys_a_flooder_nothing(backend, note_figures):
    """Each of its connections would have five seconds' worth at once."""
    limit = ("--messages-per-second", str(MESSAGES_PER_SECOND))
    with gateway_process("--quiet", *limit) as process:
        api = await deploy(process.url, backend.url, "$default")
        burst = frame_bytes(TEXT, b"flood") * MESSAGES_PER_SECOND * 5
        visits, began = 0, time.monotonic()
        while time.monotonic() < began + FLOOD_SECONDS:
            async with raw_socket(api.url) as client:
                await client.send(burst + frame_bytes(CLOSE, b"\x03\xe8"))
                await client.wait_closed()
            visits += 1
        took = time.monotonic() - began
        while (await numbers(process))["websocket_gateway_tasks"]:
            await asyncio.sleep(0.05)

    calls = len(backend.on("default"))
    note_figures(f"E37: {visits} visits in {took:.1f} s, {calls} messages reached the backend")
    assert visits > 2
    assert calls <= MESSAGES_PER_SECOND * (5 + took) + 1


async def test_a_client_that_goes_on_after_its_close_frame_is_read_slowly(gateway, backend):
    api = await deploy(gateway.url, backend.url)
    async with raw_socket(api.url) as client:
        await client.send(frame_bytes(BINARY, b"") + frame_bytes(TEXT, b"late") * 2000)
        began = time.monotonic()
        await client.wait_closed()

    assert backend.on("default") == []
    assert 1 < time.monotonic() - began < CLOSE_TIMEOUT_SECONDS


async def test_messages_that_wait_for_their_backend_are_not_held_against_their_client(backend):
    config, clock = Config(port=0, messages_in_flight=1), AheadClock()
    may_answer = asyncio.Semaphore(0)

    async def wait(request):
        if request.route == "default":
            await may_answer.acquire()
        return Answer()

    backend.answer = wait
    async with running_gateway(config, clock) as gateway:
        api = await deploy(gateway.url, backend.url)
        async with raw_socket(api.url) as client:
            await client.send(frame_bytes(TEXT, b"x" * 1000) * 40)
            for count in range(1, 41):
                await backend.wait_for("default", count)
                # One message after the other takes as long as a client that dawdles may take.
                clock.ahead += config.message_seconds
                gateway.hub.sweep()
                assert len(gateway.hub) == 1
                may_answer.release()


@pytest.mark.experiment("T23")
async def test_the_messages_of_one_socket_need_no_more_threads_and_tasks(
    note_figures,
):
    with gateway_process("--quiet") as process:
        api = await deploy_plans(process.url, RoutePlan("$default", MOCK, replies=False))
        before = await numbers(process)
        threads, tasks = {threads_of(process)}, set()
        async with raw_socket(api.url) as client:
            sending = asyncio.create_task(client.send(frame_bytes(TEXT, b"hello") * A_LOT))
            while (now := await numbers(process))[MESSAGES_IN] < before[MESSAGES_IN] + A_LOT:
                threads.add(threads_of(process))
                tasks.add(now["websocket_gateway_tasks"])
            await sending

    note_figures(
        f"T23: {A_LOT} messages, at most {max(tasks):.0f} tasks, threads stay at {min(threads)}"
    )
    assert len(threads) == 1
    assert max(tasks) <= 16
