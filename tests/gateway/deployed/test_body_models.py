import asyncio
import json
import re

import pytest
import websockets

from django_aws_api_gateway_websockets.gateway.config import Config
from django_aws_api_gateway_websockets.gateway.deployed.body_models import BodyModel
from django_aws_api_gateway_websockets.gateway.deployed.model_references import ModelError
from django_aws_api_gateway_websockets.gateway.server import running_gateway
from tests.gateway.aws import RoutePlan, deploy_plans
from tests.gateway.backend import WAIT, Answer

JOIN = json.dumps(
    {
        "$schema": "http://json-schema.org/draft-04/schema#",
        "type": "object",
        "required": ["room"],
        "properties": {
            "room": {"type": "string", "maxLength": 3},
            "age": {"type": "integer", "minimum": 18, "exclusiveMinimum": True},
        },
    }
)
LEAVE = '{"type": "object", "required": ["reason"]}'


@pytest.fixture
async def api(gateway, backend):
    async def echo(request):
        return Answer(200, request.body)

    backend.answer = echo
    plan = RoutePlan(
        "$default",
        {
            "IntegrationType": "HTTP_PROXY",
            "IntegrationMethod": "POST",
            "IntegrationUri": f"{backend.url}/default",
        },
        settings={
            "ModelSelectionExpression": "$request.body.kind",
            "RequestModels": {"join": "Join", "leave": "Leave"},
        },
    )
    return await deploy_plans(gateway.url, plan, models={"Join": JOIN, "Leave": LEAVE})


@pytest.mark.fact("model-selection", "model-schema")
async def test_a_message_that_follows_its_model_passes(api, backend):
    message = '{"kind": "join", "room": "abc", "age": 19}'
    async with websockets.connect(api.url) as socket:
        await socket.send(message)

        assert await asyncio.wait_for(socket.recv(), WAIT) == message


@pytest.mark.fact("validation-frame", "model-selection")
@pytest.mark.parametrize(
    "message",
    [
        '{"kind": "join"}',
        '{"kind": "join", "room": 1}',
        '{"kind": "join", "room": "long"}',
        '{"kind": "join", "room": "a", "age": 18}',
        '{"kind": "leave"}',
        '{"kind": "unheard of", "room": "a"}',
        '{"room": "a"}',
        '{"kind": "join", "room": "a", "x": 1e999}',
        "not json",
        "",
    ],
)
async def test_a_message_that_does_not_is_refused_in_the_documented_words_and_reaches_nobody(
    api, backend, message
):
    async with websockets.connect(api.url) as socket:
        await socket.send(message)
        refusal = await asyncio.wait_for(socket.recv(), WAIT)
        await socket.ping()

    assert re.fullmatch(
        r'\{"message" : "Bad request body", "connectionId": "[\w=-]+", "messageId": "[\w=-]+"\}',
        refusal,
    )
    assert backend.received == []


async def test_the_log_says_which_rule_was_broken_and_never_the_value(api, backend, caplog):
    caplog.set_level("INFO")
    async with websockets.connect(api.url) as socket:
        await socket.send('{"kind": "join", "room": "SECRET"}')
        await asyncio.wait_for(socket.recv(), WAIT)

    assert "$.room breaks maxLength" in caplog.text
    assert "SECRET" not in caplog.text


@pytest.mark.fact("validation-error-string")
async def test_the_access_log_knows_what_was_wrong(backend, caplog):
    caplog.set_level("INFO")
    line = "$context.status $context.error.message $context.error.validationErrorString"
    async with running_gateway(Config(port=0, access_log_format=line)) as gateway:
        plan = RoutePlan(
            "$default",
            {"IntegrationType": "MOCK"},
            settings={"RequestModels": {"$default": "Join"}},
        )
        api = await deploy_plans(gateway.url, plan, models={"Join": JOIN})
        async with websockets.connect(api.url) as socket:
            await socket.send("{}")
            await asyncio.wait_for(socket.recv(), WAIT)

    assert "400 Bad request body [$ breaks required]" in caplog.text


@pytest.mark.fact("models-are-deployed")
async def test_models_are_part_of_a_deployment(api, backend):
    def allow_everything():
        (model,) = [
            m for m in api.client.get_models(ApiId=api.api_id)["Items"] if m["Name"] == "Join"
        ]
        api.client.update_model(ApiId=api.api_id, ModelId=model["ModelId"], Schema="{}")

    message = '{"kind": "join"}'
    async with websockets.connect(api.url) as socket:
        await asyncio.to_thread(allow_everything)
        await socket.send(message)
        assert "Bad request body" in await asyncio.wait_for(socket.recv(), WAIT)
        await asyncio.to_thread(api.client.create_deployment, ApiId=api.api_id, StageName="test")
        await socket.send(message)
        assert await asyncio.wait_for(socket.recv(), WAIT) == message


@pytest.mark.parametrize(
    ("schema", "reason"),
    [
        ("", "not JSON"),
        ("[]", "is not of type"),
        ('{"type": "nothing"}', "not valid"),
        ('{"minimum": 1, "exclusiveMinimum": 3}', "boolean"),
        ("[" * 100_000, "not JSON"),
        ('{"items": [{"$ref": "http://127.0.0.1:9/x"}]}', "not followed here"),
        ('{"$ref": "https://apigateway.amazonaws.com/restapis/a/models/B"}', "to another API"),
    ],
)
def test_a_schema_that_cannot_be_applied_is_refused(schema, reason):
    with pytest.raises(ModelError, match=reason):
        BodyModel(schema)


def test_references_within_a_model_are_followed():
    model = BodyModel('{"definitions": {"n": {"type": "number"}}, "$ref": "#/definitions/n"}')

    assert model.complaint(1) is None
    assert model.complaint("x") == "[$ breaks type]"


def test_a_message_of_nothing_but_mistakes_is_not_written_down_mistake_by_mistake():
    model = BodyModel('{"type": "array", "items": {"type": "string"}}')

    complaint = model.complaint([0] * 60_000)

    assert complaint.startswith("[$[0] breaks type, $[1] breaks type")
    assert len(complaint) < 1000
