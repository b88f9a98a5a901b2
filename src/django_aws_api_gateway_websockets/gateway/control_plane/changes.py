"""Creates, changes and deletes the records of the control plane.

Each change happens whole and at once: nothing here waits, so no two can mix.
"""

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from ..runtime.clock import Clock
from ..runtime.ids import Ids
from .change import Change
from .deployments import take_snapshot
from .domains import complete_configuration
from .fields import merge, read_members
from .records import ControlError, JsonObject, Record, bad_request, conflict
from .resources import API, DEPLOYMENT, DOMAIN_NAME, STAGE, Resource
from .rules import NO_ROUTES
from .tree import Place

__all__ = ["Changes"]

_CUSTOM_ID: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
"""A label of a host name, because an API's id is one."""


class Changes:
    """Makes changes; every method raises `ControlError` for one that is refused."""

    def __init__(self, ids: Ids, clock: Clock, region: str) -> None:
        self._ids = ids
        self._clock = clock
        self._region = region

    def create(self, place: Place, body: JsonObject) -> Place:
        """Create a record in a collection; the place it got."""
        resource = place.resource
        if resource.quota is not None and len(place.records) >= resource.quota:
            raise _quota_reached(resource)
        given = read_members(resource.members, body, is_new=True)
        resource.check(_change(place, given, given))
        own_id = self._id_for(place, given)
        kept = {key: value for key, value in given.items() if key not in resource.unsaved}
        facts = {**resource.derived(given), **self._facts(resource)}
        document = {**kept, resource.id_member: own_id, **facts}
        if resource is DOMAIN_NAME:
            document = self._complete(document, own_name=f"d-{self._ids.resource(10)}")
        record = Record(document)
        place.records[own_id] = record
        if place.api is not None:
            if resource is DEPLOYMENT:
                record.snapshot = take_snapshot(place.api)
                self._point(place.api, given.get("stageName"), own_id)
            self._deploy_automatically(place.api, resource)
        return replace(place, own_id=own_id)

    def update(self, place: Place, body: JsonObject) -> None:
        """Change what is given of a record."""
        record, resource = place.record, place.resource
        given = read_members(resource.members, body, is_new=False)
        document = merge(record.document, given)
        document |= resource.derived(document)
        resource.check(_change(place, document, given))
        if resource is DOMAIN_NAME:
            target = record.document["domainNameConfigurations"][0]["apiGatewayDomainName"]
            document = self._complete(document, own_name=target.partition(".")[0])
        record.document = document
        self.changed(place)

    def changed(self, place: Place) -> None:
        """Do what follows from the change of a record."""
        if place.resource is STAGE:
            place.record.document["lastUpdatedDate"] = self._moment()
        if place.api is not None:
            self._deploy_automatically(place.api, place.resource)

    def delete(self, place: Place) -> None:
        """Delete a record with everything below it."""
        record, resource = place.record, place.resource
        resource.check_deletion(_change(place, record.document, {}))
        del place.records[place.own_id or ""]
        if place.api is not None:
            self._deploy_automatically(place.api, resource)

    def _id_for(self, place: Place, document: JsonObject) -> str:
        chosen = place.resource.chosen_id(document)
        if chosen is None:
            return self._ids.resource(place.resource.id_length)
        if place.resource is API and not _CUSTOM_ID.fullmatch(chosen):
            raise conflict(
                f"The tag _custom_id_ asks for {chosen!r}, which is not an id: use 1 to 63 "
                "lower-case letters, digits and hyphens."
            )
        if chosen in place.records:
            raise conflict(f"{place.resource.name} already exists")
        return chosen

    def _complete(self, document: JsonObject, *, own_name: str) -> JsonObject:
        return complete_configuration(document, own_name=own_name, region=self._region)

    def _facts(self, resource: Resource) -> JsonObject:
        """What the gateway itself says of a new resource."""
        moment = self._moment()
        if resource is API:
            return {"createdDate": moment}
        if resource is STAGE:
            return {"createdDate": moment, "lastUpdatedDate": moment}
        if resource is DEPLOYMENT:
            return {"autoDeployed": False, "createdDate": moment, "deploymentStatus": "DEPLOYED"}
        return {}

    def _point(self, api: Record, stage_name: str | None, deployment_id: str) -> None:
        """Point a stage at a deployment; open connections follow it with their next message."""
        if stage_name is not None:
            stage = api.below("stages")[stage_name]
            stage.document["deploymentId"] = deployment_id
            stage.document["lastUpdatedDate"] = self._moment()

    def _deploy_automatically(self, api: Record, changed: Resource) -> None:
        """Give every stage with AutoDeploy a deployment of what is there now."""
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
            facts = {**self._facts(DEPLOYMENT), "deploymentId": own_id, "autoDeployed": True}
            api.below("deployments")[own_id] = Record(facts, snapshot=take_snapshot(api))
            self._point(api, name, own_id)
            stage.document["lastDeploymentStatusMessage"] = (
                f"Successfully deployed stage with deployment ID '{own_id}'"
            )
        _forget_superseded(api)

    def _moment(self) -> str:
        moment = datetime.fromtimestamp(int(self._clock.now()), tz=UTC)
        return moment.isoformat().replace("+00:00", "Z")


def _change(place: Place, document: JsonObject, given: JsonObject) -> Change:
    return Change(
        root=place.root,
        parent=place.parent or Record(),
        api=place.api or Record(),
        document=document,
        given=given,
        own_id=place.own_id,
    )


def _quota_reached(resource: Resource) -> ControlError:
    # Recorded for integrations, the two spaces included; the others are written alike.
    owner = "account" if resource is DOMAIN_NAME else "API"
    return bad_request(
        f"Maximum number of {resource.name}s for this {owner} has been reached.  "
        f"Please contact AWS if you need additional {resource.name}s."
    )


def _forget_superseded(api: Record) -> None:
    """Drop automatic deployments no stage points to, so that a busy API does not grow for ever."""
    used = {stage.document.get("deploymentId") for stage in api.below("stages").values()}
    deployments = api.below("deployments")
    for key, record in list(deployments.items()):
        if record.document["autoDeployed"] and key not in used:
            del deployments[key]
