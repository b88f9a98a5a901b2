"""An HTTP connection goes on after a refused handshake."""

import asyncio

import pytest

from django_aws_api_gateway_websockets.gateway.config import Config
from django_aws_api_gateway_websockets.gateway.server import running_gateway
from tests.gateway.aws import deploy
from tests.gateway.backend import Answer
from tests.gateway.raw import TEXT, frame_bytes, handshake_bytes, raw_client

GET = b"GET /nowhere HTTP/1.1\r\nHost: localhost\r\n\r\n"
FORBIDDEN = Answer(403, b'{"no": "entry"}')


@pytest.fixture
async def api(gateway, backend):
    return await deploy(gateway.url, backend.url)


@pytest.mark.fact("refused-connection-stays-open")
async def test_a_refused_client_may_try_again_on_its_connection(gateway, backend, api):
    backend.answers("connect", FORBIDDEN)
    async with raw_client(gateway.url) as client:
        refusals = [
            await client.handshake(api.url),
            await client.handshake(f"{api.endpoint}/nowhere"),
            await client.handshake(api.url),
        ]
        await client.send(GET)
        plain = await client.response()
        backend.answer = None
        accepted = await client.handshake(api.url)
        await client.send(frame_bytes(TEXT, b"hello"))
        (message,) = await backend.wait_for("default")

    assert [refusal.status for refusal in refusals] == [403, 403, 403]
    assert {refusal.value("connection") for refusal in refusals} == {"keep-alive"}
    assert refusals[0].body == FORBIDDEN.body
    assert [plain.status, accepted.status] == [403, 101]
    assert message.body == b"hello"


@pytest.mark.fact("refused-connection-stays-open")
async def test_requests_that_came_early_are_read_after_the_refusal(gateway, backend, api):
    backend.answers("connect", FORBIDDEN)
    async with raw_client(gateway.url) as client:
        await client.send(handshake_bytes(api.url) + GET + handshake_bytes(api.url) + GET)

        assert [(await client.response()).status for _ in range(4)] == [403] * 4


async def test_frames_sent_ahead_of_a_refusal_are_a_bad_request(gateway, backend, api):
    backend.answers("connect", FORBIDDEN)
    async with raw_client(gateway.url) as client:
        await client.send(handshake_bytes(api.url) + frame_bytes(TEXT, b"hello"))
        refused, bad = await client.response(), await client.response()

        assert await client.wait_closed() == b""
    assert (refused.status, bad.status) == (403, 400)
    assert bad.value("connection") == "close"


async def test_a_thousand_refusals_in_one_packet_are_a_thousand_answers(gateway):
    url = f"{gateway.url}/nowhere"
    async with raw_client(gateway.url) as client:
        sending = asyncio.create_task(client.send(handshake_bytes(url) * 1000 + GET))
        statuses = [(await client.response()).status for _ in range(1001)]
        await sending

    assert set(statuses) == {403}


@pytest.mark.parametrize(
    ("lines", "options", "status"),
    [
        ((), {"method": "POST"}, 400),
        (("Authorization: a", "Authorization: b"), {}, 400),
        (("Connection: close",), {}, 403),
    ],
    ids=["no handshake", "no request for AWS", "a client that asks for it"],
)
async def test_it_is_closed_after(gateway, backend, api, lines, options, status):
    backend.answers("connect", FORBIDDEN)
    async with raw_client(gateway.url) as client:
        refused = await client.handshake(api.url, *lines, **options)

        assert await client.wait_closed() == b""
    assert (refused.status, refused.value("connection")) == (status, "close")


async def test_a_gateway_that_is_full_closes_it(backend):
    async with (
        running_gateway(Config(port=0, max_connections=1)) as gateway,
        raw_client(gateway.url),
        raw_client(gateway.url) as second,
    ):
        refused = await second.handshake(f"{gateway.url}/test")

        assert await second.wait_closed() == b""
    assert (refused.status, refused.value("connection")) == (503, "close")


async def test_it_is_closed_when_nothing_follows(backend):
    async with (
        running_gateway(
            Config(port=0, request_timeout_seconds=0.2, keep_alive_seconds=0.4)
        ) as gateway,
        raw_client(gateway.url) as client,
    ):
        refused = await client.handshake(f"{gateway.url}/nowhere")

        assert refused.value("connection") == "keep-alive"
        assert await client.wait_closed() == b""


async def test_a_proxys_next_request_is_another_clients(backend):
    async with running_gateway(Config(port=0, behind_proxy=True)) as gateway:
        api = await deploy(gateway.url, backend.url)
        backend.answers("connect", FORBIDDEN)
        async with raw_client(gateway.url) as proxy:
            for address in ("203.0.113.1", "203.0.113.2"):
                await proxy.handshake(api.url, f"X-Forwarded-For: {address}")
            await proxy.handshake(api.url)

    seen = [request.values("x-forwarded-for") for request in backend.on("connect")]
    assert seen == [["203.0.113.1"], ["203.0.113.2"], ["127.0.0.1"]]
