"""Clients that break the protocol, by accident or on purpose."""

import asyncio
import random
import re
import time
import zlib
from collections import Counter
from contextlib import suppress
from pathlib import Path

import pytest

from django_aws_api_gateway_websockets.gateway.http.request_reader import RequestReader
from tests.experiment_sizes import sized
from tests.gateway.abuse.healthy import answer_times, p99
from tests.gateway.aws import RoutePlan, deploy, deploy_plans
from tests.gateway.metrics import samples
from tests.gateway.processes import gateway_process
from tests.gateway.raw import (
    BINARY,
    CLOSE,
    CONTINUATION,
    PING,
    TEXT,
    frame_bytes,
    handshake_bytes,
    raw_client,
    raw_socket,
)
from tests.gateway.requests import get

pytestmark = pytest.mark.slow

HOSTILE_INPUTS = sized(20_000)

HOSTILE_SOCKETS = 200

INPUTS_PER_SECOND = 500

"""Of all attackers together, who open a new connection for more than half of them."""

HANDSHAKE_SHARE = 0.05

CALM_SECONDS = 10

HEALTHY_SOCKETS = 50

HANDSHAKES = 400

PATIENCE = 20.0

"""Seconds within which anything is answered, however busy the machine."""


@pytest.fixture
def seeded():
    seed = random.randrange(2**32)
    print("seed", seed)
    return random.Random(seed)


@pytest.fixture
async def process():
    with gateway_process("--quiet") as process:
        yield process


def a_mutated_frame(seeded: random.Random) -> bytes:
    opcode = seeded.choice([TEXT, BINARY, CONTINUATION, CLOSE, PING, 3, 15])
    frame = bytearray(
        frame_bytes(
            opcode,
            seeded.randbytes(seeded.choice([0, 1, 5, 125, 126, 300])),
            fin=seeded.random() < 0.8,
            length=seeded.choice([None, None, None, 5, 65536, 2**40, 2**63 - 1]),
        )
    )
    for _ in range(seeded.choice([0, 0, 1, 3])):
        frame[seeded.randrange(min(len(frame), 14))] ^= 1 << seeded.randrange(8)
    return bytes(frame)


PONG = {"IntegrationResponseKey": "$default", "ResponseTemplates": {"$default": "pong"}}

MOCK = {
    "IntegrationType": "MOCK",
    "RequestTemplates": {"200": '{"statusCode": 200}'},
    "TemplateSelectionExpression": "200",
}


async def attack(url: str, number: int, began: float, seeded: random.Random) -> None:
    """Send broken frames over as many connections as it takes, and a handshake now and then.

    At a pace: without one the attackers measure how fast the machine opens connections.
    """
    pause = HOSTILE_SOCKETS / INPUTS_PER_SECOND
    due = began + pause * number / HOSTILE_SOCKETS
    left = HOSTILE_INPUTS // HOSTILE_SOCKETS
    while left:
        with suppress(OSError, asyncio.IncompleteReadError):
            if seeded.random() < HANDSHAKE_SHARE:
                left -= 1
                await status_of(url, a_broken_handshake(seeded, url))
                continue
            async with raw_socket(url) as client:
                while left and not client.reader.at_eof():
                    left, due = left - 1, due + pause
                    await asyncio.sleep(max(0.0, due - time.monotonic()))
                    await client.send(a_mutated_frame(seeded))
                    if seeded.random() < 0.3:
                        break
                client.writer.write_eof()
                await client.wait_closed()


def descriptors_of(process) -> int:
    return sum(1 for _ in Path(f"/proc/{process.process.pid}/fd").iterdir())


async def until_forgotten(process, descriptors: int) -> None:
    """Wait until the gateway holds no more open than before."""
    async with asyncio.timeout(PATIENCE):
        while descriptors_of(process) > descriptors:
            await asyncio.sleep(0.1)


GATEWAYS_OWN = {
    "content-length",
    "host",
    "user-agent",
    "x-amzn-apigateway-api-id",
    "x-amzn-trace-id",
    "x-forwarded-for",
    "x-forwarded-port",
    "x-forwarded-proto",
    "connectionid",
}

CLIENTS_OWN = {"cookie", "origin", "sec-websocket-key", "sec-websocket-version", "x-own"}

"""Of all that `a_broken_handshake` sends, what may pass."""

BAD_OCTETS = "\r\n\x00\x0b\x0c\x1c\x1d\x1e\x85\x7f\t "

NAMES = ["X-Own", "Cookie", "Connectionid", "X_Forwarded_For", "Transfer-Encoding", "Origin", "Te"]


def a_broken_handshake(seeded: random.Random, url: str) -> bytes:
    good = handshake_bytes(url)
    return seeded.choice(
        [
            lambda: handshake_bytes(
                url, *[f"X-{n}: {n}" for n in range(seeded.choice([101, 10**4]))]
            ),
            lambda: handshake_bytes(url, "X-Long: " + "x" * seeded.choice([9_000, 1_000_000])),
            lambda: handshake_bytes(url, "Transfer-Encoding: chunked", "Content-Length: 5"),
            lambda: good.replace(b"dGhlIHNhbXBsZSBub25jZQ==", seeded.randbytes(9)),
            lambda: good.replace(b"HTTP/1.1", b"HTTP/" + seeded.randbytes(3)),
            lambda: with_changed_octets(good, seeded),
            lambda: with_a_header_that_splits(url, seeded),
            lambda: with_a_header_that_splits(url, seeded),
        ]
    )()


def with_changed_octets(handshake: bytes, seeded: random.Random) -> bytes:
    data = bytearray(handshake)
    for _ in range(4):
        data[seeded.randrange(len(data))] = seeded.randrange(256)
    return bytes(data)


def with_a_header_that_splits(url: str, seeded: random.Random) -> bytes:
    """A name or a value that some server would take for two headers."""
    octet = seeded.choice(BAD_OCTETS)
    name, value = seeded.choice(NAMES), f"a{octet}Connectionid: evil{octet}b"
    if seeded.random() < 0.5:
        name = name[:2] + octet + name[2:]
    return handshake_bytes(url, f"{name}: {value}")


async def status_of(url: str, data: bytes) -> int | None:
    """The status a handshake got; `None` where the connection was closed without one."""
    async with raw_client(url) as client:
        with suppress(OSError):
            await client.send(data)
            client.writer.write_eof()
            async with asyncio.timeout(PATIENCE):
                line = await client.reader.readline()
            return int(line.split(b" ")[1]) if line else None
    return None


CLAIMS = 100


def memory_of(process):
    status = Path(f"/proc/{process.process.pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) * 1024


async def numbers(process):
    return samples((await get(f"{process.url}/_gateway/metrics"))[1])


MEMORY = "process_resident_memory_bytes"


async def explode(url, frame):
    async with raw_client(url) as client:
        offer = "Sec-WebSocket-Extensions: permessage-deflate"
        response = await client.handshake(url, offer)
        assert response.value("Sec-WebSocket-Extensions") == "permessage-deflate"
        await client.send(frame)
        return (await client.close_frame())[0]


@pytest.mark.timeout(300)
@pytest.mark.experiment("E6", "T22")
async def test_broken_frames_and_handshakes_disturb_nobody_else(process, seeded, note_figures):
    # No backend, whose connections would blur the count of descriptors.
    api = await deploy_plans(process.url, RoutePlan("$default", MOCK, (PONG,)))
    descriptors = descriptors_of(process)
    calm = await answer_times(api.url, count=HEALTHY_SOCKETS, seconds=CALM_SECONDS)
    await until_forgotten(process, descriptors)

    attacked = asyncio.create_task(
        answer_times(api.url, count=HEALTHY_SOCKETS, seconds=HOSTILE_INPUTS / INPUTS_PER_SECOND)
    )
    began = time.monotonic()
    async with asyncio.TaskGroup() as attackers:
        for number in range(HOSTILE_SOCKETS):
            attackers.create_task(attack(api.url, number, began, seeded))
    took = time.monotonic() - began
    stormy = await attacked
    await until_forgotten(process, descriptors)

    note_figures(
        f"E6: {HOSTILE_INPUTS} inputs in {took:.0f} s; p99 of {len(stormy)} answers to healthy "
        f"clients {p99(calm):.0f} ms calm, {p99(stormy):.0f} ms attacked: x "
        f"{p99(stormy) / p99(calm):.2f}; descriptors back to {descriptors}"
    )
    assert process.process.poll() is None
    # The exact bound is for a quiet machine; here the attackers have the same two cores.
    assert p99(stormy) <= max(p99(calm) * 10, 500)


@pytest.mark.timeout(300)
@pytest.mark.fact("handshake-is-checked", "reserved-headers-stripped")
@pytest.mark.experiment("E8", "T13", "T21")
async def test_a_broken_handshake_is_refused_or_arrives_without_a_header_of_its_making(
    process, backend, seeded
):
    api = await deploy(process.url, backend.url)
    for _ in range(HANDSHAKES):
        data = a_broken_handshake(seeded, api.url)
        status = await status_of(process.url, data)
        assert status is None or status == 101 or 400 <= status < 500, (status, data[:300])

    for request in backend.on("connect"):
        names = Counter(name.lower() for name, _ in request.headers)
        assert set(names) - CLIENTS_OWN == GATEWAYS_OWN
        assert {name: names[name] for name in GATEWAYS_OWN} == dict.fromkeys(GATEWAYS_OWN, 1)
        assert request.values("connectionId")[0] != "evil"
        assert request.values("User-Agent")[0].startswith("AmazonAPIGateway_")
        assert b"\x00" not in request.raw_head
    assert process.process.poll() is None


@pytest.mark.experiment("T19")
async def test_a_frame_that_claims_to_be_endless_costs_nothing_but_its_connection(
    backend, note_figures
):
    async def claim(url):
        async with raw_socket(url) as client:
            await client.send(frame_bytes(TEXT, b"", length=2**63 - 1)[:14] + b"x" * 1000)
            code, _ = await client.close_frame()
            return code

    with gateway_process("--quiet") as process:
        api = await deploy(process.url, backend.url, "$default")
        for _ in range(300):
            await claim(api.url)
        before = memory_of(process)
        codes = {await claim(api.url) for _ in range(CLAIMS)}
        grown = memory_of(process) - before

    assert codes == {1009}
    note_figures(f"T19: memory grew by {grown / CLAIMS / 1024:.2f} KiB a close")
    # The allocator takes memory by the megabyte, so one close alone cannot be measured; a hundred
    # at the 64 KiB that are allowed for each would be six times as much.
    assert grown <= 1024 * 1024


@pytest.mark.experiment("T21")
def test_the_longest_head_that_is_taken_is_read_in_five_milliseconds(note_figures):
    lines = "".join(f"X-Number-{number}: {'x' * 310}\r\n" for number in range(98))
    head = f"GET / HTTP/1.1\r\nHost: localhost\r\n{lines}\r\n".encode()
    assert 31 * 1024 < len(head) <= 32 * 1024
    took = []
    for _ in range(20):
        reader, begun = RequestReader(), time.process_time()
        ((request,), _) = reader.feed(head)
        took.append(time.process_time() - begun)
        assert len(request.headers) == 99

    note_figures(f"T21: a head of {len(head)} bytes is read in {min(took) * 1000:.2f} ms")
    assert min(took) <= 0.005


@pytest.mark.fact("inflated-message")
@pytest.mark.experiment("T18")
async def test_a_message_that_inflates_a_thousandfold_is_refused_before_it_does(backend):
    """API Gateway does negotiate permessage-deflate, so what it inflates is bounded."""
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
