"""The events of a socket as requests to Django, made by the code that the local gateway makes them
with: the same headers, mappings, query and body.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from ...core.closures import Closure
from ...core.events.context import EventContext, EventType
from ...core.events.event import Event, Handshake
from ...core.events.integration import ClientSide, IntegrationCall, plan_call
from ...core.events.routes import CONNECT, DISCONNECT
from ...gateway.runtime.ids import Ids
from .served_api import Route
from .sockets import Socket

__all__ = ["EventRequests"]

_SIDE: Final = ClientSide("https", 443)
"""The clients' side of API Gateway, as AWS says it."""


@dataclass(frozen=True, slots=True)
class EventRequests:
    """Makes the requests that tell of events.

    Args:
        ids: of requests and messages.
    """

    ids: Ids

    def connect(self, socket: Socket, handshake: Handshake, *, at: datetime) -> IntegrationCall:
        """Make the request that asks whether a socket may open."""
        context = self._context(socket, EventType.CONNECT, CONNECT, at)
        return self._call(socket, socket.api.routes[CONNECT], Event(context, handshake), at)

    def message(self, socket: Socket, route: Route, text: str, *, at: datetime) -> IntegrationCall:
        """Make the request that brings a message."""
        context = self._context(socket, EventType.MESSAGE, route.key, at)
        return self._call(socket, route, Event(context, body=text), at)

    def disconnect(self, socket: Socket, closure: Closure, *, at: datetime) -> IntegrationCall:
        """Make the request that tells of the end of a socket."""
        context = self._context(socket, EventType.DISCONNECT, DISCONNECT, at, closure)
        return self._call(socket, socket.api.routes[DISCONNECT], Event(context), at)

    def _context(
        self,
        socket: Socket,
        event_type: EventType,
        route_key: str,
        at: datetime,
        closure: Closure | None = None,
    ) -> EventContext:
        is_message = event_type is EventType.MESSAGE
        return socket.client.context(
            event_type,
            route_key=route_key,
            request_id=self.ids.request(),
            requested_at_ms=int(at.timestamp() * 1000),
            message_id=self.ids.connection() if is_message else None,
            closure=closure,
        )

    def _call(self, socket: Socket, route: Route, event: Event, at: datetime) -> IntegrationCall:
        return plan_call(
            route.integration,
            event,
            client_side=_SIDE,
            trace=self.ids.trace(at.timestamp()),
            mapped_headers=socket.api.mapped_headers,
        )
