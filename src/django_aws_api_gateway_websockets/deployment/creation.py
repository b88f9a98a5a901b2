"""Bringing the API of a row to life, step by step, so that a run that stops can be taken up."""

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.db import DatabaseError
from django.utils import timezone

from ..aws.integration_headers import integration_request_parameters
from ..provisioning.calls import (
    create_api,
    create_route,
    create_stage,
    delete_unused_integrations,
    deploy,
)
from ..provisioning.domains import create_domain, create_mapping
from ..provisioning.listing import integration_id_of, list_routes
from .progress import note_error, store
from .specs import api_spec, default_routes, domain_spec, route_spec
from .transactions import keep_whatever_happens

if TYPE_CHECKING:
    from ..models.gateway import ApiGateway

__all__ = ["create_custom_domain", "create_gateway"]

logger = logging.getLogger("django_aws_api_gateway_websockets.models")


def create_gateway(gateway: "ApiGateway", client_for: Callable[..., Any]) -> bool:
    """Bring the row's API to life, taking up a run that stopped where it stopped.

    Args:
        gateway: the row; each finished step is written to it at once.
        client_for: gives the boto3 client of a service.

    Returns:
        True when something was created, False when the API was complete already.

    Raises:
        ValueError: there is no endpoint, another run holds the claim, or a transaction is open
            that could undo what is recorded.
    """
    if not gateway.needs_api_creation:
        return False
    if not gateway.target_base_endpoint:
        raise ValueError(
            "Set target_base_endpoint first: the address of the WebSocketView without its route, "
            "such as https://www.example.com/ws/."
        )
    keep_whatever_happens(gateway, lambda: _create_gateway(gateway, client_for))
    return True


def create_custom_domain(gateway: "ApiGateway", client_for: Callable[..., Any]) -> None:
    """Give the row's API its custom domain, taking up a run that stopped where it stopped.

    A domain name or mapping that exists already in this account is taken as it is.

    Raises:
        ValueError: the API is not complete, the row has no domain name or certificate, or a
            transaction is open that could undo what is recorded.
    """
    if gateway.needs_api_creation:
        raise ValueError(f"{gateway.api_name}: create the API before its custom domain.")
    if not gateway.needs_custom_domain:
        return
    if not gateway.certificate_arn or not gateway.domain_name:
        missing = "domain_name" if gateway.certificate_arn else "certificate_arn"
        raise ValueError(f"{gateway.api_name}: set {missing} first; a custom domain needs it.")
    keep_whatever_happens(gateway, lambda: _create_custom_domain(gateway, client_for))


def _create_gateway(gateway: "ApiGateway", client_for: Callable[..., Any]) -> None:
    if gateway.pk is None:
        gateway.save()
    status = gateway.ProvisioningStatus
    resumed = gateway.provisioning_status != status.PENDING
    if not resumed:
        _claim(gateway)
    elif gateway.provisioning_status == status.CREATING:
        raise ValueError(
            f"{gateway.api_name} is being created by another run. If that run has died, look in "
            "AWS whether the API exists: enter its id and set the status to 'API created', or set "
            "the status back to 'Pending'."
        )
    try:
        _run_steps(gateway, client_for(), resumed=resumed)
    except Exception as error:
        _note_failure(gateway, error)
        raise


def _claim(gateway: "ApiGateway") -> None:
    # One conditional UPDATE, so that two runs at once cannot both create an API.
    status = gateway.ProvisioningStatus
    claimed = type(gateway).objects.filter(
        pk=gateway.pk, provisioning_status=status.PENDING, api_created=False
    )
    if not claimed.update(provisioning_status=status.CREATING, updated_on=timezone.now()):
        raise ValueError(f"{gateway.api_name} is being created by another run.")
    gateway.provisioning_status = status.CREATING


def _run_steps(gateway: "ApiGateway", client: Any, *, resumed: bool) -> None:
    status = gateway.ProvisioningStatus
    if gateway.provisioning_status == status.CREATING:
        created = create_api(client, api_spec(gateway))
        # Set before it is written: should writing fail, `_note_failure` must know of it.
        gateway.api_id = created.api_id
        store(
            gateway,
            api_id=created.api_id,
            api_endpoint=created.endpoint,
            api_created=True,
            last_error="",
            provisioning_status=status.API_CREATED,
        )
    if gateway.provisioning_status == status.API_CREATED:
        _create_routes(gateway, client, resumed=resumed)
        store(gateway, provisioning_status=status.ROUTES_CREATED)
    if gateway.provisioning_status == status.ROUTES_CREATED:
        create_stage(client, gateway.api_id, gateway.stage)
        deployment_id = deploy(client, gateway.api_id, gateway.stage, gateway.stage_description)
        store(
            gateway,
            deployment_id=deployment_id,
            last_error="",
            provisioning_status=status.DEPLOYED,
        )


def _create_routes(gateway: "ApiGateway", client: Any, *, resumed: bool) -> None:
    parameters = integration_request_parameters()
    existing: dict[str, dict[str, Any]] = {}
    if resumed:
        routes = list_routes(client, gateway.api_id, page_size=None)
        existing = {route["RouteKey"]: route for route in routes}
        delete_unused_integrations(client, gateway.api_id, routes)
    for route in default_routes(gateway.target_base_endpoint or ""):
        if route.key not in existing:
            create_route(client, gateway.api_id, route, parameters)
    for row in gateway.additional_routes.filter(deployed=False).order_by("pk"):
        if found := existing.get(row.route_key):
            route_id, integration_id = found.get("RouteId", ""), integration_id_of(found)
        else:
            created = create_route(client, gateway.api_id, route_spec(row), parameters)
            route_id, integration_id = created.route_id, created.integration_id
        store(row, deployed=True, route_id=route_id, integration_id=integration_id)


def _note_failure(gateway: "ApiGateway", error: Exception) -> None:
    # Without an API id nothing exists in AWS, so the next run may start afresh. With one that
    # could not be written down the claim stays: only a person can tell which API it was.
    status = gateway.ProvisioningStatus
    if gateway.provisioning_status == status.CREATING and not gateway.api_id:
        note_error(gateway, error, provisioning_status=status.PENDING)
    else:
        if isinstance(error, DatabaseError) and gateway.api_id:
            # The record may not have it, and the API is not to be lost.
            logger.error("%r is the API %s in AWS.", gateway.api_name, gateway.api_id)
        note_error(gateway, error)


def _create_custom_domain(gateway: "ApiGateway", client_for: Callable[..., Any]) -> None:
    status = gateway.ProvisioningStatus
    try:
        client = client_for()
        if gateway.effective_provisioning_status == status.DEPLOYED:
            target = create_domain(client, domain_spec(gateway))
            store(
                gateway,
                custom_domain_created=True,
                api_gateway_domain_name=target,
                provisioning_status=status.DOMAIN_CREATED,
            )
        mapping_id = create_mapping(
            client,
            api_id=gateway.api_id,
            domain_name=gateway.domain_name,
            stage_name=gateway.stage,
        )
        store(
            gateway,
            api_mapping_id=mapping_id,
            last_error="",
            provisioning_status=status.MAPPED,
        )
    except Exception as error:
        _note_failure(gateway, error)
        raise
