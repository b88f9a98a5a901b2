"""Each line of an event has the same id, whoever writes it."""

import logging

import pytest

from django_aws_api_gateway_websockets.models import QueuedBroadcast, WebSocketSession
from tests import events
from tests.delivery.recording_server import Reply

pytestmark = pytest.mark.django_db(transaction=True)

REQUEST = "fYp0HGaEDoEFbqQ="
REFUSED = Reply(
    403, (("x-amzn-ErrorType", "ForbiddenException"), ("x-amzn-RequestId", "post-request-7"))
)


def send(client, name: str, **headers: str):
    client.raise_request_exception = False
    return events.message(client, {"action": name}, X_Ws_Request_Id=REQUEST, **headers)


def test_a_projects_own_line_has_the_ids_of_the_event(client, shop, session, lines):
    send(client, "order")

    (line,) = lines.of("shop.sockets")
    assert line.websocket_request == REQUEST
    assert line.websocket_connection == events.CONNECTION_ID
    assert line.websocket_api == events.API_ID
    assert (line.websocket_event, line.websocket_handler) == ("message", "order")
    assert (line.websocket_channel, line.websocket_user) == ("general", "")


def test_an_async_handlers_line_has_them_too_and_so_has_what_it_sends(client, shop, session, lines):
    send(client, "order", path="/async-ws/default")

    (line,) = lines.of("shop.sockets")
    assert (line.websocket_request, line.websocket_handler) == (REQUEST, "order")
    (sent, handled) = lines.of("django_aws_api_gateway_websockets.telemetry")
    assert sent.getMessage().startswith("Posts to one: 1 sent, in ")
    assert handled.getMessage().startswith("A message was accepted: status 200 after ")
    assert {sent.websocket_request, handled.websocket_request} == {REQUEST}


def test_a_refusal_has_them_and_names_no_handler(client, shop, lines, api_gateway):
    send(client, "order")

    (line,) = lines.of("django_aws_api_gateway_websockets.views")
    assert "A message was refused" in line.getMessage()
    assert (line.websocket_request, line.websocket_handler) == (REQUEST, "")


def test_the_line_that_django_writes_after_the_view_has_them(client, shop, session, lines):
    send(client, "broken")

    (line,) = lines.of("django.request")
    assert line.getMessage() == "Internal Server Error: /ws/default"
    assert (line.websocket_request, line.websocket_handler) == (REQUEST, "broken")


@pytest.mark.parametrize(
    ("name", "words"), [("forbidden", "refused: status 403"), ("broken", "failed: status 500")]
)
def test_the_line_about_the_event_has_djangos_status(client, shop, session, lines, name, words):
    response = send(client, name)

    line = lines.of("django_aws_api_gateway_websockets.telemetry")[-1].getMessage()
    assert words in line
    assert str(response.status_code) in line


def test_a_post_that_failed_has_the_id_of_its_event_and_its_own(client, shop, session, lines):
    WebSocketSession.objects.update(channel_name="shop")
    shop.replies[events.CONNECTION_ID].append(REFUSED)

    send(client, "announce")

    (line,) = lines.of("django_aws_api_gateway_websockets.models")
    assert line.websocket_request == REQUEST
    assert line.websocket_recipient == events.CONNECTION_ID
    assert (line.websocket_outcome, line.websocket_post_request) == ("refused", "post-request-7")


def test_a_worker_that_delivers_later_has_the_id_of_the_event(client, shop, session, lines):
    WebSocketSession.objects.update(channel_name="shop")
    send(client, "announce")
    lines.records.clear()

    QueuedBroadcast.objects.get().deliver()

    (line,) = lines.of("django_aws_api_gateway_websockets.telemetry")
    assert line.getMessage().startswith(
        f"Posts to broadcast of broadcast {QueuedBroadcast.objects.get().pk}: 1 sent, in "
    )
    assert (line.websocket_request, line.websocket_event) == (REQUEST, "broadcast")


def test_the_headers_of_a_stranger_are_in_no_line(client, shop, lines, api_gateway):
    send(client, "order", Connectionid='x" evil', X_Amzn_Apigateway_Api_Id="nobody")

    (line,) = lines.of("django_aws_api_gateway_websockets.telemetry")
    assert (line.websocket_connection, line.websocket_api, line.websocket_channel) == ("", "", "")


def test_a_line_outside_of_events_has_empty_attributes(lines):
    logging.getLogger("shop.sockets").info("Nobody connects.")

    (line,) = lines.of("shop.sockets")
    assert line.websocket_request == line.websocket_connection == line.websocket_event == ""


def test_a_channel_of_any_characters_begins_no_line_of_its_own(client, shop, session, lines):
    WebSocketSession.objects.update(channel_name="a\nERROR everything \x1b[31m")

    send(client, "order")

    (line,) = lines.of("shop.sockets")
    assert line.websocket_channel == r"a\nERROR everything \x1b[31m"
