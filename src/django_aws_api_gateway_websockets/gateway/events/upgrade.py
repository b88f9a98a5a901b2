"""The opening of WebSocket connections: first the `$connect` integration, then the 101.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-route-keys-connect-disconnect.html
"""

from collections.abc import Callable

from websockets.http11 import Response
from websockets.typing import Subprotocol

from ...core.closures import GOING_AWAY
from ...core.events.context import EventType
from ...core.events.event import Event, Handshake, header_text
from ...core.events.integration import Integration
from ...core.events.response import BackendResponse
from ...core.events.routes import CONNECT
from ...core.handshake import accepts, chosen_subprotocol
from ..connections.connected_client import ConnectedClient
from ..connections.connection import Connection, ConnectionListener
from ..connections.frames import Frames
from ..connections.hub import Hub
from ..connections.negotiation import negotiate
from ..deployed.apis import Apis, Deployment, Stage
from ..deployed.throttles import Throttles
from ..deployed.unknown_addresses import explain_unknown, is_served
from ..http.admission import come_again, too_many
from ..http.connection import HttpConnection
from ..http.messages import HttpRequest, HttpResponse, forbidden, host_name, json_response
from ..http.targets import ForeignHost, Nowhere, SocketTarget, Target
from ..integrations.backends import BackendError
from ..integrations.caller import Integrations, result_of, result_without_response
from ..journal.entries import RefusalEntry, SocketEntry
from ..journal.instruments import Instruments
from ..runtime.log import problems
from .handshake_refusals import (
    gateway_error,
    missing_parameters,
    refusal_of_handshake,
    refused_by_backend,
    too_many_connects,
)
from .page_hosts import explain_hosts

__all__ = ["Upgrade"]


class Upgrade:
    """Opener of WebSocket connections, which decides about handshakes."""

    def __init__(
        self,
        apis: Apis,
        hub: Hub,
        integrations: Integrations,
        *,
        listener: ConnectionListener,
        throttles: Throttles,
        instruments: Instruments,
        admits: Callable[[str], bool],
    ) -> None:
        self.admits = admits
        """Function that tells whether an address may open a socket; the wiring may replace it."""
        self._apis = apis
        self._hub = hub
        self._integrations = integrations
        self._listener = listener
        self._ids = instruments.ids
        self._clock = instruments.clock
        self._journal = instruments.journal
        self._log = instruments.execution
        self._refusals = instruments.refusals
        self._tasks = instruments.tasks
        self._throttles = throttles

    def begin(self, request: HttpRequest, target: Target, http_connection: HttpConnection) -> None:
        """Start a handshake."""
        if self._hub.is_closed:
            self._refuse(request, http_connection, come_again())
        elif not self.admits(http_connection.client_host):
            self._refuse(request, http_connection, too_many())
        elif isinstance(target, SocketTarget) and is_served(target, self._apis):
            self._tasks.start(self._open_or_apologise(request, target, http_connection))
        else:
            if isinstance(target, Nowhere | ForeignHost):
                explain_unknown(request, target)
            self._refuse(request, http_connection, forbidden(), keeps_open=True)

    async def _open_or_apologise(
        self, request: HttpRequest, target: SocketTarget, http_connection: HttpConnection
    ) -> None:
        try:
            await self._open(request, target, http_connection)
        except Exception:  # noqa: BLE001 - without a response, the client would wait for ever.
            problems.exception("An error in the gateway itself, during a handshake.")
            http_connection.refuse(json_response(500, {"message": "Internal server error"}))

    async def _open(
        self, request: HttpRequest, target: SocketTarget, http_connection: HttpConnection
    ) -> None:
        stage = self._apis.stage_for_event(target.api_id, target.stage)
        if stage is None:
            self._refuse(request, http_connection, forbidden(), keeps_open=True)
            return
        if not self._throttles.admits_connect(stage):
            self._refuse(request, http_connection, too_many_connects(), keeps_open=True)
            return
        frames, response = negotiate(request)
        refusal = refusal_of_handshake(request, response)
        if refusal is not None:
            self._refuse(request, http_connection, refusal)
            return
        client = self._client(request, stage, http_connection)
        decision = await self._call_connect(stage, client, request)
        if isinstance(decision, HttpResponse):
            http_connection.refuse(decision, keeps_open=request.keep_alive)
            return
        _choose_subprotocol(frames, response, decision)
        connection = Connection(client, frames, self._listener, self._clock)
        # The hub knows it from here on: @connections returns 410 before $connect has returned
        # (https://repost.aws/knowledge-center/410-gone-api-gateway).
        self._hub.add(connection)
        transport, early = http_connection.hand_over()
        connection.take_over(transport, response=response.serialize(), early=early)
        if self._hub.is_closed:
            # The backend accepted it while the gateway was stopping, so it has to hear of the end.
            connection.close(GOING_AWAY)

    def _refuse(
        self,
        request: HttpRequest,
        http_connection: HttpConnection,
        response: HttpResponse,
        *,
        keeps_open: bool = False,
    ) -> None:
        """Refuse a handshake without asking a backend.

        Args:
            keeps_open: true if the client may try something else on the connection, as on AWS;
                false if the gateway is full or stops, or the handshake is invalid.
        """
        request_id = self._ids.request()
        self._journal.record(
            RefusalEntry(
                request.target,
                response,
                http_connection.client_host,
                self._clock.now_ms(),
                request_id,
                host=request.header("host") or "",
                user_agent=_user_agent(request),
            )
        )
        is_kept = keeps_open and request.keep_alive
        http_connection.refuse(_with_id(response, request_id), keeps_open=is_kept)

    async def _call_connect(
        self, stage: Stage, client: ConnectedClient, request: HttpRequest
    ) -> BackendResponse | HttpResponse | None:
        """Return the response of the `$connect` integration, or a refusal; `None` without one."""
        deployment = stage.deployment
        route = None if deployment is None else deployment.routes.get(CONNECT)
        context = client.context(
            EventType.CONNECT,
            route_key=CONNECT,
            request_id=self._ids.request(),
            requested_at_ms=client.connected_at_ms,
        )
        self._log.note_start(context)
        if deployment is None or route is None or route.integration is None:
            self._journal.record(SocketEntry(context, 101, target=request.target))
            return None
        handshake = Handshake(request.headers, request.query, request.raw_query)
        refusal = missing_parameters(handshake, route.required)
        if refusal is not None:
            status = refusal.response.status
            self._journal.record(
                SocketEntry(context, status, error=refusal.message, target=request.target)
            )
            return _with_id(refusal.response, context.request_id)
        event = Event(context, handshake=handshake, stage_variables=stage.variables)
        return await self._call(route.integration, event, deployment, target=request.target)

    async def _call(
        self, integration: Integration, event: Event, deployment: Deployment, *, target: str
    ) -> BackendResponse | HttpResponse:
        """Call the integration; return its response if that accepts the client, else a refusal."""
        context, started = event.context, self._clock.monotonic()
        try:
            response = await self._integrations.call(
                integration, event, mapped_headers=deployment.mapped_headers
            )
        except BackendError as error:
            result = result_without_response(error, self._clock.milliseconds_since(started))
            self._journal.record(SocketEntry(context, error.status, result, error.tells, target))
            refused = gateway_error(
                error.status, error.tells, context.connection_id, context.request_id
            )
            return _with_id(refused, context.request_id)
        is_accepted = accepts(response.status)
        result = result_of(response, integration, self._clock.milliseconds_since(started))
        status = 101 if is_accepted else response.status
        self._journal.record(SocketEntry(context, status, result, target=target))
        if is_accepted:
            return response
        hint = explain_hosts(event.handshake, context.domain_name) if event.handshake else ""
        self._refusals.tell(context, result, hint)
        return _with_id(refused_by_backend(response), context.request_id)

    def _client(
        self, request: HttpRequest, stage: Stage, http_connection: HttpConnection
    ) -> ConnectedClient:
        return ConnectedClient(
            api_id=stage.api_id,
            stage=stage.name,
            domain_name=host_name(request.header("host") or ""),
            connection_id=self._ids.connection(),
            connected_at_ms=self._clock.now_ms(),
            source_ip=http_connection.client_host,
            user_agent=_user_agent(request),
        )


def _user_agent(request: HttpRequest) -> str | None:
    value = request.header("user-agent")
    return None if value is None else header_text(value)


def _with_id(response: HttpResponse, request_id: str) -> HttpResponse:
    """Return a refusal with the id that the logs have for it."""
    return response._replace(headers=(*response.headers, ("x-amz-apigw-id", request_id)))


def _choose_subprotocol(
    frames: Frames, handshake_response: Response, response: BackendResponse | None
) -> None:
    chosen = None if response is None else chosen_subprotocol(response.headers)
    if chosen is not None:
        frames.subprotocol = Subprotocol(chosen)
        handshake_response.headers["Sec-WebSocket-Protocol"] = chosen
