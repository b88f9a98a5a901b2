"""Opens a WebSocket connection: the `$connect` integration first, the 101 after it said yes.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-route-keys-connect-disconnect.html
"""

from collections.abc import Sequence
from dataclasses import replace
from http import HTTPStatus
from typing import Final

from websockets.datastructures import Headers
from websockets.extensions import Extension, ServerExtensionFactory
from websockets.extensions.permessage_deflate import (
    PerMessageDeflate,
    ServerPerMessageDeflateFactory,
)
from websockets.http11 import Request, Response
from websockets.protocol import State
from websockets.server import ServerProtocol
from websockets.typing import ExtensionParameter, Subprotocol

from ..core.closures import GOING_AWAY
from ..core.context import EventType
from ..core.error_frames import GatewayMessage, error_body
from ..core.events import Event, Handshake, header_text
from ..core.handshake import accepts, chosen_subprotocol
from ..core.identifiers import ConnectionId, RequestId
from ..core.quotas import MAX_FRAME_BYTES, MAX_MESSAGE_BYTES, MAX_URL_CHARACTERS
from ..core.routes import CONNECT
from .access_log import access, problems, quotable, redacted
from .apis import Apis, Stage
from .backends import BackendAnswer, BackendError, BackendTimeoutError
from .client import Client
from .clock import Clock
from .http_connection import HttpConnection
from .http_messages import HttpRequest, HttpResponse, forbidden, json_response
from .hub import Hub
from .ids import Ids
from .integrations import Integrations
from .router import SocketTarget, host_name
from .session import Session, SessionListener

__all__ = ["Upgrade", "upgrade_required"]


class _Deflate(ServerPerMessageDeflateFactory):
    """Compression that keeps no memory between the messages it sends.

    API Gateway does negotiate permessage-deflate. A sender may start every message afresh without
    announcing it (RFC 7692, section 7.1.1), and an idle connection then costs no window.
    """

    def process_request_params(
        self,
        params: Sequence[ExtensionParameter],
        accepted_extensions: Sequence[Extension],
    ) -> tuple[list[ExtensionParameter], PerMessageDeflate]:
        answer, agreed = super().process_request_params(params, accepted_extensions)
        return answer, PerMessageDeflate(
            remote_no_context_takeover=agreed.remote_no_context_takeover,
            local_no_context_takeover=True,
            remote_max_window_bits=agreed.remote_max_window_bits,
            local_max_window_bits=agreed.local_max_window_bits,
            compress_settings={"memLevel": 5},
        )


_EXTENSIONS: Final[Sequence[ServerExtensionFactory]] = (_Deflate(),)


class Upgrade:
    """Decides about handshakes and opens the connections."""

    def __init__(
        self,
        apis: Apis,
        hub: Hub,
        integrations: Integrations,
        *,
        listener: SessionListener,
        ids: Ids,
        clock: Clock,
    ) -> None:
        self._apis = apis
        self._hub = hub
        self._integrations = integrations
        self._listener = listener
        self._ids = ids
        self._clock = clock

    def can_open(self, target: SocketTarget) -> bool:
        """Whether something is deployed there; says in the log why not."""
        stage = self._apis.stage(target.api_id, target.stage)
        if stage is not None and stage.deployment is not None:
            return True
        self._explain_missing(target, stage)
        return False

    async def open(
        self, request: HttpRequest, target: SocketTarget, connection: HttpConnection
    ) -> None:
        """Let a client in, or tell it why not."""
        try:
            await self._open(request, target, connection)
        except Exception:  # noqa: BLE001 - the client must not wait for ever for an error of ours.
            problems.exception("An error in the gateway itself, during a handshake.")
            connection.refuse(json_response(500, {"message": "Internal server error"}))

    async def _open(
        self, request: HttpRequest, target: SocketTarget, connection: HttpConnection
    ) -> None:
        stage = self._apis.stage(target.api_id, target.stage)
        if stage is None:
            connection.refuse(forbidden())
            return
        frames, response = _negotiate(request)
        refusal = _refusal_of_handshake(request, response)
        if refusal is not None:
            connection.refuse(refusal)
            return
        client = self._client(request, stage, connection)
        request_id = self._ids.request()
        answer = await self._ask(stage, client, request, request_id)
        if isinstance(answer, HttpResponse):
            access.info("CONNECT %s %d", redacted(request.target), answer.status)
            connection.refuse(self._with_id(answer))
            return
        _choose_subprotocol(frames, response, answer)
        session = Session(client, frames, self._listener, self._clock)
        access.info("CONNECT %s 101 %s", redacted(request.target), client.connection_id)
        # Known from here on: @connections answers 410 for an id whose $connect has not returned
        # (https://repost.aws/knowledge-center/410-gone-api-gateway).
        self._hub.add(session)
        transport, early = connection.hand_over()
        session.take_over(transport, answer=response.serialize(), early=early)
        if self._hub.is_closed:
            # The backend let it in while the gateway was stopping, so it has to hear of the end.
            session.close(GOING_AWAY)

    async def _ask(
        self, stage: Stage, client: Client, request: HttpRequest, request_id: RequestId
    ) -> BackendAnswer | HttpResponse | None:
        """What the `$connect` integration says: its answer, a refusal, `None` if there is none."""
        deployment = stage.deployment
        route = None if deployment is None else deployment.routes.get(CONNECT)
        if deployment is None or route is None or route.integration is None:
            return None
        event = Event(
            client.context(
                EventType.CONNECT,
                route_key=CONNECT,
                request_id=request_id,
                requested_at_ms=client.connected_at_ms,
            ),
            handshake=Handshake(request.headers, request.query, request.raw_query),
            stage_variables=stage.variables,
        )
        try:
            answer = await self._integrations.call(
                route.integration, event, mapped_headers=deployment.mapped_headers
            )
        except BackendTimeoutError:
            return _gateway_error(504, GatewayMessage.TIMED_OUT, client.connection_id, request_id)
        except BackendError:
            return _gateway_error(
                502, GatewayMessage.INTERNAL_SERVER_ERROR, client.connection_id, request_id
            )
        return answer if accepts(answer.status) else _refused_by_backend(answer, client)

    def _client(self, request: HttpRequest, stage: Stage, connection: HttpConnection) -> Client:
        user_agent = request.header("user-agent")
        return Client(
            api_id=stage.api_id,
            stage=stage.name,
            domain_name=host_name(request.header("host") or ""),
            connection_id=self._ids.connection(),
            connected_at_ms=self._clock.now_ms(),
            source_ip=connection.peer_host,
            user_agent=None if user_agent is None else header_text(user_agent),
        )

    def _with_id(self, response: HttpResponse) -> HttpResponse:
        return replace(
            response, headers=(*response.headers, ("x-amz-apigw-id", self._ids.request()))
        )

    def _explain_missing(self, target: SocketTarget, stage: Stage | None) -> None:
        name = f"{quotable(target.api_id)}/{quotable(target.stage)}"
        if stage is None:
            problems.warning(
                "A client asked for %s, which does not exist (%s).",
                name,
                self._apis.description(),
            )
        else:
            problems.warning(
                "A client asked for %s, to which nothing is deployed: call create_deployment with "
                "this StageName.",
                name,
            )


def upgrade_required() -> HttpResponse:
    """The answer to a plain request for a socket's address.

    Two observers of AWS disagree between 426 and 403; 426 is what tells a developer what to do.
    """
    return HttpResponse(
        426,
        (("Content-Type", "application/json"), ("Upgrade", "websocket")),
        b'{"message":"Upgrade Required"}',
    )


def _negotiate(request: HttpRequest) -> tuple[ServerProtocol, Response]:
    """A protocol for the connection, and the response a valid handshake would get."""
    frames = ServerProtocol(
        # The HTTP side of the library is not used: from its first byte on it reads frames.
        state=State.OPEN,
        extensions=_EXTENSIONS,
        # Checked against the length field of a frame, before its payload is read.
        max_size=(MAX_MESSAGE_BYTES, MAX_FRAME_BYTES),
        logger=problems.getChild("frames"),
    )
    response = frames.accept(Request(request.target, Headers(request.headers)))
    extensions = response.headers.get("Sec-WebSocket-Extensions")
    if extensions is not None:
        # AWS puts no space after the semicolon.
        del response.headers["Sec-WebSocket-Extensions"]
        response.headers["Sec-WebSocket-Extensions"] = extensions.replace("; ", ";")
    return frames, response


def _choose_subprotocol(
    frames: ServerProtocol, response: Response, answer: BackendAnswer | None
) -> None:
    chosen = None if answer is None else chosen_subprotocol(answer.headers)
    if chosen is not None:
        frames.subprotocol = Subprotocol(chosen)
        response.headers["Sec-WebSocket-Protocol"] = chosen


def _refusal_of_handshake(request: HttpRequest, response: Response) -> HttpResponse | None:
    if len(request.target) > MAX_URL_CHARACTERS:
        return json_response(414, {"message": "URI Too Long"})
    if response.status_code == HTTPStatus.UPGRADE_REQUIRED:
        # An upgrade to something else, HTTP/2 for instance.
        return upgrade_required()
    if response.status_code == HTTPStatus.SWITCHING_PROTOCOLS and request.method == "GET":
        return None
    # The library's text says which header is wrong and how.
    problems.info("A handshake is invalid: %s", quotable(response.body.decode().strip()))
    return json_response(400, {"message": "Bad Request"})


def _gateway_error(
    status: int, message: GatewayMessage, connection_id: ConnectionId, request_id: RequestId
) -> HttpResponse:
    return HttpResponse(
        status,
        (("Content-Type", "application/json; charset=UTF-8"),),
        error_body(message, connection_id=connection_id, request_id=request_id),
    )


def _refused_by_backend(answer: BackendAnswer, client: Client) -> HttpResponse:
    """The integration's own status and body, under the content type AWS was seen to put on it."""
    problems.warning(
        "The $connect integration of %s/%s refused a client with %d: %s",
        client.api_id,
        client.stage,
        answer.status,
        quotable(answer.body[:1000].decode(errors="replace")),
    )
    return HttpResponse(
        answer.status, (("Content-Type", "application/json; charset=UTF-8"),), answer.body
    )
