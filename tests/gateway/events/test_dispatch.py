import asyncio
import json

import pytest
import websockets

from django_aws_api_gateway_websockets.gateway.config import Config
from django_aws_api_gateway_websockets.gateway.server import running_gateway
from tests.gateway.aws import deploy
from tests.gateway.backend import WAIT, Answer
from tests.gateway.raw import CLOSE, TEXT, frame_bytes, raw_client, raw_socket


@pytest.mark.fact(
    "message-body-unchanged",
    "message-headers",
    "message-forwarded-headers",
    "message-user-agent",
    "integration-uri",
    "integration-method",
)
async def test_a_message_reaches_its_route_unchanged_and_without_cookies(gateway, backend):
    api = await deploy(gateway.url, backend.url, "$connect", "join", "$default")
    text = '{"action": "join",  "room": "caf\u00e9"}'
    async with raw_socket(api.url, "Cookie: a=1", "User-Agent: Mozilla/5.0") as client:
        await client.send(frame_bytes(TEXT, text.encode()))
        (request,) = await backend.wait_for("join")

    assert request.method == "POST"
    assert request.target == "/join"
    assert request.body == text.encode()
    assert request.values("Cookie") == []
    assert request.values("User-Agent") == ["Mozilla/5.0"]
    assert request.values("connectionId") == backend.on("connect")[0].values("connectionId")
    for name in ("X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Port", "X-Amzn-Trace-Id"):
        assert len(request.values(name)) == 1


@pytest.mark.fact("mapping-context", "context-message-id")
async def test_mappings_tell_the_backend_about_the_message(gateway, backend):
    api = await deploy(
        gateway.url,
        backend.url,
        "$default",
        parameters={
            "integration.request.header.X-Route": "context.routeKey",
            "integration.request.header.X-Event": "context.eventType",
            "integration.request.header.X-Message": "context.messageId",
            "integration.request.header.X-Room": "route.request.body.room",
            "integration.request.header.X-Static": "'fixed'",
            "integration.request.querystring.stage": "context.stage",
        },
    )
    async with websockets.connect(api.url) as socket:
        await socket.send('{"room": "kitchen\\r\\nX-Evil: 1"}')
        (request,) = await backend.wait_for("default")

    assert request.target == "/default?stage=test"
    assert request.values("X-Route") == ["$default"]
    assert request.values("X-Event") == ["MESSAGE"]
    assert len(request.values("X-Message")[0]) == 20
    assert request.values("X-Static") == ["fixed"]
    assert request.values("X-Room") == ["kitchen  X-Evil: 1"]
    assert request.values("X-Evil") == []


@pytest.mark.fact("one-way-by-default")
async def test_without_a_route_response_the_backends_answer_stays_unsent(gateway, backend):
    api = await deploy(gateway.url, backend.url, "quiet", "$default", replies=("$default",))

    async def answer(request):
        return Answer(500 if request.route == "quiet" else 200, b"from " + request.route.encode())

    backend.answer = answer
    async with websockets.connect(api.url) as socket:
        await socket.send('{"action": "quiet"}')
        await backend.wait_for("quiet")
        await socket.send("anything")

        assert await asyncio.wait_for(socket.recv(), WAIT) == "from default"


@pytest.mark.fact("expression-alone-is-one-way")
async def test_a_route_without_a_response_stays_one_way_whatever_its_expression_says(
    gateway, backend
):
    api = await deploy(gateway.url, backend.url, "quiet", "$default", replies=("$default",))

    def set_expression():
        routes = api.client.get_routes(ApiId=api.api_id)["Items"]
        (quiet,) = (route["RouteId"] for route in routes if route["RouteKey"] == "quiet")
        api.client.update_route(
            ApiId=api.api_id, RouteId=quiet, RouteResponseSelectionExpression="$default"
        )
        api.client.create_deployment(ApiId=api.api_id, StageName="test")

    await asyncio.to_thread(set_expression)

    async def answer(request):
        return Answer(body=b"from " + request.route.encode())

    backend.answer = answer
    async with websockets.connect(api.url) as socket:
        await socket.send('{"action": "quiet"}')
        await backend.wait_for("quiet")
        await socket.send("anything")

        assert await asyncio.wait_for(socket.recv(), WAIT) == "from default"


@pytest.mark.fact("two-way-proxy", "two-way-needs-the-response-only", "reply-on-error-status")
@pytest.mark.parametrize("status", [200, 404, 500])
async def test_with_a_route_response_the_body_is_the_reply_whatever_the_status(
    gateway, backend, status
):
    api = await deploy(gateway.url, backend.url, "$default", replies=("$default",))
    backend.answers("default", Answer(status, "caf\u00e9".encode()))
    async with websockets.connect(api.url) as socket:
        await socket.send("hello")

        assert await asyncio.wait_for(socket.recv(), WAIT) == "caf\u00e9"


@pytest.mark.fact("empty-reply")
async def test_an_empty_answer_is_no_message(gateway, backend):
    api = await deploy(gateway.url, backend.url, "empty", "$default", replies=("empty", "$default"))
    backend.answers("default", Answer(body=b"second"))
    async with websockets.connect(api.url) as socket:
        await socket.send('{"action": "empty"}')
        await backend.wait_for("empty")
        await socket.send("hello")

        assert await asyncio.wait_for(socket.recv(), WAIT) == "second"


@pytest.mark.fact("reply-too-large")
async def test_an_answer_larger_than_a_message_closes_the_connection(gateway, backend):
    api = await deploy(gateway.url, backend.url, "$default", replies=("$default",))
    backend.answers("default", Answer(body=b"x" * (128 * 1024 + 1)))
    async with raw_socket(api.url) as client:
        await client.send(frame_bytes(TEXT, b"hello"))

        assert await client.close_frame() == (1009, "Message too big")


@pytest.mark.fact("forbidden-frame", "forbidden-keeps-open", "error-frames-on-one-way-routes")
async def test_a_message_nobody_takes_is_forbidden_and_the_client_stays(gateway, backend, caplog):
    api = await deploy(gateway.url, backend.url, "$connect", "join")
    async with websockets.connect(api.url) as socket:
        for text in ("ping", '{"action": "leave"}', "[1]", ""):
            await socket.send(text)
            frame = await asyncio.wait_for(socket.recv(), WAIT)
        await socket.send('{"action": "join"}')
        await backend.wait_for("join")

    connection_id = backend.on("connect")[0].values("connectionId")[0]
    request_id = json.loads(frame)["requestId"]
    assert frame == (
        f'{{"message": "Forbidden", "connectionId":"{connection_id}", "requestId":"{request_id}"}}'
    )
    assert len(request_id) == 16
    assert "The routes are: $connect, join." in caplog.text


@pytest.mark.fact("internal-error-frame")
async def test_a_backend_that_is_not_there_is_an_internal_error_and_the_client_stays(gateway):
    api = await deploy(gateway.url, "http://127.0.0.1:9", "$default")
    async with websockets.connect(api.url) as socket:
        for _ in range(2):
            await socket.send("hello")
            frame = await asyncio.wait_for(socket.recv(), WAIT)
            assert frame.startswith('{"message": "Internal server error", "connectionId":"')


@pytest.mark.fact("timeout-frame")
async def test_a_backend_that_is_too_slow_is_a_time_out_frame(gateway, backend):
    api = await deploy(gateway.url, backend.url, "$default", timeout_ms=50)

    async def never(request):
        await asyncio.sleep(WAIT)

    backend.answer = never
    async with websockets.connect(api.url) as socket:
        await socket.send("hello")
        frame = await asyncio.wait_for(socket.recv(), WAIT)

    assert frame.startswith('{"message": "Endpoint request timed out", "connectionId":"')


@pytest.mark.fact("route-without-target")
async def test_a_route_without_a_target_is_an_internal_error_that_says_so(gateway, backend, caplog):
    api = await deploy(gateway.url, backend.url, "$default")

    def add_route():
        api.client.create_route(ApiId=api.api_id, RouteKey="bare")
        api.client.create_deployment(ApiId=api.api_id, StageName="test")

    await asyncio.to_thread(add_route)
    async with websockets.connect(api.url) as socket:
        await socket.send('{"action": "bare"}')
        frame = await asyncio.wait_for(socket.recv(), WAIT)

    assert "Internal server error" in frame
    assert "'bare'" in caplog.text


@pytest.mark.fact("messages-run-at-once", "replies-in-any-order")
async def test_messages_of_one_connection_run_at_the_same_time(gateway, backend):
    api = await deploy(gateway.url, backend.url, "$default", replies=("$default",))
    may_answer = asyncio.Event()

    async def echo(request):
        if request.body == b"slow":
            await may_answer.wait()
        return Answer(body=request.body)

    backend.answer = echo
    async with websockets.connect(api.url) as socket:
        await socket.send("slow")
        await socket.send("fast")
        assert await asyncio.wait_for(socket.recv(), WAIT) == "fast"
        may_answer.set()
        assert await asyncio.wait_for(socket.recv(), WAIT) == "slow"


@pytest.mark.fact("messages-in-flight")
@pytest.mark.parametrize("limit", [1, 3])
async def test_no_more_messages_of_a_connection_run_than_the_limit(backend, limit):
    now, most = 0, 0

    async def count(request):
        nonlocal now, most
        now, most = now + 1, max(most, now + 1)
        await asyncio.sleep(0.002)
        now -= 1
        return Answer(body=request.body)

    async with running_gateway(Config(port=0, messages_in_flight=limit)) as gateway:
        api = await deploy(gateway.url, backend.url, "$default", replies=("$default",))
        backend.answer = count
        async with websockets.connect(api.url) as socket:
            sent = [f"message {number}" for number in range(40)]
            for text in sent:
                await socket.send(text)
            async with asyncio.timeout(WAIT):
                replies = [await socket.recv() for _ in sent]

    assert most == limit
    assert sorted(replies) == sorted(sent)
    if limit == 1:
        assert replies == sent


async def test_a_client_that_sends_too_fast_is_not_read_from(backend):
    may_answer = asyncio.Event()

    async def wait(request):
        await may_answer.wait()
        return Answer()

    async with running_gateway(Config(port=0, messages_in_flight=2)) as gateway:
        api = await deploy(gateway.url, backend.url, "$default")
        backend.answer = wait
        message = frame_bytes(TEXT, b"x" * 30_000)
        async with raw_socket(api.url) as client:
            client.writer.transport.set_write_buffer_limits(0)
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(client.send_for_ever(message), 1)
            assert len(backend.on("default")) == 2
            may_answer.set()
            await backend.wait_for("default", 20)


@pytest.mark.fact("open-connections-follow", "deployment-is-a-snapshot", "propagation")
async def test_a_new_deployment_counts_from_the_next_message_of_an_open_connection(
    gateway, backend
):
    api = await deploy(gateway.url, backend.url, "$default")

    def add_route():
        integration = api.client.create_integration(
            ApiId=api.api_id,
            IntegrationType="HTTP_PROXY",
            IntegrationMethod="POST",
            IntegrationUri=f"{backend.url}/new",
        )["IntegrationId"]
        api.client.create_route(
            ApiId=api.api_id, RouteKey="new", Target=f"integrations/{integration}"
        )

    async with websockets.connect(api.url) as socket:
        await asyncio.to_thread(add_route)
        await socket.send('{"action": "new"}')
        await backend.wait_for("default")
        assert backend.on("new") == []
        await asyncio.to_thread(api.client.create_deployment, ApiId=api.api_id, StageName="test")
        await socket.send('{"action": "new"}')
        await backend.wait_for("new")


@pytest.mark.fact("selection-belongs-to-deployment")
async def test_the_deployed_selection_expression_counts(gateway, backend):
    api = await deploy(gateway.url, backend.url, "join", "$default")
    await asyncio.to_thread(
        api.client.update_api, ApiId=api.api_id, RouteSelectionExpression="$request.body.type"
    )
    async with websockets.connect(api.url) as socket:
        await socket.send('{"action": "join", "type": "other"}')
        await backend.wait_for("join")


@pytest.mark.fact("disconnect-once")
async def test_every_message_sent_before_the_end_is_delivered_and_disconnect_comes_once(
    gateway, backend
):
    api = await deploy(gateway.url, backend.url)
    sent = [str(number).encode() for number in range(100)]
    async with raw_socket(api.url) as client:
        await client.send(b"".join(frame_bytes(TEXT, text) for text in sent))
        await client.send(frame_bytes(CLOSE, b""))
        await backend.wait_for("default", len(sent))
        await backend.wait_for("disconnect")

    assert sorted(request.body for request in backend.on("default")) == sorted(sent)
    assert len(backend.on("disconnect")) == 1


@pytest.mark.fact("disconnect-may-overtake")
async def test_disconnect_does_not_wait_for_the_answer_to_a_message(gateway, backend):
    api = await deploy(gateway.url, backend.url)
    may_answer = asyncio.Event()

    async def slow(request):
        if request.route == "default":
            await may_answer.wait()
        return Answer()

    backend.answer = slow
    async with websockets.connect(api.url) as socket:
        await socket.send("hello")
        await backend.wait_for("default")
    await backend.wait_for("disconnect")
    may_answer.set()

    assert [request.route for request in backend.received] == ["connect", "default", "disconnect"]


@pytest.mark.fact("stage-variables-in-uri", "mapping-stage-variable")
async def test_stage_variables_reach_uri_and_mappings(gateway, backend):
    port = backend.url.rpartition(":")[2]
    api = await deploy(
        gateway.url,
        "http://127.0.0.1:${stageVariables.port}",
        "$default",
        parameters={"integration.request.header.X-Colour": "stageVariables.colour"},
    )
    await asyncio.to_thread(
        api.client.update_stage,
        ApiId=api.api_id,
        StageName="test",
        StageVariables={"port": port, "colour": "blue"},
    )
    async with websockets.connect(api.url) as socket:
        await socket.send("hello")
        (request,) = await backend.wait_for("default")

    assert request.values("X-Colour") == ["blue"]


@pytest.mark.parametrize("host", ["", "a:b:c", "/", "?", "a:99999"])
async def test_a_uri_that_stage_variables_break_is_an_error_like_any_other(gateway, host):
    api = await deploy(gateway.url, "http://${stageVariables.host}", "$connect")
    await asyncio.to_thread(
        api.client.update_stage,
        ApiId=api.api_id,
        StageName="test",
        StageVariables={"host": host},
    )
    async with raw_client(api.url) as client:
        response = await client.handshake(api.url)

    assert response.status == 502
