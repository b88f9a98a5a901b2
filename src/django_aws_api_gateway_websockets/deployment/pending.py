"""What a transaction changes about one API, told to AWS in one go with one deployment.

AWS allows an account one deployment in five seconds, so ten routes saved together must not be ten.
What is told is read from the database after the commit: a change that a savepoint took back again
is then seen to be none.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..provisioning.listing import RemoteRoute, RemoteRoutes, read_routes
from .after_commit import run_aws_after_commit, waiting_operations
from .progress import sync_errors_noted
from .push import Push

if TYPE_CHECKING:
    from ..models.gateway import ApiGateway

__all__ = ["PendingPush", "push_after_commit"]


class PendingPush:
    """The changes to one API that wait for a commit.

    Args:
        gateways: the rows of the database in question.
        pk: primary key of the gateway.
        client_for: gives the boto3 client of a service.
    """

    def __init__(self, gateways: Any, pk: int, client_for: Callable[..., Any]) -> None:
        self.pk = pk
        self.is_done = False
        self.fields: set[str] = set()
        self.previous_keys: dict[int, str] = {}
        self.removed: list[RemoteRoute] = []
        self.must_deploy = False
        self.instances: list[ApiGateway] = []
        self._gateways = gateways
        self._client_for = client_for

    def __call__(self) -> None:
        """Tell AWS.

        Raises:
            ApiGatewaySyncError: AWS refused, or could not be reached.
        """
        self.is_done = True
        gateway = self._gateways.filter(pk=self.pk).first()
        if gateway is None or not gateway.deployment_id:
            return
        try:
            with sync_errors_noted(gateway):
                self._push(gateway)
        finally:
            for instance in self.instances:
                instance.deployment_id = gateway.deployment_id
                instance.last_error = gateway.last_error

    def _push(self, gateway: "ApiGateway") -> None:
        client = self._client_for()
        push = Push(gateway, client, must_deploy=self.must_deploy)
        moves = "target_base_endpoint" in self.fields
        remote = RemoteRoutes([])
        if moves or self.previous_keys or self.removed:
            remote = read_routes(client, gateway.api_id, with_urls=moves)
        push.columns(self.fields, remote)
        changed = gateway.additional_routes.filter(pk__in=self.previous_keys, deployed=True)
        for row in changed.order_by("pk"):
            push.route(row, remote.find(route_id=row.route_id, key=self.previous_keys[row.pk]))
        for route in self._really_removed(gateway, remote):
            push.remove(route)
        push.deploy()

    def _really_removed(self, gateway: "ApiGateway", remote: RemoteRoutes) -> list[RemoteRoute]:
        """The removed routes AWS still has, without those that a row has taken over or kept."""
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
    gateways: Any, pk: int, client_for: Callable[..., Any], note: Callable[[PendingPush], None]
) -> None:
    """Let `note` add to what AWS is told of one gateway: now, or when the transaction commits.

    Args:
        gateways: queryset of every gateway, on the database that was written to.
        pk: primary key of the gateway.
        client_for: gives the boto3 client of a service.
        note: adds the change to what waits already.
    """
    for waiting in waiting_operations(gateways.db):
        if isinstance(waiting, PendingPush) and waiting.pk == pk and not waiting.is_done:
            note(waiting)
            return
    push = PendingPush(gateways, pk, client_for)
    note(push)
    run_aws_after_commit(push, using=gateways.db)
