"""`@connections`: send to a connection, look at it, close it.

The order of the checks is what a capture of AWS in September 2026 shows: size, address, form of the
id, signature, existence.

The posts of a broadcast that follow its first come here only when they cannot simply be delivered
(see `broadcast_posts`).

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-how-to-call-websocket-api-connections.html
"""

import json
from datetime import UTC, datetime
from urllib.parse import unquote

from ...core.closures import DELETED
from ...core.events.identifiers import ConnectionId, is_connection_id
from ...core.quotas import MAX_MESSAGE_BYTES
from ..broadcast_posts.posts import REQUESTS_AT_ONCE, BroadcastPosts
from ..deployed.apis import Apis
from ..deployed.router import ConnectionTarget
from ..deployed.throttles import Throttles
from ..http.messages import JSON_TYPE, HttpRequest, HttpResponse, forbidden, json_response
from ..http.signatures import EXECUTE_API, SignatureCheck
from ..journal.access_log import problems, quotable
from ..journal.entries import CallEntry
from ..journal.instruments import Instruments
from ..runtime.ids import CALL_HEADERS
from ..weather.chances import Weather
from .connection import Connection
from .hub import Hub

__all__ = ["ConnectionsApi"]


class ConnectionsApi:
    """Answers requests for a connection; never waits.

    Args:
        weather: decides about posts that would otherwise be delivered.
    """

    def __init__(
        self,
        apis: Apis,
        hub: Hub,
        *,
        weather: Weather,
        signatures: SignatureCheck,
        throttles: Throttles,
        instruments: Instruments,
        broadcast_posts: BroadcastPosts,
    ) -> None:
        self._apis = apis
        self._hub = hub
        self._weather = weather
        self._signatures = signatures
        self._throttles = throttles
        self._ids = instruments.ids
        self._clock = instruments.clock
        self._journal = instruments.journal
        self._broadcast_posts = broadcast_posts

    def answer(self, request: HttpRequest, target: ConnectionTarget) -> HttpResponse:
        """The answer, with whatever it says already done."""
        if request.is_too_large or len(request.body) > MAX_MESSAGE_BYTES:
            # Naked: the front end refuses it before anything could give it an id, so botocore sees
            # a ClientError with the code "413".
            return self._noted(request, target, HttpResponse(413))
        answer = self._refusal(request, target) or self._act(request, target)
        headers = answer.headers + self._call_headers()
        if self._broadcast_posts.may_come_together(request):
            headers += (REQUESTS_AT_ONCE,)
        return self._noted(request, target, HttpResponse(answer.status, headers, answer.body))

    def refused(
        self, request: HttpRequest, connection_id: str, answer: HttpResponse
    ) -> HttpResponse:
        """The answer to a call that names no stage of this gateway, with the ids it is noted by."""
        target = ConnectionTarget("", "", unquote(connection_id))
        headers = answer.headers + self._call_headers()
        return self._noted(request, target, answer._replace(headers=headers))

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
            return _limit_exceeded()
        return refusal

    def _act(self, request: HttpRequest, target: ConnectionTarget) -> HttpResponse:
        # Any existing stage of the API reaches its connections. A well-formed id that was never
        # issued counts as gone: a restarted gateway has forgotten what it issued, and 410 is what
        # makes a backend forget too (AWS answers 410 by user reports, 400 by one capture of an id
        # with a character changed).
        connection = self._hub.find(ConnectionId(target.connection_id))
        if connection is None or connection.client.api_id != target.api_id:
            return _gone()
        match request.method:
            case "POST":
                return self._post(connection, request.body)
            case "GET":
                return HttpResponse(200, (JSON_TYPE,), _description(connection))
            case "DELETE":
                connection.close(DELETED)
                return HttpResponse(204, (JSON_TYPE,))
            case _:
                return forbidden()

    def _post(self, connection: Connection, body: bytes) -> HttpResponse:
        status = self._weather.post_status()
        if status is not None:
            return _struck(status)
        if not self._hub.backlog.has_room(connection, len(body)):
            # "… or the WebSocket client side buffer is full": the second meaning of this error in
            # the service model, met in practice by backends that flood one connection.
            return _limit_exceeded()
        connection.send(body)
        return HttpResponse(200, (JSON_TYPE,))

    def _call_headers(self) -> tuple[tuple[str, str], ...]:
        return tuple(zip(CALL_HEADERS, self._ids.of_call(self._clock.now()), strict=True))

    def _noted(
        self, request: HttpRequest, target: ConnectionTarget, answer: HttpResponse
    ) -> HttpResponse:
        self._journal.record(CallEntry.of(request, target, answer, at_ms=self._clock.now_ms()))
        return answer


def _struck(status: int) -> HttpResponse:
    """What bad weather says, in the words of the real event."""
    match status:
        case 410:
            return _gone()
        case 429:
            return _limit_exceeded()
    message = {"message": "Internal server error"}
    return json_response(status, message, error_type="InternalServerErrorException")


def _gone() -> HttpResponse:
    return HttpResponse(410, (("x-amzn-ErrorType", "GoneException"),))


def _limit_exceeded() -> HttpResponse:
    return HttpResponse(429, (JSON_TYPE, ("x-amzn-ErrorType", "LimitExceededException")))


def _description(connection: Connection) -> bytes:
    """The connection as AWS prints it, spaces before the colons included."""
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
