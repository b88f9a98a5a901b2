import asyncio
import json
import socket
import threading
import time
from contextlib import asynccontextmanager, contextmanager

import pytest
import websockets

from django_aws_api_gateway_websockets.core.events.integration import IntegrationCall
from django_aws_api_gateway_websockets.gateway.integrations.backends import (
    BackendError,
    BackendResponse,
    Backends,
    BackendTimeoutError,
)
from tests.gateway.aws import deploy
from tests.gateway.backend import WAIT, Answer


def call_to(url, body=b"", timeout=WAIT):
    headers = (("Host", "backend"), ("Content-Length", str(len(body))))
    return IntegrationCall("POST", url, headers, body, timeout)


@pytest.fixture
def backends():
    backends = Backends()
    yield backends
    backends.close()


@asynccontextmanager
async def scripted_server(*scripts):
    """A server that answers its n-th connection's first request with the n-th script of bytes."""
    remaining = iter(scripts)
    seen = []

    async def serve(reader, writer):
        seen.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(next(remaining))
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/", seen
    finally:
        server.close()


async def test_calls_after_each_other_share_a_connection(backends, backend):
    for _ in range(5):
        answer = await backends.send(call_to(backend.url, b"x"))

    assert answer == BackendResponse(200, (("Content-Length", "0"),), b"")
    assert backend.connections == 1


async def test_calls_at_the_same_time_have_connections_of_their_own(backends, backend):
    may_answer = asyncio.Event()

    async def wait(request):
        await may_answer.wait()
        return Answer()

    backend.answer = wait
    calls = [asyncio.create_task(backends.send(call_to(f"{backend.url}/a"))) for _ in range(5)]
    await backend.wait_for("a", 5)
    may_answer.set()
    await asyncio.gather(*calls)

    assert backend.connections == 5


async def test_a_connection_the_backend_closes_is_not_used_again(backends, backend):
    backend.answers("", Answer(headers=(("Connection", "close"),), closes=True))
    for _ in range(3):
        await backends.send(call_to(backend.url + "/"))

    assert backend.connections == 3


async def test_a_connection_closed_while_idle_is_replaced_without_an_error(backends):
    ok = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
    async with scripted_server(ok, ok, ok) as (url, seen):
        for _ in range(3):
            assert (await backends.send(call_to(url))).body == b"ok"

    assert len(seen) == 3


async def a_worker_that_dies_of(request):
    if request.body == b"poison":
        raise ConnectionResetError("The worker was killed.")
    return Answer()


async def test_a_request_a_kept_connection_took_is_not_sent_again(backends, backend):
    backend.answer = a_worker_that_dies_of
    await backends.send(call_to(backend.url, b"fine"))
    with pytest.raises(BackendError):
        await backends.send(call_to(backend.url, b"poison"))

    assert [request.body for request in backend.received] == [b"fine", b"poison"]
    assert backend.connections == 1


@pytest.mark.fact("called-once")
async def test_a_message_whose_worker_is_killed_has_run_once_and_its_client_hears_of_it(
    gateway, backend
):
    backend.answer = a_worker_that_dies_of
    api = await deploy(gateway.url, backend.url)
    async with websockets.connect(api.url) as client:
        await client.send("poison")
        told = json.loads(await asyncio.wait_for(client.recv(), WAIT))

    assert told["message"] == "Internal server error"
    assert [request.body for request in backend.on("default")] == [b"poison"]


@contextmanager
def server_that_closes_after_each_answer(seen):
    """In a thread: it closes its connections while the event loop is busy with something else."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve():
        while True:
            client, _ = listening.accept()
            with client:
                if not (request := client.recv(1000)):
                    return
                seen.append(request)
                client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
    finally:
        socket.create_connection(listening.getsockname()).close()
        thread.join(WAIT)
        listening.close()


async def test_a_connection_that_was_closed_unnoticed_is_not_used(backends):
    seen = []
    with server_that_closes_after_each_answer(seen) as url:
        for _ in range(3):
            assert (await backends.send(call_to(url))).body == b"ok"
            # No turn of the loop from here on in which it could hear of the end.
            time.sleep(0.05)

    assert len(seen) == 3


async def test_a_connection_nobody_needs_is_closed_before_the_backend_does(backend):
    backends = Backends(rest_seconds=0.05)
    ended = asyncio.Event()

    async def serve(reader, writer):
        await backend.serve(reader, writer)
        ended.set()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        await backends.send(call_to(url))
        await asyncio.wait_for(ended.wait(), WAIT)
        await backends.send(call_to(url))
        backends.close()


async def test_a_connection_that_has_rested_too_long_is_not_used(backends, backend):
    backends = Backends(rest_seconds=0.05)
    await backends.send(call_to(backend.url))
    # The loop has had no turn to close it.
    time.sleep(0.1)
    await backends.send(call_to(backend.url))
    backends.close()

    assert backend.connections == 2


@pytest.mark.fact("redirects-not-followed")
async def test_a_redirect_is_an_answer_like_any_other(backends, backend):
    backend.answers("", Answer(302, headers=(("Location", f"{backend.url}/b"),)))
    answer = await backends.send(call_to(backend.url + "/"))

    assert answer.status == 302
    assert len(backend.received) == 1


@pytest.mark.parametrize(
    ("script", "body"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", b"ok"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", b"ok"),
        (b"HTTP/1.1 200 OK\r\n\r\nuntil the end", b"until the end"),
        (b"HTTP/1.0 200 OK\r\n\r\nold", b"old"),
        (b"HTTP/1.1 204 No Content\r\n\r\n", b""),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", b"ok"),
    ],
)
async def test_every_way_to_frame_an_answer_is_read(backends, script, body):
    async with scripted_server(script) as (url, _):
        assert (await backends.send(call_to(url))).body == body


@pytest.mark.parametrize(
    "script",
    [
        b"",
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2000000\r\n\r\n" + b"x" * 2_000_000,
        b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 2_000_000,
    ],
)
async def test_an_unusable_response_is_an_error(backends, script):
    async with scripted_server(script) as (url, _):
        with pytest.raises(BackendError):
            await backends.send(call_to(url))


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9/", "http://does-not-exist.invalid/", "http://127.0.0.1:99999/"]
)
async def test_nobody_there_is_an_error(backends, url):
    with pytest.raises(BackendError):
        await backends.send(call_to(url))


async def test_a_slow_backend_is_a_timeout_and_its_connection_is_dropped(backends, backend):
    async def once_slow(request):
        if len(backend.received) == 1:
            await asyncio.sleep(WAIT)
        return Answer(body=b"second")

    backend.answer = once_slow
    with pytest.raises(BackendTimeoutError, match=r"0\.5 seconds"):
        await backends.send(call_to(backend.url, timeout=0.5))
    answer = await backends.send(call_to(backend.url))

    assert answer.body == b"second"
    assert backend.connections == 2
