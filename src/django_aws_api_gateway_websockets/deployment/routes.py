"""Additional routes: one at a time on request, and in step with saving or deleting their rows."""

from typing import Any

from django.db import connections
from django.db.models import QuerySet

from ..aws.clients import client_for
from ..aws.integration_headers import integration_request_parameters
from ..conf import get_boolean_setting
from ..provisioning.actual import RemoteRoute, read_routes
from ..provisioning.apply import adopt_or_create_route
from ..provisioning.calls import delete_route
from .pending import PendingPush, push_after_commit
from .progress import deploy_stage, store, sync_errors_noted
from .push import Push
from .rows import GatewayRow, RouteRow, alias_of, table_of
from .specs import route_spec
from .transactions import is_in_callers_transaction

__all__ = [
    "add_route",
    "add_route_of_new_row",
    "change_route",
    "must_push",
    "push_columns_after_commit",
    "push_route_after_commit",
    "withdraw_route",
    "withdraw_route_after_commit",
    "withdraw_route_before_row",
]


def must_push(push_to_aws: bool | None) -> bool:  # noqa: FBT001 - None is a third value.
    """Tell whether a change goes to AWS: the caller decides, and for None the setting does."""
    return get_boolean_setting("push_changes_to_aws") if push_to_aws is None else push_to_aws


def push_columns_after_commit(gateway: GatewayRow, fields: set[str]) -> None:
    """Push these changed columns of a deployed gateway once the change is committed."""

    def note(push: PendingPush) -> None:
        push.fields |= fields
        push.instances.append(gateway)

    push_after_commit(table_of(gateway), gateway.pk, note)


def push_route_after_commit(row: RouteRow, *, previous_key: str) -> None:
    """Push a changed route that is deployed once the change is committed."""

    def note(push: PendingPush) -> None:
        push.previous_keys.setdefault(row.pk, previous_key)
        push.instances.append(row.api_gateway)

    push_after_commit(table_of(row.api_gateway), row.api_gateway_id, note)


def add_route_of_new_row(row: RouteRow, *, notes_errors: bool) -> None:
    """Create the route of a new row now; inside a transaction its deployment waits for the commit.

    Args:
        row: saved, of a gateway that is deployed.
        notes_errors: raise `ApiGatewaySyncError`, noted in `last_error`, in place of boto3's own.
    """
    gateway = row.api_gateway
    waits = is_in_callers_transaction(alias_of(gateway))
    if notes_errors:
        with sync_errors_noted(gateway):
            add_route(row, client_for(), deploy=not waits)
    else:
        add_route(row, client_for(), deploy=not waits)
    if not waits:
        return

    def note(push: PendingPush) -> None:
        push.must_deploy = True
        push.instances.append(gateway)

    push_after_commit(table_of(gateway), gateway.pk, note)


def add_route(row: RouteRow, client: Any, *, deploy: bool) -> None:
    """Create the route in AWS, store its ids and deploy; an unsaved row changes in memory only."""
    created = adopt_or_create_route(
        client,
        row.api_gateway.api_id,
        route_spec(row),
        request_parameters=integration_request_parameters(),
    )
    store(row, deployed=True, route_id=created.route_id, integration_id=created.integration_id)
    if deploy:
        deploy_stage(row.api_gateway, client)


def change_route(row: RouteRow, client: Any, *, previous_key: str | None, deploy: bool) -> None:
    """Make the route in AWS agree with the row; one that is missing is created."""
    remote = read_routes(client, row.api_gateway.api_id, with_urls=False)
    found = remote.find(route_id=row.route_id, key=previous_key or row.route_key)
    Push(row.api_gateway, client).route(row, found)
    if deploy:
        deploy_stage(row.api_gateway, client)


def withdraw_route(row: RouteRow, client: Any, *, deploy: bool) -> None:
    """Delete the route and its integration in AWS; do nothing when the route is not there."""
    gateway = row.api_gateway
    remote = read_routes(client, gateway.api_id, with_urls=False)
    found = remote.find(route_id=row.route_id, key=row.route_key)
    if found is None:
        return
    delete_route(client, gateway.api_id, found)
    if deploy:
        deploy_stage(gateway, client)


def withdraw_route_before_row(row: RouteRow) -> bool:
    """Delete a route in AWS before its row; return False when a transaction is open.

    Raises:
        ApiGatewaySyncError: AWS refused, and the row must stay.
    """
    if connections[alias_of(row.api_gateway)].in_atomic_block:
        return False
    with sync_errors_noted(row.api_gateway):
        withdraw_route(row, client_for(), deploy=True)
    return True


def withdraw_route_after_commit(row: RouteRow, gateways: "QuerySet[Any]") -> None:
    """Delete the route of a deleted row in AWS once the deletion is committed.

    Args:
        row: the deleted row.
        gateways: every gateway of the database that was written to.
    """
    gone = RemoteRoute(row.route_key, row.route_id, row.integration_id, url="")
    push_after_commit(gateways, row.api_gateway_id, lambda push: push.removed.append(gone))
