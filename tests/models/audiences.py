"""Sessions to send to."""

from django_aws_api_gateway_websockets.models import WebSocketSession


def make_sessions(gateway, number, *, start=0, **values):
    return WebSocketSession.objects.bulk_create(
        WebSocketSession(connection_id=f"L0SM9cOFv{index:06}=", api_gateway=gateway, **values)
        for index in range(start, start + number)
    )
