"""Additional routes: single ones on request, and what saving or deleting a row does to AWS."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.db import connections

from ..aws.integration_headers import integration_request_parameters
from ..conf import get_boolean_setting
from ..provisioning.listing import RemoteRoute, read_routes
from ..provisioning.routes import adopt_or_create_route, remove_route
from .pending import PendingPush, push_after_commit
from .progress import store, sync_errors_noted
from .push import Push
from .specs import route_spec
from .transactions import alias_of, is_in_callers_transaction

if TYPE_CHECKING:
    from ..models import ApiGateway, ApiGatewayAdditionalRoute

__all__ = [
    "create_route",
    "create_route_at_once",
    "delete_route",
    "delete_route_before_row",
    "delete_route_later",
    "push_changes",
    "push_route",
    "pushes",
    "update_route",
]

ClientFor = Callable[..., Any]


def pushes(push_to_aws: bool | None) -> bool:  # noqa: FBT001 - None is a third answer.
    """Whether AWS is told: what the caller says, else what the setting says."""
    return get_boolean_setting("push_changes_to_aws") if push_to_aws is None else push_to_aws


def push_changes(gateway: "ApiGateway", client_for: ClientFor, fields: set[str]) -> None:
    """Tell AWS, once it is committed, that these columns of a deployed gateway have changed."""

    def note(push: PendingPush) -> None:
        push.fields |= fields
        push.instances.append(gateway)

    push_after_commit(_gateways(gateway), gateway.pk, client_for, note)


def push_route(
    row: "ApiGatewayAdditionalRoute", client_for: ClientFor, *, previous_key: str
) -> None:
    """Tell AWS, once it is committed, that a deployed route has changed."""

    def note(push: PendingPush) -> None:
        push.previous_keys.setdefault(row.pk, previous_key)
        push.instances.append(row.api_gateway)

    push_after_commit(_gateways(row.api_gateway), row.api_gateway_id, client_for, note)


def create_route_at_once(
    row: "ApiGatewayAdditionalRoute", client_for: ClientFor, *, notes_errors: bool
) -> None:
    """Create the route of a new row now; inside a transaction its deployment waits for the commit.

    Args:
        row: saved, of a gateway that is deployed.
        client_for: gives the boto3 client of a service.
        notes_errors: raise `ApiGatewaySyncError`, noted in `last_error`, in place of boto3's own.
    """
    gateway = row.api_gateway
    waits = is_in_callers_transaction(alias_of(gateway))
    if notes_errors:
        with sync_errors_noted(gateway):
            create_route(row, client_for(), deploy=not waits)
    else:
        create_route(row, client_for(), deploy=not waits)
    if not waits:
        return

    def note(push: PendingPush) -> None:
        push.must_deploy = True
        push.instances.append(gateway)

    push_after_commit(_gateways(gateway), gateway.pk, client_for, note)


def create_route(row: "ApiGatewayAdditionalRoute", client: Any, *, deploy: bool) -> None:
    """Create the route in AWS, note its ids and deploy; an unsaved row changes in memory only."""
    created = adopt_or_create_route(
        client, row.api_gateway.api_id, route_spec(row), integration_request_parameters()
    )
    store(row, deployed=True, route_id=created.route_id, integration_id=created.integration_id)
    if deploy:
        _deploy(row.api_gateway, client)


def update_route(
    row: "ApiGatewayAdditionalRoute", client: Any, *, previous_key: str | None, deploy: bool
) -> None:
    """Bring the route in AWS to what the row says, creating it if it is missing."""
    remote = read_routes(client, row.api_gateway.api_id, with_urls=False)
    found = remote.find(route_id=row.route_id, key=previous_key or row.route_key)
    Push(row.api_gateway, client).route(row, found)
    if deploy:
        _deploy(row.api_gateway, client)


def delete_route(row: "ApiGatewayAdditionalRoute", client: Any, *, deploy: bool) -> None:
    """Remove the route and its integration from AWS; nothing when it is not there."""
    gateway = row.api_gateway
    remote = read_routes(client, gateway.api_id, with_urls=False)
    found = remote.find(route_id=row.route_id, key=row.route_key)
    if found is None:
        return
    remove_route(client, gateway.api_id, found)
    if deploy:
        _deploy(gateway, client)


def delete_route_before_row(row: "ApiGatewayAdditionalRoute", client_for: ClientFor) -> bool:
    """Remove a route from AWS before its row goes; False when a transaction is open.

    Raises:
        ApiGatewaySyncError: AWS did not, and the row is to stay.
    """
    if connections[alias_of(row.api_gateway)].in_atomic_block:
        return False
    with sync_errors_noted(row.api_gateway):
        delete_route(row, client_for(), deploy=True)
    return True


def delete_route_later(
    row: "ApiGatewayAdditionalRoute", gateways: Any, client_for: ClientFor
) -> None:
    """Remove the route of a row that is deleted from AWS, once that is committed."""
    gone = RemoteRoute(row.route_key, row.route_id, row.integration_id, url="")
    push_after_commit(
        gateways, row.api_gateway_id, client_for, lambda push: push.removed.append(gone)
    )


def _deploy(gateway: "ApiGateway", client: Any) -> None:
    gateway.deploy_api(client)
    store(gateway, deployment_id=gateway.deployment_id)


def _gateways(gateway: "ApiGateway") -> Any:
    return type(gateway)._default_manager.using(alias_of(gateway))
