"""Crowds of clients that behave, and leave nothing behind."""

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest

from tests.experiment_sizes import sized
from tests.gateway.aws import deploy
from tests.gateway.metrics import samples
from tests.gateway.processes import gateway_process
from tests.gateway.raw import TEXT, frame_bytes, handshake_bytes
from tests.gateway.requests import get

pytestmark = pytest.mark.slow

DEADLINE = 60


async def numbers(process):
    return samples((await get(f"{process.url}/_gateway/metrics"))[1])


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


@pytest.mark.timeout(300)
@pytest.mark.experiment("E31")
async def test_many_sockets_leave_nothing_behind(note_figures):
    """A leak grows in every round, the noise of an allocator does not."""
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
            await asyncio.to_thread(open_and_close, api, sized(5000))
            end = await settled(process)
            growth.append(end[MEMORY] / start[MEMORY] - 1)
            if growth[-1] <= 0.01:
                break

    note_figures(f"E31: memory grew by {', '.join(f'{share:.2%}' for share in growth)} a round")
    assert growth[-1] <= 0.01
    assert end["process_open_fds"] <= before["process_open_fds"]
    assert end["websocket_gateway_tasks"] <= before["websocket_gateway_tasks"]
