"""boto3 judges the control plane: what it sends is understood, what it gets is what AWS gives.

Answers and error texts are those captured from AWS or reported by users of it; the fact sheet's
section 8 names each source.
"""

from datetime import UTC, datetime

import pytest
from botocore.exceptions import ClientError

from tests.gateway.aws import control_plane
from tests.gateway.processes import gateway_process

PROXY = {
    "IntegrationType": "HTTP_PROXY",
    "IntegrationMethod": "POST",
    "IntegrationUri": "http://127.0.0.1:9/ws",
}


@pytest.fixture(scope="module")
def gateway():
    with gateway_process() as process:
        yield process


@pytest.fixture(scope="module")
def client(gateway):
    return control_plane(gateway.url)


@pytest.fixture
def api_id(client):
    return create_api(client)["ApiId"]


def create_api(client, **changes):
    values = {
        "Name": "chat",
        "ProtocolType": "WEBSOCKET",
        "RouteSelectionExpression": "$request.body.action",
    }
    return client.create_api(**values | changes)


def deploy(client, api_id, **options):
    integration = client.create_integration(ApiId=api_id, **PROXY)["IntegrationId"]
    client.create_route(ApiId=api_id, RouteKey="$default", Target=f"integrations/{integration}")
    return client.create_deployment(ApiId=api_id, **options)["DeploymentId"]


def without_metadata(answer):
    return {key: value for key, value in answer.items() if key != "ResponseMetadata"}


def test_a_new_api_has_the_members_aws_gives_it(client, gateway):
    api = create_api(client)

    assert api["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert without_metadata(api) == {
        "ApiEndpoint": f"{gateway.url.replace('http', 'ws')}/_aws/execute-api/{api['ApiId']}",
        "ApiId": api["ApiId"],
        "ApiKeySelectionExpression": "$request.header.x-api-key",
        "CreatedDate": api["CreatedDate"],
        "DisableExecuteApiEndpoint": False,
        "IpAddressType": "ipv4",
        "Name": "chat",
        "ProtocolType": "WEBSOCKET",
        "RouteSelectionExpression": "$request.body.action",
    }
    assert len(api["ApiId"]) == 10
    assert abs((datetime.now(tz=UTC) - api["CreatedDate"]).total_seconds()) < 60
    assert without_metadata(client.get_api(ApiId=api["ApiId"])) == without_metadata(api)


def test_quick_create_members_are_taken_and_ignored_for_a_websocket_api(client):
    api = create_api(client, Target="http://127.0.0.1:9/", RouteKey="$default")

    assert client.get_routes(ApiId=api["ApiId"])["Items"] == []


def test_tags_of_a_new_api_are_given_back(client):
    assert create_api(client, Tags={"team": "chat"})["Tags"] == {"team": "chat"}


def test_a_tag_chooses_the_id_of_an_api_once(client):
    api = create_api(client, Tags={"_custom_id_": "mychat"})

    assert api["ApiId"] == "mychat"
    with pytest.raises(client.exceptions.ConflictException):
        create_api(client, Tags={"_custom_id_": "mychat"})


@pytest.mark.parametrize("wanted", ["", "Upper", "a/b", "-a", "a.b", "x" * 64])
def test_a_tag_cannot_choose_what_is_not_an_id(client, wanted):
    with pytest.raises(client.exceptions.ConflictException, match="_custom_id_"):
        create_api(client, Tags={"_custom_id_": wanted})


def test_a_new_integration_has_the_defaults_of_aws(client, api_id):
    integration = client.create_integration(ApiId=api_id, **PROXY)

    assert integration["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert without_metadata(integration) == {
        "ConnectionType": "INTERNET",
        "IntegrationId": integration["IntegrationId"],
        "IntegrationMethod": "POST",
        "IntegrationType": "HTTP_PROXY",
        "IntegrationUri": "http://127.0.0.1:9/ws",
        "PassthroughBehavior": "WHEN_NO_MATCH",
        "PayloadFormatVersion": "1.0",
        "TimeoutInMillis": 29000,
    }
    assert len(integration["IntegrationId"]) == 7


def test_a_new_route_has_the_defaults_of_aws(client, api_id):
    integration = client.create_integration(ApiId=api_id, **PROXY)["IntegrationId"]
    route = client.create_route(
        ApiId=api_id,
        RouteKey="$default",
        Target=f"integrations/{integration}",
        RouteResponseSelectionExpression="$default",
    )

    assert without_metadata(route) == {
        "ApiKeyRequired": False,
        "AuthorizationType": "NONE",
        "RouteId": route["RouteId"],
        "RouteKey": "$default",
        "RouteResponseSelectionExpression": "$default",
        "Target": f"integrations/{integration}",
    }


def test_a_route_response_is_created_listed_and_deleted(client, api_id):
    route = client.create_route(ApiId=api_id, RouteKey="$default")["RouteId"]
    response = client.create_route_response(
        ApiId=api_id, RouteId=route, RouteResponseKey="$default"
    )
    listed = client.get_route_responses(ApiId=api_id, RouteId=route)["Items"]
    client.delete_route_response(
        ApiId=api_id, RouteId=route, RouteResponseId=response["RouteResponseId"]
    )

    assert listed == [without_metadata(response)]
    assert client.get_route_responses(ApiId=api_id, RouteId=route)["Items"] == []


def test_a_new_stage_has_the_defaults_of_aws(client, api_id):
    stage = client.create_stage(ApiId=api_id, StageName="prod")

    assert without_metadata(stage) == {
        "CreatedDate": stage["CreatedDate"],
        "DefaultRouteSettings": {
            "DataTraceEnabled": False,
            "DetailedMetricsEnabled": False,
            "LoggingLevel": "OFF",
        },
        "LastUpdatedDate": stage["CreatedDate"],
        "RouteSettings": {},
        "StageName": "prod",
        "StageVariables": {},
        "Tags": {},
    }


def test_a_deployment_with_a_stage_name_moves_the_stage(client, api_id):
    client.create_stage(ApiId=api_id, StageName="prod")
    deployment = deploy(client, api_id, StageName="prod", Description="first")

    assert client.get_stage(ApiId=api_id, StageName="prod")["DeploymentId"] == deployment
    answer = without_metadata(client.get_deployment(ApiId=api_id, DeploymentId=deployment))
    assert answer == {
        "AutoDeployed": False,
        "CreatedDate": answer["CreatedDate"],
        "DeploymentId": deployment,
        "DeploymentStatus": "DEPLOYED",
        "Description": "first",
    }


def test_a_stage_can_be_created_with_a_deployment(client, api_id):
    deployment = deploy(client, api_id)
    stage = client.create_stage(ApiId=api_id, StageName="prod", DeploymentId=deployment)

    assert stage["DeploymentId"] == deployment


def test_an_auto_deploy_stage_follows_every_change(client, api_id):
    stage = client.create_stage(ApiId=api_id, StageName="prod", AutoDeploy=True)
    client.create_route(ApiId=api_id, RouteKey="$default")
    deployment = client.get_stage(ApiId=api_id, StageName="prod")["DeploymentId"]
    client.create_route(ApiId=api_id, RouteKey="join")
    deploy_ids = [item["DeploymentId"] for item in client.get_deployments(ApiId=api_id)["Items"]]
    after = client.get_stage(ApiId=api_id, StageName="prod")

    assert stage["LastDeploymentStatusMessage"] == (
        "Deployment attempt failed: At least one route is required before deploying the Api."
    )
    assert after["DeploymentId"] != deployment
    assert deploy_ids == [after["DeploymentId"]]
    with pytest.raises(client.exceptions.BadRequestException, match="AutoDeploy"):
        client.create_deployment(ApiId=api_id, StageName="prod")


def test_an_update_changes_what_is_given_and_nothing_else(client, api_id):
    before = without_metadata(client.get_api(ApiId=api_id))
    updated = client.update_api(ApiId=api_id, Name="renamed", Description="new")

    assert updated["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert without_metadata(updated) == before | {"Name": "renamed", "Description": "new"}


def test_an_update_merges_maps_and_removes_what_is_set_empty(client, api_id):
    integration = client.create_integration(
        ApiId=api_id,
        RequestParameters={
            "integration.request.header.a": "'1'",
            "integration.request.header.b": "'2'",
        },
        **PROXY,
    )["IntegrationId"]
    updated = client.update_integration(
        ApiId=api_id,
        IntegrationId=integration,
        RequestParameters={
            "integration.request.header.a": "",
            "integration.request.header.c": "'3'",
        },
    )

    assert updated["RequestParameters"] == {
        "integration.request.header.b": "'2'",
        "integration.request.header.c": "'3'",
    }


def test_lists_come_in_pages_and_every_item_comes_once(client, api_id):
    created = [
        client.create_route(ApiId=api_id, RouteKey=f"route-{number}")["RouteId"]
        for number in range(30)
    ]
    first = client.get_routes(ApiId=api_id)
    small = client.get_routes(ApiId=api_id, MaxResults="7")
    paginator = client.get_paginator("get_routes")
    pages = list(paginator.paginate(ApiId=api_id, PaginationConfig={"PageSize": 7}))

    assert len(first["Items"]) == 25
    assert "NextToken" in first
    assert len(small["Items"]) == 7
    assert [route["RouteId"] for page in pages for route in page["Items"]] == created
    assert "NextToken" not in pages[-1]


@pytest.mark.parametrize("size", ["0", "-1", "many", "501", "\u0663"])
def test_a_page_of_an_impossible_size_is_refused(client, api_id, size):
    with pytest.raises(client.exceptions.BadRequestException, match="MaxResults"):
        client.get_routes(ApiId=api_id, MaxResults=size)


@pytest.mark.parametrize("token", ["nonsense", "====", "\u00e9"])
def test_a_token_the_gateway_did_not_give_is_refused(client, api_id, token):
    with pytest.raises(client.exceptions.BadRequestException, match="NextToken"):
        client.get_routes(ApiId=api_id, NextToken=token)


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
def test_what_does_not_exist_is_not_found(client, call, arguments, text):
    with pytest.raises(client.exceptions.NotFoundException, match=text) as caught:
        getattr(client, call)(**arguments)

    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404


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
def test_what_an_api_does_not_have_is_not_found(client, api_id, call, arguments, text):
    with pytest.raises(client.exceptions.NotFoundException, match=text):
        getattr(client, call)(ApiId=api_id, **arguments)


def test_a_route_key_is_an_apis_own(client, api_id):
    first = client.create_route(ApiId=api_id, RouteKey="join")
    other = client.create_route(ApiId=api_id, RouteKey="leave")
    text = "Route with key join already exists for this API"

    with pytest.raises(client.exceptions.ConflictException, match=text):
        client.create_route(ApiId=api_id, RouteKey="join")
    with pytest.raises(client.exceptions.ConflictException, match=text):
        client.update_route(ApiId=api_id, RouteId=other["RouteId"], RouteKey="join")
    client.update_route(ApiId=api_id, RouteId=first["RouteId"], RouteKey="join")


def test_a_stage_name_is_an_apis_own(client, api_id):
    client.create_stage(ApiId=api_id, StageName="prod")

    with pytest.raises(client.exceptions.ConflictException, match="Stage already exists"):
        client.create_stage(ApiId=api_id, StageName="prod")


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


def test_an_api_without_routes_cannot_be_deployed(client, api_id):
    with pytest.raises(
        client.exceptions.BadRequestException,
        match=r"At least one route is required before deploying the Api\.",
    ):
        client.create_deployment(ApiId=api_id)


def test_a_deployment_needs_its_stage_to_exist(client, api_id):
    with pytest.raises(client.exceptions.NotFoundException, match="Invalid Stage identifier"):
        deploy(client, api_id, StageName="prod")


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


def test_a_websocket_api_needs_a_selection_expression(client):
    with pytest.raises(client.exceptions.BadRequestException, match="RouteSelectionExpression"):
        client.create_api(Name="chat", ProtocolType="WEBSOCKET")


def test_only_the_default_route_response_exists(client, api_id):
    route = client.create_route(ApiId=api_id, RouteKey="$default")["RouteId"]

    with pytest.raises(client.exceptions.BadRequestException):
        client.create_route_response(ApiId=api_id, RouteId=route, RouteResponseKey="other")


@pytest.mark.parametrize("name", ["a/b", "a b", "\u00e9", "x" * 129])
def test_a_stage_name_stays_within_its_alphabet(client, api_id, name):
    with pytest.raises(client.exceptions.BadRequestException):
        client.create_stage(ApiId=api_id, StageName=name)


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


@pytest.mark.parametrize("variables", [{"a b": "x"}, {"a": "x y"}, {"a": "x\r\ny"}, {"a-b": "x"}])
def test_stage_variables_stay_within_their_alphabet(client, api_id, variables):
    with pytest.raises(client.exceptions.BadRequestException):
        client.create_stage(ApiId=api_id, StageName="prod", StageVariables=variables)
