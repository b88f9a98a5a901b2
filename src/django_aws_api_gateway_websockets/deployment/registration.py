"""The APIs of the rows, registered in a gateway that starts empty."""

from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from ..aws.integration_headers import integration_request_parameters
from ..provisioning.restore import restore_api
from .progress import store
from .rows import GatewayRow
from .specs import api_spec, default_routes, route_spec

__all__ = ["register_gateway"]


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
            replace(route, url=_relocated(route.url, backend_url))
            for route in [*default_routes(gateway.target_base_endpoint or ""), *rows]
        ],
        stage_name=gateway.stage,
        request_parameters=integration_request_parameters(),
    )
    if deployment_id:
        store(gateway, deployment_id=deployment_id)


def _relocated(url: str, backend_url: str) -> str:
    backend = urlsplit(backend_url)
    return urlunsplit(urlsplit(url)._replace(scheme=backend.scheme, netloc=backend.netloc))
