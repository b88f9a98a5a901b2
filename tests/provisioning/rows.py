"""Rows that tests of provisioning make."""

from typing import Any

from django_aws_api_gateway_websockets.models import ApiGateway, ApiGatewayAdditionalRoute


def make_route(gateway: ApiGateway, key: str = "chat", **values: Any) -> ApiGatewayAdditionalRoute:
    """Make a route of `gateway` that calls a URL named like its key."""
    values = {"name": key, "integration_url": f"http://127.0.0.1:9/{key}"} | values
    return ApiGatewayAdditionalRoute.objects.create(api_gateway=gateway, route_key=key, **values)
