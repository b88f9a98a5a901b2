"""Events with everything filled in, for tests that care about one part of them."""

from typing import Any

from django_aws_api_gateway_websockets.core.events.context import EventContext, EventType
from django_aws_api_gateway_websockets.core.events.identifiers import ApiId, ConnectionId, RequestId

CONNECTION_ID = ConnectionId("gbgHN0-zjQAYKEjhgA==")


def a_context(**changes: Any) -> EventContext:
    values: dict[str, Any] = {
        "api_id": ApiId("34jmzjm04l"),
        "stage": "prod",
        "domain_name": "example.localhost",
        "connection_id": CONNECTION_ID,
        "connected_at_ms": 1_790_295_749_887,
        "source_ip": "203.0.113.7",
        "user_agent": "Mozilla/5.0",
        "event_type": EventType.MESSAGE,
        "route_key": "join",
        "request_id": RequestId("EOrEeGBuoAMELzQ="),
        "requested_at_ms": 1_790_295_784_104,
        "message_id": "gbgHN--0RQAYKEjhgA==",
    }
    return EventContext(**values | changes)
