"""Clients that send what nobody should, beside others who only want their echo."""

import asyncio
import random
from contextlib import suppress
from pathlib import Path

import pytest

from django_aws_api_gateway_websockets.gateway.data_plane.backends import MAX_CONNECTIONS
from tests.gateway.aws import deploy
from tests.gateway.backend import Answer
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

HOSTILE_FRAMES = 20_000
HOSTILE_SOCKETS = 200
HEALTHY_SOCKETS = 50
HANDSHAKES = 400
PATIENCE = 20.0
"""Seconds within which a healthy client hears its echo, however busy the machine."""


@pytest.fixture
def seeded():
    seed = random.randrange(2**32)
    print("seed", seed)
    return random.Random(seed)


@pytest.fixture
async def process():
    with gateway_process("--quiet") as process:
        yield process


async def echo(request):
    return Answer(body=request.body)


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


@pytest.mark.timeout(300)
async def test_twenty_thousand_broken_frames_disturb_nobody_else(process, backend, seeded):
    api = await deploy(process.url, backend.url, "$default", replies=("$default",))
    backend.answer = echo
    descriptors = descriptors_of(process)
    is_over = asyncio.Event()

    async with asyncio.TaskGroup() as clients:
        healthy = [
            clients.create_task(ask_for_echoes(api.url, number, is_over))
            for number in range(HEALTHY_SOCKETS)
        ]
        async with asyncio.TaskGroup() as attackers:
            for _ in range(HOSTILE_SOCKETS):
                frames = HOSTILE_FRAMES // HOSTILE_SOCKETS
                attackers.create_task(send_broken_frames(api.url, frames, seeded))
        is_over.set()

    assert all(task.result() > 0 for task in healthy)
    assert process.process.poll() is None
    await forgotten(process, descriptors)


async def ask_for_echoes(url: str, number: int, is_over: asyncio.Event) -> int:
    """How many echoes a well-behaved client heard; every one it asked for."""
    count = 0
    async with raw_socket(url) as client:
        while not is_over.is_set():
            text = f"{number}:{count}".encode()
            await client.send(frame_bytes(TEXT, text))
            async with asyncio.timeout(PATIENCE):
                assert await client.frame() == (0x80 | TEXT, text)
            count += 1
            await asyncio.sleep(0.05)
    return count


async def send_broken_frames(url: str, count: int, seeded: random.Random) -> None:
    """Send them over as many connections as it takes."""
    while count > 0:
        with suppress(OSError, asyncio.IncompleteReadError):
            async with raw_socket(url) as client:
                while count > 0:
                    count -= 1
                    await client.send(a_mutated_frame(seeded))
                    if client.reader.at_eof() or seeded.random() < 0.3:
                        break
                client.writer.write_eof()
                await client.wait_closed()


def descriptors_of(process) -> int:
    return sum(1 for _ in Path(f"/proc/{process.process.pid}/fd").iterdir())


async def forgotten(process, descriptors: int) -> None:
    """Wait until the gateway holds no more open than before."""
    async with asyncio.timeout(PATIENCE):
        # Connections to the backend stay open for the next calls.
        while descriptors_of(process) > descriptors + MAX_CONNECTIONS:
            await asyncio.sleep(0.1)


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


@pytest.mark.timeout(300)
@pytest.mark.fact("handshake-is-checked", "reserved-headers-stripped")
async def test_a_broken_handshake_is_refused_or_arrives_without_a_header_of_its_making(
    process, backend, seeded
):
    api = await deploy(process.url, backend.url)
    for _ in range(HANDSHAKES):
        data = a_broken_handshake(seeded, api.url)
        status = await status_of(process.url, data)
        assert status is None or status == 101 or 400 <= status < 500, (status, data[:300])

    for request in backend.on("connect"):
        assert request.values("connectionId")[0] != "evil"
        assert len(request.values("connectionId")) == 1
        assert b"\x00" not in request.raw_head
        for name, _ in request.headers:
            assert "_" not in name
            assert name.isascii()
            assert name.isprintable()
    assert process.process.poll() is None


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
