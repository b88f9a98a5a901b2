"""Stopping; the largest test is experiment E29 at the size that fits every push."""

import asyncio
import random
import signal
import threading
from collections import Counter
from contextlib import AsyncExitStack

import pytest
import websockets
from botocore.exceptions import BotoCoreError, ClientError

from django_aws_api_gateway_websockets.gateway.config import Config
from django_aws_api_gateway_websockets.gateway.connections.drain import closing_times
from django_aws_api_gateway_websockets.gateway.server import running_gateway
from tests.gateway.aws import deploy
from tests.gateway.backend import WAIT, Answer
from tests.gateway.loop_time import move_loop_time
from tests.gateway.metrics import samples
from tests.gateway.processes import gateway_process
from tests.gateway.raw import TEXT, frame_bytes, raw_client, raw_socket
from tests.gateway.requests import get

CLIENTS = 200
DEADLINE = 60


@pytest.mark.parametrize(
    ("count", "window", "times"),
    [
        (0, 30, []),
        (1, 30, [0]),
        (3, 30, [0, 0.05, 0.1]),
        (1001, 30, [0, 0.03, 0.06]),
        (3, 0, [0, 0, 0]),
    ],
)
def test_closings_are_spread_over_the_window_but_never_thinner_than_a_storm(count, window, times):
    planned = list(closing_times(count, window))

    assert planned[: len(times)] == pytest.approx(times)
    assert len(planned) == count
    assert planned == sorted(planned)
    assert max(planned, default=0) <= window


class Poster(threading.Thread):
    """Posts to random connections until the gateway is gone, and remembers what was accepted."""

    def __init__(self, api, connection_ids, number):
        super().__init__(daemon=True)
        self.api, self.connection_ids, self.number = api, connection_ids, number
        self.accepted = Counter()
        self.refusals = Counter()

    def run(self):
        management = self.api.management
        for index in range(100_000):
            connection_id = random.choice(self.connection_ids)
            payload = f"post {self.number} {index} {connection_id}"
            try:
                management.post_to_connection(ConnectionId=connection_id, Data=payload.encode())
            except ClientError as error:
                self.refusals[error.response["ResponseMetadata"]["HTTPStatusCode"]] += 1
            except BotoCoreError:
                return
            else:
                self.accepted[payload] += 1


async def tasks_left(gateway):
    return samples((await get(f"{gateway.url}/_gateway/metrics"))[1])["websocket_gateway_tasks"]


async def read_to_the_end(socket):
    received = Counter()
    try:
        while True:
            received[await socket.recv()] += 1
    except websockets.ConnectionClosed:
        return received


@pytest.mark.slow
@pytest.mark.experiment("E29")
async def test_200_clients_are_sent_away_in_good_order_and_no_accepted_post_is_lost(
    backend, note_figures
):
    async def echo(request):
        await asyncio.sleep(0.01)
        return Answer(body=b"echo " + request.body)

    backend.answer = echo
    with gateway_process("--quiet", "--drain-seconds", "3") as process:
        # The limit of AWS: this process is the backend, and posts and listens for 200 beside it.
        options = {"replies": ("$default",), "timeout_ms": 29_000}
        api = await deploy(process.url, backend.url, **options)
        async with AsyncExitStack() as stack:
            sockets = [
                await stack.enter_async_context(websockets.connect(api.url)) for _ in range(CLIENTS)
            ]
            ids = [request.values("connectionId")[0] for request in backend.on("connect")]
            readers = [asyncio.create_task(read_to_the_end(socket)) for socket in sockets]
            posters = [Poster(api, ids, number) for number in range(2)]
            for poster in posters:
                poster.start()
            for socket in sockets:
                await socket.send("hello")
            while sum(poster.accepted.total() for poster in posters) < 100:
                await asyncio.sleep(0.01)

            process.process.send_signal(signal.SIGTERM)
            status, text = await get(f"{process.url}/_gateway/health")
            while status == 200:
                status, text = await get(f"{process.url}/_gateway/health")
            async with raw_client(api.url) as late:
                refused = await late.handshake(api.url)
            async with asyncio.timeout(DEADLINE):
                received = sum(await asyncio.gather(*readers), Counter())
            code = await asyncio.to_thread(process.process.wait, DEADLINE)
            await asyncio.to_thread(lambda: [poster.join(DEADLINE) for poster in posters])

    accepted = sum((poster.accepted for poster in posters), Counter())
    told = Counter(request.values("connectionId")[0] for request in backend.on("disconnect"))
    lost = (accepted - received).total()
    note_figures(f"E29: {CLIENTS} clients, {accepted.total()} posts accepted, {lost} lost")
    assert code == 0
    assert (status, text) == (503, '{"status":"draining"}')
    assert refused.status == 503
    assert int(refused.value("Retry-After")) > 0
    assert {(one.close_code, one.close_reason) for one in sockets} == {(1001, "Going away")}
    assert told == Counter(ids)
    assert not accepted - received
    assert accepted.total() >= 100
    assert received["echo hello"] == CLIENTS
    assert set().union(*(poster.refusals for poster in posters)) <= {410}


async def test_a_message_with_the_backend_is_answered_before_its_connection_is_closed(backend):
    may_answer = asyncio.Event()

    async def slow(request):
        if request.route == "default":
            await may_answer.wait()
        return Answer(body=b"at last")

    backend.answer = slow
    async with running_gateway(Config(port=0)) as gateway:
        api = await deploy(gateway.url, backend.url, replies=("$default",))
        async with raw_socket(api.url) as client:
            await client.send(frame_bytes(TEXT, b"slow"))
            await backend.wait_for("default")
            stopping = asyncio.create_task(gateway.stop())
            await asyncio.sleep(0)
            may_answer.set()

            assert await client.frame() == (0x80 | TEXT, b"at last")
            assert await client.close_frame() == (1001, "Going away")
            client.writer.close()
            await stopping


async def test_disconnects_that_take_their_time_are_waited_for_while_they_come_to_an_end(backend):
    may_answer = asyncio.Semaphore(0)

    async def slow(request):
        if request.route == "disconnect":
            await may_answer.acquire()
        return Answer()

    backend.answer = slow
    config = Config(port=0, drain_seconds=0, stop_timeout_seconds=12)
    async with running_gateway(config) as gateway, AsyncExitStack() as stack:
        api = await deploy(gateway.url, backend.url, timeout_ms=29_000)
        for _ in range(3):
            await stack.enter_async_context(websockets.connect(api.url))
        stopping = asyncio.create_task(gateway.stop())
        await backend.wait_for("disconnect", 3)

        assert await tasks_left(gateway) == 3
        # Twelve seconds are enough for each of them, and not for two.
        for left in (2, 1, 0):
            move_loop_time(8)
            may_answer.release()
            async with asyncio.timeout(WAIT):
                while await tasks_left(gateway) > left:
                    await asyncio.sleep(0.01)
            assert await tasks_left(gateway) == left
        await stopping


@pytest.mark.slow
async def test_a_hanging_backend_and_a_silent_client_are_waited_for_at_the_same_time(backend):
    async def hang(request):
        if request.route == "default":
            await asyncio.sleep(60)
        return Answer()

    backend.answer = hang
    config = Config(port=0, drain_seconds=0, stop_timeout_seconds=2)
    async with running_gateway(config) as gateway:
        api = await deploy(gateway.url, backend.url, timeout_ms=29_000)
        # It never answers the close frame.
        async with raw_socket(api.url) as client:
            await client.send(frame_bytes(TEXT, b"hang"))
            await backend.wait_for("default")
            started = asyncio.get_running_loop().time()
            await gateway.stop()
            took = asyncio.get_running_loop().time() - started

    # Two seconds for the message, two for all that follows: one after the other it was six.
    assert took < 5.4
    assert len(backend.on("disconnect")) == 1


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_the_same_signal_again_stops_at_once(backend, number):
    with gateway_process("--quiet") as process:
        api = await deploy(process.url, backend.url)
        async with raw_socket(api.url) as client:

            async def never(request):
                await asyncio.sleep(60)

            backend.answer = never
            process.process.send_signal(number)
            assert (await client.close_frame())[0] == 1001
            code, errors = await asyncio.to_thread(process.stop, number)

    assert code == 1
    assert "Stopped at once" in errors
    assert "Traceback" not in errors


@pytest.mark.slow
async def test_two_different_signals_are_one_wish(backend):
    with gateway_process("--quiet") as process:
        api = await deploy(process.url, backend.url)
        async with websockets.connect(api.url):
            process.process.send_signal(signal.SIGINT)
            code, _ = await asyncio.to_thread(process.stop, signal.SIGTERM)

    assert code == 0
    assert len(await asyncio.wait_for(backend.wait_for("disconnect"), WAIT)) == 1
