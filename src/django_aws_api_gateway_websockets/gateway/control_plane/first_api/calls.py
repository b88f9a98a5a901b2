"""The responses to calls of the first API: its paths, statuses and lists.

Source: https://docs.aws.amazon.com/apigateway/latest/api/API_Operations.html
"""

from http import HTTPStatus
from typing import Final

from ...http.messages import HttpRequest, HttpResponse, json_response
from ...runtime.clock import Clock
from ..editor import Editor
from ..fields import body_of
from ..pages import PageNames, page_of
from ..records import JsonObject, Record, not_found
from ..tree import Node, find_node
from .account import ACCOUNT, respond_for_account
from .certificates import make_certificate
from .patches import members_of_patches
from .resources import CLIENT_CERTIFICATE, FIRST_ROOT
from .vpc_links import SECONDS_OF_NEW_LINKS, shown_vpc_link

__all__ = ["FirstApi"]

_PAGE: Final = PageNames(size="limit", token="position")  # noqa: S106 - of a page, no secret.


class FirstApi:
    """Responses to the calls of `apigateway`.

    Args:
        editor: the editor of all records.
    """

    def __init__(self, editor: Editor, clock: Clock) -> None:
        self._editor = editor
        self._clock = clock

    def respond(
        self, root: Record, request: HttpRequest, segments: tuple[str, ...]
    ) -> HttpResponse:
        """Return the response to a call, which may change the records below `root`.

        Raises:
            ControlError: the call is refused.
        """
        if segments == (ACCOUNT,):
            return respond_for_account(root, request)
        node = find_node(root, segments, top=FIRST_ROOT)
        match request.method, node.own_id:
            case "GET", None:
                return self._list(node, dict(request.query))
            case "GET", _:
                return self._show(node, HTTPStatus.OK)
            case "POST", None:
                return self._create(node, body_of(request))
            case "PATCH", str():
                members = members_of_patches(body_of(request), node.resource)
                self._editor.update(node, members)
                return self._show(node, HTTPStatus.OK)
            case "DELETE", str():
                self._editor.delete(node)
                return HttpResponse(HTTPStatus.ACCEPTED)
            case _:
                raise not_found(f"There is no {request.method} for this resource.")

    def _create(self, node: Node, body: JsonObject) -> HttpResponse:
        if node.resource is CLIENT_CERTIFICATE:
            certificate = make_certificate(self._clock.real_now())
            made = self._editor.create(node, body)
            made.record.document |= certificate.members
            made.record.secret = certificate.key
            return self._show(made, HTTPStatus.CREATED)
        made = self._editor.create(node, body)
        made.record.settles_at = self._clock.now() + SECONDS_OF_NEW_LINKS
        return self._show(made, HTTPStatus.ACCEPTED)

    def _list(self, node: Node, query: dict[str, str]) -> HttpResponse:
        page = page_of(node.records, query, _PAGE)
        items = [self._shown(node, record) for record in page.records]
        following = {"position": page.next_token} if page.next_token else {}
        return json_response(HTTPStatus.OK, {"item": items, **following})

    def _show(self, node: Node, status: HTTPStatus) -> HttpResponse:
        return json_response(status, self._shown(node, node.record))

    def _shown(self, node: Node, record: Record) -> JsonObject:
        if node.resource is CLIENT_CERTIFICATE:
            return record.document
        return shown_vpc_link(record, now=self._clock.now())
