"""Single routes of an API that exists: bringing one to what it should be, and removing one."""

from typing import Any

from botocore.exceptions import ClientError

from .calls import CreatedRoute, RouteSpec, create_integration, create_route
from .failures import is_conflict, is_not_found
from .listing import RemoteRoute, read_routes

__all__ = ["adopt_or_create_route", "point_route", "remove_route", "rename_route"]


def adopt_or_create_route(
    client: Any, api_id: str, route: RouteSpec, request_parameters: dict[str, str]
) -> CreatedRoute:
    """Create a route; one that has the key already is pointed at the URL instead.

    Such a route is there when a transaction that had created it was rolled back.
    """
    try:
        return create_route(client, api_id, route, request_parameters)
    except ClientError as error:
        existing = read_routes(client, api_id).find(key=route.key) if is_conflict(error) else None
        if existing is None:
            raise
    return point_route(client, api_id, existing, route, request_parameters)


def point_route(
    client: Any,
    api_id: str,
    remote: RemoteRoute,
    route: RouteSpec,
    request_parameters: dict[str, str],
) -> CreatedRoute:
    """Make a route that exists call the URL of `route`; its key stays as it is."""
    integration_id = remote.integration_id
    if integration_id:
        client.update_integration(
            ApiId=api_id, IntegrationId=integration_id, IntegrationUri=route.url
        )
    else:
        integration_id = create_integration(client, api_id, route.url, request_parameters)
        client.update_route(
            ApiId=api_id, RouteId=remote.route_id, Target=f"integrations/{integration_id}"
        )
    return CreatedRoute(remote.route_id, integration_id)


def rename_route(client: Any, api_id: str, remote: RemoteRoute, key: str) -> None:
    """Give a route another key."""
    client.update_route(ApiId=api_id, RouteId=remote.route_id, RouteKey=key)


def remove_route(client: Any, api_id: str, remote: RemoteRoute) -> None:
    """Remove a route and its integration; what is gone already, or serves others, is no error."""
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
