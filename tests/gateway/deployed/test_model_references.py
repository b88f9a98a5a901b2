import asyncio
import json
import time

import pytest
import websockets

from django_aws_api_gateway_websockets.core.events.expressions import SelectionExpression
from django_aws_api_gateway_websockets.gateway.config import Config
from django_aws_api_gateway_websockets.gateway.deployed.body_models import BodyModel, RouteModels
from django_aws_api_gateway_websockets.gateway.deployed.model_references import (
    ModelError,
    SchemasOfApi,
    names_referred_to,
)
from django_aws_api_gateway_websockets.gateway.server import running_gateway
from tests.conformance.control_plane import PROXY
from tests.gateway.aws import DeployedApi, control_plane
from tests.gateway.backend import WAIT

ADDRESS = "https://apigateway.amazonaws.com/restapis"


def refer_to(name, api_id="abc"):
    return {"$ref": f"{ADDRESS}/{api_id}/models/{name}"}


def models_of(**schemas):
    texts = {name: json.dumps(schema) for name, schema in schemas.items()}
    siblings = SchemasOfApi("abc", texts)
    return {name: BodyModel(text, siblings) for name, text in texts.items()}


def test_a_model_follows_another_and_that_one_its_own_definitions():
    models = models_of(
        Chat={"type": "object", "properties": {"from": refer_to("Person")}},
        Person={
            "definitions": {"name": {"type": "string"}},
            "properties": {"name": {"$ref": "#/definitions/name"}, "boss": {"$ref": "#"}},
        },
    )

    assert models["Chat"].complaint({"from": {"name": "Ada"}}) is None
    assert models["Chat"].complaint({"from": {"name": 1}}) == "[$.from.name breaks type]"
    deep = {"from": {"boss": {"boss": {"name": 1}}}}
    assert models["Chat"].complaint(deep) == "[$.from.boss.boss.name breaks type]"


def test_a_model_with_an_id_of_its_own_is_still_found_by_its_address():
    models = models_of(
        Chat=refer_to("Person"),
        Person={
            "id": "http://example.test/person",
            "definitions": {"name": {"type": "string"}},
            "additionalProperties": {"$ref": "#/definitions/name"},
        },
    )

    assert models["Chat"].complaint({"name": 1}) == "[$.name breaks type]"


def test_a_part_of_another_model_can_be_referred_to():
    part = {"$ref": refer_to("Parts")["$ref"] + "#/definitions/n"}
    models = models_of(Chat=part, Parts={"definitions": {"n": {"type": "number"}}})

    assert models["Chat"].complaint("x") == "[$ breaks type]"


@pytest.mark.parametrize(
    ("reference", "reason"),
    [
        ("http://127.0.0.1:9/x", "not followed here"),
        ("file:///etc/passwd", "not followed here"),
        ("Person", "not followed here"),
        (f"{ADDRESS}/abc/models", "not followed here"),
        (f"{ADDRESS}/abc/models/Person/more", "not followed here"),
        (f"{ADDRESS.replace('https', 'http')}/abc/models/Person", "not followed here"),
        (f"{ADDRESS}/xyz/models/Person", "leads to another API: the id of this one is abc"),
        (f"{ADDRESS}/abc/models/person", "this API does not have"),
    ],
)
def test_a_reference_that_leads_anywhere_else_is_refused_with_a_reason(reference, reason):
    with pytest.raises(ModelError, match=reason):
        models_of(Chat={"items": [{"$ref": reference}]}, Person={})


def test_people_who_know_people_are_followed_as_deep_as_the_message_goes():
    models = models_of(
        Person={"properties": {"pet": refer_to("Pet")}},
        Pet={"required": ["name"], "properties": {"owner": refer_to("Person")}},
    )
    message = {"pet": {"name": "Rex", "owner": {"pet": {"owner": {}}}}}

    assert models["Person"].complaint(message) == "[$.pet.owner.pet breaks required]"


@pytest.mark.parametrize(
    "schemas",
    [
        {"A": refer_to("A")},
        {"A": refer_to("B"), "B": refer_to("A")},
        {"A": {"anyOf": [refer_to("B")] * 5}, "B": {"not": {"allOf": [refer_to("A")] * 5}}},
    ],
)
def test_models_in_a_circle_refuse_a_message_at_once(schemas):
    models = RouteModels(SelectionExpression.parse("$request.body.kind"), models_of(**schemas))
    started = time.process_time()

    assert "nested too deeply" in models.complaint('{"kind": "A"}')
    assert time.process_time() - started < 1


@pytest.mark.parametrize("reference", ["#/definitions/none", f"{ADDRESS}/abc/models/B#/none"])
def test_a_part_that_is_not_there_refuses_the_message_and_is_named(reference):
    models = RouteModels(None, models_of(**{"$default": {"$ref": reference}, "B": {}}))

    assert "none'" in models.complaint("{}")
    assert "does not have" in models.complaint("{}")


def test_it_is_known_which_models_a_schema_refers_to():
    part = {"$ref": refer_to("C")["$ref"] + "#/x"}
    schema = {"allOf": [refer_to("B"), part, {"$ref": "#"}]}

    assert names_referred_to(json.dumps(schema)) == {"B", "C"}


def deploy_chat(url):
    """An API whose messages are `Chat`, which refers to `Person`."""
    client = control_plane(url)
    api = client.create_api(
        Name="tests", ProtocolType="WEBSOCKET", RouteSelectionExpression="$request.body.action"
    )
    api_id = api["ApiId"]
    person = client.create_model(ApiId=api_id, Name="Person", Schema='{"required": ["name"]}')
    chat = json.dumps({"properties": {"from": refer_to("Person", api_id)}})
    client.create_model(ApiId=api_id, Name="Chat", Schema=chat)
    integration = client.create_integration(ApiId=api_id, **PROXY)["IntegrationId"]
    target = f"integrations/{integration}"
    client.create_route(
        ApiId=api_id, RouteKey="$default", Target=target, RequestModels={"$default": "Chat"}
    )
    client.create_stage(ApiId=api_id, StageName="test")
    client.create_deployment(ApiId=api_id, StageName="test")
    return DeployedApi(api_id, api["ApiEndpoint"], url, client), person["ModelId"]


@pytest.mark.fact("references-between-models", "models-are-deployed")
async def test_a_referenced_model_is_deployed_and_outlives_a_restart(tmp_path):
    state = tmp_path / "state.json"
    nameless, named = '{"from": {}}', '{"from": {"name": "Ada"}}'
    async with running_gateway(Config(port=0, state_file=state)) as gateway:
        api, person = await asyncio.to_thread(deploy_chat, gateway.url)
        own = {"ApiId": api.api_id, "ModelId": person}
        assert await refusals(api.url, nameless, named) == [True, False]
        await asyncio.to_thread(api.client.update_model, **own, Schema='{"required": ["age"]}')
        assert await refusals(api.url, nameless, named) == [True, False]
        port = int(gateway.url.rpartition(":")[2])
    async with running_gateway(Config(port=port, state_file=state)):
        assert await refusals(api.url, nameless, named) == [True, False]
        await asyncio.to_thread(api.client.create_deployment, ApiId=api.api_id, StageName="test")
        assert await refusals(api.url, named, '{"from": {"age": 1}}') == [True, False]


async def refusals(url, *messages):
    """Tell the messages their model refuses from those that fail at a backend that is not there."""
    async with websockets.connect(url) as socket:
        return [await is_refused(socket, message) for message in messages]


async def is_refused(socket, message):
    await socket.send(message)
    answer = json.loads(await asyncio.wait_for(socket.recv(), WAIT))["message"]
    return {"Bad request body": True, "Internal server error": False}[answer]
