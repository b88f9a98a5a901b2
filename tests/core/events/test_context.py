import pytest

from django_aws_api_gateway_websockets.core.closures import Closure
from django_aws_api_gateway_websockets.core.events.context import EventType
from tests.core.event_values import a_context


@pytest.mark.fact("context-variables", "context-times")
@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("apiId", "34jmzjm04l"),
        ("connectedAt", "1790295749887"),
        ("connectionId", "gbgHN0-zjQAYKEjhgA=="),
        ("domainName", "example.localhost"),
        ("eventType", "MESSAGE"),
        ("extendedRequestId", "EOrEeGBuoAMELzQ="),
        ("identity.sourceIp", "203.0.113.7"),
        ("identity.userAgent", "Mozilla/5.0"),
        ("messageDirection", "IN"),
        ("messageId", "gbgHN--0RQAYKEjhgA=="),
        ("requestId", "EOrEeGBuoAMELzQ="),
        ("requestTime", "25/Sep/2026:00:23:04 +0000"),
        ("requestTimeEpoch", "1790295784104"),
        ("routeKey", "join"),
        ("stage", "prod"),
        ("disconnectReason", None),
        ("disconnectStatusCode", None),
        ("noSuchVariable", None),
    ],
)
def test_a_context_variable_is_text_or_nothing(variable, value):
    assert a_context().value_of(variable) == value


@pytest.mark.fact("context-disconnect")
def test_a_disconnect_event_tells_how_the_connection_ended():
    context = a_context(event_type=EventType.DISCONNECT, closure=Closure(1001, "Going away"))

    assert context.value_of("disconnectStatusCode") == "1001"
    assert context.value_of("disconnectReason") == "Going away"
