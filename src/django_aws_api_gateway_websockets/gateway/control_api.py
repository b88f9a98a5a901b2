"""The control plane: create, get, list, update and delete the resources of `resources.py`.

Source: https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/api-reference.html
"""

import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Final

from .access_log import problems, quotable, redacted
from .apis import Apis
from .clock import Clock
from .deployments import Publisher, take_snapshot
from .http_messages import HttpRequest, HttpResponse, json_response
from .ids import Ids
from .members import merge, read_members
from .records import ControlError, JsonObject, Record, bad_request, conflict, not_found
from .resources import API, API_COLLECTION, DEPLOYMENT, STAGE, Resource
from .rules import NO_ROUTES, Change
from .signatures import SignatureCheck
from .state_file import StateFile

__all__ = ["ControlApi"]

ACCOUNT_ID: Final = "000000000000"
DEFAULT_PAGE: Final = 25
LARGEST_PAGE: Final = 500
_CUSTOM_ID: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")


@dataclass(frozen=True, slots=True)
class _Place:
    """A collection of the tree, and one record in it if the path names one."""

    resource: Resource
    records: dict[str, Record]
    api: Record | None
    """The API above, or the named one itself; `None` for the collection of APIs."""
    own_id: str | None

    @property
    def record(self) -> Record:
        """The named record."""
        record = self.records.get(self.own_id or "")
        if record is None:
            raise _unknown(self.resource, self.own_id or "")
        return record


class ControlApi:
    """Answers the calls of `apigatewayv2`.

    Args:
        state_file: where to keep the state; read at once.
        endpoint: what the `ApiEndpoint` of an API starts with.

    Raises:
        StateFileError: there is a state and it cannot be read.
    """

    def __init__(
        self,
        apis: Apis,
        *,
        signatures: SignatureCheck,
        state_file: StateFile | None,
        endpoint: str,
        ids: Ids,
        clock: Clock,
    ) -> None:
        self._signatures = signatures
        self._state_file = state_file
        self._endpoint = endpoint
        self._ids = ids
        self._clock = clock
        self._publisher = Publisher(apis)
        self._root = state_file.read() if state_file else Record()
        self._publisher.publish(self._root.below(API.collection))

    def answer(
        self, request: HttpRequest, segments: tuple[str, ...]
    ) -> HttpResponse | Coroutine[None, None, HttpResponse]:
        """The answer to a call; it waits only where a change has to reach the disk."""
        refusal = self._signatures.refusal(request, service="apigateway")
        if refusal is not None:
            return refusal
        try:
            answer = self._perform(request, segments)
        except ControlError as error:
            problems.info(
                "%s %s: %s", request.method, redacted(request.target), quotable(str(error))
            )
            return json_response(error.status, {"message": str(error)}, error_type=error.kind)
        if request.method == "GET" or self._state_file is None:
            return answer
        return self._answer_saved(self._state_file, answer)

    async def _answer_saved(self, state_file: StateFile, answer: HttpResponse) -> HttpResponse:
        await state_file.save(self._root)
        return answer

    def _perform(self, request: HttpRequest, segments: tuple[str, ...]) -> HttpResponse:
        place = self._place(segments)
        match request.method, place.own_id:
            case "GET", None:
                return self._list(place, dict(request.query))
            case "GET", _:
                return self._show(place, 200)
            case "POST", None:
                place = self._create(place, _body_of(request))
                answer = self._show(place, 201)
            case "PATCH", str():
                self._update(place, _body_of(request))
                answer = self._show(place, 200)
            case "DELETE", str():
                self._delete(place)
                answer = HttpResponse(HTTPStatus.NO_CONTENT)
            case _:
                raise not_found(f"There is no {request.method} for this resource.")
        self._publisher.publish(self._root.below(API.collection))
        return answer

    def _place(self, segments: tuple[str, ...]) -> _Place:
        """Where in the tree a path leads."""
        resource, record = API_COLLECTION, self._root
        api: Record | None = None
        for index in range(0, len(segments), 2):
            child = resource.child(segments[index])
            if child is None:
                raise not_found(f"The local gateway has no {segments[index]!r} at this place.")
            resource, records = child, record.below(child.collection)
            if index + 1 == len(segments):
                return _Place(resource, records, api, None)
            own_id = segments[index + 1]
            api = api if index else records.get(own_id)
            if index + 2 == len(segments):
                return _Place(resource, records, api, own_id)
            record = _Place(resource, records, api, own_id).record
        raise not_found("The path is empty.")

    def _list(self, place: _Place, query: dict[str, str]) -> HttpResponse:
        start = _start_of_page(query.get("nextToken", ""))
        size = query.get("maxResults", str(DEFAULT_PAGE))
        if not (size.isascii() and size.isdigit() and 0 < int(size[:9]) <= LARGEST_PAGE):
            raise bad_request(f"MaxResults must be a number between 1 and {LARGEST_PAGE}.")
        keys = list(place.records)
        end = start + int(size)
        body: JsonObject = {
            "items": [self._shown(place.resource, place.records[key]) for key in keys[start:end]]
        }
        if end < len(keys):
            body["nextToken"] = urlsafe_b64encode(str(end).encode()).decode()
        return json_response(200, body)

    def _show(self, place: _Place, status: int) -> HttpResponse:
        return json_response(status, self._shown(place.resource, place.record))

    def _shown(self, resource: Resource, record: Record) -> JsonObject:
        if resource is API:
            # Made when asked for: after a restart the gateway may have another port.
            endpoint = f"{self._endpoint}/{record.document['apiId']}"
            return {"apiEndpoint": endpoint, **record.document}
        return record.document

    def _create(self, place: _Place, body: JsonObject) -> _Place:
        resource = place.resource
        given = read_members(resource.members, body, is_new=True)
        resource.check(Change(api=place.api or Record(), document=given, given=given))
        own_id = self._id_for(place, given)
        kept = {key: value for key, value in given.items() if key not in resource.unsaved}
        record = Record({**kept, resource.id_member: own_id, **self._facts(resource)})
        place.records[own_id] = record
        if place.api is not None:
            if resource is DEPLOYMENT:
                record.snapshot = take_snapshot(place.api)
                self._point(place.api, given.get("stageName"), own_id)
            self._deploy_automatically(place.api, resource)
        return _Place(resource, place.records, place.api, own_id)

    def _update(self, place: _Place, body: JsonObject) -> None:
        record, resource = place.record, place.resource
        given = read_members(resource.members, body, is_new=False)
        document = merge(record.document, given)
        api = place.api or record
        resource.check(Change(api=api, document=document, given=given, own_id=place.own_id))
        record.document = document
        if resource is STAGE:
            record.document["lastUpdatedDate"] = self._moment()
        self._deploy_automatically(api, resource)

    def _delete(self, place: _Place) -> None:
        record, resource = place.record, place.resource
        api = place.api or record
        resource.check_deletion(
            Change(api=api, document=record.document, given={}, own_id=place.own_id)
        )
        del place.records[place.own_id or ""]
        self._deploy_automatically(api, resource)

    def _id_for(self, place: _Place, document: JsonObject) -> str:
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

    def _facts(self, resource: Resource) -> JsonObject:
        """What the gateway itself says of a new resource."""
        moment = self._moment()
        if resource is API:
            return {"createdDate": moment}
        if resource is STAGE:
            return {"createdDate": moment, "lastUpdatedDate": moment}
        if resource is DEPLOYMENT:
            return {
                "autoDeployed": False,
                "createdDate": moment,
                "deploymentStatus": "DEPLOYED",
            }
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


def _forget_superseded(api: Record) -> None:
    """Drop automatic deployments no stage points to, so that a busy API does not grow for ever."""
    used = {stage.document.get("deploymentId") for stage in api.below("stages").values()}
    deployments = api.below("deployments")
    for key, record in list(deployments.items()):
        if record.document["autoDeployed"] and key not in used:
            del deployments[key]


def _body_of(request: HttpRequest) -> JsonObject:
    try:
        body = json.loads(request.body or b"{}")
    except (ValueError, RecursionError):
        raise bad_request("The body is not JSON.") from None
    if not isinstance(body, dict):
        raise bad_request("The body is not a JSON object.")
    return body


def _start_of_page(token: str) -> int:
    try:
        return int(urlsafe_b64decode(token.encode()).decode()) if token else 0
    except ValueError:
        raise bad_request("NextToken is not one this gateway gave.") from None


def _unknown(resource: Resource, own_id: str) -> ControlError:
    account = f"{ACCOUNT_ID}:" if resource is API else ""
    return not_found(f"Invalid {resource.name} identifier specified {account}{own_id[:64]}")
