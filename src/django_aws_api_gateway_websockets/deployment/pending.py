"""The changes one transaction makes to one API, pushed together with one deployment.

AWS allows an account one deployment in five seconds, so ten routes saved together must not be ten.
The values to push are read from the database after the commit, so that a change that a savepoint
took back is not pushed.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
"""

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet

from ..aws.clients import client_for
from ..provisioning.actual import RemoteRoute, RemoteRoutes, read_routes
from .after_commit import run_by_public_name, waiting_operations
from .progress import sync_errors_noted
from .push import Push
from .rows import GatewayRow

__all__ = ["PendingPush", "push_after_commit"]


class PendingPush:
    """Changes to one API that wait for a commit.

    Args:
        gateways: every gateway of the database that was written to.
        pk: primary key of the gateway.
    """

    def __init__(self, gateways: "QuerySet[Any]", pk: int) -> None:
        self.pk = pk
        self.is_done = False
        self.fields: set[str] = set()
        self.previous_keys: dict[int, str] = {}
        self.removed: list[RemoteRoute] = []
        self.must_deploy = False
        self.instances: list[GatewayRow] = []
        self._gateways = gateways

    def __call__(self) -> None:
        """Push the changes.

        Raises:
            ApiGatewaySyncError: AWS refused, or could not be reached.
        """
        self.is_done = True
        gateway: GatewayRow | None = self._gateways.filter(pk=self.pk).first()
        if gateway is None or not gateway.deployment_id:
            return
        try:
            with sync_errors_noted(gateway):
                self._push(gateway)
        finally:
            for instance in self.instances:
                instance.deployment_id = gateway.deployment_id
                instance.last_error = gateway.last_error

    def _push(self, gateway: GatewayRow) -> None:
        client = client_for()
        push = Push(gateway, client, must_deploy=self.must_deploy)
        moves = "target_base_endpoint" in self.fields
        remote = RemoteRoutes([])
        if moves or self.previous_keys or self.removed:
            remote = read_routes(client, gateway.api_id, with_urls=moves)
        push.columns(self.fields, remote)
        changed = gateway.additional_routes.filter(pk__in=self.previous_keys, deployed=True)
        for row in changed.order_by("pk"):
            push.route(row, remote.find(route_id=row.route_id, key=self.previous_keys[row.pk]))
        for route in self._routes_to_remove(gateway, remote):
            push.remove(route)
        push.finish()

    def _routes_to_remove(self, gateway: GatewayRow, remote: RemoteRoutes) -> list[RemoteRoute]:
        """Return the removed routes AWS still has, except those a row has taken over or kept."""
        if not self.removed:
            return []
        rows = list(gateway.additional_routes.values_list("route_id", "route_key"))
        ids, keys = {route_id for route_id, _ in rows}, {key for _, key in rows}
        found = [remote.find(route_id=gone.route_id, key=gone.key) for gone in self.removed]
        return [
            route
            for route in found
            if route is not None and route.route_id not in ids and route.key not in keys
        ]


def push_after_commit(
    gateways: "QuerySet[Any]", pk: int, note: Callable[[PendingPush], None]
) -> None:
    """Let `note` add a change, and push it: now, or when the open transaction commits.

    Args:
        gateways: every gateway of the database that was written to.
        pk: primary key of the gateway.
        note: adds the change to the push that waits already, or to a new one.
    """
    for waiting in waiting_operations(gateways.db):
        if isinstance(waiting, PendingPush) and waiting.pk == pk and not waiting.is_done:
            note(waiting)
            return
    push = PendingPush(gateways, pk)
    note(push)
    run_by_public_name(push, gateways.db)
