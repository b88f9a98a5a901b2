"""Spans and metrics, read through the SDK of OpenTelemetry."""

import subprocess
import sys

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import SpanProcessor
from opentelemetry.trace import SpanKind, StatusCode

from django_aws_api_gateway_websockets.models import QueuedBroadcast, WebSocketSession
from django_aws_api_gateway_websockets.telemetry.instruments import SCOPE, _make_histogram
from tests import events
from tests.delivery.recording_server import GONE
from tests.telemetry.conftest import by_name

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.any_database]


def test_a_message_is_a_span_and_what_its_handler_sends_one_within_it(client, shop, session, spans):
    events.message(client, {"action": "order"}, X_Ws_Request_Id="fYp0HGaEDoEFbqQ=")

    found = by_name(spans)
    handled, sent = found["websocket message order"], found["websocket send"]
    assert sent.parent.span_id == handled.context.span_id
    assert sent.kind is SpanKind.PRODUCER
    assert dict(sent.attributes) == {
        "websocket.send.way": "one",
        "messaging.batch.message_count": 1,
        "websocket.posts.sent": 1,
    }
    assert dict(handled.attributes) == {
        "aws.request_id": "fYp0HGaEDoEFbqQ=",
        "aws.api_gateway.api_id": events.API_ID,
        "aws.api_gateway.connection_id": events.CONNECTION_ID,
        "websocket.event": "message",
        "websocket.handler": "order",
        "websocket.channel": "general",
        "websocket.outcome": "accepted",
        "http.response.status_code": 200,
    }


def test_a_refused_connect_says_why_and_is_no_error(client, shop, spans):
    events.connect(client, X_Amzn_Apigateway_Api_Id="nobody")

    span = by_name(spans)["websocket connect"]
    assert span.attributes["websocket.outcome"] == "refused"
    assert "no ApiGateway record has the API id" in span.attributes["websocket.refusal"]
    assert span.status.status_code is StatusCode.UNSET


def test_a_handler_that_raises_is_an_error_with_its_exception(client, shop, session, spans):
    client.raise_request_exception = False
    events.message(client, {"action": "broken"})

    span = by_name(spans)["websocket message broken"]
    assert span.status.status_code is StatusCode.ERROR
    assert [event.name for event in span.events] == ["exception"]


def test_a_handler_that_refuses_by_an_exception_is_no_error(client, shop, session, spans):
    events.message(client, {"action": "forbidden"})

    span = by_name(spans)["websocket message forbidden"]
    assert span.attributes["websocket.outcome"] == "refused"
    assert (span.status.status_code, span.events) == (StatusCode.UNSET, ())


class Broken(SpanProcessor):
    """Raises at the beginning of a span, or at its end."""

    def __init__(self, method: str) -> None:
        self.is_on = True
        setattr(self, method, self.fail)

    def fail(self, *args: object, **kwargs: object) -> None:
        if self.is_on:
            raise RuntimeError("the collector is gone")


@pytest.mark.parametrize("method", ["on_start", "on_end"])
def test_a_processor_that_raises_harms_no_message_and_is_logged(
    client, shop, session, spans, lines, method
):
    broken = Broken(method)
    trace.get_tracer_provider().add_span_processor(broken)

    response = events.message(client, {"action": "order"})
    broken.is_on = False

    assert response.status_code == 200
    assert shop.ids == {events.CONNECTION_ID: 1}
    told = [line.getMessage() for line in lines.of(f"{SCOPE}.telemetry")]
    assert "OpenTelemetry has failed, and what it watched goes on." in told
    assert trace.get_current_span() is trace.INVALID_SPAN


class OldMeter:
    """Makes histograms as the API before 1.30 does."""

    def create_histogram(self, name: str, unit: str = "", description: str = "") -> str:
        return f"{name} in {unit}"


def test_an_api_from_before_buckets_could_be_advised_does_without_them():
    assert _make_histogram(OldMeter(), "websocket.events", "") == "websocket.events in s"


def test_events_and_posts_are_counted_by_what_came_of_them(client, shop, session, count_of):
    WebSocketSession.objects.update(channel_name="shop")
    other = WebSocketSession.objects.create(
        connection_id="L0SM9cOFvHcCIhB=", api_gateway=session.api_gateway, channel_name="shop"
    )
    shop.replies[other.connection_id].append(GONE)
    handled = {"event": "message", "handler": "announce", "outcome": "accepted"}
    of_many = [{"way": "many", "outcome": outcome} for outcome in ("sent", "gone")]
    broadcast = {"way": "broadcast", "outcome": "sent"}
    for name, labels in [
        ("websocket.events", handled),
        ("websocket.event.duration", handled),
        *(("websocket.posts", labels) for labels in [*of_many, broadcast]),
        ("websocket.send.duration", {"way": "many"}),
    ]:
        count_of(name, **labels)

    events.message(client, {"action": "announce"})
    QueuedBroadcast.objects.get().deliver()

    assert count_of("websocket.events", **handled) == 1
    assert count_of("websocket.event.duration", **handled) == 1
    assert [count_of("websocket.posts", **labels) for labels in of_many] == [1, 1]
    assert count_of("websocket.posts", **broadcast) == 1
    assert count_of("websocket.send.duration", way="many") == 1


def test_without_opentelemetry_everything_works_and_nothing_is_measured():
    script = (
        "import sys\n"
        "sys.modules['opentelemetry'] = None\n"
        "from django_aws_api_gateway_websockets.telemetry.current_event import CurrentEvent\n"
        "from django_aws_api_gateway_websockets.telemetry.instruments import find_instruments\n"
        "from django_aws_api_gateway_websockets.telemetry.observed_events import observed_event\n"
        "from django_aws_api_gateway_websockets.telemetry.observed_sends import observed_send\n"
        "assert find_instruments() is None\n"
        "with observed_event(CurrentEvent(kind='message')) as seen, observed_send('one') as send:\n"
        "    seen.status = 200\n"
        "    send.counts['sent'] += 1\n"
        "print(seen.outcome)\n"
    )

    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert run.stdout == "accepted\n"
