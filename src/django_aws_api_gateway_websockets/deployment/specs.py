"""From rows and settings to the values `provisioning` works with."""

from typing import TYPE_CHECKING, Final

from ..provisioning.calls import ApiSpec, RouteSpec
from ..provisioning.domains import DomainSpec

if TYPE_CHECKING:
    from ..models import ApiGateway, ApiGatewayAdditionalRoute

__all__ = [
    "API_FIELDS",
    "DEFAULT_ROUTE_KEYS",
    "SYNCED_GATEWAY_FIELDS",
    "api_spec",
    "default_routes",
    "domain_spec",
    "route_spec",
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


def api_spec(gateway: "ApiGateway", custom_id: str = "") -> ApiSpec:
    """The API the row describes.

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
        target=f"{gateway.target_base_endpoint}default",
        custom_id=custom_id,
    )


def default_routes(endpoint: str) -> list[RouteSpec]:
    """The three routes every API has, below the URL `endpoint`, in the order they are created."""
    return [
        RouteSpec(key, f"{endpoint}{key.removeprefix('$')}", replies=key == "$default")
        for key in DEFAULT_ROUTE_KEYS
    ]


def route_spec(row: "ApiGatewayAdditionalRoute") -> RouteSpec:
    """The route the row describes."""
    return RouteSpec(key=row.route_key, url=row.integration_url, replies=True)


def domain_spec(gateway: "ApiGateway") -> DomainSpec:
    """The custom domain the row describes."""
    return DomainSpec(
        name=gateway.domain_name,
        certificate_arn=gateway.certificate_arn,
        hosted_zone_id=gateway.hosted_zone_id,
    )
