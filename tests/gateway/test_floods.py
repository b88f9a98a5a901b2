"""Clients that are slow, many, loud or oversized on purpose.

Experiments E31, E36 and E37 at the size that fits every push; the nightly sizes are ten to twenty
times as large.
"""

import asyncio
import socket
import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, suppress
from urllib.parse import urlsplit

import pytest
import websockets

from django_aws_api_gateway_websockets.gateway.config import Config
from django_aws_api_gateway_websockets.gateway.server import running_gateway
from tests.gateway.aws import deploy
from tests.gateway.backend import WAIT, Answer
from tests.gateway.processes import gateway_process
from tests.gateway.raw import (
    CLOSE,
    CONTINUATION,
    PING,
    TEXT,
    frame_bytes,
    handshake_bytes,
    raw_client,
    raw_socket,
)
from tests.gateway.test_metrics import get, samples
from tests.gateway.test_session import END, end_of

HALF_HANDSHAKES = 200
HEALTHY = 100
DEADLINE = 60


async def numbers(process):
    return samples((await get(f"{process.url}/_gateway/metrics"))[1])


async def dribble(client, data):
    """A byte a second until the gateway has enough; how long that took."""
    started = time.monotonic()
    closed = asyncio.create_task(client.wait_closed_within(DEADLINE))
    for position in range(len(data)):
        if (await asyncio.wait({closed}, timeout=1))[0]:
            break
        client.writer.write(data[position : position + 1])
    await closed
    return time.monotonic() - started


async def test_200_half_handshakes_are_cut_while_healthy_clients_connect(backend):
    with gateway_process("--quiet") as process:
        api = await deploy(process.url, backend.url)
        async with AsyncExitStack() as stack:
            slow = [
                await stack.enter_async_context(raw_client(api.url)) for _ in range(HALF_HANDSHAKES)
            ]
            head = handshake_bytes(api.url)
            dribbling = [asyncio.create_task(dribble(client, head)) for client in slow]
            took = []
            for _ in range(HEALTHY):
                started = time.monotonic()
                await stack.enter_async_context(websockets.connect(api.url))
                took.append(time.monotonic() - started)
            cut_after = await asyncio.gather(*dribbling)
            left = await numbers(process)

    print(
        f"E36: cut after {min(cut_after):.1f} to {max(cut_after):.1f} s; healthy clients connected "
        f"in {sorted(took)[HEALTHY * 99 // 100 - 1] * 1000:.0f} ms (p99)"
    )
    assert min(cut_after) > 5
    assert left["websocket_gateway_connections"] == HEALTHY
    assert left["websocket_gateway_http_connections"] <= 5


async def test_a_second_request_may_take_no_longer_than_the_first(backend):
    config = Config(port=0, request_timeout_seconds=0.3, keep_alive_seconds=60)
    async with running_gateway(config) as gateway, raw_client(gateway.url) as client:
        await client.send(b"GET /_gateway/health HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert (await client.response()).status == 200
        await client.send(b"GET /_gateway/health HT")
        await client.wait_closed()


@pytest.mark.parametrize(
    "beginning",
    [
        frame_bytes(TEXT, b"x" * 100)[:50],
        frame_bytes(TEXT, b"x")[:1],
        frame_bytes(TEXT, b"x", fin=False),
        frame_bytes(TEXT, b"whole") + frame_bytes(TEXT, b"x", fin=False),
    ],
)
async def test_a_message_that_is_not_finished_in_time_ends_its_connection(backend, beginning):
    config = Config(port=0, message_seconds=0.3)
    async with running_gateway(config) as gateway:
        api = await deploy(gateway.url, backend.url, parameters=END)
        async with raw_socket(api.url) as slow, websockets.connect(api.url) as idle:
            await slow.send(beginning)
            sending = asyncio.create_task(keep_on(slow))
            assert await slow.close_frame() == (1008, "Too slow")
            sending.cancel()
            assert await end_of(backend) == (1008, "Too slow")
            await asyncio.wait_for(await idle.ping(), WAIT)


async def keep_on(client):
    """Pings and empty pieces are no progress."""
    while True:
        await asyncio.sleep(0.05)
        if client.writer.is_closing():
            return


async def test_pieces_and_pings_do_not_buy_a_message_more_time(backend):
    config = Config(port=0, message_seconds=0.5)
    async with running_gateway(config) as gateway:
        api = await deploy(gateway.url, backend.url)
        async with raw_socket(api.url) as client:
            await client.send(frame_bytes(TEXT, b"x", fin=False))

            async def go_on():
                while True:
                    await client.send(frame_bytes(CONTINUATION, b"x", fin=False))
                    await client.send(frame_bytes(PING, b""))
                    await asyncio.sleep(0.05)

            going_on = asyncio.create_task(go_on())
            async with asyncio.timeout(WAIT):
                while (frame := await client.frame())[0] != 0x88:
                    pass
            going_on.cancel()

    assert frame[1] == b"\x03\xf0Too slow"


async def test_one_client_that_floods_has_no_more_than_its_share(backend):
    """E37 and T23: what belongs to the gateway of them."""
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

    print(
        f"E37: at most {most[loud_id]} calls of the flooder at once, {max(tasks):.0f} tasks; the "
        f"others' slowest echo {max(calm) * 1000:.0f} ms calm, {max(stormy) * 1000:.0f} ms flooded"
    )
    assert most[loud_id] <= 16
    assert max(tasks) <= 16 + 10 + 2
    assert len(stormy) >= 10


FLOOD_PER_SECOND = 10_000
FLOOD_SECONDS = 4
CUT_BEFORE_READING = (None, "")
MESSAGES_PER_SECOND = 50


async def test_a_flooder_is_limited_and_closed_while_the_others_are_served(backend):
    """E37. It goes on after its close frame, until it is cut: the worst one client can do."""

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
            told = await end_of(backend)
            left = await numbers(process)

    sent, cut_at = flooding.result()
    calls = sum(request.body == b"flood" for request in backend.on("default"))
    print(
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
    # No measurement: it only says that nobody has to wait for the flood to end.
    assert p99(stormy) < 1


async def test_coming_back_again_and_again_buys_a_flooder_nothing(backend):
    """E37. Each of its connections would have five seconds' worth at once."""
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
    print(f"E37: {visits} visits in {took:.1f} s, {calls} messages reached the backend")
    assert visits > 2
    assert calls <= MESSAGES_PER_SECOND * (5 + took) + 1


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
        # What a cut connection has not read yet is lost to it.
        return *CUT_BEFORE_READING, time.monotonic()
    return int.from_bytes(frame[1][:2]), frame[1][2:].decode(), time.monotonic()


async def echoes(sockets, *, until):
    """How long each echo took, with one message of each socket under way at a time."""
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


def p99(seconds):
    return sorted(seconds)[len(seconds) * 99 // 100 - 1]


async def echo(sockets):
    """How long it takes until each has its echo."""
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


def open_and_close(api, count):
    """Sockets that come, say something, and go: by a close frame, or just so."""
    hello, bye = frame_bytes(TEXT, b"hello"), frame_bytes(0x8, b"\x03\xe8")
    head = handshake_bytes(api.url)
    address = urlsplit(api.url)

    def visit(number):
        with socket.create_connection((address.hostname, address.port), DEADLINE) as client:
            client.sendall(head)
            assert client.recv(4096).startswith(b"HTTP/1.1 101 ")
            client.sendall(hello)
            if number % 2:
                client.sendall(bye)
                while client.recv(4096):
                    pass

    # Threads with plain sockets: asyncio's debug mode would make this the test's longest part.
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(visit, range(count)))


@pytest.mark.timeout(300)
async def test_5000_sockets_leave_nothing_behind():
    """E31. A leak grows in every round, the noise of an allocator does not."""
    with gateway_process("--quiet") as process:
        api = await deploy(process.url, "http://127.0.0.1:9", "$default")
        client = api.client
        (integration,) = client.get_integrations(ApiId=api.api_id)["Items"]
        client.update_integration(
            ApiId=api.api_id,
            IntegrationId=integration["IntegrationId"],
            IntegrationType="MOCK",
            RequestTemplates={"$default": '{"statusCode": 200}'},
        )
        client.create_deployment(ApiId=api.api_id, StageName="test")
        await asyncio.to_thread(open_and_close, api, 3000)
        before = await settled(process)
        growth = []
        for _ in range(3):
            start = await settled(process)
            await asyncio.to_thread(open_and_close, api, 5000)
            end = await settled(process)
            growth.append(end[MEMORY] / start[MEMORY] - 1)
            if growth[-1] <= 0.01:
                break

    print(f"E31: memory grew by {', '.join(f'{share:.2%}' for share in growth)} a round")
    assert growth[-1] <= 0.01
    assert end["process_open_fds"] <= before["process_open_fds"]
    assert end["websocket_gateway_tasks"] <= before["websocket_gateway_tasks"]


MEMORY = "process_resident_memory_bytes"


async def settled(process):
    """The numbers once every connection is gone."""
    async with asyncio.timeout(DEADLINE):
        while True:
            found = await numbers(process)
            alone = found["websocket_gateway_http_connections"] <= 2
            if alone and not found["websocket_gateway_connections"]:
                return found
            await asyncio.sleep(0.1)


@pytest.mark.fact("inflated-message")
async def test_a_message_that_inflates_a_thousandfold_is_refused_before_it_does(backend):
    """T18. API Gateway does negotiate permessage-deflate, so what it inflates is bounded."""
    deflate = zlib.compressobj(9, wbits=-15)
    bomb = deflate.compress(bytes(30_000_000)) + deflate.flush(zlib.Z_SYNC_FLUSH)
    bomb = bomb.removesuffix(b"\x00\x00\xff\xff")
    assert len(bomb) < 32 * 1024
    frame = bytearray(frame_bytes(TEXT, bomb))
    frame[0] |= 0x40
    with gateway_process("--quiet") as process:
        api = await deploy(process.url, backend.url)
        for _ in range(20):
            assert await explode(api.url, bytes(frame)) == 1009
        before = await numbers(process)
        for _ in range(20):
            assert await explode(api.url, bytes(frame)) == 1009
        after = await numbers(process)

    assert backend.on("default") == []
    # One that was inflated would have needed thirty megabytes.
    assert after[MEMORY] - before[MEMORY] < 10_000_000


async def explode(url, frame):
    async with raw_client(url) as client:
        offer = "Sec-WebSocket-Extensions: permessage-deflate"
        response = await client.handshake(url, offer)
        assert response.value("Sec-WebSocket-Extensions") == "permessage-deflate"
        await client.send(frame)
        return (await client.close_frame())[0]


@pytest.mark.fact("ping-switch")
async def test_the_system_is_asked_to_notice_clients_that_lost_their_network(gateway, backend):
    api = await deploy(gateway.url, backend.url)
    async with websockets.connect(api.url):
        (session,) = gateway.hub
        ours = session._transport.get_extra_info("socket")

        assert ours.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
        assert ours.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 60
