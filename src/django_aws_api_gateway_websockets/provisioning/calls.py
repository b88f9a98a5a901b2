"""The steps that bring a WebSocket API to life: API, routes with their integrations, stage."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from botocore.exceptions import ClientError

from ..core.quotas import MAX_INTEGRATION_TIMEOUT_MS
from .failures import AWS_ERRORS, is_conflict
from .listing import id_from, integration_id_of, list_integrations

__all__ = [
    "ApiSpec",
    "CreatedApi",
    "CreatedRoute",
    "RouteSpec",
    "create_api",
    "create_integration",
    "create_route",
    "create_stage",
    "delete_unused_integrations",
    "deploy",
]

CONNECTION_ID_PARAMETER: Final = "integration.request.header.connectionId"
"""The header every integration of ours adds, and others hardly do."""
REPLY_ROUTE_KEY: Final = "$default"


@dataclass(frozen=True, slots=True)
class ApiSpec:
    """What an API is to be."""

    name: str
    """Display name in AWS."""
    description: str
    """Sent as it is."""
    api_key_selection_expression: str
    """Where an API key is found in a request."""
    route_selection_expression: str
    """Where the route key is found in a message."""
    route_key: str
    """Sent for the quick-create form of the call; AWS ignores it for WebSocket APIs."""
    target: str
    """URL sent beside `route_key`."""
    custom_id: str = ""
    """Id to ask for. Only emulators, ours among them, let the caller choose one."""


@dataclass(frozen=True, slots=True)
class RouteSpec:
    """One route key and the URL its messages go to."""

    key: str
    """Route key, such as `$connect`."""
    url: str
    """URL API Gateway calls, verbatim."""
    replies: bool
    """Whether the route has a route response selection expression."""


@dataclass(frozen=True, slots=True)
class CreatedApi:
    """What AWS gave for an API."""

    api_id: str
    """Id of the API."""
    endpoint: str
    """`wss://` address without stage."""


@dataclass(frozen=True, slots=True)
class CreatedRoute:
    """What AWS gave for a route."""

    route_id: str
    """Id of the route."""
    integration_id: str
    """Id of its integration."""


def create_api(client: Any, spec: ApiSpec) -> CreatedApi:
    """Create the API itself, without routes."""
    tags = {"Tags": {"_custom_id_": spec.custom_id}} if spec.custom_id else {}
    answer = client.create_api(
        ApiKeySelectionExpression=spec.api_key_selection_expression,
        Description=spec.description,
        DisableSchemaValidation=True,
        Name=spec.name,
        ProtocolType="WEBSOCKET",
        RouteKey=spec.route_key,
        RouteSelectionExpression=spec.route_selection_expression,
        Target=spec.target,
        **tags,
    )
    return CreatedApi(api_id=id_from(answer, "ApiId"), endpoint=str(answer["ApiEndpoint"])[:255])


def create_integration(
    client: Any, api_id: str, url: str, request_parameters: dict[str, str]
) -> str:
    """Create an HTTP_PROXY integration that calls `url`; returns its id.

    Args:
        client: boto3 client of `apigatewayv2`.
        api_id: the API it is for.
        url: called verbatim.
        request_parameters: headers API Gateway is to add, in its mapping syntax.
    """
    integration = client.create_integration(
        ApiId=api_id,
        ConnectionType="INTERNET",
        IntegrationMethod="POST",
        IntegrationType="HTTP_PROXY",
        IntegrationUri=url,
        PassthroughBehavior="WHEN_NO_MATCH",
        PayloadFormatVersion="1.0",
        RequestParameters=request_parameters,
        TimeoutInMillis=MAX_INTEGRATION_TIMEOUT_MS,
    )
    return id_from(integration, "IntegrationId")


def create_route(
    client: Any, api_id: str, route: RouteSpec, request_parameters: dict[str, str]
) -> CreatedRoute:
    """Create a route and the integration behind it, or nothing of the two.

    A route that is refused leaves no integration behind, since an API holds 300 of them.
    """
    integration_id = create_integration(client, api_id, route.url, request_parameters)
    replies = {"RouteResponseSelectionExpression": REPLY_ROUTE_KEY} if route.replies else {}
    try:
        created = client.create_route(
            ApiId=api_id,
            ApiKeyRequired=False,
            AuthorizationType="NONE",
            RouteKey=route.key,
            Target=f"integrations/{integration_id}",
            **replies,
        )
    except AWS_ERRORS:
        with suppress(*AWS_ERRORS):
            client.delete_integration(ApiId=api_id, IntegrationId=integration_id)
        raise
    return CreatedRoute(route_id=id_from(created, "RouteId"), integration_id=integration_id)


def delete_unused_integrations(
    client: Any, api_id: str, routes: Iterable[Mapping[str, Any]]
) -> None:
    """Remove what a run that died between an integration and its route has left.

    Integrations that do not hand on the connection id are somebody else's and stay.

    Args:
        client: boto3 client of `apigatewayv2`.
        api_id: of the API.
        routes: every route of the API, as AWS describes it.
    """
    used = {integration_id_of(route) for route in routes}
    for integration in list_integrations(client, api_id):
        is_ours = CONNECTION_ID_PARAMETER in integration.get("RequestParameters", {})
        if is_ours and integration["IntegrationId"] not in used:
            client.delete_integration(ApiId=api_id, IntegrationId=integration["IntegrationId"])


def create_stage(client: Any, api_id: str, stage_name: str) -> None:
    """Create the stage; one that a former run created already is as good."""
    try:
        client.create_stage(ApiId=api_id, StageName=stage_name)
    except ClientError as error:
        if not is_conflict(error):
            raise


def deploy(client: Any, api_id: str, stage_name: str, description: str) -> str:
    """Make the stage serve the API as it is now; returns the id of the deployment."""
    answer = client.create_deployment(ApiId=api_id, Description=description, StageName=stage_name)
    return id_from(answer, "DeploymentId")
