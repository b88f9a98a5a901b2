"""The APIs of the rows, registered in a gateway that starts empty."""

from dataclasses import replace
from typing import Any

from ..aws.integration_headers import integration_request_parameters
from ..provisioning.restore import list_api_ids, restore_api
from .local_backend import relocate
from .progress import store
from .rows import GatewayRow
from .specs import api_spec, default_routes, route_spec

__all__ = ["is_in_gateway", "register_gateway"]


def is_in_gateway(api_id: str, client: Any) -> bool:
    """Tell whether the gateway has an API with this id."""
    return api_id in list_api_ids(client)


def register_gateway(gateway: GatewayRow, client: Any, backend_url: str) -> None:
    """Register an API that was created before in a gateway that starts empty.

    Args:
        gateway: the row of an API with an id.
        client: boto3 client of `apigatewayv2`.
        backend_url: scheme, host and port that replace those in the row's URLs, so that rows made
            for another machine or port reach the Django that runs here.
    """
    rows = [route_spec(row) for row in gateway.additional_routes.order_by("pk")]
    deployment_id = restore_api(
        client,
        api_spec(gateway, gateway.api_id),
        [
            replace(route, url=relocate(route.url, backend_url))
            for route in [*default_routes(gateway.target_base_endpoint or ""), *rows]
        ],
        stage_name=gateway.stage,
        request_parameters=integration_request_parameters(),
    )
    if deployment_id:
        store(gateway, deployment_id=deployment_id)
