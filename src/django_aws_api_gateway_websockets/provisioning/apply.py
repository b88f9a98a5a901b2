"""Planned steps, carried out on the routes of an API that exists."""

from typing import Any

from botocore.exceptions import ClientError

from .actual import read_routes
from .calls import CreatedRoute, create_route, point_route, rename_route
from .desired import RouteSpec
from .failures import is_conflict
from .plan import CreateRoute, PointRoute, RenameRoute, RouteStep

__all__ = ["adopt_or_create_route", "take_step"]


def take_step(
    client: Any, api_id: str, step: RouteStep, *, request_parameters: dict[str, str]
) -> CreatedRoute:
    """Carry out one step and return the ids of the route and its integration.

    Args:
        client: boto3 client of `apigatewayv2`.
        api_id: id of the API that has the route.
        step: from `plan_route`.
        request_parameters: headers a new integration adds, in the mapping syntax of API Gateway.
    """
    match step:
        case CreateRoute(route):
            return create_route(client, api_id, route, request_parameters=request_parameters)
        case PointRoute(remote, route):
            return point_route(
                client, api_id, remote, url=route.url, request_parameters=request_parameters
            )
        case RenameRoute(remote, key):
            rename_route(client, api_id, remote, key=key)
            return CreatedRoute(remote.route_id, remote.integration_id)


def adopt_or_create_route(
    client: Any, api_id: str, route: RouteSpec, *, request_parameters: dict[str, str]
) -> CreatedRoute:
    """Create a route; one that has the key already is pointed at the URL instead.

    Such a route exists when a transaction that had created it was rolled back.
    """
    try:
        return create_route(client, api_id, route, request_parameters=request_parameters)
    except ClientError as error:
        existing = read_routes(client, api_id).find(key=route.key) if is_conflict(error) else None
        if existing is None:
            raise
    return point_route(
        client, api_id, existing, url=route.url, request_parameters=request_parameters
    )
