from unittest.mock import patch

import boto3
import pytest
from botocore.exceptions import ClientError

from django_aws_api_gateway_websockets import deployment, models
from django_aws_api_gateway_websockets.aws.integration_headers import get_source_ip_headers
from django_aws_api_gateway_websockets.models import ApiGateway, ApiGatewayAdditionalRoute

Status = ApiGateway.ProvisioningStatus

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


@pytest.fixture
def judge(local_gateway):
    """Make a boto3 client as anybody would, to see what is really in the gateway."""
    return boto3.client(
        "apigatewayv2",
        endpoint_url=local_gateway,
        region_name="us-east-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",
    )


@pytest.fixture
def pending(local_gateway):
    return ApiGateway.objects.create(
        api_name="New API",
        api_description="For tests",
        target_base_endpoint="http://127.0.0.1:9/ws/",
        stage_description="first",
    )


def integrations_by_route(judge, api_id):
    items = {i["IntegrationId"]: i for i in judge.get_integrations(ApiId=api_id)["Items"]}
    return {
        route["RouteKey"]: items[route["Target"].removeprefix("integrations/")]
        for route in judge.get_routes(ApiId=api_id)["Items"]
    }


def test_an_api_is_created_with_its_routes_stage_and_deployment(pending, judge, settings):
    settings.WEBSOCKETS = {**settings.WEBSOCKETS, "gateway_secret": "s" * 40}
    ApiGatewayAdditionalRoute.objects.create(
        api_gateway=pending, name="Extra", route_key="extra", integration_url="http://127.0.0.1:9/x"
    )

    assert pending.create_gateway() is True

    pending.refresh_from_db()
    api = judge.get_api(ApiId=pending.api_id)
    integrations = integrations_by_route(judge, pending.api_id)
    assert (api["Name"], api["Description"]) == ("New API", "For tests")
    assert {key: i["IntegrationUri"] for key, i in integrations.items()} == {
        "$connect": "http://127.0.0.1:9/ws/connect",
        "$disconnect": "http://127.0.0.1:9/ws/disconnect",
        "$default": "http://127.0.0.1:9/ws/default",
        "extra": "http://127.0.0.1:9/x",
    }
    for integration in integrations.values():
        assert integration["RequestParameters"] == {
            "integration.request.header.connectionId": "context.connectionId",
            f"integration.request.header.{get_source_ip_headers()[0]}": "context.identity.sourceIp",
            "integration.request.header.X-Ws-Request-Id": "context.requestId",
            "integration.request.header.X-Ws-Gateway-Secret": f"'{'s' * 40}'",
        }
    stage = judge.get_stage(ApiId=pending.api_id, StageName="production")
    assert stage["DeploymentId"] == pending.deployment_id
    assert pending.is_deployed
    assert pending.provisioning_status == Status.DEPLOYED
    route = pending.additional_routes.get()
    assert route.deployed
    assert route.route_id
    assert route.integration_id


def test_a_complete_api_is_left_alone(pending, judge):
    pending.create_gateway()
    before = len(judge.get_apis(MaxResults="500")["Items"])

    assert pending.create_gateway() is False
    assert len(judge.get_apis(MaxResults="500")["Items"]) == before


def test_an_unsaved_record_is_saved_first(local_gateway):
    gateway = ApiGateway(api_name="Unsaved", target_base_endpoint="http://127.0.0.1:9/ws")

    assert gateway.create_gateway() is True
    assert ApiGateway.objects.get().api_id == gateway.api_id


def test_without_an_endpoint_nothing_is_asked_of_aws():
    gateway = ApiGateway.objects.create(api_name="No endpoint")

    with pytest.raises(ValueError, match="Set target_base_endpoint first"):
        gateway.create_gateway()


@pytest.mark.parametrize("status", [Status.API_CREATED, Status.ROUTES_CREATED])
def test_a_run_that_stopped_is_taken_up_where_it_stopped(pending, judge, status):
    pending.create_gateway()
    ApiGateway.objects.update(provisioning_status=status, deployment_id="")
    pending.refresh_from_db()

    assert pending.create_gateway() is True

    assert len(judge.get_routes(ApiId=pending.api_id)["Items"]) == 3
    assert pending.provisioning_status == Status.DEPLOYED
    assert pending.deployment_id


def test_a_resumed_run_leaves_no_unused_integration_of_ours(pending, judge):
    pending.create_gateway()
    api_id, proxy = pending.api_id, {"IntegrationType": "HTTP_PROXY", "IntegrationMethod": "POST"}
    ours = {"integration.request.header.connectionId": "context.connectionId"}
    for parameters, url in ((ours, "http://died.example/"), ({}, "http://theirs.example/")):
        judge.create_integration(
            ApiId=api_id, IntegrationUri=url, RequestParameters=parameters, **proxy
        )
    ApiGateway.objects.update(provisioning_status=Status.API_CREATED, deployment_id="")
    pending.refresh_from_db()

    pending.create_gateway()

    urls = {item["IntegrationUri"] for item in judge.get_integrations(ApiId=api_id)["Items"]}
    assert urls == {
        "http://127.0.0.1:9/ws/connect",
        "http://127.0.0.1:9/ws/disconnect",
        "http://127.0.0.1:9/ws/default",
        "http://theirs.example/",
    }


def test_a_resumed_run_takes_over_the_ids_of_routes_that_exist(pending, judge):
    pending.create_gateway()
    judge.create_route(ApiId=pending.api_id, RouteKey="extra")
    row = ApiGatewayAdditionalRoute(
        api_gateway=pending, name="x", route_key="extra", integration_url="http://127.0.0.1:9/x"
    )
    row.save(push_to_aws=False)
    ApiGateway.objects.update(provisioning_status=Status.API_CREATED, deployment_id="")
    pending.refresh_from_db()

    pending.create_gateway()

    row.refresh_from_db()
    assert row.deployed
    assert row.route_id


def test_a_route_that_is_refused_leaves_no_integration(pending, judge):
    ApiGatewayAdditionalRoute.objects.bulk_create(
        [
            ApiGatewayAdditionalRoute(
                api_gateway=pending, name="x", route_key="", integration_url="http://127.0.0.1:9/x"
            )
        ]
    )

    with pytest.raises(ClientError):
        pending.create_gateway()

    assert pending.provisioning_status == Status.API_CREATED
    assert len(judge.get_integrations(ApiId=pending.api_id)["Items"]) == 3


def test_a_second_run_at_the_same_time_is_refused(pending):
    other = ApiGateway.objects.get()
    ApiGateway.objects.update(provisioning_status=Status.CREATING)

    with pytest.raises(ValueError, match="being created by another run"):
        other.create_gateway()
    other.refresh_from_db()
    with pytest.raises(ValueError, match="If that run has died"):
        other.create_gateway()


def test_a_refusal_of_aws_is_recorded_and_the_next_run_starts_afresh(pending):
    pending.api_name = "longer than the 128 characters AWS takes " * 4

    with pytest.raises(ClientError):
        pending.create_gateway()

    pending.refresh_from_db()
    assert pending.last_error == "BadRequestException: BadRequestException"
    assert pending.provisioning_status == Status.PENDING
    assert pending.create_gateway() is True
    assert pending.last_error == ""


def test_a_secret_that_cannot_be_mapped_is_refused_before_routes_are_made(pending, settings):
    settings.WEBSOCKETS = {**settings.WEBSOCKETS, "gateway_secret": "s" * 40 + "\n"}

    with pytest.raises(ValueError, match="newline"):
        pending.create_gateway()


def test_the_documented_calls_are_made_on_the_documented_double(db):
    gateway = ApiGateway.objects.create(
        api_name="Doubled", target_base_endpoint="https://www.example.com/ws/", stage_name=""
    )
    ApiGatewayAdditionalRoute.objects.create(
        api_gateway=gateway, name="x", route_key="x", integration_url="https://www.example.com/x"
    )

    with patch("django_aws_api_gateway_websockets.models.get_boto3_client") as get_client:
        assert gateway.create_gateway() is True

    client, api_id = get_client.return_value, gateway.api_id
    client.create_api.assert_called_once_with(
        ApiKeySelectionExpression="$request.header.x-api-key",
        Description="",
        DisableSchemaValidation=True,
        Name="Doubled",
        ProtocolType="WEBSOCKET",
        RouteKey="$default",
        RouteSelectionExpression="$request.body.action",
        Target="https://www.example.com/ws/default",
    )
    integrations = [call.kwargs for call in client.create_integration.mock_calls if call.kwargs]
    assert integrations[0] == {
        "ApiId": api_id,
        "ConnectionType": "INTERNET",
        "IntegrationMethod": "POST",
        "IntegrationType": "HTTP_PROXY",
        "IntegrationUri": "https://www.example.com/ws/connect",
        "PassthroughBehavior": "WHEN_NO_MATCH",
        "PayloadFormatVersion": "1.0",
        "RequestParameters": models.integration_request_parameters(),
        "TimeoutInMillis": 29000,
    }
    routes = [call.kwargs for call in client.create_route.mock_calls if call.kwargs]
    assert [(r["RouteKey"], r.get("RouteResponseSelectionExpression")) for r in routes] == [
        ("$connect", None),
        ("$disconnect", None),
        ("$default", "$default"),
        ("x", "$default"),
    ]
    client.create_stage.assert_called_once_with(ApiId=api_id, StageName="production")
    client.create_deployment.assert_called_once_with(
        ApiId=api_id, Description="", StageName="production"
    )
    client.get_routes.assert_not_called()
    gateway.refresh_from_db()
    assert gateway.is_deployed


def test_a_gateway_that_forgot_an_api_is_told_again_under_the_same_id(pending, judge):
    pending.create_gateway()
    first_deployment = pending.deployment_id
    judge.delete_api(ApiId=pending.api_id)

    deployment.register_gateway(pending, models.get_boto3_client(), "http://127.0.0.1:8765")

    pending.refresh_from_db()
    integrations = integrations_by_route(judge, pending.api_id)
    assert integrations["$connect"]["IntegrationUri"] == "http://127.0.0.1:8765/ws/connect"
    assert pending.deployment_id != first_deployment


def test_a_gateway_that_knows_an_api_is_only_pointed_at_the_backend(pending, judge):
    pending.create_gateway()
    client = models.get_boto3_client()

    deployment.register_gateway(pending, client, "http://127.0.0.1:8765")
    moved = pending.deployment_id
    deployment.register_gateway(pending, client, "http://127.0.0.1:8765")

    uris = {i["IntegrationUri"] for i in integrations_by_route(judge, pending.api_id).values()}
    assert uris == {
        "http://127.0.0.1:8765/ws/connect",
        "http://127.0.0.1:8765/ws/disconnect",
        "http://127.0.0.1:8765/ws/default",
    }
    assert pending.deployment_id == moved
