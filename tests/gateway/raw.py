"""A client that sends exactly the bytes a test wants."""

import asyncio
import hashlib
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

from tests.gateway.backend import WAIT

TEXT, BINARY, CONTINUATION, CLOSE, PING, PONG = 0x1, 0x2, 0x0, 0x8, 0x9, 0xA


@dataclass(frozen=True)
class RawResponse:
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def value(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


@dataclass
class RawClient:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def send_for_ever(self, data: bytes) -> None:
        while True:
            await self.send(data)

    async def response(self) -> RawResponse:
        async with asyncio.timeout(WAIT):
            head = await self.reader.readuntil(b"\r\n\r\n")
            first, *lines = head.decode("latin-1").rstrip("\r\n").split("\r\n")
            headers = tuple(tuple(line.split(": ", 1)) for line in lines)
            length = next((v for n, v in headers if n.lower() == "content-length"), "0")
            body = await self.reader.readexactly(int(length))
        return RawResponse(int(first.split(" ")[1]), headers, body)

    async def handshake(self, url: str, *lines: str, **options: str) -> RawResponse:
        await self.send(handshake_bytes(url, *lines, **options))
        return await self.response()

    async def frame(self) -> tuple[int, bytes]:
        """First byte and payload of the next frame."""
        async with asyncio.timeout(WAIT):
            first, length = await self.reader.readexactly(2)
            if length == 126:
                (length,) = struct.unpack("!H", await self.reader.readexactly(2))
            elif length == 127:
                (length,) = struct.unpack("!Q", await self.reader.readexactly(8))
            return first, await self.reader.readexactly(length)

    async def close_frame(self) -> tuple[int, str]:
        """Code and reason of the close frame that has to come next."""
        first, payload = await self.frame()
        assert first == 0x80 | CLOSE, f"not a close frame: {first:#x} {payload!r}"
        return struct.unpack("!H", payload[:2])[0], payload[2:].decode()

    async def wait_closed(self) -> bytes:
        """Return the bytes that come until the gateway closes the connection."""
        return await self.wait_closed_within(WAIT)

    async def wait_closed_within(self, seconds: float) -> bytes:
        """The same with a deadline of its own."""
        async with asyncio.timeout(seconds):
            try:
                return await self.reader.read()
            except ConnectionResetError:
                return b""


def handshake_bytes(
    url: str, *lines: str, target: str | None = None, host: str | None = None, method: str = "GET"
) -> bytes:
    split = urlsplit(url)
    target = target if target is not None else split.path + (f"?{split.query}" * bool(split.query))
    head = [
        f"{method} {target} HTTP/1.1",
        f"Host: {host if host is not None else split.netloc}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version: 13",
        *lines,
        "\r\n",
    ]
    return "\r\n".join(head).encode("latin-1")


def frame_bytes(
    opcode: int, payload: bytes, *, fin: bool = True, length: int | None = None
) -> bytes:
    """A masked frame; `length` may claim another length than the payload has."""
    claimed = len(payload) if length is None else length
    head = bytes([opcode | (0x80 if fin else 0)])
    if claimed < 126:
        head += bytes([0x80 | claimed])
    elif claimed < 65536:
        head += bytes([0x80 | 126]) + struct.pack("!H", claimed)
    else:
        head += bytes([0x80 | 127]) + struct.pack("!Q", claimed)
    # Of the frame itself: tests named by their frames have the same names in every process.
    mask = hashlib.sha256(head + payload).digest()[:4]
    masked = bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload))
    return head + mask + masked


@asynccontextmanager
async def raw_client(url: str) -> AsyncIterator[RawClient]:
    split = urlsplit(url)
    reader, writer = await asyncio.open_connection(split.hostname, split.port, limit=2**24)
    try:
        yield RawClient(reader, writer)
    finally:
        writer.close()


@asynccontextmanager
async def raw_socket(url: str, *lines: str) -> AsyncIterator[RawClient]:
    """A client whose handshake has been accepted."""
    async with raw_client(url) as client:
        response = await client.handshake(url, *lines)
        assert response.status == 101, response
        yield client
