"""The steps that bring a WebSocket API to life: API, routes with their integrations, stage."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from botocore.exceptions import ClientError

from ..core.quotas import MAX_INTEGRATION_TIMEOUT_MS

__all__ = [
    "ApiSpec",
    "CreatedApi",
    "CreatedRoute",
    "RouteSpec",
    "create_api",
    "create_route",
    "create_stage",
    "deploy",
    "describe_error",
    "list_route_keys",
    "pages",
]

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
    return CreatedApi(api_id=answer["ApiId"], endpoint=answer["ApiEndpoint"])


def list_route_keys(client: Any, api_id: str) -> set[str]:
    """Keys of the routes the API has."""
    return {route["RouteKey"] for page in pages(client.get_routes, api_id) for route in page}


def create_route(
    client: Any, api_id: str, route: RouteSpec, request_parameters: dict[str, str]
) -> CreatedRoute:
    """Create a route and the HTTP_PROXY integration behind it.

    Args:
        client: boto3 client of `apigatewayv2`.
        api_id: the API the route is for.
        route: key and URL.
        request_parameters: headers API Gateway is to add, in its mapping syntax.
    """
    integration = client.create_integration(
        ApiId=api_id,
        ConnectionType="INTERNET",
        IntegrationMethod="POST",
        IntegrationType="HTTP_PROXY",
        IntegrationUri=route.url,
        PassthroughBehavior="WHEN_NO_MATCH",
        PayloadFormatVersion="1.0",
        RequestParameters=request_parameters,
        TimeoutInMillis=MAX_INTEGRATION_TIMEOUT_MS,
    )
    integration_id = integration["IntegrationId"]
    replies = {"RouteResponseSelectionExpression": REPLY_ROUTE_KEY} if route.replies else {}
    created = client.create_route(
        ApiId=api_id,
        ApiKeyRequired=False,
        AuthorizationType="NONE",
        RouteKey=route.key,
        Target=f"integrations/{integration_id}",
        **replies,
    )
    return CreatedRoute(route_id=created["RouteId"], integration_id=integration_id)


def create_stage(client: Any, api_id: str, stage_name: str) -> None:
    """Create the stage; one that a former run created already is as good."""
    try:
        client.create_stage(ApiId=api_id, StageName=stage_name)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ConflictException":
            raise


def deploy(client: Any, api_id: str, stage_name: str, description: str) -> str:
    """Make the stage serve the API as it is now; returns the id of the deployment."""
    answer = client.create_deployment(ApiId=api_id, Description=description, StageName=stage_name)
    return str(answer["DeploymentId"])


def describe_error(error: Exception) -> str:
    """The kind of an error, short and free of secrets: its class and, from AWS, its code."""
    kind = type(error).__name__
    if isinstance(error, ClientError):
        return f"{kind}: {error.response.get('Error', {}).get('Code', 'Unknown')}"
    return kind


def pages(call: Any, api_id: str) -> Iterator[list[dict[str, Any]]]:
    """The items of a listing call for one API, page by page."""
    token: dict[str, str] = {}
    while True:
        answer = call(ApiId=api_id, **token)
        yield answer.get("Items", [])
        if not answer.get("NextToken"):
            return
        token = {"NextToken": answer["NextToken"]}
