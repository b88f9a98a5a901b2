"""The client of a connection, fixed by its handshake."""

from dataclasses import dataclass

from ...core.closures import Closure
from ...core.events.context import EventContext, EventType
from ...core.events.identifiers import ApiId, ConnectionId, RequestId

__all__ = ["ConnectedClient"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectedClient:
    """Facts about a connection that its handshake fixes."""

    api_id: ApiId
    stage: str
    domain_name: str
    connection_id: ConnectionId
    connected_at_ms: int
    source_ip: str
    user_agent: str | None

    def context(
        self,
        event_type: EventType,
        *,
        route_key: str,
        request_id: RequestId,
        requested_at_ms: int,
        message_id: str | None = None,
        closure: Closure | None = None,
    ) -> EventContext:
        """Return the context of an event on this connection."""
        return EventContext(
            api_id=self.api_id,
            stage=self.stage,
            domain_name=self.domain_name,
            connection_id=self.connection_id,
            connected_at_ms=self.connected_at_ms,
            source_ip=self.source_ip,
            user_agent=self.user_agent,
            event_type=event_type,
            route_key=route_key,
            request_id=request_id,
            requested_at_ms=requested_at_ms,
            message_id=message_id,
            closure=closure,
        )
