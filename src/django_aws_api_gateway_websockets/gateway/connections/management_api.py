"""`@connections`: send to a connection, describe it, close it.

A capture of AWS in September 2026 shows the order of the checks: size, address, form of the id,
signature, existence.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-how-to-call-websocket-api-connections.html
"""

import json
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from typing import Protocol, TypeAlias
from urllib.parse import unquote

from ...core.closures import DELETED
from ...core.events.identifiers import ConnectionId, is_connection_id
from ...core.quotas import MAX_MESSAGE_BYTES
from ..deployed.apis import Apis
from ..deployed.throttles import Throttles
from ..http.messages import JSON_TYPE, HttpRequest, HttpResponse, forbidden, json_response
from ..http.signatures import EXECUTE_API, SignatureCheck
from ..http.targets import ConnectionTarget
from ..journal.entries import CallEntry
from ..journal.instruments import Instruments
from ..runtime.ids import CALL_HEADERS
from ..runtime.log import problems, quotable
from .connection import Connection
from .hub import Hub

__all__ = ["Calls", "ManagementApi", "Post", "gone", "limit_exceeded"]

Post: TypeAlias = Callable[[Connection, bytes], HttpResponse]
"""Function that sends a body to a connection and returns the response."""


class Calls(Protocol):
    """Interface of objects that respond to calls of `@connections`."""

    def respond(
        self, request: HttpRequest, target: ConnectionTarget
    ) -> HttpResponse | Coroutine[None, None, HttpResponse]:
        """Return the response, or a coroutine where the response needs waiting."""

    def refused(
        self, request: HttpRequest, connection_id: str, response: HttpResponse
    ) -> HttpResponse:
        """Return the response to a call that names no stage of this gateway."""


class ManagementApi:
    """Responses to calls of `@connections`; they never need waiting."""

    def __init__(
        self,
        apis: Apis,
        hub: Hub,
        *,
        signatures: SignatureCheck,
        throttles: Throttles,
        instruments: Instruments,
    ) -> None:
        self._apis = apis
        self._hub = hub
        self._signatures = signatures
        self._throttles = throttles
        self._ids = instruments.ids
        self._clock = instruments.clock
        self._journal = instruments.journal
        self.post: Post = self._post
        """Function that sends to an open connection; the wiring may replace it."""

    def respond(self, request: HttpRequest, target: ConnectionTarget) -> HttpResponse:
        """Perform a call and return its response."""
        if request.is_too_large or len(request.body) > MAX_MESSAGE_BYTES:
            # Without headers: AWS's front end refuses it before anything could give it an id, so
            # botocore raises a ClientError with the code "413".
            return self._noted(request, target, HttpResponse(413))
        response = self._refusal(request, target) or self._act(request, target)
        headers = response.headers + self._call_headers()
        return self._noted(request, target, HttpResponse(response.status, headers, response.body))

    def refused(
        self, request: HttpRequest, connection_id: str, response: HttpResponse
    ) -> HttpResponse:
        """Add ids to the response to a call that names no stage, and record the call."""
        target = ConnectionTarget("", "", unquote(connection_id))
        headers = response.headers + self._call_headers()
        return self._noted(request, target, response._replace(headers=headers))

    def _refusal(self, request: HttpRequest, target: ConnectionTarget) -> HttpResponse | None:
        stage = self._apis.stage(target.api_id, target.stage)
        if stage is None:
            problems.warning(
                "@connections was called for %s/%s, which does not exist (%s).",
                quotable(target.api_id),
                quotable(target.stage),
                self._apis.description(),
            )
            return forbidden()
        if stage.is_closed_to(by_domain=target.by_domain):
            return forbidden()
        if not is_connection_id(target.connection_id):
            return json_response(
                400,
                {"message": f"Invalid connectionId: {target.connection_id}"},
                error_type="BadRequestException",
            )
        refusal = self._signatures.refusal(request, service=EXECUTE_API)
        if refusal is None and not self._throttles.admits_post():
            return limit_exceeded()
        return refusal

    def _act(self, request: HttpRequest, target: ConnectionTarget) -> HttpResponse:
        # Any existing stage of the API reaches its connections. A well-formed id that was never
        # issued counts as gone: a restarted gateway has lost its ids, and 410 makes a backend
        # forget them too (AWS returns 410 by user reports, 400 by one capture of an id with a
        # changed character).
        connection = self._hub.find(ConnectionId(target.connection_id))
        if connection is None or connection.client.api_id != target.api_id:
            return gone()
        match request.method:
            case "POST":
                return self.post(connection, request.body)
            case "GET":
                return HttpResponse(200, (JSON_TYPE,), _description(connection))
            case "DELETE":
                connection.close(DELETED)
                return HttpResponse(204, (JSON_TYPE,))
            case _:
                return forbidden()

    def _post(self, connection: Connection, body: bytes) -> HttpResponse:
        if not self._hub.backlog.has_room(connection, len(body)):
            # "… or the WebSocket client side buffer is full": this error's second meaning in the
            # service model, which backends meet that flood one connection.
            return limit_exceeded()
        connection.send(body)
        return HttpResponse(200, (JSON_TYPE,))

    def _call_headers(self) -> tuple[tuple[str, str], ...]:
        return tuple(zip(CALL_HEADERS, self._ids.of_call(self._clock.now()), strict=True))

    def _noted(
        self, request: HttpRequest, target: ConnectionTarget, response: HttpResponse
    ) -> HttpResponse:
        self._journal.record(CallEntry.of(request, target, response, at_ms=self._clock.now_ms()))
        return response


def gone() -> HttpResponse:
    """Make the response about a connection that does not exist."""
    return HttpResponse(410, (("x-amzn-ErrorType", "GoneException"),))


def limit_exceeded() -> HttpResponse:
    """Make the response to too many posts, for the account or for one client."""
    return HttpResponse(429, (JSON_TYPE, ("x-amzn-ErrorType", "LimitExceededException")))


def _description(connection: Connection) -> bytes:
    """Describe a connection as AWS prints it, with spaces before the colons."""
    client = connection.client
    return (
        "{\n"
        '  "identity" : {\n'
        f'    "sourceIp" : {json.dumps(client.source_ip)},\n'
        f'    "userAgent" : {json.dumps(client.user_agent)}\n'
        "  },\n"
        f'  "connectedAt" : "{_iso(client.connected_at_ms / 1000)}",\n'
        f'  "lastActiveAt" : "{_iso(connection.last_active_at)}"\n'
        "}"
    ).encode()


def _iso(epoch_seconds: float) -> str:
    moment = datetime.fromtimestamp(epoch_seconds, tz=UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
