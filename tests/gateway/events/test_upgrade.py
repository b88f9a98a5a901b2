import asyncio
import json

import pytest
import websockets

from tests.gateway.aws import deploy
from tests.gateway.backend import WAIT, Answer
from tests.gateway.raw import TEXT, frame_bytes, handshake_bytes, raw_client, raw_socket


@pytest.mark.fact("headers-of-the-101", "no-extension-unasked", "other-connect-headers-not-copied")
async def test_an_accepted_handshake_gets_the_four_headers_of_aws_and_no_more(gateway, backend):
    api = await deploy(gateway.url, backend.url)
    backend.answers("connect", Answer(200, b"welcome", (("Set-Cookie", "a=1"), ("X-Own", "1"))))
    async with raw_client(api.url) as client:
        response = await client.handshake(api.url)

    assert response.status == 101
    assert [name.lower() for name, _ in response.headers] == [
        "date",
        "upgrade",
        "connection",
        "sec-websocket-accept",
    ]
    assert response.value("sec-websocket-accept") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


@pytest.mark.fact(
    "connect-before-101",
    "query-on-connect-only",
    "host-header",
    "connect-has-no-body",
    "api-id-header",
    "trace-header",
    "forwarded-headers",
    "websocket-headers-forwarded",
    "client-headers-forwarded",
    "hop-headers-dropped",
)
async def test_connect_sees_the_handshake_but_no_body(gateway, backend):
    api = await deploy(gateway.url, backend.url)
    async with raw_socket(
        f"{api.url}?room=a%20b&room=c",
        "Cookie: sessionid=1",
        "Origin: http://localhost:8000",
        "User-Agent: Mozilla/5.0",
        "Authorization: Bearer x",
        "Sec-WebSocket-Protocol: chat",
    ):
        (request,) = await backend.wait_for("connect")

    assert request.target == "/connect?room=a%20b&room=c"
    assert request.body == b""
    assert request.values("Cookie") == ["sessionid=1"]
    assert request.values("Origin") == ["http://localhost:8000"]
    assert request.values("User-Agent") == ["Mozilla/5.0"]
    assert request.values("Authorization") == ["Bearer x"]
    assert request.values("Sec-WebSocket-Protocol") == ["chat"]
    assert request.values("Sec-WebSocket-Key") == ["dGhlIHNhbXBsZSBub25jZQ=="]
    assert request.values("Content-Length") == ["0"]
    assert request.values("X-Forwarded-For") == ["127.0.0.1"]
    assert request.values("X-Forwarded-Proto") == ["http"]
    assert request.values("X-Forwarded-Port") == [gateway.url.rpartition(":")[2]]
    assert request.values("X-Amzn-Apigateway-Api-Id") == [api.api_id]
    assert len(request.values("X-Amzn-Trace-Id")) == 1
    assert request.values("Host") == [backend.url.removeprefix("http://")]
    assert len(request.values("connectionId")[0]) == 20
    for absent in ("Upgrade", "Connection", "X-Real-Ip"):
        assert request.values(absent) == []


LIES = ("connectionId", "X-Secret", "X-Forwarded-For", "X-Amzn-Apigateway-Api-Id", "X-Real-Ip")


@pytest.mark.fact("reserved-headers-stripped")
async def test_a_client_cannot_speak_for_the_gateway(gateway, backend):
    api = await deploy(
        gateway.url, backend.url, parameters={"integration.request.header.X-Secret": "'truth'"}
    )
    lies = [
        f"{case(spelling)}: a lie"
        for name in LIES
        for spelling in (name, name.replace("-", "_"))
        for case in (str, str.upper, str.lower)
    ]
    async with raw_socket(api.url, *lies):
        (request,) = await backend.wait_for("connect")

    assert b"a lie" not in request.raw_head
    assert request.values("X-Secret") == ["truth"]


@pytest.mark.fact("refusal-is-relayed", "headers-of-a-refusal", "no-disconnect-after-refusal")
@pytest.mark.parametrize("status", [301, 400, 401, 403, 500, 503])
async def test_a_refusal_reaches_the_client_with_status_and_body(gateway, backend, status):
    api = await deploy(gateway.url, backend.url)
    backend.answers("connect", Answer(status, b"not today", (("Location", "/elsewhere"),)))
    async with raw_client(api.url) as client:
        response = await client.handshake(api.url)
        client.writer.write_eof()
        rest = await client.wait_closed()

    assert (response.status, response.body, rest) == (status, b"not today", b"")
    assert response.value("content-type") == "application/json; charset=UTF-8"
    assert len(response.value("x-amz-apigw-id")) == 16
    assert response.value("location") is None
    assert backend.on("disconnect") == []


@pytest.mark.fact("connect-is-optional")
async def test_an_api_without_a_connect_route_lets_everybody_in(gateway, backend):
    api = await deploy(gateway.url, backend.url, "$default")
    async with websockets.connect(api.url) as socket:
        await socket.send("hello")
        await backend.wait_for("default")


@pytest.mark.fact("connect-backend-unreachable")
async def test_a_backend_that_is_not_there_is_a_502_and_a_hint(gateway, caplog):
    api = await deploy(gateway.url, "http://127.0.0.1:9")
    async with raw_client(api.url) as client:
        response = await client.handshake(api.url)

    assert response.status == 502
    assert json.loads(response.body)["message"] == "Internal server error"
    assert set(json.loads(response.body)) == {"message", "connectionId", "requestId"}
    assert "http://127.0.0.1:9/connect" in caplog.text
    assert "runserver" in caplog.text


@pytest.mark.fact("connect-timeout")
async def test_a_backend_that_is_too_slow_is_a_504(gateway, backend):
    api = await deploy(gateway.url, backend.url, timeout_ms=100)

    async def never(request):
        await asyncio.sleep(WAIT)

    backend.answer = never
    async with raw_client(api.url) as client:
        response = await client.handshake(api.url)

    assert response.status == 504
    assert response.body.startswith(b'{"message": "Endpoint request timed out", "connectionId":"')


@pytest.mark.fact("unknown-stage", "further-path-after-stage")
@pytest.mark.parametrize("path", ["unknown/test", "{api}/unknown", "{api}/test/more", "{api}"])
async def test_an_address_that_leads_nowhere_is_forbidden(gateway, backend, path):
    api = await deploy(gateway.url, backend.url)
    url = f"{gateway.url}/_aws/execute-api/{path.format(api=api.api_id)}"
    async with raw_client(url) as client:
        response = await client.handshake(url)

    assert (response.status, response.body) == (403, b'{"message":"Forbidden"}')
    assert response.value("x-amzn-errortype") == "ForbiddenException"


@pytest.mark.fact("stage-without-deployment")
async def test_a_stage_without_a_deployment_is_forbidden_and_says_why_in_the_log(
    gateway, backend, caplog
):
    api = await deploy(gateway.url, backend.url)
    await asyncio.to_thread(api.client.create_stage, ApiId=api.api_id, StageName="empty")
    url = api.url.replace("/test", "/empty")
    async with raw_client(url) as client:
        response = await client.handshake(url)

    assert response.status == 403
    assert "create_deployment" in caplog.text


async def test_the_log_names_what_exists_when_a_client_asks_for_something_else(
    gateway, backend, caplog
):
    api = await deploy(gateway.url, backend.url)
    url = api.url.replace("/test", "/other")
    async with raw_client(url) as client:
        await client.handshake(url)

    assert f"{api.api_id}/other, which does not exist" in caplog.text
    assert f"the stages here are {api.api_id}/test" in caplog.text


@pytest.mark.fact("plain-get")
async def test_a_plain_request_for_a_socket_is_told_to_upgrade(gateway, backend):
    api = await deploy(gateway.url, backend.url)
    path = api.url.partition(":")[2].partition("/_aws")[2]
    async with raw_client(api.url) as client:
        await client.send(f"GET /_aws{path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        response = await client.response()

    assert response.status == 426
    assert response.value("upgrade") == "websocket"


@pytest.mark.fact("subprotocol-by-integration")
async def test_the_integrations_header_chooses_the_subprotocol(gateway, backend):
    api = await deploy(gateway.url, backend.url)
    backend.answers("connect", Answer(headers=(("Sec-WebSocket-Protocol", "chat.v2"),)))
    async with websockets.connect(api.url, subprotocols=["chat.v1", "chat.v2"]) as socket:
        assert socket.subprotocol == "chat.v2"


@pytest.mark.fact("subprotocol-not-chosen")
async def test_without_the_integrations_header_no_subprotocol_is_chosen(gateway, backend):
    api = await deploy(gateway.url, backend.url)
    async with websockets.connect(api.url, subprotocols=["chat"]) as socket:
        assert socket.subprotocol is None


async def test_a_subprotocol_that_is_no_token_is_left_out(gateway, backend):
    api = await deploy(gateway.url, backend.url)
    backend.answers("connect", Answer(headers=(("Sec-WebSocket-Protocol", "a b"),)))
    async with raw_client(api.url) as client:
        response = await client.handshake(api.url, "Sec-WebSocket-Protocol: a")

    assert response.status == 101
    assert response.value("sec-websocket-protocol") is None


@pytest.mark.fact("deflate-is-negotiated")
@pytest.mark.parametrize(
    ("offer", "answer"),
    [
        ("permessage-deflate", "permessage-deflate"),
        ("permessage-deflate; client_max_window_bits", "permessage-deflate"),
        (
            "permessage-deflate; server_max_window_bits=12; client_max_window_bits=12",
            "permessage-deflate;server_max_window_bits=12;client_max_window_bits=12",
        ),
        ("x-unknown", None),
    ],
)
async def test_compression_is_agreed_in_the_style_of_aws(gateway, backend, offer, answer):
    api = await deploy(gateway.url, backend.url)
    async with raw_client(api.url) as client:
        response = await client.handshake(api.url, f"Sec-WebSocket-Extensions: {offer}")

    assert response.value("sec-websocket-extensions") == answer


@pytest.mark.fact("client-window-bits")
async def test_compressed_messages_travel_both_ways(gateway, backend):
    api = await deploy(gateway.url, backend.url, replies=("$default",))

    async def echo(request):
        return Answer(body=request.body)

    backend.answer = echo
    async with websockets.connect(api.url, compression="deflate") as socket:
        assert socket.protocol.extensions
        for text in ("x" * 20_000, "caf\u00e9" * 1000, "x" * 20_000):
            await socket.send(text)
            assert await socket.recv() == text


@pytest.mark.fact("early-frames")
async def test_frames_sent_ahead_of_the_answer_are_not_lost(gateway, backend):
    api = await deploy(gateway.url, backend.url)
    async with raw_client(api.url) as client:
        await client.send(handshake_bytes(api.url) + frame_bytes(TEXT, b"early"))
        response = await client.response()
        (request,) = await backend.wait_for("default")

    assert response.status == 101
    assert request.body == b"early"


@pytest.mark.fact("id-usable-after-connect")
async def test_an_id_is_unknown_until_connect_has_returned(gateway, backend):
    api = await deploy(gateway.url, backend.url)
    seen = {}

    async def post_from_connect(request):
        if request.route == "connect":
            client = api.management
            try:
                await asyncio.to_thread(
                    client.post_to_connection,
                    ConnectionId=request.values("connectionId")[0],
                    Data=b"x",
                )
            except client.exceptions.GoneException:
                seen["connect"] = "gone"
        return Answer()

    backend.answer = post_from_connect
    async with raw_socket(api.url):
        assert seen == {"connect": "gone"}


async def test_a_client_that_leaves_while_connect_runs_is_reported_gone_once(gateway, backend):
    api = await deploy(gateway.url, backend.url)
    may_answer = asyncio.Event()

    async def slow(request):
        if request.route == "connect":
            await may_answer.wait()
        return Answer()

    backend.answer = slow
    async with raw_client(api.url) as client:
        await client.send(handshake_bytes(api.url))
        await backend.wait_for("connect")
    may_answer.set()
    (request,) = await backend.wait_for("disconnect")

    assert request.values("connectionId") == backend.on("connect")[0].values("connectionId")
    assert len(gateway.hub) == 0


@pytest.mark.fact("handshake-is-checked", "url-length")
@pytest.mark.parametrize(
    ("broken", "status"),
    [
        (lambda data: data.replace(b"Version: 13", b"Version: 8"), 400),
        (lambda data: data.replace(b"dGhlIHNhbXBsZSBub25jZQ==", b"short"), 400),
        (lambda data: data.replace(b"Sec-WebSocket-Key:", b"X-Key:"), 400),
        (lambda data: data.replace(b"GET", b"POST"), 400),
        (lambda data: data.replace(b"Upgrade: websocket", b"Upgrade: h2c"), 426),
        (lambda data: data.replace(b"\r\n\r\n", b"\r\nContent-Length: 5\r\n\r\nhello"), 400),
        (lambda data: data.replace(b"\r\n\r\n", b"\r\nTransfer-Encoding: chunked\r\n\r\n"), 400),
        (lambda data: data.replace(b"test", b"test?" + b"x" * 4097, 1), 414),
    ],
)
async def test_a_handshake_that_is_none_never_reaches_the_backend(gateway, backend, broken, status):
    api = await deploy(gateway.url, backend.url)
    async with raw_client(api.url) as client:
        await client.send(broken(handshake_bytes(api.url)))
        response = await client.response()

    assert response.status == status
    assert backend.received == []


@pytest.mark.fact("socket-url-names-api-and-stage", "trailing-slash-after-stage")
@pytest.mark.parametrize("form", ["short", "host", "slash"])
async def test_every_address_of_a_stage_leads_to_it(gateway, backend, form):
    api = await deploy(gateway.url, backend.url)
    port = gateway.url.rpartition(":")[2]
    target, host = {
        "short": ("/test", f"127.0.0.1:{port}"),
        "host": ("/test", f"{api.api_id}.execute-api.us-east-1.localhost:{port}"),
        "slash": (f"/_aws/execute-api/{api.api_id}/test/?a=b", f"localhost:{port}"),
    }[form]
    async with raw_client(gateway.url) as client:
        response = await client.handshake(gateway.url, target=target, host=host)

    assert response.status == 101


async def test_the_short_form_ends_with_the_second_api(gateway, backend):
    await deploy(gateway.url, backend.url)
    await deploy(gateway.url, backend.url)
    async with raw_client(gateway.url) as client:
        response = await client.handshake(gateway.url, target="/test")

    assert response.status == 403


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", ""])
async def test_a_name_that_only_points_here_is_not_served(gateway, backend, host):
    api = await deploy(gateway.url, backend.url)
    async with raw_client(api.url) as client:
        response = await client.handshake(api.url, host=host)

    assert response.status == 403
    assert backend.received == []


@pytest.mark.fact("route-without-target")
async def test_a_connect_route_without_a_target_lets_everybody_in(gateway, backend):
    api = await deploy(gateway.url, backend.url, "$default")

    def add_routes():
        for key in ("$connect", "$disconnect"):
            api.client.create_route(ApiId=api.api_id, RouteKey=key)
        api.client.create_deployment(ApiId=api.api_id, StageName="test")

    await asyncio.to_thread(add_routes)
    async with websockets.connect(api.url) as socket:
        await socket.send("hello")
        await backend.wait_for("default")

    assert [request.route for request in backend.received] == ["default"]
