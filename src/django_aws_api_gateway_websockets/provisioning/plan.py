"""What has to happen so that a route is in AWS as it should be, as values with a sentence each."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from .calls import CreatedRoute, RouteSpec, create_route
from .listing import RemoteRoute
from .routes import point_route, rename_route

__all__ = ["CreateRoute", "PointRoute", "RenameRoute", "RouteStep", "perform", "plan_route"]


@dataclass(frozen=True, slots=True)
class CreateRoute:
    """The route is missing."""

    route: RouteSpec
    """What it is to be."""

    @property
    def sentence(self) -> str:
        """What people are told."""
        return f"Created the {self.route.key} route"


@dataclass(frozen=True, slots=True)
class PointRoute:
    """The route calls another URL."""

    remote: RemoteRoute
    """The route as it is."""
    route: RouteSpec
    """What it is to be."""
    names_url: bool
    """Whether people are told the URL."""

    @property
    def sentence(self) -> str:
        """What people are told."""
        where = self.route.url if self.names_url else "its new URL"
        return f"Pointed the {self.route.key} route at {where}"


@dataclass(frozen=True, slots=True)
class RenameRoute:
    """The route has another key."""

    remote: RemoteRoute
    """The route as it is."""
    key: str
    """The key it is to have."""

    @property
    def sentence(self) -> str:
        """What people are told."""
        return f"Renamed the {self.remote.key} route"


RouteStep: TypeAlias = CreateRoute | PointRoute | RenameRoute


def plan_route(
    route: RouteSpec, remote: RemoteRoute | None, *, names_url: bool = False
) -> Iterator[RouteStep]:
    """The steps from `remote` to `route`; none when they agree."""
    if remote is None:
        yield CreateRoute(route)
        return
    if remote.url != route.url:
        yield PointRoute(remote, route, names_url)
    if remote.key != route.key:
        yield RenameRoute(remote, route.key)


def perform(
    client: Any, api_id: str, step: RouteStep, request_parameters: dict[str, str]
) -> CreatedRoute:
    """Do one step; gives the ids of the route and its integration.

    Args:
        client: boto3 client of `apigatewayv2`.
        api_id: the API the route is in.
        step: what to do.
        request_parameters: headers a new integration adds, in the mapping syntax of API Gateway.
    """
    match step:
        case CreateRoute(route):
            return create_route(client, api_id, route, request_parameters)
        case PointRoute(remote, route):
            return point_route(client, api_id, remote, route, request_parameters)
        case RenameRoute(remote, key):
            rename_route(client, api_id, remote, key)
            return CreatedRoute(remote.route_id, remote.integration_id)
