"""Clients who only want their answers, in a process of their own.

    python -m tests.gateway.abuse.healthy echo URL COUNT SECONDS
    python -m tests.gateway.abuse.healthy listen URL COUNT

`echo` says something ten times a second on each socket and prints how long the answers took, in
milliseconds, once the seconds are over. `listen` prints `ready`, then for every message, which has
to be the moment it was sent, how long it was under way.
"""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path

from tests.gateway.raw import TEXT, frame_bytes, raw_socket

ROOT = Path(__file__).parents[3]
FIN = 0x80
PAUSE_SECONDS = 0.1
PATIENCE_SECONDS = 30.0
MARGIN_SECONDS = 60.0


async def echo(url: str, count: int, seconds: float) -> list[float]:
    """Return the milliseconds each answer took; fail if one does not come."""
    took: list[float] = []

    async def ask(number: int) -> None:
        async with raw_socket(url) as client:
            await asyncio.sleep(PAUSE_SECONDS * number / count)
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                begun = time.monotonic()
                await client.send(frame_bytes(TEXT, b"hello"))
                async with asyncio.timeout(PATIENCE_SECONDS):
                    first, _ = await client.frame()
                assert first == 0x80 | TEXT
                took.append((time.monotonic() - begun) * 1000)
                await asyncio.sleep(PAUSE_SECONDS)

    await asyncio.gather(*(ask(number) for number in range(count)))
    return took


async def listen(url: str, count: int) -> None:
    """Print how long each message was under way, until the process is ended."""

    async def hear(client) -> None:
        while True:
            first, payload = await client.frame()
            while not first & FIN:
                first, _ = await client.frame()
            print(round((time.time() - float(payload[:20])) * 1000, 3), flush=True)

    async with AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(raw_socket(url)) for _ in range(count)]
        print("ready", flush=True)
        await asyncio.gather(*(hear(client) for client in clients))


async def answer_times(url: str, *, count: int, seconds: float) -> list[float]:
    """Run `echo` in a process of its own; how long the answers took, in milliseconds."""
    process = await asyncio.create_subprocess_exec(
        *command("echo", url, str(count), str(seconds)), cwd=ROOT, stdout=subprocess.PIPE
    )
    try:
        async with asyncio.timeout(seconds + MARGIN_SECONDS):
            output, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
    assert process.returncode == 0
    return json.loads(output)


@contextmanager
def listeners(url: str, count: int) -> Iterator[subprocess.Popen[str]]:
    """Run `listen` as long as the block lasts; it is ready when the block begins."""
    with subprocess.Popen(
        command("listen", url, str(count)), cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            yield process
        finally:
            process.kill()


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "tests.gateway.abuse.healthy", *arguments]


def p99(values: list[float]) -> float:
    """Return the value that all but a hundredth of them are within."""
    return sorted(values)[max(0, len(values) * 99 // 100 - 1)]


if __name__ == "__main__":
    what, where, number, *more = sys.argv[1:]
    if what == "echo":
        print(json.dumps(asyncio.run(echo(where, int(number), float(*more)))))
    else:
        asyncio.run(listen(where, int(number)))
