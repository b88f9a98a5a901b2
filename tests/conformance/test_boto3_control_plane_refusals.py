"""Refusals of the control plane, in the words and with the codes of AWS."""

import re

import pytest
from botocore.exceptions import ClientError

from tests.conformance.control_plane import PROXY, create_api, deploy
from tests.gateway.aws import control_plane


@pytest.mark.fact("unknown-api", "unknown-resource", "unknown-domain", "error-shape", "vpc-links")
@pytest.mark.parametrize(
    ("call", "arguments", "text"),
    [
        ("get_api", {"ApiId": "unknown"}, "Invalid API identifier specified 000000000000:unknown"),
        ("update_api", {"ApiId": "unknown", "Name": "x"}, "Invalid API identifier"),
        ("delete_api", {"ApiId": "unknown"}, "Invalid API identifier"),
        ("get_routes", {"ApiId": "unknown"}, "Invalid API identifier"),
        ("create_route", {"ApiId": "unknown", "RouteKey": "x"}, "Invalid API identifier"),
        ("get_authorizers", {"ApiId": "unknown"}, "Invalid API identifier"),
        ("get_vpc_links", {}, "no 'vpclinks'"),
    ],
)
def test_an_unknown_api_or_collection_is_not_found(client, call, arguments, text):
    with pytest.raises(client.exceptions.NotFoundException, match=text) as caught:
        getattr(client, call)(**arguments)

    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404


@pytest.mark.fact("error-shape")
@pytest.mark.parametrize(
    ("call", "arguments", "kind"),
    [
        ("create_route", {"RouteKey": "x", "Target": "integrations/x"}, "Integration"),
        ("create_route", {"RouteKey": "x", "RequestModels": {"a": "Unknown"}}, "Model"),
        ("update_stage", {"StageName": "prod", "DeploymentId": "x"}, "Deployment"),
        ("delete_route_settings", {"StageName": "prod", "RouteKey": "x"}, "Route"),
        ("create_deployment", {"StageName": "x"}, "Stage"),
    ],
)
def test_a_not_found_error_has_the_kind_of_the_resource(client, api_id, call, arguments, kind):
    client.create_stage(ApiId=api_id, StageName="prod")
    client.create_route(ApiId=api_id, RouteKey="join")
    with pytest.raises(client.exceptions.NotFoundException) as caught:
        getattr(client, call)(ApiId=api_id, **arguments)

    assert caught.value.response["ResourceType"] == kind


@pytest.mark.fact("control-request-id")
def test_every_answer_has_an_id_of_its_own(client, api_id):
    with pytest.raises(ClientError) as caught:
        client.get_api(ApiId="unknown")
    with pytest.raises(ClientError) as unsigned:
        control_plane(client.meta.endpoint_url, secret="wrong").get_apis()
    answers = [
        client.get_api(ApiId=api_id),
        client.create_stage(ApiId=api_id, StageName="prod"),
        client.delete_stage(ApiId=api_id, StageName="prod"),
        caught.value.response,
        unsigned.value.response,
    ]

    ids = {answer["ResponseMetadata"].get("RequestId") for answer in answers}
    assert len(ids) == len(answers)
    assert all(re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", one or "") for one in ids)


@pytest.mark.fact("unknown-resource")
@pytest.mark.parametrize(
    ("call", "arguments", "text"),
    [
        ("get_route", {"RouteId": "x"}, "Invalid Route identifier specified x"),
        ("get_integration", {"IntegrationId": "x"}, "Invalid Integration identifier specified x"),
        ("delete_integration", {"IntegrationId": "x"}, "Invalid Integration identifier"),
        ("get_stage", {"StageName": "x"}, "Invalid Stage identifier specified x"),
        ("get_deployment", {"DeploymentId": "x"}, "Invalid Deployment identifier specified x"),
        ("create_route", {"RouteKey": "x", "Target": "integrations/x"}, "Invalid Integration"),
        ("create_route", {"RouteKey": "x", "Target": "x"}, "Invalid Integration"),
        ("create_stage", {"StageName": "x", "DeploymentId": "y"}, "Invalid Deployment"),
        ("get_authorizers", {}, "no 'authorizers'"),
    ],
)
def test_a_resource_that_an_api_does_not_have_is_not_found(client, api_id, call, arguments, text):
    with pytest.raises(client.exceptions.NotFoundException, match=text):
        getattr(client, call)(ApiId=api_id, **arguments)


@pytest.mark.fact("duplicate-route")
def test_a_route_key_is_an_apis_own(client, api_id):
    first = client.create_route(ApiId=api_id, RouteKey="join")
    other = client.create_route(ApiId=api_id, RouteKey="leave")
    text = "Route with key join already exists for this API"

    with pytest.raises(client.exceptions.ConflictException, match=text):
        client.create_route(ApiId=api_id, RouteKey="join")
    with pytest.raises(client.exceptions.ConflictException, match=text):
        client.update_route(ApiId=api_id, RouteId=other["RouteId"], RouteKey="join")
    client.update_route(ApiId=api_id, RouteId=first["RouteId"], RouteKey="join")


@pytest.mark.fact("duplicate-stage")
def test_a_stage_name_is_an_apis_own(client, api_id):
    client.create_stage(ApiId=api_id, StageName="prod")

    with pytest.raises(client.exceptions.ConflictException, match="Stage already exists"):
        client.create_stage(ApiId=api_id, StageName="prod")


@pytest.mark.fact("integration-in-use")
def test_an_integration_in_use_cannot_be_deleted(client, api_id):
    integration = client.create_integration(ApiId=api_id, **PROXY)["IntegrationId"]
    route = client.create_route(
        ApiId=api_id, RouteKey="join", Target=f"integrations/{integration}"
    )["RouteId"]

    with pytest.raises(client.exceptions.ConflictException) as caught:
        client.delete_integration(ApiId=api_id, IntegrationId=integration)
    assert caught.value.response["Error"]["Message"] == (
        "Cannot delete Integration because it is referenced by the following Routes with Ids: "
        f"[{route}]"
    )
    client.delete_route(ApiId=api_id, RouteId=route)
    client.delete_integration(ApiId=api_id, IntegrationId=integration)


@pytest.mark.fact("deployment-in-use")
def test_a_deployment_in_use_cannot_be_deleted(client, api_id):
    client.create_stage(ApiId=api_id, StageName="prod")
    old = deploy(client, api_id, StageName="prod")
    new = client.create_deployment(ApiId=api_id, StageName="prod")["DeploymentId"]

    with pytest.raises(
        client.exceptions.BadRequestException,
        match="Active stages pointing to this deployment must be moved or deleted",
    ):
        client.delete_deployment(ApiId=api_id, DeploymentId=new)
    client.delete_deployment(ApiId=api_id, DeploymentId=old)


@pytest.mark.fact("deploy-without-routes")
def test_an_api_without_routes_cannot_be_deployed(client, api_id):
    with pytest.raises(
        client.exceptions.BadRequestException,
        match=r"At least one route is required before deploying the Api\.",
    ):
        client.create_deployment(ApiId=api_id)


@pytest.mark.fact("deploy-to-unknown-stage")
def test_a_deployment_needs_its_stage_to_exist(client, api_id):
    with pytest.raises(client.exceptions.NotFoundException, match="Invalid Stage identifier"):
        deploy(client, api_id, StageName="prod")


@pytest.mark.fact("integration-timeout-range", "payload-format")
@pytest.mark.parametrize(
    "changes",
    [
        {"IntegrationType": "AWS_PROXY"},
        {"PayloadFormatVersion": "2.0"},
        {"IntegrationUri": "ftp://127.0.0.1/"},
        {"IntegrationUri": "http:///path"},
        {"IntegrationUri": "http://host:99999/"},
        {"IntegrationUri": "http://127.0.0.1/\r\nX: y"},
        {"IntegrationMethod": "POST / HTTP/1.1"},
        {"TimeoutInMillis": 29001},
        {"RequestParameters": {"append:header.x": "'x'"}},
        {"RequestParameters": {"integration.request.header.Content-Length": "'0'"}},
        {"ConnectionType": "VPC_LINK"},
    ],
)
def test_an_integration_nothing_could_be_done_with_is_refused(client, api_id, changes):
    with pytest.raises(client.exceptions.BadRequestException):
        client.create_integration(ApiId=api_id, **PROXY | changes)


@pytest.mark.fact("name-lengths")
@pytest.mark.parametrize(
    "changes",
    [
        {"ProtocolType": "HTTP"},
        {"Name": ""},
        {"Name": "x" * 129},
        {"RouteSelectionExpression": "$request.header.x"},
        {"RouteSelectionExpression": ""},
    ],
)
def test_an_api_that_is_none_is_refused(client, changes):
    with pytest.raises(client.exceptions.BadRequestException):
        create_api(client, **changes)


@pytest.mark.fact("selection-required")
def test_a_websocket_api_needs_a_selection_expression(client):
    with pytest.raises(client.exceptions.BadRequestException, match="RouteSelectionExpression"):
        client.create_api(Name="chat", ProtocolType="WEBSOCKET")


@pytest.mark.fact("route-response-key")
def test_only_the_default_route_response_exists(client, api_id):
    route = client.create_route(ApiId=api_id, RouteKey="$default")["RouteId"]

    with pytest.raises(client.exceptions.BadRequestException):
        client.create_route_response(ApiId=api_id, RouteId=route, RouteResponseKey="other")


@pytest.mark.fact("route-response-once")
def test_a_route_has_one_response(client, api_id):
    route = client.create_route(ApiId=api_id, RouteKey="$default")["RouteId"]
    own = {"ApiId": api_id, "RouteId": route}
    first = client.create_route_response(**own, RouteResponseKey="$default")["RouteResponseId"]
    with pytest.raises(client.exceptions.ConflictException):
        client.create_route_response(**own, RouteResponseKey="$default")
    client.update_route_response(**own, RouteResponseId=first, RouteResponseKey="$default")

    assert len(client.get_route_responses(**own)["Items"]) == 1


@pytest.mark.fact("stage-name-alphabet")
@pytest.mark.parametrize("name", ["a/b", "a b", "\u00e9", "x" * 129])
def test_a_stage_name_stays_within_its_alphabet(client, api_id, name):
    with pytest.raises(client.exceptions.BadRequestException):
        client.create_stage(ApiId=api_id, StageName=name)


@pytest.mark.fact("delete-api")
def test_a_deleted_api_takes_everything_with_it(client, api_id):
    deploy(client, api_id)
    deleted = client.delete_api(ApiId=api_id)

    assert deleted["ResponseMetadata"]["HTTPStatusCode"] == 204
    with pytest.raises(client.exceptions.NotFoundException):
        client.get_routes(ApiId=api_id)


def test_a_call_signed_with_another_secret_is_refused(gateway):
    with pytest.raises(ClientError) as caught:
        control_plane(gateway.url, secret="wrong").get_apis()

    assert caught.value.response["Error"]["Code"] == "InvalidSignatureException"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


@pytest.mark.fact("stage-variable-alphabet")
@pytest.mark.parametrize("variables", [{"a b": "x"}, {"a": "x y"}, {"a": "x\r\ny"}, {"a-b": "x"}])
def test_stage_variables_stay_within_their_alphabet(client, api_id, variables):
    with pytest.raises(client.exceptions.BadRequestException):
        client.create_stage(ApiId=api_id, StageName="prod", StageVariables=variables)
