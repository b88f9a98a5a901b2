import asyncio

import pytest

from django_aws_api_gateway_websockets.gateway.config import Config
from django_aws_api_gateway_websockets.gateway.server import running_gateway
from tests.gateway.aws import deploy
from tests.gateway.backend import WAIT, Answer
from tests.gateway.raw import frame_bytes, handshake_bytes, raw_client, raw_socket

GET = b"GET /nowhere HTTP/1.1\r\nHost: localhost\r\n\r\n"


async def test_many_requests_share_a_connection(gateway):
    async with raw_client(gateway.url) as client:
        for _ in range(3):
            await client.send(GET)
            response = await client.response()
            assert response.status == 403
            assert response.value("connection") == "keep-alive"


async def test_pipelined_requests_are_answered_in_order(gateway):
    async with raw_client(gateway.url) as client:
        await client.send(GET * 50 + GET.replace(b"/nowhere", b"/v2/apis"))
        responses = [await client.response() for _ in range(51)]

    assert [response.value("x-amzn-errortype") for response in responses] == [
        *["ForbiddenException"] * 50,
        "MissingAuthenticationTokenException",
    ]


async def test_a_client_that_asks_for_close_is_closed(gateway):
    async with raw_client(gateway.url) as client:
        await client.send(GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        response = await client.response()

        assert response.value("connection") == "close"
        assert await client.wait_closed() == b""


@pytest.mark.fact("keep-alive")
async def test_a_connection_survives_a_413(gateway):
    post = b"POST /_aws/execute-api/a/b/@connections/c HTTP/1.1\r\nHost: localhost\r\n"
    async with raw_client(gateway.url) as client:
        for size in (131_073, 2_000_000):
            await client.send(post + b"Content-Length: %d\r\n\r\n" % size + b"x" * size)
            response = await client.response()
            assert (response.status, response.body) == (413, b"")
            assert [name for name, _ in response.headers] == [
                "Date",
                "Connection",
                "Content-Length",
            ]
        await client.send(GET)
        assert (await client.response()).status == 403


async def test_a_body_without_end_closes_the_connection(gateway):
    async with raw_client(gateway.url) as client:
        await client.send(
            b"POST /v2/apis HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000000\r\n\r\n"
        )
        with pytest.raises(ConnectionError):
            await asyncio.wait_for(client.send_for_ever(b"x" * 65536), WAIT)


async def test_a_client_that_says_nothing_is_closed(backend):
    async with (
        running_gateway(Config(port=0, request_timeout_seconds=0.1)) as gateway,
        raw_client(gateway.url) as silent,
        raw_client(gateway.url) as slow,
    ):
        await slow.send(GET[:20])

        assert await silent.wait_closed() == b""
        assert await slow.wait_closed() == b""


async def test_an_idle_connection_is_closed_after_a_while(backend):
    config = Config(port=0, request_timeout_seconds=0.2, keep_alive_seconds=0.3)
    async with running_gateway(config) as gateway, raw_client(gateway.url) as client:
        await client.send(GET)
        await client.response()

        assert await client.wait_closed() == b""


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: a\x00b\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: a\x0bb\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: a\x1cb\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: a\x85b\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n folded\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX : a\r\n\r\n", 400),
        (b"GET /\x00 HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx", 400),
        (
            (
                b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"
                b"Content-Length: 5\r\n\r\n"
            ),
            400,
        ),
        (
            b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: y\r\n\r\n",
            400,
        ),
        (b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: y\r\n" * 101 + b"\r\n", 431),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"y" * 9000 + b"\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: %s\r\n" % (b"y" * 7000) * 6 + b"\r\n", 431),
        (b"GET /" + b"x" * 9000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 414),
    ],
)
async def test_a_malformed_request_is_refused_and_ends_the_connection(
    gateway, request_bytes, status
):
    async with raw_client(gateway.url) as client:
        await client.send(request_bytes)
        response = await client.response()

        assert response.status == status
        assert response.value("connection") == "close"
        assert await client.wait_closed() == b""


async def test_a_header_without_end_is_refused_before_it_fills_memory(gateway):
    async with raw_client(gateway.url) as client:
        await client.send(b"GET / HTTP/1.1\r\nHost: a\r\nX: ")
        sending = asyncio.create_task(client.send_for_ever(b"y" * 1000))
        response = await client.response()
        sending.cancel()

    assert response.status == 431


async def test_headers_in_small_pieces_cost_little(gateway):
    head = b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X: %s\r\n" % (b"y" * 7000) * 4 + b"\r\n"
    loop = asyncio.get_running_loop()
    loop.set_debug(False)
    async with raw_client(gateway.url) as client:
        started = loop.time()
        for byte in head:
            client.writer.write(bytes([byte]))
        response = await client.response()

    assert response.status == 403
    assert loop.time() - started < 4


async def test_hostile_bytes_end_no_other_connection(gateway, backend):
    api = await deploy(gateway.url, backend.url)
    async with raw_socket(api.url) as good:
        for noise in (b"\x00" * 1000, b"\xff" * 1000, b"GET " * 1000, b"\r\n" * 1000):
            async with raw_client(gateway.url) as client:
                await client.send(noise)
                await client.wait_closed() if noise.strip() else None
            async with raw_client(gateway.url) as client:
                await client.send(handshake_bytes(api.url) + noise)
        await good.send(frame_bytes(1, b"alive"))
        await backend.wait_for("default")


async def test_a_handshake_with_endless_early_bytes_stops_being_read(gateway, backend):
    api = await deploy(gateway.url, backend.url)
    may_answer = asyncio.Event()

    async def slow(request):
        await may_answer.wait()
        return Answer()

    backend.answer = slow
    async with raw_client(api.url) as client:
        client.writer.transport.set_write_buffer_limits(0)
        await client.send(handshake_bytes(api.url))
        await backend.wait_for("connect")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(client.send_for_ever(b"x" * 65536), 1)
        (connection,) = [one for one in gateway.front.connections if one._is_upgrading]
        assert 0 < len(connection._early) < 1024 * 1024
        may_answer.set()
        client.writer.transport.abort()


@pytest.mark.slow
async def test_a_client_that_never_reads_its_answers_is_not_read_from(gateway):
    async with raw_client(gateway.url) as client:
        client.reader._transport.pause_reading()
        client.writer.transport.set_write_buffer_limits(0)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(client.send_for_ever(GET * 500), 3)
        (connection,) = gateway.front.connections
        assert connection.transport.get_write_buffer_size() < 1024 * 1024
        client.writer.transport.abort()
