"""Single changes of an API in AWS: the API, its routes with their integrations, its stage."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from botocore.exceptions import ClientError

from ..core.quotas import MAX_INTEGRATION_TIMEOUT_MS
from .actual import RemoteRoute, id_from, integration_id_of, list_integrations
from .desired import ApiSpec, RouteSpec
from .failures import AWS_ERRORS, is_conflict, is_not_found

__all__ = [
    "CreatedApi",
    "CreatedRoute",
    "create_api",
    "create_deployment",
    "create_integration",
    "create_route",
    "create_route_response",
    "create_stage",
    "delete_route",
    "delete_unused_integrations",
    "point_route",
    "rename_route",
]

CONNECTION_ID_PARAMETER: Final = "integration.request.header.connectionId"
"""The header every integration of ours adds, and others hardly do."""
REPLY_ROUTE_KEY: Final = "$default"


@dataclass(frozen=True, slots=True)
class CreatedApi:
    """The values AWS gave for an API."""

    api_id: str
    """Id of the API."""
    endpoint: str
    """`wss://` address without stage."""


@dataclass(frozen=True, slots=True)
class CreatedRoute:
    """The ids AWS gave for a route."""

    route_id: str
    """Id of the route."""
    integration_id: str
    """Id of its integration."""


def create_api(client: Any, spec: ApiSpec) -> CreatedApi:
    """Create the API itself, without routes."""
    tags = {"Tags": {"_custom_id_": spec.custom_id}} if spec.custom_id else {}
    response = client.create_api(
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
    endpoint = str(response["ApiEndpoint"])[:255]
    return CreatedApi(api_id=id_from(response, "ApiId"), endpoint=endpoint)


def create_integration(
    client: Any, api_id: str, *, url: str, request_parameters: dict[str, str]
) -> str:
    """Create an HTTP_PROXY integration that calls `url`, and return its id.

    Args:
        client: boto3 client of `apigatewayv2`.
        api_id: id of the API that gets it.
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
    client: Any, api_id: str, route: RouteSpec, *, request_parameters: dict[str, str]
) -> CreatedRoute:
    """Create a route and the integration behind it, or neither of the two.

    A route that is refused leaves no integration behind, since an API holds 300 of them.
    """
    integration_id = create_integration(
        client, api_id, url=route.url, request_parameters=request_parameters
    )
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
    route_id = id_from(created, "RouteId")
    if route.has_response:
        create_route_response(client, api_id, route_id)
    return CreatedRoute(route_id=route_id, integration_id=integration_id)


def create_route_response(client: Any, api_id: str, route_id: str) -> None:
    """Let clients have the responses to messages of a route; it may let them already.

    The selection expression alone does not: there has to be a route response.

    Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-route-response.html
    """
    client.update_route(
        ApiId=api_id, RouteId=route_id, RouteResponseSelectionExpression=REPLY_ROUTE_KEY
    )
    try:
        client.create_route_response(
            ApiId=api_id, RouteId=route_id, RouteResponseKey=REPLY_ROUTE_KEY
        )
    except ClientError as error:
        if not is_conflict(error):
            raise


def point_route(
    client: Any,
    api_id: str,
    remote: RemoteRoute,
    *,
    url: str,
    request_parameters: dict[str, str],
) -> CreatedRoute:
    """Make a route that exists call `url`; its key stays as it is.

    Args:
        client: boto3 client of `apigatewayv2`.
        api_id: id of the API.
        remote: the route as AWS has it; one without an integration gets a new one.
        url: called verbatim.
        request_parameters: headers a new integration adds, in the mapping syntax of API Gateway.
    """
    integration_id = remote.integration_id
    if integration_id:
        client.update_integration(ApiId=api_id, IntegrationId=integration_id, IntegrationUri=url)
    else:
        integration_id = create_integration(
            client, api_id, url=url, request_parameters=request_parameters
        )
        client.update_route(
            ApiId=api_id, RouteId=remote.route_id, Target=f"integrations/{integration_id}"
        )
    return CreatedRoute(remote.route_id, integration_id)


def rename_route(client: Any, api_id: str, remote: RemoteRoute, *, key: str) -> None:
    """Give a route another key."""
    client.update_route(ApiId=api_id, RouteId=remote.route_id, RouteKey=key)


def delete_route(client: Any, api_id: str, remote: RemoteRoute) -> None:
    """Delete a route and its integration; one that is gone, or serves others, is no error."""
    try:
        client.delete_route(ApiId=api_id, RouteId=remote.route_id)
    except ClientError as error:
        if not is_not_found(error):
            raise
    if not remote.integration_id:
        return
    try:
        client.delete_integration(ApiId=api_id, IntegrationId=remote.integration_id)
    except ClientError as error:
        if not is_not_found(error) and not is_conflict(error):
            raise


def delete_unused_integrations(
    client: Any, api_id: str, routes: Iterable[Mapping[str, Any]]
) -> None:
    """Delete the integrations left by a run that died between an integration and its route.

    Integrations that do not pass the connection id on belong to somebody else and stay.

    Args:
        client: boto3 client of `apigatewayv2`.
        api_id: id of the API.
        routes: every route of the API, as AWS describes it.
    """
    used = {integration_id_of(route) for route in routes}
    for integration in list_integrations(client, api_id):
        is_ours = CONNECTION_ID_PARAMETER in integration.get("RequestParameters", {})
        if is_ours and integration["IntegrationId"] not in used:
            client.delete_integration(ApiId=api_id, IntegrationId=integration["IntegrationId"])


def create_stage(client: Any, api_id: str, stage_name: str) -> None:
    """Create the stage, unless an earlier run has created it."""
    try:
        client.create_stage(ApiId=api_id, StageName=stage_name)
    except ClientError as error:
        if not is_conflict(error):
            raise


def create_deployment(client: Any, api_id: str, *, stage_name: str, description: str) -> str:
    """Make the stage serve the API as it is now, and return the id of the deployment."""
    response = client.create_deployment(ApiId=api_id, Description=description, StageName=stage_name)
    return id_from(response, "DeploymentId")
