"""`HTTP` and `MOCK` integrations over real sockets: templates there and back."""

import asyncio
import json
import re

import pytest
import websockets

from tests.gateway.aws import RoutePlan, deploy_plans
from tests.gateway.backend import WAIT, Answer
from tests.gateway.raw import raw_client

DEFAULT_RESPONSE = {"IntegrationResponseKey": "$default"}
MOCK = {
    "IntegrationType": "MOCK",
    "RequestTemplates": {"200": '{"statusCode": 200}'},
    "TemplateSelectionExpression": "200",
}


def http(backend, **settings):
    return {
        "IntegrationType": "HTTP",
        "IntegrationMethod": "POST",
        "IntegrationUri": f"{backend.url}/http",
        "TimeoutInMillis": 5000,
    } | settings


async def ask(api, *messages):
    """Send messages one after the other, and return what comes back for each."""
    async with websockets.connect(api.url) as socket:
        answers = []
        for message in messages:
            await socket.send(message)
            answers.append(await asyncio.wait_for(socket.recv(), WAIT))
    return answers


@pytest.mark.fact("http-integration-template", "two-way-non-proxy", "template-language")
async def test_a_message_goes_to_the_backend_and_its_answer_to_the_client_through_templates(
    gateway, backend
):
    backend.answers("http", Answer(200, b'{"user": {"name": "Ada"}}'))
    plan = RoutePlan(
        "$default",
        http(
            backend,
            RequestTemplates={
                "join": '{"id": "$context.connectionId", "room": $input.json(\'$.room\')}'
            },
            TemplateSelectionExpression="$request.body.kind",
        ),
        (
            {
                **DEFAULT_RESPONSE,
                "ResponseTemplates": {"$default": "Hello $input.path('$.user').name"},
            },
        ),
    )
    api = await deploy_plans(gateway.url, plan)
    (answer,) = await ask(api, '{"kind": "join", "room": ["a", 1]}')
    (request,) = backend.on("http")

    assert answer == "Hello Ada"
    assert json.loads(request.body)["room"] == ["a", 1]
    assert re.fullmatch(r"[\w-]+=*", json.loads(request.body)["id"])


@pytest.mark.fact("passthrough-behaviour")
@pytest.mark.parametrize(
    ("passthrough", "templates", "outcome"),
    [
        ("WHEN_NO_MATCH", {}, "passed"),
        ("WHEN_NO_MATCH", {"other": "x"}, "passed"),
        ("WHEN_NO_MATCH", {"$default": "made"}, "made"),
        ("WHEN_NO_TEMPLATES", {}, "passed"),
        ("WHEN_NO_TEMPLATES", {"other": "x"}, None),
        ("NEVER", {}, None),
        ("NEVER", {"kind": "made"}, "made"),
    ],
)
async def test_a_message_that_no_template_takes_follows_the_passthrough_behaviour(
    gateway, backend, passthrough, templates, outcome
):
    async def echo(request):
        return Answer(200, request.body)

    backend.answer = echo
    plan = RoutePlan(
        "$default",
        http(
            backend,
            PassthroughBehavior=passthrough,
            RequestTemplates=templates,
            TemplateSelectionExpression="kind",
        ),
        (DEFAULT_RESPONSE,),
    )
    (answer,) = await ask(await deploy_plans(gateway.url, plan), "passed")

    if outcome is None:
        assert json.loads(answer)["message"] == "Unsupported Media Type"
        assert backend.on("http") == []
    else:
        assert answer == outcome


@pytest.mark.fact("integration-response-choice")
async def test_the_integration_response_is_chosen_by_the_status_code(gateway, backend):
    async def status(request):
        return Answer(int(request.body), b"body")

    backend.answer = status
    responses = (
        {**DEFAULT_RESPONSE, "ResponseTemplates": {"$default": "other"}},
        {
            "IntegrationResponseKey": r"/4\d\d/",
            "ResponseTemplates": {"$default": "bad $input.body"},
        },
        {"IntegrationResponseKey": "/201/", "ResponseTemplates": {"$default": "created"}},
    )
    plan = RoutePlan("$default", http(backend), responses)
    api = await deploy_plans(gateway.url, plan)

    assert await ask(api, "200", "404", "201", "500") == ["other", "bad body", "created", "other"]


@pytest.mark.fact("template-of-an-answer")
async def test_the_template_of_an_answer_is_chosen_by_message_status_and_headers(gateway, backend):
    async def answer(request):
        return Answer(202, b"body", (("X-Kind", "news"),))

    backend.answer = answer
    response = {
        **DEFAULT_RESPONSE,
        "TemplateSelectionExpression": "${request.body.v}-${integration.response.statuscode}-"
        "${integration.response.header.x-kind}",
        "ResponseTemplates": {"2-202-news": "chosen"},
    }
    plan = RoutePlan("$default", http(backend), (response,))
    api = await deploy_plans(gateway.url, plan)

    assert await ask(api, '{"v": 2}', '{"v": 3}') == ["chosen", "body"]


@pytest.mark.fact("no-integration-response")
async def test_an_answer_no_integration_response_takes_is_an_internal_error(gateway, backend):
    plan = RoutePlan("$default", http(backend), ({"IntegrationResponseKey": "/500/"},))
    (answer,) = await ask(await deploy_plans(gateway.url, plan), "x")

    assert json.loads(answer)["message"] == "Internal server error"


async def test_a_template_that_goes_wrong_is_an_internal_error_and_the_next_message_is_served(
    gateway, backend, caplog
):
    template = {"$default": "$input.path('$.text').substring(5)"}
    plan = RoutePlan("$default", http(backend, RequestTemplates=template), (DEFAULT_RESPONSE,))
    backend.answers("http", Answer(200, b"ok"))
    api = await deploy_plans(gateway.url, plan)
    first, second = await ask(api, '{"text": "abc"}', '{"text": "abcdefg"}')

    assert json.loads(first)["message"] == "Internal server error"
    assert second == "ok"
    assert backend.on("http")[0].body == b"fg"
    assert "substring() cannot be called" in caplog.text


@pytest.mark.fact("one-way-by-default")
async def test_without_a_route_response_nothing_comes_back_whatever_is_modelled(gateway, backend):
    backend.answers("http", Answer(200, b"silent"))
    silent = RoutePlan("$default", http(backend), (DEFAULT_RESPONSE,), replies=False)
    loud = RoutePlan(
        "loud",
        http(backend, IntegrationUri=f"{backend.url}/loud"),
        ({**DEFAULT_RESPONSE, "ResponseTemplates": {"$default": "loud"}},),
    )
    api = await deploy_plans(gateway.url, silent, loud)
    async with websockets.connect(api.url) as socket:
        await socket.send("x")
        await backend.wait_for("http")
        await socket.send('{"action": "loud"}')

        assert await asyncio.wait_for(socket.recv(), WAIT) == "loud"


@pytest.mark.fact("non-proxy-forwards-what-is-mapped")
async def test_a_non_proxy_sends_only_mapped_headers_and_queries_of_the_handshake(gateway, backend):
    plan = RoutePlan(
        "$connect",
        http(
            backend,
            RequestParameters={
                "integration.request.header.X-Who": "route.request.querystring.who",
                "integration.request.header.X-Origin": "route.request.header.Origin",
            },
        ),
        replies=False,
    )
    api = await deploy_plans(gateway.url, plan)
    url = f"{api.url}?who=ada"
    async with raw_client(url) as client:
        response = await client.handshake(
            url, "Cookie: a=1", "Origin: http://o", "User-Agent: browser"
        )
    (request,) = backend.on("http")

    assert response.status == 101
    assert request.target == "/http"
    assert request.values("Cookie") == request.values("Sec-WebSocket-Key") == []
    assert request.values("X-Who") == ["ada"]
    assert request.values("X-Origin") == ["http://o"]
    assert request.values("User-Agent") == [f"AmazonAPIGateway_{api.api_id}"]


@pytest.mark.fact("get-drops-the-body")
async def test_a_get_without_proxy_has_no_body(gateway, backend):
    plan = RoutePlan("$default", http(backend, IntegrationMethod="GET"), replies=False)
    api = await deploy_plans(gateway.url, plan)
    async with websockets.connect(api.url) as socket:
        await socket.send("text")
        (request,) = await backend.wait_for("http")

    assert (request.method, request.body) == ("GET", b"")


@pytest.mark.fact("convert-to-binary")
@pytest.mark.parametrize("kind", ["HTTP", "HTTP_PROXY"])
async def test_base64_becomes_the_bytes_it_stands_for(gateway, backend, kind):
    settings = http(backend, IntegrationType=kind, ContentHandlingStrategy="CONVERT_TO_BINARY")
    plan = RoutePlan("$default", settings, (DEFAULT_RESPONSE,))
    api = await deploy_plans(gateway.url, plan)
    async with websockets.connect(api.url) as socket:
        await socket.send("AP8=")
        (request,) = await backend.wait_for("http")
        await socket.send("no base64!")
        refusal = await asyncio.wait_for(socket.recv(), WAIT)

    assert request.body == b"\x00\xff"
    assert json.loads(refusal)["message"] == "Internal server error"


@pytest.mark.fact("base64-answers")
async def test_a_binary_answer_becomes_base64(gateway, backend):
    backend.answers("http", Answer(200, b"\x00\xff"))
    response = {**DEFAULT_RESPONSE, "ContentHandlingStrategy": "CONVERT_TO_TEXT"}
    plan = RoutePlan("$default", http(backend), (response,))

    assert await ask(await deploy_plans(gateway.url, plan), "x") == ["AP8="]


@pytest.mark.fact("mock-integration")
async def test_a_mock_answers_a_ping_without_any_backend(gateway):
    response = {**DEFAULT_RESPONSE, "ResponseTemplates": {"$default": "pong $context.routeKey"}}
    plan = RoutePlan("ping", MOCK, (response,))

    assert await ask(await deploy_plans(gateway.url, plan), '{"action": "ping"}') == ["pong ping"]


@pytest.mark.fact("mock-decides-about-connect")
async def test_a_mock_decides_about_connections_by_its_status(gateway):
    template = {
        "$default": '#if($stageVariables.open == "yes"){"statusCode": 200}'
        '#else{"statusCode": 403}#end'
    }
    mock = {"IntegrationType": "MOCK", "RequestTemplates": template}
    plan = RoutePlan("$connect", mock, replies=False)
    api = await deploy_plans(gateway.url, plan)
    async with raw_client(api.url) as client:
        assert (await client.handshake(api.url)).status == 403
    await asyncio.to_thread(
        api.client.update_stage,
        ApiId=api.api_id,
        StageName="test",
        StageVariables={"open": "yes"},
    )
    async with raw_client(api.url) as client:
        assert (await client.handshake(api.url)).status == 101


@pytest.mark.parametrize(
    "text", ["x", "[]", '{"statusCode": true}', '{"statusCode": 1000}', '{"statusCode": "99"}']
)
async def test_a_mock_without_a_status_is_an_internal_error(gateway, text):
    mock = {"IntegrationType": "MOCK", "RequestTemplates": {"$default": text}}
    api = await deploy_plans(gateway.url, RoutePlan("$default", mock, (DEFAULT_RESPONSE,)))
    (answer,) = await ask(api, "x")

    assert json.loads(answer)["message"] == "Internal server error"


@pytest.mark.fact("no-template-at-the-handshake")
async def test_a_connect_no_template_takes_is_a_415(gateway, backend):
    settings = http(backend, PassthroughBehavior="NEVER")
    api = await deploy_plans(gateway.url, RoutePlan("$connect", settings, replies=False))
    async with raw_client(api.url) as client:
        response = await client.handshake(api.url)

    assert response.status == 415
    assert json.loads(response.body)["message"] == "Unsupported Media Type"
