"""The control plane: create, get, list, update and delete the resources of `resources.py`.

Source: https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/api-reference.html
"""

from collections.abc import Coroutine
from http import HTTPStatus

from ..deployed.apis import Apis
from ..deployed.throttles import Throttles
from ..http.messages import HttpRequest, HttpResponse, json_response
from ..http.signatures import SignatureCheck
from ..http.targets import ControlTarget
from ..journal.instruments import Instruments
from ..runtime.log import problems, quotable, redacted
from .deployments import Publisher
from .domains import shown_domain_name
from .editor import Editor
from .fields import body_of
from .first_api.calls import FirstApi
from .pages import page_of
from .records import ControlError, JsonObject, Record, not_found, too_many_requests
from .resources import API, DOMAIN_NAME, Resource
from .state_file import StateFile, StateFileError
from .subresources import Subresource, find_subresource
from .tags import TAGS, change_tags
from .tree import Node, find_node

__all__ = ["ControlApi"]


class ControlApi:
    """Responses to the calls of `apigatewayv2`, and to those of `apigateway` that it needs.

    Args:
        state_file: the file that keeps the state; read at once.
        endpoint: the start of the `ApiEndpoint` of every API.
        region: AWS region the gateway plays.

    Raises:
        StateFileError: there is a saved state, and it cannot be read.
    """

    def __init__(
        self,
        apis: Apis,
        *,
        signatures: SignatureCheck,
        throttles: Throttles,
        state_file: StateFile | None,
        endpoint: str,
        region: str,
        instruments: Instruments,
    ) -> None:
        self._ids = instruments.ids
        self._clock = instruments.clock
        self._signatures = signatures
        self._throttles = throttles
        self._state_file = state_file
        self._endpoint = endpoint
        self._editor = Editor(instruments.ids, instruments.clock, region)
        self._first_api = FirstApi(self._editor, instruments.clock)
        self._publisher = Publisher(apis)
        self._root = Record() if state_file is None else self._restore(state_file)

    def respond(
        self, request: HttpRequest, target: ControlTarget
    ) -> HttpResponse | Coroutine[None, None, HttpResponse]:
        """Return the response to a call, or a coroutine where a change has to reach the disk."""
        response = self._respond(request, target)
        return (
            self._with_id(response)
            if isinstance(response, HttpResponse)
            else self._with_id_later(response)
        )

    def _with_id(self, response: HttpResponse) -> HttpResponse:
        headers = (*response.headers, ("x-amzn-RequestId", self._ids.aws_request()))
        return response._replace(headers=headers)

    async def _with_id_later(self, response: Coroutine[None, None, HttpResponse]) -> HttpResponse:
        return self._with_id(await response)

    def _respond(
        self, request: HttpRequest, target: ControlTarget
    ) -> HttpResponse | Coroutine[None, None, HttpResponse]:
        refusal = self._signatures.refusal(request, service="apigateway")
        if refusal is not None:
            return refusal
        try:
            if not self._throttles.admits_control_call(request.method, target.segments):
                raise too_many_requests("Account")
            response = self._perform(request, target)
        except ControlError as error:
            problems.info(
                "%s %s: %s", request.method, redacted(request.target), quotable(str(error))
            )
            body = {"message": str(error), **error.details}
            return json_response(error.status, body, error_type=error.kind)
        if request.method == "GET":
            return response
        if self._state_file is None:
            self._publisher.publish(self._root)
            return response
        return self._save_and_respond(self._state_file, response)

    async def _save_and_respond(
        self, state_file: StateFile, response: HttpResponse
    ) -> HttpResponse:
        # Clients see a change only once it is on the disk, so an unsaved change never existed.
        root = self._root
        try:
            await state_file.save(root)
        except StateFileError as error:
            problems.error("%s", error)
            if root is self._root:
                self._root = state_file.last_saved()
            return _not_saved(str(error))
        if root is not self._root:
            # Meanwhile another call could not save, and has undone this change with its own.
            return _not_saved("The state could not be saved, so nothing was changed: try again.")
        self._publisher.publish(root)
        return response

    def _restore(self, state_file: StateFile) -> Record:
        root = state_file.read()
        try:
            self._publisher.publish(root)
        except (KeyError, TypeError, AttributeError, ValueError, RecursionError) as error:
            raise state_file.damaged(error) from error
        return root

    def _perform(self, request: HttpRequest, target: ControlTarget) -> HttpResponse:
        segments = target.segments
        if segments[0] == TAGS:
            return change_tags(self._root, request, segments)
        if target.is_first_api:
            return self._first_api.respond(self._root, request, segments)
        subresource = find_subresource(self._root, segments)
        if subresource is not None:
            return self._change_subresource(subresource, request.method)
        node = find_node(self._root, segments)
        match request.method, node.own_id:
            case "GET", None:
                return self._list(node, dict(request.query))
            case "GET", _:
                return self._show(node, 200)
            case "POST", None:
                node = self._editor.create(node, body_of(request))
                response = self._show(node, 201)
            case "PATCH", str():
                self._editor.update(node, body_of(request))
                response = self._show(node, 200)
            case "DELETE", str():
                self._editor.delete(node)
                response = HttpResponse(HTTPStatus.NO_CONTENT)
            case _:
                raise not_found(f"There is no {request.method} for this resource.")
        return response

    def _change_subresource(self, subresource: Subresource, method: str) -> HttpResponse:
        response = subresource.respond(method)
        if method == "DELETE":
            self._editor.changed(subresource.node)
        return response

    def _list(self, node: Node, query: dict[str, str]) -> HttpResponse:
        page = page_of(node.records, query)
        items = [self._shown(node.resource, record) for record in page.records]
        following = {"nextToken": page.next_token} if page.next_token else {}
        return json_response(200, {"items": items, **following})

    def _show(self, node: Node, status: int) -> HttpResponse:
        return json_response(status, self._shown(node.resource, node.record))

    def _shown(self, resource: Resource, record: Record) -> JsonObject:
        if resource is API:
            # Made for each response: after a restart the gateway may have another port.
            endpoint = f"{self._endpoint}/{record.document['apiId']}"
            return {"apiEndpoint": endpoint, **record.document}
        if resource is DOMAIN_NAME:
            return shown_domain_name(record, now=self._clock.now())
        return record.document


def _not_saved(message: str) -> HttpResponse:
    return json_response(500, {"message": message}, error_type="InternalServerErrorException")
