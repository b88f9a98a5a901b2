"""The editor of the control plane's records.

Each change happens whole and at once: nothing here waits, so two changes cannot mix.
"""

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from ..runtime.clock import Clock
from ..runtime.ids import Ids
from ..runtime.log import problems
from .api_rules import NO_ROUTES
from .deployments import take_snapshot
from .domains import SECONDS_OF_DOMAIN_CHANGES, complete_configuration
from .fields import merge, present, read_fields
from .records import Change, ControlError, JsonObject, Record, bad_request, conflict
from .resources import API, DEPLOYMENT, DOMAIN_NAME, STAGE, Resource
from .tree import Node

__all__ = ["Editor"]

_CUSTOM_ID: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
"""Form of a label of a host name, because an API's id is one."""


class Editor:
    """Editor of records; every method raises `ControlError` for a change that is refused."""

    def __init__(self, ids: Ids, clock: Clock, region: str) -> None:
        self._ids = ids
        self._clock = clock
        self._region = region

    def create(self, node: Node, body: JsonObject) -> Node:
        """Create a record in a collection; return its node."""
        resource = node.resource
        if resource.quota is not None and len(node.records) >= resource.quota:
            raise _quota_reached(node)
        given = present(read_fields(resource.fields, body, is_new=True))
        resource.check(_change(node, given, given))
        own_id = self._id_for(node, given)
        kept = {key: value for key, value in given.items() if key not in resource.unsaved}
        facts = {**resource.derived(given), **self._own_members(resource)}
        document = present({**kept, resource.id_field: own_id, **facts})
        if resource is DOMAIN_NAME:
            document = self._complete(document, own_name=f"d-{self._ids.resource(10)}")
        record = Record(document)
        node.records[own_id] = record
        if node.api is not None:
            if resource is DEPLOYMENT:
                record.snapshot = take_snapshot(node.api)
                self._point_stage(node.api, given.get("stageName"), own_id)
            self._deploy_automatically(node.api, resource)
        made = replace(node, own_id=own_id)
        _warn(made, body)
        return made

    def update(self, node: Node, body: JsonObject) -> None:
        """Change the given members of a record."""
        record, resource = node.record, node.resource
        given = read_fields(resource.fields, body, is_new=False)
        document = merge(record.document, given)
        document = present(document | resource.derived(document))
        resource.check(_change(node, document, given))
        if resource is DOMAIN_NAME:
            target = record.document["domainNameConfigurations"][0]["apiGatewayDomainName"]
            document = self._complete(document, own_name=target.partition(".")[0])
            record.settles_at = self._clock.now() + SECONDS_OF_DOMAIN_CHANGES
        record.document = document
        self.changed(node)
        _warn(node, body)

    def changed(self, node: Node) -> None:
        """Update the dates and deployments that depend on a changed record."""
        if node.resource is STAGE:
            node.record.document["lastUpdatedDate"] = self._moment()
        if node.api is not None:
            self._deploy_automatically(node.api, node.resource)

    def delete(self, node: Node) -> None:
        """Delete a record with everything below it."""
        record, resource = node.record, node.resource
        resource.check_deletion(_change(node, record.document, {}))
        del node.records[node.own_id or ""]
        if node.api is not None:
            self._deploy_automatically(node.api, resource)

    def _id_for(self, node: Node, document: JsonObject) -> str:
        chosen = node.resource.chosen_id(document)
        if chosen is None:
            return self._ids.resource(node.resource.id_length)
        if node.resource is API and not _CUSTOM_ID.fullmatch(chosen):
            raise conflict(
                f"The tag _custom_id_ asks for {chosen!r}, which is not an id: use 1 to 63 "
                "lower-case letters, digits and hyphens."
            )
        if chosen in node.records:
            raise conflict(f"{node.resource.name} already exists")
        return chosen

    def _complete(self, document: JsonObject, *, own_name: str) -> JsonObject:
        return complete_configuration(document, own_name=own_name, region=self._region)

    def _own_members(self, resource: Resource) -> JsonObject:
        """Return the members of a new resource that the gateway sets."""
        moment = self._moment()
        if resource is API:
            return {"createdDate": moment}
        if resource is STAGE:
            return {"createdDate": moment, "lastUpdatedDate": moment}
        if resource is DEPLOYMENT:
            return {"autoDeployed": False, "createdDate": moment, "deploymentStatus": "DEPLOYED"}
        return {}

    def _point_stage(self, api: Record, stage_name: str | None, deployment_id: str) -> None:
        """Point a stage at a deployment; open connections follow it with their next message."""
        if stage_name is not None:
            stage = api.below("stages")[stage_name]
            stage.document["deploymentId"] = deployment_id
            stage.document["lastUpdatedDate"] = self._moment()

    def _deploy_automatically(self, api: Record, changed: Resource) -> None:
        """Deploy the current state to every stage with AutoDeploy."""
        if changed is DEPLOYMENT:
            return
        for name, stage in api.below("stages").items():
            if not stage.document.get("autoDeploy"):
                continue
            if not api.below("routes"):
                stage.document["lastDeploymentStatusMessage"] = (
                    f"Deployment attempt failed: {NO_ROUTES}"
                )
                continue
            own_id = self._ids.resource(DEPLOYMENT.id_length)
            facts = {**self._own_members(DEPLOYMENT), "deploymentId": own_id, "autoDeployed": True}
            api.below("deployments")[own_id] = Record(facts, snapshot=take_snapshot(api))
            self._point_stage(api, name, own_id)
            stage.document["lastDeploymentStatusMessage"] = (
                f"Successfully deployed stage with deployment ID '{own_id}'"
            )
        _forget_superseded(api)

    def _moment(self) -> str:
        moment = datetime.fromtimestamp(int(self._clock.now()), tz=UTC)
        return moment.isoformat().replace("+00:00", "Z")


def _change(node: Node, document: JsonObject, given: JsonObject) -> Change:
    return Change(
        root=node.root,
        parent=node.parent or Record(),
        api=node.api or Record(),
        document=document,
        given=given,
        own_id=node.own_id,
    )


def _warn(node: Node, body: JsonObject) -> None:
    """Log what was accepted of a call and may surprise its author."""
    resource = node.resource
    place = f"{resource.name} {node.own_id}"
    for name in sorted(resource.ignored):
        if body.get(name):
            problems.warning("%s: %s has no effect on a WebSocket API.", place, name)
    for sentence in resource.warnings(node.record.document):
        problems.warning("%s: %s", place, sentence)


def _quota_reached(node: Node) -> ControlError:
    # Captured for integrations, with both spaces; the other texts follow it.
    name, owner = node.resource.name, "account" if node.api is None else "API"
    return bad_request(
        f"Maximum number of {name}s for this {owner} has been reached.  "
        f"Please contact AWS if you need additional {name}s."
    )


def _forget_superseded(api: Record) -> None:
    """Drop automatic deployments without a stage, so that a busy API does not grow for ever."""
    used = {stage.document.get("deploymentId") for stage in api.below("stages").values()}
    deployments = api.below("deployments")
    for key, record in list(deployments.items()):
        if record.document["autoDeployed"] and key not in used:
            del deployments[key]
