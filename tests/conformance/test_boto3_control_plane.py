"""boto3 judges the control plane: what it sends is understood, what it gets is what AWS gives.

Answers and error texts are those captured from AWS or reported by users of it; the fact sheet's
section 8 names each source.
"""

from datetime import UTC, datetime

import pytest

from tests.conformance.control_plane import PROXY, create_api, deploy


def without_metadata(answer):
    return {key: value for key, value in answer.items() if key != "ResponseMetadata"}


@pytest.mark.fact("api-members", "api-endpoint-scheme", "id-forms")
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


@pytest.mark.fact("api-name-not-unique")
def test_two_apis_may_have_one_name(client):
    first, second = create_api(client, Name="twin"), create_api(client, Name="twin")

    assert first["ApiId"] != second["ApiId"]


@pytest.mark.fact("quick-create")
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


@pytest.mark.fact("integration-members")
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


@pytest.mark.fact("route-members")
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


@pytest.mark.fact("route-response-members")
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


@pytest.mark.fact("stage-members")
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


@pytest.mark.fact("deployment-members", "stage-before-or-after")
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


@pytest.mark.fact("stage-before-or-after")
def test_a_stage_can_be_created_with_a_deployment(client, api_id):
    deployment = deploy(client, api_id)
    stage = client.create_stage(ApiId=api_id, StageName="prod", DeploymentId=deployment)

    assert stage["DeploymentId"] == deployment


@pytest.mark.fact("auto-deploy", "auto-deploy-refuses-manual", "last-deployment-status")
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
    assert after["LastDeploymentStatusMessage"] == (
        f"Successfully deployed stage with deployment ID '{after['DeploymentId']}'"
    )
    assert deploy_ids == [after["DeploymentId"]]
    with pytest.raises(client.exceptions.BadRequestException, match="AutoDeploy"):
        client.create_deployment(ApiId=api_id, StageName="prod")


@pytest.mark.fact("update-changes-what-is-given")
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


@pytest.mark.fact("paging", "page-size")
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


@pytest.mark.fact("paging")
@pytest.mark.parametrize("gone", [range(5), range(5, 10), range(10), [9], range(10, 15)])
def test_a_deletion_between_two_pages_hides_nothing_else(client, api_id, gone):
    created = [
        client.create_route(ApiId=api_id, RouteKey=f"route-{number}")["RouteId"]
        for number in range(26)
    ]
    first = client.get_routes(ApiId=api_id, MaxResults="10")
    for number in gone:
        client.delete_route(ApiId=api_id, RouteId=created[number])
    kept = [own_id for own_id in created[10:] if created.index(own_id) not in gone]
    shown = []
    while token := first.get("NextToken"):
        first = client.get_routes(ApiId=api_id, MaxResults="10", NextToken=token)
        shown += [route["RouteId"] for route in first["Items"]]

    assert shown == kept


@pytest.mark.parametrize(
    "token", ["nonsense", "====", "\u00e9", "-1", "LTE=", "MTA=", "W10=", "LTEgYQ=="]
)
def test_a_token_the_gateway_did_not_give_is_refused(client, api_id, token):
    with pytest.raises(client.exceptions.BadRequestException, match="NextToken"):
        client.get_routes(ApiId=api_id, NextToken=token)
