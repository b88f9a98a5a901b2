"""Contexts of events that never happened."""

from django_aws_api_gateway_websockets.core.events.context import EventContext, EventType


def context(**changes):
    values = {
        "api_id": "abc",
        "stage": "test",
        "domain_name": "127.0.0.1",
        "connection_id": "id==",
        "connected_at_ms": 1_000,
        "source_ip": "192.0.2.1",
        "user_agent": None,
        "event_type": EventType.MESSAGE,
        "route_key": "$default",
        "request_id": "request=",
        "requested_at_ms": 1_790_295_784_000,
    }
    return EventContext(**values | changes)
