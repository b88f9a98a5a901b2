"""The outbox has what the code under test has sent, as `mail.outbox` has mails."""

import pytest

from django_aws_api_gateway_websockets.channels import publish
from django_aws_api_gateway_websockets.models import ApiGateway, WebSocketSession
from django_aws_api_gateway_websockets.testing import outbox

pytestmark = pytest.mark.django_db


@pytest.fixture
def session(api_gateway):
    return WebSocketSession.objects.create(connection_id="abc=", api_gateway=api_gateway)


def test_a_test_without_clients_has_an_outbox_from_its_first_look_on(session):
    outbox.clear()

    session.send_message({"type": "toast"})
    session.channel_name = "lobby"
    session.save()
    publish("lobby", "hello")

    assert [one.data for one in outbox] == [{"type": "toast"}, "hello"]
    assert [(one.channel, one.to) for one in outbox] == [("", ["abc="]), ("lobby", ["abc="])]
    assert outbox[-1].frame == {"ws": "message", "channel": "lobby", "data": "hello"}
    assert repr(outbox[:1]) == '[<Sent {"type": "toast"} to 1 of 1>]'
    assert repr(outbox).startswith("[<Sent")
    outbox.clear()
    assert not outbox


def test_the_outbox_of_the_next_test_is_empty(session):
    assert len(outbox) == 0
    assert ApiGateway.objects.count() == 1
