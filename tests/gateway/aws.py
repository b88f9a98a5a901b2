"""boto3 against a local gateway, and the APIs tests need."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import boto3
from botocore.config import Config as BotoConfig

CONNECTION_ID = {"integration.request.header.connectionId": "context.connectionId"}
QUICK = BotoConfig(retries={"total_max_attempts": 1, "mode": "standard"}, read_timeout=10)


def control_plane(url: str, secret: str = "local") -> Any:
    return boto3.client(
        "apigatewayv2",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id="local",
        aws_secret_access_key=secret,
        config=QUICK,
    )


def first_control_plane(url: str, secret: str = "local") -> Any:
    """The service `apigateway`, which has the account, client certificates and VPC links."""
    return boto3.client(
        "apigateway",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id="local",
        aws_secret_access_key=secret,
        config=QUICK,
    )


def management(endpoint_url: str, secret: str = "local") -> Any:
    return boto3.client(
        "apigatewaymanagementapi",
        endpoint_url=endpoint_url,
        region_name="us-east-1",
        aws_access_key_id="local",
        aws_secret_access_key=secret,
        config=QUICK,
    )


@dataclass(frozen=True)
class DeployedApi:
    """An API in a gateway, with a stage `test`."""

    api_id: str
    endpoint: str
    gateway_url: str
    client: Any

    @property
    def url(self) -> str:
        return f"{self.endpoint}/test"

    @property
    def management_url(self) -> str:
        return f"{self.gateway_url}/_aws/execute-api/{self.api_id}/test"

    @property
    def management(self) -> Any:
        return management(self.management_url)


def deploy_api(
    client: Any,
    backend_url: str,
    routes: tuple[str, ...] = ("$connect", "$disconnect", "$default"),
    *,
    replies: tuple[str, ...] = (),
    parameters: dict[str, str] | None = None,
    timeout_ms: int = 5000,
    stage: str = "test",
    tags: dict[str, str] | None = None,
) -> DeployedApi:
    """An API whose routes call `backend_url/<route without its dollar sign>`."""
    api = client.create_api(
        Name="tests",
        ProtocolType="WEBSOCKET",
        RouteSelectionExpression="$request.body.action",
        Tags=tags or {},
    )
    api_id = api["ApiId"]
    for key in routes:
        integration = client.create_integration(
            ApiId=api_id,
            IntegrationType="HTTP_PROXY",
            IntegrationMethod="POST",
            IntegrationUri=f"{backend_url}/{key.removeprefix('$')}",
            RequestParameters=CONNECTION_ID | (parameters or {}),
            TimeoutInMillis=timeout_ms,
        )
        route = client.create_route(
            ApiId=api_id, RouteKey=key, Target=f"integrations/{integration['IntegrationId']}"
        )
        if key in replies:
            client.create_route_response(
                ApiId=api_id, RouteId=route["RouteId"], RouteResponseKey="$default"
            )
    client.create_stage(ApiId=api_id, StageName=stage)
    client.create_deployment(ApiId=api_id, StageName=stage)
    return DeployedApi(api_id, api["ApiEndpoint"], client.meta.endpoint_url, client)


async def deploy(gateway_url: str, backend_url: str, *routes: str, **options: Any) -> DeployedApi:
    """The same from a coroutine."""
    if routes:
        options["routes"] = routes
    return await asyncio.to_thread(
        lambda: deploy_api(control_plane(gateway_url), backend_url, **options)
    )


@dataclass(frozen=True)
class RoutePlan:
    """One route of an API, in the words of boto3."""

    key: str
    integration: dict[str, Any]
    responses: tuple[dict[str, Any], ...] = ()
    replies: bool = True
    settings: dict[str, Any] = field(default_factory=dict)


def deploy_routes(
    client: Any,
    *plans: RoutePlan,
    models: dict[str, str] | None = None,
    stage: dict[str, Any] | None = None,
) -> DeployedApi:
    """An API with these routes, deployed to its stage `test`."""
    api = client.create_api(
        Name="tests", ProtocolType="WEBSOCKET", RouteSelectionExpression="$request.body.action"
    )
    api_id = api["ApiId"]
    for name, schema in (models or {}).items():
        client.create_model(ApiId=api_id, Name=name, Schema=schema)
    for plan in plans:
        _create_route(client, api_id, plan)
    client.create_stage(ApiId=api_id, StageName="test", **(stage or {}))
    client.create_deployment(ApiId=api_id, StageName="test")
    return DeployedApi(api_id, api["ApiEndpoint"], client.meta.endpoint_url, client)


def _create_route(client: Any, api_id: str, plan: RoutePlan) -> None:
    integration = client.create_integration(ApiId=api_id, **plan.integration)["IntegrationId"]
    for response in plan.responses:
        client.create_integration_response(ApiId=api_id, IntegrationId=integration, **response)
    target = f"integrations/{integration}"
    route = client.create_route(ApiId=api_id, RouteKey=plan.key, Target=target, **plan.settings)
    if plan.replies:
        client.create_route_response(
            ApiId=api_id, RouteId=route["RouteId"], RouteResponseKey="$default"
        )


async def deploy_plans(gateway_url: str, *plans: RoutePlan, **options: Any) -> DeployedApi:
    """The same from a coroutine."""
    return await asyncio.to_thread(
        lambda: deploy_routes(control_plane(gateway_url), *plans, **options)
    )
