import asyncio
import random

import pytest
import websockets

from django_aws_api_gateway_websockets.gateway.connections.connection import CLOSE_TIMEOUT_SECONDS
from tests.gateway.aws import deploy
from tests.gateway.backend import WAIT, Answer
from tests.gateway.clients import END, end_of
from tests.gateway.raw import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, frame_bytes, raw_socket


@pytest.fixture
async def api(gateway, backend):
    return await deploy(gateway.url, backend.url, parameters=END)


@pytest.mark.fact("ping-is-answered")
async def test_a_ping_is_answered_with_its_payload_and_reaches_no_route(api, backend):
    async with raw_socket(api.url) as client:
        await client.send(frame_bytes(PING, b"payload"))
        assert await client.frame() == (0x80 | PONG, b"payload")
        await client.send(frame_bytes(PONG, b"unasked"))
        await client.send(frame_bytes(TEXT, b"hello"))
        await backend.wait_for("default")

    assert len(backend.on("default")) == 1


@pytest.mark.fact("fragments-are-joined")
async def test_fragments_arrive_as_one_message_with_a_ping_between(api, backend):
    async with raw_socket(api.url) as client:
        await client.send(frame_bytes(TEXT, b"caf\xc3", fin=False))
        await client.send(frame_bytes(PING, b"x"))
        await client.send(frame_bytes(CONTINUATION, b"\xa9", fin=False))
        await client.send(frame_bytes(CONTINUATION, b"", fin=True))
        (request,) = await backend.wait_for("default")

    assert request.body == "caf\u00e9".encode()


@pytest.mark.fact("fragments-are-joined")
async def test_a_message_of_the_largest_size_in_frames_of_the_largest_size_passes(api, backend):
    async with raw_socket(api.url) as client:
        for index in range(4):
            opcode = CONTINUATION if index else TEXT
            await client.send(frame_bytes(opcode, b"x" * 32768, fin=index == 3))
        (request,) = await backend.wait_for("default")

    assert len(request.body) == 131072


@pytest.mark.fact("binary-is-refused", "disconnect-after-binary")
async def test_a_binary_message_is_refused(api, backend):
    async with raw_socket(api.url) as client:
        await client.send(frame_bytes(BINARY, b"x") + frame_bytes(TEXT, b"after"))
        assert await client.close_frame() == (1003, "Binary is not supported")

    assert await end_of(backend) == (1003, "Binary is not supported")
    assert backend.on("default") == []


@pytest.mark.fact("frame-size")
async def test_a_frame_over_the_limit_is_refused_by_its_length_field_alone(api, backend):
    async with raw_socket(api.url) as client:
        await client.send(frame_bytes(TEXT, b"", length=2**63 - 1)[:10])
        code, _ = await client.close_frame()

    assert code == 1009
    assert (await end_of(backend))[0] == 1009


@pytest.mark.fact("message-size", "frame-size")
@pytest.mark.parametrize("sizes", [[32769], [32768, 32768, 32768, 32768, 1]])
async def test_a_frame_or_message_larger_than_the_quotas_is_refused(api, backend, sizes):
    async with raw_socket(api.url) as client:
        for index, size in enumerate(sizes):
            opcode = CONTINUATION if index else TEXT
            await client.send(frame_bytes(opcode, b"x" * size, fin=index == len(sizes) - 1))
        code, _ = await client.close_frame()

    assert code == 1009
    assert (await end_of(backend))[0] == 1009


@pytest.mark.fact("reasons-of-closures")
async def test_empty_fragments_without_end_are_refused(api, backend):
    async with raw_socket(api.url) as client:
        await client.send(frame_bytes(TEXT, b"", fin=False))
        await client.send(frame_bytes(CONTINUATION, b"", fin=False) * 2000)
        assert await client.close_frame() == (1009, "Message too big")

    assert await end_of(backend) == (1009, "Message too big")


@pytest.mark.fact("bad-utf8", "reasons-of-closures")
async def test_text_that_is_no_utf8_is_refused(api, backend):
    async with raw_socket(api.url) as client:
        await client.send(frame_bytes(TEXT, b"\xff\xfe"))
        code, _ = await client.close_frame()

    assert code == 1007
    assert (await end_of(backend))[0] == 1007


@pytest.mark.fact("protocol-errors")
@pytest.mark.parametrize(
    "broken",
    [
        b"\x81\x05hello",
        b"\xf1\x80\x00\x00\x00\x00",
        frame_bytes(0x3, b"x"),
        frame_bytes(CONTINUATION, b"x"),
        frame_bytes(PING, b"x" * 126),
        frame_bytes(PING, b"x", fin=False),
        frame_bytes(CLOSE, b"\x03"),
        frame_bytes(CLOSE, b"\x03\xed"),
        frame_bytes(TEXT, b"x", fin=False) + frame_bytes(TEXT, b"y"),
    ],
)
async def test_a_frame_that_breaks_the_protocol_ends_its_connection_and_no_other(
    api, backend, broken
):
    async with raw_socket(api.url) as other, raw_socket(api.url) as client:
        await client.send(broken)
        code, _ = await client.close_frame()
        await other.send(frame_bytes(TEXT, b"still here"))
        await backend.wait_for("default")

    assert code == 1002


@pytest.mark.fact(
    "close-frame-is-echoed",
    "disconnect-code-and-reason",
    "disconnect-after-close",
    "close-without-status",
)
@pytest.mark.parametrize(
    ("payload", "told"),
    [
        (b"\x03\xe8bye", (1000, "bye")),
        (b"\x0f\xa1caf\xc3\xa9", (4001, "caf\u00e9".encode().decode("latin-1"))),
        (b"\x0b\xb8", (3000, "")),
        (b"", (1005, "Client-side close frame status not set")),
    ],
)
async def test_a_clients_close_frame_comes_back_and_reaches_disconnect(api, backend, payload, told):
    async with raw_socket(api.url) as client:
        await client.send(frame_bytes(CLOSE, payload))
        assert await client.frame() == (0x80 | CLOSE, payload)
        assert await client.wait_closed() == b""

    assert await end_of(backend) == told


@pytest.mark.fact("lost-connection")
async def test_a_broken_network_connection_is_a_1006(api, backend):
    async with raw_socket(api.url) as client:
        client.writer.transport.abort()

        assert await end_of(backend) == (1006, "Connection lost")


async def test_an_end_without_a_close_frame_is_a_1006(api, backend):
    async with raw_socket(api.url) as client:
        client.writer.write_eof()

        assert await end_of(backend) == (1006, "Connection lost")


@pytest.mark.fact("disconnect-answer-ignored", "disconnect-is-best-effort")
@pytest.mark.parametrize("status", [200, 500])
async def test_disconnect_is_called_once_whatever_the_answer(gateway, backend, status):
    api = await deploy(gateway.url, backend.url)
    backend.answers("disconnect", Answer(status, b"no"))
    for _ in range(2):
        async with raw_socket(api.url) as client:
            await client.send(frame_bytes(CLOSE, b""))
            assert (await client.frame())[0] == 0x80 | CLOSE

    assert len(await backend.wait_for("disconnect", 2)) == 2
    assert len(gateway.hub) == 0


@pytest.mark.fact("disconnect-request")
async def test_disconnect_comes_without_body_cookies_or_query(api, backend):
    async with raw_socket(f"{api.url}?token=x", "Cookie: a=1"):
        pass
    (request,) = await backend.wait_for("disconnect")

    assert (request.target, request.body) == ("/disconnect", b"")
    assert request.values("Cookie") == []
    assert request.values("connectionId") == backend.on("connect")[0].values("connectionId")


@pytest.mark.fact("disconnect-after-delete")
async def test_a_deleted_connection_is_reported_once_with_the_gateways_words(api, backend):
    async with websockets.connect(api.url) as socket:
        (connect,) = await backend.wait_for("connect")
        (connection_id,) = connect.values("connectionId")
        management = api.management
        await asyncio.to_thread(management.delete_connection, ConnectionId=connection_id)
        with pytest.raises(management.exceptions.GoneException):
            await asyncio.to_thread(management.delete_connection, ConnectionId=connection_id)
        with pytest.raises(websockets.ConnectionClosed):
            await asyncio.wait_for(socket.recv(), WAIT)

    assert await end_of(backend) == (1000, "Connection Closed Normally")


@pytest.mark.fact("long-post-in-fragments", "fragment-sizes")
async def test_a_long_message_leaves_in_frames_of_the_quota(api, backend):
    async with raw_socket(api.url) as client:
        (connect,) = await backend.wait_for("connect")
        await asyncio.to_thread(
            api.management.post_to_connection,
            ConnectionId=connect.values("connectionId")[0],
            Data=b"x" * 80_000,
        )
        frames = [await client.frame() for _ in range(3)]

    assert [first for first, _ in frames] == [TEXT, CONTINUATION, 0x80 | CONTINUATION]
    assert [len(payload) for _, payload in frames] == [32768, 32768, 14464]


@pytest.mark.fact("slow-client", "buffer-size", "accepted-is-not-received")
async def test_a_client_that_does_not_read_is_a_429_until_it_reads_again(api, backend):
    async with raw_socket(api.url) as client:
        client.reader._transport.pause_reading()
        (connect,) = await backend.wait_for("connect")
        (connection_id,) = connect.values("connectionId")
        management = api.management

        def flood():
            for _ in range(400):
                management.post_to_connection(ConnectionId=connection_id, Data=b"x" * 131072)

        with pytest.raises(management.exceptions.LimitExceededException) as caught:
            await asyncio.to_thread(flood)
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 429

        client.reader._transport.resume_reading()
        reading = asyncio.create_task(read_for_ever(client))
        async with asyncio.timeout(WAIT):
            while True:
                try:
                    await asyncio.to_thread(
                        management.post_to_connection, ConnectionId=connection_id, Data=b"x"
                    )
                    break
                except management.exceptions.LimitExceededException:
                    pass
        reading.cancel()


async def read_for_ever(client):
    while await client.reader.read(65536):
        pass


@pytest.mark.slow
async def test_pings_without_reading_do_not_fill_memory(api, gateway, backend):
    async with raw_socket(api.url) as client:
        client.reader._transport.pause_reading()
        client.writer.transport.set_write_buffer_limits(0)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(client.send_for_ever(frame_bytes(PING, b"x" * 125) * 500), 1.5)
        (connection,) = gateway.hub._connections.values()

        assert connection._network.transport.get_write_buffer_size() < 1024 * 1024
        client.writer.transport.abort()


async def test_a_client_that_sends_on_and_on_after_the_close_frame_is_cut(api, backend):
    async with raw_socket(api.url) as client:
        await client.send(frame_bytes(BINARY, b"x") + frame_bytes(TEXT, b"late") * 1024)
        assert (await client.close_frame())[0] == 1003
        with pytest.raises(TimeoutError):
            await client.wait_closed_within(0.2)
        await client.send(frame_bytes(TEXT, b"late"))

        # Well before the time is up that a client has to answer a close frame.
        await client.wait_closed_within(CLOSE_TIMEOUT_SECONDS / 2)
        assert await end_of(backend) == (1003, "Binary is not supported")


async def test_replies_in_flight_when_a_connection_ends_are_dropped(gateway, backend):
    api = await deploy(gateway.url, backend.url, replies=("$default",))
    may_answer = asyncio.Event()

    async def slow(request):
        if request.route == "default":
            await may_answer.wait()
        return Answer(body=b"too late")

    backend.answer = slow
    async with websockets.connect(api.url) as socket:
        await socket.send("hello")
        await backend.wait_for("default")
    may_answer.set()
    await backend.wait_for("disconnect")


@pytest.mark.slow
async def test_random_bytes_end_their_own_connection_and_no_other(api, backend):
    source = random.Random(20261121)
    async with raw_socket(api.url) as good:
        for _ in range(200):
            async with raw_socket(api.url) as client:
                await client.send(source.randbytes(source.randrange(1, 300)))
        await good.send(frame_bytes(TEXT, b"still here"))
        async with asyncio.timeout(WAIT):
            while b"still here" not in [request.body for request in backend.on("default")]:
                await backend.wait_for("default", len(backend.on("default")) + 1)
        await backend.wait_for("disconnect", 200)

    assert len(backend.on("connect")) == 201


@pytest.mark.parametrize(
    "bad",
    [
        frame_bytes(TEXT, b"x" * 32769),
        frame_bytes(TEXT, b"\xff"),
        frame_bytes(BINARY, b"x"),
        b"\xff\xff",
    ],
)
async def test_messages_count_before_a_bad_frame_and_not_after_it(api, backend, bad):
    async with raw_socket(api.url) as client:
        await client.send(frame_bytes(TEXT, b"before") + bad + frame_bytes(TEXT, b"after"))
        await backend.wait_for("disconnect")

    assert [request.body for request in backend.on("default")] == [b"before"]
