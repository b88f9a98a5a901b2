"""A gateway that is killed and comes back."""

import asyncio
import os
import random
import socket
import time
from collections import Counter

import pytest

from tests.gateway.aws import deploy
from tests.gateway.processes import gateway_process
from tests.gateway.raw import handshake_bytes

pytestmark = pytest.mark.slow

CLIENTS = int(os.environ.get("RESTART_CLIENTS", "500"))
"""5,000 before a release, with `-o asyncio_debug=false`: these clients are too slow otherwise."""
BACK_WITHIN_SECONDS = 30


class Crowd:
    """Clients that come back whenever they are cut, as documented pages do."""

    def __init__(self, url, host, port):
        self.head = handshake_bytes(url)
        self.place = host, port
        self.open = 0
        self.tries = Counter()
        self.dice = random.Random(1)

    async def stay(self):
        pause = 0.1
        while True:
            try:
                pause = 0.1 if await self._visit() else min(pause * 2, 4)
            except (OSError, TimeoutError, asyncio.IncompleteReadError):
                self.tries["failed"] += 1
                pause = min(pause * 2, 4)
            # Full jitter, so that not all come at once.
            await asyncio.sleep(self.dice.uniform(0, pause))

    async def _visit(self):
        """Be there until the gateway is gone; whether it let us in."""
        reader, writer = await asyncio.open_connection(*self.place)
        try:
            writer.write(self.head)
            async with asyncio.timeout(15):
                status = (await reader.readuntil(b"\r\n\r\n"))[9:12].decode()
            self.tries[status] += 1
            if status == "101":
                await self._read_to_the_end(reader)
            return status == "101"
        finally:
            writer.close()

    async def _read_to_the_end(self, reader):
        self.open += 1
        try:
            while await reader.read(1000):
                pass
        except ConnectionError:
            pass
        finally:
            self.open -= 1

    async def wait_until_all_are_in(self, count, seconds):
        started = time.monotonic()
        async with asyncio.timeout(seconds):
            while self.open < count:
                await asyncio.sleep(0.02)
        return time.monotonic() - started


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.experiment("E23")
async def test_all_clients_are_back_after_a_kill_and_a_restart(backend, tmp_path, note_figures):
    port = free_port()
    arguments = ("--quiet", "--port", str(port), "--state", str(tmp_path / "state.json"))
    staying = []
    try:
        with gateway_process(*arguments) as process:
            api = await deploy(process.url, backend.url)
            crowd = Crowd(api.url, "127.0.0.1", port)
            staying = [asyncio.create_task(crowd.stay()) for _ in range(CLIENTS)]
            await crowd.wait_until_all_are_in(CLIENTS, 120)
            process.process.kill()
            while crowd.open:
                await asyncio.sleep(0.02)
        with gateway_process(*arguments) as process:
            took = await crowd.wait_until_all_are_in(CLIENTS, BACK_WITHIN_SECONDS)
            # None came back as somebody else: each was asked about anew.
            connects = [request.values("connectionId")[0] for request in backend.on("connect")]
    finally:
        for task in staying:
            task.cancel()
        await asyncio.gather(*staying, return_exceptions=True)

    note_figures(f"E23: {CLIENTS} of {CLIENTS} back after {took:.1f} s; {dict(crowd.tries)}")
    assert crowd.tries["101"] == CLIENTS * 2
    assert len(set(connects)) >= CLIENTS * 2
