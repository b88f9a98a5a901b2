"""The time limits of AWS on a clock that is moved by hand: exact, and in no time."""

import asyncio
import json

import pytest
import websockets

from django_aws_api_gateway_websockets.gateway.config import Config
from django_aws_api_gateway_websockets.gateway.runtime.clock import Clock
from django_aws_api_gateway_websockets.gateway.server import running_gateway
from tests.gateway.aws import deploy
from tests.gateway.backend import WAIT, Answer
from tests.gateway.raw import PING, PONG, TEXT, frame_bytes, raw_socket

TOLD = {
    "integration.request.header.X-Code": "context.disconnectStatusCode",
    "integration.request.header.X-Reason": "context.disconnectReason",
    "integration.request.header.X-Connected": "context.connectedAt",
    "integration.request.header.X-Now": "context.requestTimeEpoch",
}
IDLE_MS, LIFE_MS = 600_000, 7_200_000


class HandMovedClock(Clock):
    """Stands still until it is moved; backends get a tenth of the seconds they may take."""

    def __init__(self):
        super().__init__()
        self.moment = 1_790_295_749.0
        self.granted = []

    def now(self):
        return self.moment

    def backend_seconds(self, seconds):
        self.granted.append(seconds)
        return seconds / 10


@pytest.fixture
def clock():
    return HandMovedClock()


@pytest.fixture
async def gateway(clock, backend):
    async with running_gateway(Config(port=0), clock) as gateway:
        yield gateway


def move(gateway, clock, seconds):
    """Move the clock, and let the gateway see what time it is."""
    clock.moment += seconds
    gateway.hub.sweep()


async def answers_pings(client):
    await client.send(frame_bytes(PING, b"there?"))
    return await client.frame() == (0x80 | PONG, b"there?")


async def end_of(backend):
    (request,) = await backend.wait_for("disconnect")
    (code,), (reason,) = request.values("X-Code"), request.values("X-Reason")
    (connected,), (now,) = request.values("X-Connected"), request.values("X-Now")
    return code, reason, int(now) - int(connected)


@pytest.mark.fact("idle-timeout", "idle-precision")
@pytest.mark.experiment("E35")
async def test_a_client_that_idles_is_cut_at_exactly_ten_minutes(gateway, clock, backend):
    api = await deploy(gateway.url, backend.url, parameters=TOLD)
    async with raw_socket(api.url) as client:
        move(gateway, clock, 599.999)
        assert await answers_pings(client)
        move(gateway, clock, 0.001)
        assert await client.close_frame() == (1001, "Going away")

    assert await end_of(backend) == ("1001", "Going away", IDLE_MS)


@pytest.mark.fact("connection-lifetime", "lifetime-close-frame")
@pytest.mark.experiment("E35")
async def test_a_client_that_never_idles_is_cut_at_exactly_two_hours(gateway, clock, backend):
    api = await deploy(gateway.url, backend.url, parameters=TOLD)
    async with raw_socket(api.url) as client:
        for count in range(1, 13):
            move(gateway, clock, 599)
            await client.send(frame_bytes(TEXT, b"busy"))
            await backend.wait_for("default", count)
        move(gateway, clock, 7200 - 12 * 599 - 0.001)
        assert await answers_pings(client)
        move(gateway, clock, 0.001)
        assert await client.close_frame() == (1001, "Going away")

    assert await end_of(backend) == ("1001", "Going away", LIFE_MS)


@pytest.mark.fact("posts-reset-idle-time", "last-active")
async def test_a_post_counts_as_a_sign_of_life_and_looking_does_not(gateway, clock, backend):
    api = await deploy(gateway.url, backend.url, parameters=TOLD)
    management = api.management
    async with raw_socket(api.url) as client:
        (connection_id,) = (await backend.wait_for("connect"))[0].values("connectionId")
        move(gateway, clock, 599)
        await asyncio.to_thread(
            management.post_to_connection, ConnectionId=connection_id, Data=b"x"
        )
        assert await client.frame() == (0x81, b"x")
        move(gateway, clock, 599)
        seen = await asyncio.to_thread(management.get_connection, ConnectionId=connection_id)
        assert (seen["LastActiveAt"] - seen["ConnectedAt"]).total_seconds() == 599
        move(gateway, clock, 1)
        assert await client.close_frame() == (1001, "Going away")

    assert await end_of(backend) == ("1001", "Going away", (599 + 600) * 1000)


@pytest.mark.slow
@pytest.mark.fact("integration-time", "timeout-frame")
@pytest.mark.experiment("E35")
async def test_a_backend_gets_twenty_nine_seconds_and_then_the_client_is_told(
    gateway, clock, backend
):
    async def never(request):
        if request.route == "default":
            await asyncio.Event().wait()
        return Answer()

    backend.answer = never
    api = await deploy(gateway.url, backend.url, timeout_ms=29_000)
    async with websockets.connect(api.url) as socket:
        await socket.send("hello")
        frame = json.loads(await asyncio.wait_for(socket.recv(), WAIT))
        await socket.ping()

    assert frame["message"] == "Endpoint request timed out"
    assert clock.granted[:2] == [29.0, 29.0]


async def test_a_clock_years_ahead_still_takes_signatures_of_now(gateway, clock, backend):
    """The age of a signature is counted on the clock boto3 has, which is the real one."""
    api = await deploy(gateway.url, backend.url)
    move(gateway, clock, 100_000_000)

    assert (await asyncio.to_thread(api.client.get_api, ApiId=api.api_id))["ApiId"] == api.api_id
