"""The values `provisioning` works with, made from rows."""

from typing import Final

from ..provisioning.desired import ApiSpec, DomainSpec, RouteSpec
from .local_backend import address_called
from .rows import GatewayRow, RouteRow

__all__ = [
    "API_FIELDS",
    "DEFAULT_ROUTE_KEYS",
    "SYNCED_GATEWAY_FIELDS",
    "api_spec",
    "default_routes",
    "domain_spec",
    "route_spec",
    "routes_below",
]

DEFAULT_ROUTE_KEYS: Final = ("$connect", "$disconnect", "$default")
"""The routes every API has, in the order they are created."""

API_FIELDS: Final = {
    "api_name": "Name",
    "api_description": "Description",
    "api_key_selection_expression": "ApiKeySelectionExpression",
    "route_selection_expression": "RouteSelectionExpression",
}
"""Columns of a gateway that are members of the API itself, and AWS's names of them."""

SYNCED_GATEWAY_FIELDS: Final = (*API_FIELDS, "target_base_endpoint", "stage_description")
"""Columns of a gateway that saving it changes in AWS."""


def api_spec(gateway: GatewayRow, custom_id: str = "") -> ApiSpec:
    """Return the API the row describes.

    Args:
        gateway: the row.
        custom_id: the id to ask an emulator for.
    """
    return ApiSpec(
        name=gateway.api_name,
        description=gateway.api_description,
        api_key_selection_expression=gateway.api_key_selection_expression,
        route_selection_expression=gateway.route_selection_expression,
        route_key=gateway.route_key,
        target=f"{address_called(gateway.target_base_endpoint or '')}default",
        custom_id=custom_id,
    )


def default_routes(endpoint: str, *, have_responses: bool = False) -> list[RouteSpec]:
    """Return the routes every API has, below a row's endpoint, in the order of creation.

    Args:
        endpoint: of the row.
        have_responses: let clients have the responses to their messages.
    """
    return routes_below(address_called(endpoint), have_responses=have_responses)


def routes_below(called: str, *, have_responses: bool = False) -> list[RouteSpec]:
    """Return the routes every API has, below the address that is called, in order of creation.

    Args:
        called: address up to the name of the event.
        have_responses: let clients have the responses to their messages.
    """
    return [
        RouteSpec(
            key,
            f"{called}{key.removeprefix('$')}",
            replies=key == "$default",
            has_response=have_responses and key == "$default",
        )
        for key in DEFAULT_ROUTE_KEYS
    ]


def route_spec(row: RouteRow) -> RouteSpec:
    """Return the route the row describes."""
    return RouteSpec(
        key=row.route_key,
        url=address_called(row.integration_url),
        replies=True,
        has_response=row.api_gateway.has_route_responses,
    )


def domain_spec(gateway: GatewayRow) -> DomainSpec:
    """Return the custom domain the row describes."""
    return DomainSpec(
        name=gateway.domain_name,
        certificate_arn=gateway.certificate_arn,
        hosted_zone_id=gateway.hosted_zone_id,
    )
