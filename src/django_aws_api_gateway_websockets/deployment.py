"""The bridge from `ApiGateway` rows and settings to `provisioning`.

Rows are handed in, so that this module imports no model.
"""

import logging
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

from django.core.exceptions import ValidationError
from django.db import DatabaseError
from django.http import HttpRequest
from django.utils import timezone

from .conf import get_allowed_integration_hosts, get_local_gateway_address, uses_local_gateway
from .gateway_secret import integration_request_parameters
from .provisioning.creation import (
    ApiSpec,
    RouteSpec,
    create_api,
    create_route,
    create_stage,
    deploy,
    describe_error,
    list_route_keys,
)
from .provisioning.registration import register_api

if TYPE_CHECKING:
    from .models.gateway import ApiGateway

logger = logging.getLogger("django_aws_api_gateway_websockets.models")

_LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})


def create_gateway(gateway: "ApiGateway", client_for: Callable[..., Any]) -> bool:
    """Bring the row's API to life, taking up a run that stopped where it stopped.

    Args:
        gateway: the row; each finished step is written to it at once.
        client_for: gives the boto3 client of a service.

    Returns:
        True when something was created, False when the API was complete already.

    Raises:
        ValueError: there is no endpoint, or another run holds the claim.
    """
    if not gateway.needs_api_creation:
        return False
    if not gateway.target_base_endpoint:
        raise ValueError(
            "Set target_base_endpoint first: the address of the WebSocketView without its route, "
            "such as https://www.example.com/ws/."
        )
    if gateway.pk is None:
        gateway.save()
    resumed = gateway.provisioning_status != gateway.ProvisioningStatus.PENDING
    if not resumed:
        _claim(gateway)
    elif gateway.provisioning_status == gateway.ProvisioningStatus.CREATING:
        raise ValueError(
            f"{gateway.api_name} is being created by another run. If that run has died, look in "
            "AWS whether the API exists: enter its id and set the status to 'API created', or set "
            "the status back to 'Pending'."
        )
    try:
        _run_steps(gateway, client_for, resumed=resumed)
    except Exception as error:
        _record_failure(gateway, error)
        raise
    return True


def register_gateway(gateway: "ApiGateway", client: Any, backend_url: str) -> None:
    """Tell a gateway that starts empty about an API that was created before.

    Args:
        gateway: the row of an API with an id.
        client: boto3 client of `apigatewayv2`.
        backend_url: scheme, host and port that take the place of those in the row's URLs, so that
            rows made for another machine or port reach the Django that runs here.
    """
    base = _relocated(gateway.target_base_endpoint or "", backend_url)
    routes = [
        *default_routes(base),
        *(
            RouteSpec(row.route_key, _relocated(row.integration_url, backend_url), replies=True)
            for row in gateway.additional_routes.order_by("pk")
        ),
    ]
    deployment_id = register_api(
        client,
        _api_spec(gateway, gateway.api_id),
        routes,
        stage_name=gateway.stage_name or gateway.DEFAULT_STAGE_NAME,
        request_parameters=integration_request_parameters(),
    )
    if deployment_id:
        gateway.deployment_id = deployment_id
        gateway.save(update_fields=["deployment_id", "updated_on"])


def default_routes(endpoint: str) -> list[RouteSpec]:
    """The three routes every API has, in the order they are created."""
    return [
        RouteSpec(key="$connect", url=f"{endpoint}connect", replies=False),
        RouteSpec(key="$disconnect", url=f"{endpoint}disconnect", replies=False),
        RouteSpec(key="$default", url=f"{endpoint}default", replies=True),
    ]


def validate_integration_host(url: str | None, field: str) -> None:
    """Refuse a URL whose host the project does not allow; the answer does not list the hosts.

    Raises:
        ValidationError: on `field`.
    """
    allowed = get_allowed_integration_hosts()
    if not url or not allowed:
        return
    try:
        host = (urlsplit(url).hostname or "").lower()
    except ValueError:
        host = ""
    if not any(_host_matches(host, pattern) for pattern in allowed):
        raise ValidationError(
            {field: "This host is not among the hosts this site allows for integrations."}
        )


def websocket_url(gateway: "ApiGateway", request: HttpRequest | None = None) -> str:
    """The address browsers connect to, without query; "" while the API does not exist."""
    stage = gateway.stage_name or gateway.DEFAULT_STAGE_NAME
    if not gateway.api_id:
        return ""
    if uses_local_gateway():
        address = get_local_gateway_address()
        host = address.host
        if request is not None:
            visited = request.get_host().rpartition(":")[0] or request.get_host()
            host = visited if visited in _LOOPBACK_NAMES else host
        return f"ws://{host}:{address.port}/_aws/execute-api/{gateway.api_id}/{stage}"
    if gateway.custom_domain_created and gateway.domain_name:
        return f"wss://{gateway.domain_name}"
    return f"{gateway.api_endpoint}/{stage}"


def _claim(gateway: "ApiGateway") -> None:
    # One conditional UPDATE, so that two runs at once cannot both create an API.
    status = gateway.ProvisioningStatus
    claimed = type(gateway).objects.filter(
        pk=gateway.pk, provisioning_status=status.PENDING, api_created=False
    )
    if not claimed.update(provisioning_status=status.CREATING, updated_on=timezone.now()):
        raise ValueError(f"{gateway.api_name} is being created by another run.")
    gateway.provisioning_status = status.CREATING


def _run_steps(gateway: "ApiGateway", client_for: Callable[..., Any], *, resumed: bool) -> None:
    status = gateway.ProvisioningStatus
    client = client_for()
    if gateway.provisioning_status == status.CREATING:
        created = create_api(client, _api_spec(gateway))
        _advance(
            gateway,
            status.API_CREATED,
            api_id=created.api_id,
            api_endpoint=created.endpoint,
            api_created=True,
            last_error="",
        )
    if gateway.provisioning_status == status.API_CREATED:
        existing = list_route_keys(client, gateway.api_id) if resumed else set()
        _create_routes(gateway, client, existing)
        _advance(gateway, status.ROUTES_CREATED)
    if gateway.provisioning_status == status.ROUTES_CREATED:
        stage = gateway.stage_name or gateway.DEFAULT_STAGE_NAME
        create_stage(client, gateway.api_id, stage)
        deployment_id = deploy(client, gateway.api_id, stage, gateway.stage_description)
        _advance(gateway, status.DEPLOYED, deployment_id=deployment_id, last_error="")


def _api_spec(gateway: "ApiGateway", custom_id: str = "") -> ApiSpec:
    return ApiSpec(
        name=gateway.api_name,
        description=gateway.api_description,
        api_key_selection_expression=gateway.api_key_selection_expression,
        route_selection_expression=gateway.route_selection_expression,
        route_key=gateway.route_key,
        target=f"{gateway.target_base_endpoint}default",
        custom_id=custom_id,
    )


def _create_routes(gateway: "ApiGateway", client: Any, existing: set[str]) -> None:
    parameters = integration_request_parameters()
    for route in default_routes(gateway.target_base_endpoint or ""):
        if route.key not in existing:
            create_route(client, gateway.api_id, route, parameters)
    for row, route in _undeployed_routes(gateway):
        if route.key in existing:
            row.deployed = True
        else:
            created = create_route(client, gateway.api_id, route, parameters)
            row.deployed = True
            row.route_id, row.integration_id = created.route_id, created.integration_id
        row.save(update_fields=["deployed", "route_id", "integration_id", "updated_on"])


def _undeployed_routes(gateway: "ApiGateway") -> Iterator[tuple[Any, RouteSpec]]:
    for row in gateway.additional_routes.filter(deployed=False).order_by("pk"):
        yield row, RouteSpec(key=row.route_key, url=row.integration_url, replies=True)


def _advance(gateway: "ApiGateway", status: str, **values: Any) -> None:
    """Write a finished step, with its columns only, so that a run that dies can be taken up."""
    for name, value in (values | {"provisioning_status": status}).items():
        setattr(gateway, name, value)
    gateway.save(update_fields=[*values, "provisioning_status", "updated_on"])


def _record_failure(gateway: "ApiGateway", error: Exception) -> None:
    # Without an API id nothing exists in AWS, so the next run may start afresh. With one that
    # could not be written down the claim stays: only a person can tell which API it was.
    status = gateway.ProvisioningStatus
    gateway.last_error = describe_error(error)[:255]
    fields = ["last_error", "updated_on"]
    if gateway.provisioning_status == status.CREATING and not gateway.api_id:
        gateway.provisioning_status = status.PENDING
        fields.append("provisioning_status")
    try:
        gateway.save(update_fields=fields)
    except DatabaseError:
        logger.exception("The failure to create %s could not be recorded.", gateway.api_name)


def _relocated(url: str, backend_url: str) -> str:
    backend = urlsplit(backend_url)
    return urlunsplit(urlsplit(url)._replace(scheme=backend.scheme, netloc=backend.netloc))


def _host_matches(host: str, pattern: str) -> bool:
    if pattern.startswith("*."):
        return host.endswith(pattern[1:]) and len(host) > len(pattern[1:])
    return host == pattern
