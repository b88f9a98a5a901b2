"""The steps of a creation, each written to the row, so that a later run can go on from there."""

import logging
from typing import Any

from django.db import DatabaseError
from django.utils import timezone

from ..aws.clients import client_for
from ..aws.integration_headers import integration_request_parameters
from ..provisioning.actual import integration_id_of, list_routes
from ..provisioning.calls import create_api, create_route, create_stage, delete_unused_integrations
from ..provisioning.domains import create_domain, create_mapping
from .progress import ProvisioningStatus, deploy_stage, note_error, store
from .rows import GatewayRow, table_of
from .specs import api_spec, default_routes, domain_spec, route_spec

__all__ = ["create_api_step_by_step", "create_domain_step_by_step"]

logger = logging.getLogger("django_aws_api_gateway_websockets.models")


def create_api_step_by_step(gateway: GatewayRow) -> None:
    """Claim the row and take each step that is left until its API is deployed.

    Raises:
        ValueError: another run holds the claim.
    """
    if gateway.pk is None:
        gateway.save()
    resumed = gateway.provisioning_status != ProvisioningStatus.PENDING
    if not resumed:
        _claim(gateway)
    elif gateway.provisioning_status == ProvisioningStatus.CREATING:
        raise ValueError(
            f"{gateway.api_name} is already being created by another run. If that run has died, "
            "look in AWS whether the API exists: enter its id and set the status to "
            "'API created', or set the status back to 'Pending'."
        )
    try:
        _take_api_steps(gateway, client_for(), resumed=resumed)
    except Exception as error:
        _note_failure(gateway, error)
        raise


def create_domain_step_by_step(gateway: GatewayRow) -> None:
    """Take each step that is left until the custom domain leads to the stage."""
    try:
        _take_domain_steps(gateway, client_for())
    except Exception as error:
        _note_failure(gateway, error)
        raise


def _claim(gateway: GatewayRow) -> None:
    # One conditional UPDATE, so that two runs at once cannot both create an API.
    claimed = table_of(gateway).filter(
        pk=gateway.pk, provisioning_status=ProvisioningStatus.PENDING, api_created=False
    )
    creating = ProvisioningStatus.CREATING
    if not claimed.update(provisioning_status=creating, updated_on=timezone.now()):
        raise ValueError(f"{gateway.api_name} is already being created by another run.")
    gateway.provisioning_status = creating


def _take_api_steps(gateway: GatewayRow, client: Any, *, resumed: bool) -> None:
    if gateway.provisioning_status == ProvisioningStatus.CREATING:
        created = create_api(client, api_spec(gateway))
        # Set before it is written: `_note_failure` must know of it if writing fails.
        gateway.api_id = created.api_id
        store(
            gateway,
            api_id=created.api_id,
            api_endpoint=created.endpoint,
            api_created=True,
            last_error="",
            provisioning_status=ProvisioningStatus.API_CREATED,
        )
    if gateway.provisioning_status == ProvisioningStatus.API_CREATED:
        _create_routes(gateway, client, resumed=resumed)
        store(gateway, provisioning_status=ProvisioningStatus.ROUTES_CREATED)
    if gateway.provisioning_status == ProvisioningStatus.ROUTES_CREATED:
        create_stage(client, gateway.api_id, gateway.stage)
        deploy_stage(
            gateway, client, last_error="", provisioning_status=ProvisioningStatus.DEPLOYED
        )


def _create_routes(gateway: GatewayRow, client: Any, *, resumed: bool) -> None:
    parameters = integration_request_parameters()
    existing: dict[str, dict[str, Any]] = {}
    if resumed:
        routes = list_routes(client, gateway.api_id, page_size=None)
        existing = {route["RouteKey"]: route for route in routes}
        delete_unused_integrations(client, gateway.api_id, routes)
    for route in default_routes(
        gateway.target_base_endpoint or "", have_responses=gateway.has_route_responses
    ):
        if route.key not in existing:
            create_route(client, gateway.api_id, route, request_parameters=parameters)
    for row in gateway.additional_routes.filter(deployed=False).order_by("pk"):
        if found := existing.get(row.route_key):
            route_id, integration_id = found.get("RouteId", ""), integration_id_of(found)
        else:
            created = create_route(
                client, gateway.api_id, route_spec(row), request_parameters=parameters
            )
            route_id, integration_id = created.route_id, created.integration_id
        store(row, deployed=True, route_id=route_id, integration_id=integration_id)


def _take_domain_steps(gateway: GatewayRow, client: Any) -> None:
    if gateway.effective_provisioning_status == ProvisioningStatus.DEPLOYED:
        target = create_domain(client, domain_spec(gateway))
        store(
            gateway,
            custom_domain_created=True,
            api_gateway_domain_name=target,
            provisioning_status=ProvisioningStatus.DOMAIN_CREATED,
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
        provisioning_status=ProvisioningStatus.MAPPED,
    )


def _note_failure(gateway: GatewayRow, error: Exception) -> None:
    # Without an API id nothing exists in AWS, so the next run may start afresh. With one that
    # could not be written down the claim stays: only a person can tell which API it was.
    if gateway.provisioning_status == ProvisioningStatus.CREATING and not gateway.api_id:
        note_error(gateway, error, provisioning_status=ProvisioningStatus.PENDING)
        return
    if isinstance(error, DatabaseError) and gateway.api_id:
        # The row may lack the id, and the API must not be lost.
        logger.error("%r is the API %s in AWS.", gateway.api_name, gateway.api_id)
    note_error(gateway, error)
