from opentelemetry import metrics

from django_aws_api_gateway_websockets.models import WebSocketSession


def count_live_sockets(options):
    yield metrics.Observation(WebSocketSession.objects.connected().count())


metrics.get_meter("mysite").create_observable_gauge(
    "websocket.connections",
    callbacks=[count_live_sockets],
    description="Sockets that are open by Django's records.",
)
