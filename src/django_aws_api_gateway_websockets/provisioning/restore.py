"""An API that is known by its id, brought back into a gateway that may have forgotten it.

AWS forgets nothing; the gateway on one's own machine starts empty, and Django's rows fill it again.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from .actual import integration_id_of, list_integrations, list_routes, pages
from .calls import create_api, create_deployment, create_route, create_stage
from .desired import ApiSpec, RouteSpec

__all__ = ["list_api_ids", "restore_api"]


def restore_api(
    client: Any,
    spec: ApiSpec,
    routes: Iterable[RouteSpec],
    *,
    stage_name: str,
    request_parameters: dict[str, str],
) -> str:
    """Make the gateway serve the API `spec.custom_id` with these routes.

    Args:
        client: boto3 client of `apigatewayv2`.
        spec: the API, with the id it must have.
        routes: every route it must have; further ones are left alone.
        stage_name: the stage clients connect to.
        request_parameters: headers each integration adds.

    Returns:
        The id of the deployment now served, or "" when nothing had to change.
    """
    api_id = spec.custom_id
    if api_id not in list_api_ids(client):
        # An HTTP API would make a route of the two; this one gets the routes below.
        create_api(client, replace(spec, route_key="", target=""))
    integrations = _integrations_by_route_key(client, api_id)
    changed = [
        route
        for route in routes
        if _restore_route(client, api_id, route, integrations.get(route.key), request_parameters)
    ]
    if not changed:
        return ""
    if stage_name not in _stage_names(client, api_id):
        create_stage(client, api_id, stage_name)
    return create_deployment(client, api_id, stage_name=stage_name, description="")


def _restore_route(
    client: Any,
    api_id: str,
    route: RouteSpec,
    integration: dict[str, Any] | None,
    request_parameters: dict[str, str],
) -> bool:
    """Create a route, or correct its integration; False when there is nothing to do."""
    if integration is None:
        create_route(client, api_id, route, request_parameters=request_parameters)
    elif _differs(integration, route, request_parameters):
        client.update_integration(
            ApiId=api_id,
            IntegrationId=integration["IntegrationId"],
            IntegrationUri=route.url,
            RequestParameters=request_parameters,
        )
    else:
        return False
    return True


# Lists, because a question for what is not there would be refused, and the gateway's log would show
# that at every start as if something were wrong.
def list_api_ids(client: Any) -> set[str]:
    """Return the ids of every API there is."""
    return {api["ApiId"] for page in pages(client.get_apis) for api in page}


def _stage_names(client: Any, api_id: str) -> set[str]:
    stages = (stage for page in pages(client.get_stages, ApiId=api_id) for stage in page)
    return {stage["StageName"] for stage in stages}


def _integrations_by_route_key(client: Any, api_id: str) -> dict[str, dict[str, Any]]:
    integrations = {item["IntegrationId"]: item for item in list_integrations(client, api_id)}
    return {
        route["RouteKey"]: integrations[integration_id_of(route)]
        for route in list_routes(client, api_id)
        if integration_id_of(route) in integrations
    }


def _differs(
    integration: dict[str, Any], route: RouteSpec, request_parameters: dict[str, str]
) -> bool:
    return (
        integration.get("IntegrationUri") != route.url
        or integration.get("RequestParameters", {}) != request_parameters
    )
