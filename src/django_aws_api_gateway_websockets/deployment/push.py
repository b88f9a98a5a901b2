"""The way from the rows of a gateway to AWS."""

from collections.abc import Iterable
from typing import Any

from ..aws.clients import client_for
from ..aws.integration_headers import integration_request_parameters
from ..provisioning.actual import (
    RemoteRoute,
    RemoteRoutes,
    has_route_response,
    read_routes,
    read_stage,
)
from ..provisioning.apply import take_step
from ..provisioning.calls import create_route_response, create_stage, delete_route
from ..provisioning.desired import RouteSpec
from ..provisioning.plan import plan_route
from .progress import check_is_deployed, has_failed, store, sync_errors_noted
from .rows import GatewayRow, RouteRow
from .specs import API_FIELDS, default_routes, route_spec

__all__ = ["Push", "push_gateway"]


def push_gateway(
    gateway: GatewayRow, client: Any, fields: Iterable[str] | None = None
) -> list[str]:
    """Make the API in AWS what the rows say, with one deployment if anything changed.

    Routes that exist only in AWS are left alone.

    Args:
        gateway: the row of a deployed API.
        client: boto3 client of `apigatewayv2`; None takes the project's.
        fields: the columns to push without comparing; None compares everything with AWS.

    Returns:
        A sentence for each change; nothing when both agree.

    Raises:
        ValueError: the API is not deployed.
        ApiGatewaySyncError: AWS refused, or could not be reached.
    """
    check_is_deployed(gateway)
    # After a failure AWS may have every change and yet serve none of them: the deployment may be
    # the call that failed, and no response of AWS tells that apart.
    must_deploy = has_failed(gateway) and fields is None
    with sync_errors_noted(gateway):
        # Made in here: a missing region or profile counts as a failure of AWS.
        client = client_for() if client is None else client
        push = Push(gateway, client, must_deploy=must_deploy)
        if fields is None:
            push.differences()
        else:
            push.columns(fields)
        push.finish()
    return push.sentences


class Push:
    """One round of changes to one API; each method does its part, `finish` comes last.

    Args:
        gateway: the row.
        client: boto3 client of `apigatewayv2`.
        must_deploy: make a deployment even if nothing else has to change.
    """

    def __init__(self, gateway: GatewayRow, client: Any, *, must_deploy: bool = False) -> None:
        self.sentences: list[str] = []
        self.must_deploy = must_deploy
        self._gateway = gateway
        self._client = client

    def differences(self) -> None:
        """Compare everything, and change what differs."""
        gateway, client = self._gateway, self._client
        api = client.get_api(ApiId=gateway.api_id)
        self._api(
            field
            for field, member in API_FIELDS.items()
            if (api.get(member) or "") != getattr(gateway, field)
        )
        remote = read_routes(client, gateway.api_id)
        self.default_routes(remote)
        for row in gateway.additional_routes.order_by("pk"):
            self.route(row, remote.find(route_id=row.route_id, key=row.route_key))
        if gateway.has_route_responses:
            self._route_responses(remote)
        self._stage()

    def columns(self, fields: Iterable[str], remote: RemoteRoutes | None = None) -> None:
        """Push these columns of the gateway as they are.

        Args:
            fields: names of columns; those AWS does not have are ignored.
            remote: the routes with their URLs, if they have been read.
        """
        fields = set(fields)
        self._api(field for field in API_FIELDS if field in fields)
        if "target_base_endpoint" in fields:
            self.default_routes(remote or read_routes(self._client, self._gateway.api_id))
        if "stage_description" in fields:
            self._note("Updated the stage description")

    def default_routes(self, remote: RemoteRoutes) -> None:
        """Point the routes every API has at the endpoint; those that are missing are created."""
        endpoint = self._gateway.target_base_endpoint
        have_responses = self._gateway.has_route_responses
        for route in default_routes(endpoint, have_responses=have_responses) if endpoint else []:
            self._create_or_change_route(route, remote.find(key=route.key), sentence_has_url=True)

    def route(self, row: RouteRow, remote: RemoteRoute | None) -> None:
        """Bring an additional route to what its row says, and keep its ids."""
        ids = self._create_or_change_route(route_spec(row), remote, sentence_has_url=False)
        if ids != (row.route_id, row.integration_id) or not row.deployed:
            store(row, deployed=True, route_id=ids[0], integration_id=ids[1])

    def remove(self, remote: RemoteRoute) -> None:
        """Remove a route with its integration."""
        delete_route(self._client, self._gateway.api_id, remote)
        self._note(f"Removed the {remote.key} route")

    def finish(self) -> None:
        """Make one deployment if anything changed."""
        if self.must_deploy:
            # By the row's own methods, which a project may have overridden.
            self._gateway.deploy_api(self._client)
            self._gateway.save(update_fields=["deployment_id", "updated_on"])
            self.sentences.append("Deployed the stage")

    def _api(self, fields: Iterable[str]) -> None:
        values = {API_FIELDS[field]: getattr(self._gateway, field) for field in fields}
        if values:
            self._client.update_api(ApiId=self._gateway.api_id, **values)
        for member in values:
            self._note(f"Updated the API {member}")

    def _create_or_change_route(
        self, route: RouteSpec, remote: RemoteRoute | None, *, sentence_has_url: bool
    ) -> tuple[str, str]:
        """Create a route in AWS or change what differs; return its id and its integration's."""
        ids = (remote.route_id, remote.integration_id) if remote else ("", "")
        for step in plan_route(route, remote, sentence_has_url=sentence_has_url):
            done = take_step(
                self._client,
                self._gateway.api_id,
                step,
                request_parameters=integration_request_parameters(),
            )
            ids = (done.route_id, done.integration_id or ids[1])
            self._note(step.sentence)
        return ids

    def _route_responses(self, remote: RemoteRoutes) -> None:
        """Let clients have the responses to messages, on every route that was there before."""
        client, api_id = self._client, self._gateway.api_id
        rows = self._gateway.additional_routes.order_by("pk")
        keys = ["$default", *(row.route_key for row in rows)]
        for route in filter(None, (remote.find(key=key) for key in keys)):
            if has_route_response(client, api_id, route.route_id) is False:
                create_route_response(client, api_id, route.route_id)
                self._note(f"Added a route response to the {route.key} route")

    def _stage(self) -> None:
        gateway = self._gateway
        stage = read_stage(self._client, gateway.api_id, gateway.stage)
        if stage is None:
            create_stage(self._client, gateway.api_id, gateway.stage)
            self._note("Created the stage")
        elif stage.description != gateway.stage_description:
            self._note("Updated the stage description")
        elif stage.serves_nothing:
            self.must_deploy = True

    def _note(self, sentence: str) -> None:
        self.sentences.append(sentence)
        self.must_deploy = True
