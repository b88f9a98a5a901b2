"""Templates by the keys people give them: used or named in the log, never left out in silence."""

import json

import pytest
from websockets.sync.client import connect

from tests.gateway.aws import RoutePlan, control_plane, deploy_routes
from tests.gateway.processes import gateway_process

WAIT = 30
OF_JSON = {"application/json": '{"statusCode": 200, "said": $input.json("$.text")}'}
REPLY = {"IntegrationResponseKey": "$default", "ResponseTemplates": {"$default": "yes"}}


@pytest.fixture(scope="module")
def gateway():
    with gateway_process() as process:
        yield process


def ask(api, text):
    with connect(api.url) as socket:
        socket.send(json.dumps({"text": text}))
        return socket.recv(timeout=WAIT)


def deploy_mock(gateway, request, response):
    mock = {"IntegrationType": "MOCK", **request}
    responses = ({"IntegrationResponseKey": "$default", **response},)
    return deploy_routes(control_plane(gateway.url), RoutePlan("$default", mock, responses))


@pytest.mark.fact("json-template")
@pytest.mark.parametrize("selection", [{}, {"TemplateSelectionExpression": "\\$default"}])
def test_the_template_of_json_is_used_where_nothing_else_is_selected(gateway, selection):
    response = {"ResponseTemplates": {"application/json": "reply at $context.status"}}
    api = deploy_mock(gateway, {"RequestTemplates": OF_JSON, **selection}, response | selection)

    assert ask(api, "hello") == "reply at 200"
    for member in ("RequestTemplates", "ResponseTemplates"):
        assert f"the template application/json in {member} is used for every" in gateway.errors


@pytest.mark.fact("json-template")
def test_the_default_template_comes_before_the_one_of_json(gateway):
    templates = {"application/json": "json", "$default": "default"}
    api = deploy_mock(
        gateway,
        {"RequestTemplates": {"$default": '{"statusCode": 201}'}},
        {"ResponseTemplates": templates},
    )

    assert ask(api, "hello") == "default"


@pytest.mark.fact("unselected-template")
@pytest.mark.parametrize(
    ("settings", "key"),
    [
        ({"RequestTemplates": {"200": "x"}}, "200"),
        ({"RequestTemplates": {"$default": "x", "application/json": "y"}}, "application/json"),
        ({"RequestTemplates": {"join": "x"}, "TemplateSelectionExpression": "leave"}, "join"),
        ({"RequestTemplates": {"text/xml": "x"}, "TemplateSelectionExpression": "a"}, "text/xml"),
    ],
)
def test_a_template_that_nothing_selects_is_named_when_it_is_created(gateway, settings, key):
    client = control_plane(gateway.url)
    api_id = client.create_api(
        Name="a", ProtocolType="WEBSOCKET", RouteSelectionExpression="$request.body.action"
    )["ApiId"]
    made = client.create_integration(ApiId=api_id, IntegrationType="MOCK", **settings)
    sentence = f"{made['IntegrationId']}: nothing selects the template {key} in RequestTemplates"

    assert sentence in gateway.errors


@pytest.mark.fact("unselected-template")
def test_templates_that_messages_select_are_no_cause_to_warn(gateway):
    before = gateway.errors.count("nothing selects")
    deploy_mock(
        gateway,
        {
            "RequestTemplates": {"application/json": "x", "join": '{"statusCode": 200}'},
            "TemplateSelectionExpression": "$request.body.text",
        },
        REPLY,
    )

    assert gateway.errors.count("nothing selects") == before


@pytest.mark.fact("proxy-templates")
def test_templates_of_a_proxy_are_named_when_they_are_created(gateway):
    plan = RoutePlan(
        "$default",
        {
            "IntegrationType": "HTTP_PROXY",
            "IntegrationMethod": "POST",
            "IntegrationUri": "http://127.0.0.1:9/",
            "RequestTemplates": {"$default": "x"},
        },
    )
    deploy_routes(control_plane(gateway.url), plan)

    assert "RequestTemplates change nothing in a proxy integration" in gateway.errors


@pytest.mark.fact("quick-create")
def test_members_without_an_effect_are_named_when_they_are_given(gateway):
    api = control_plane(gateway.url).create_api(
        Name="a",
        ProtocolType="WEBSOCKET",
        RouteSelectionExpression="$request.body.action",
        Target="http://127.0.0.1:9/",
    )

    assert f"API {api['ApiId']}: target has no effect on a WebSocket API." in gateway.errors
