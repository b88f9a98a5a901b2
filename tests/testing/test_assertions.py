"""Assertions on what is sent say, when they fail, what was sent instead and to whom."""

from textwrap import dedent
from unittest.mock import ANY

import pytest

from django_aws_api_gateway_websockets.channels import publish
from django_aws_api_gateway_websockets.models import WebSocketSession
from django_aws_api_gateway_websockets.testing import (
    WebSocketClient,
    assert_nothing_sent,
    assert_sent,
    outbox,
)
from tests.testing.site import make_user

pytestmark = pytest.mark.django_db

NOTHING = "Nothing was sent. (To a channel that nobody is in, nothing is: open a client in it.)"


@pytest.fixture
def ada():
    return WebSocketClient("/ws/", user=make_user("ada"), channel="lobby")


@pytest.fixture
def ben():
    return WebSocketClient("/ws/", user=make_user("ben"), channel="lobby")


def told(raised) -> str:
    return str(raised.value)


def test_a_message_is_found_by_what_it_says_and_whom_it_reached(ada, ben):
    user = ada.session.user
    for options in (
        {},
        {"to": ada},
        {"to": user},
        {"to": ada.session},
        {"to": ada.connection_id},
        {"to": [ada, ben]},
        {"to": WebSocketSession.objects.all()},
        {"channel": "lobby"},
        {"times": 1},
    ):
        with assert_sent({"id": ANY, "text": "hi"}, **options) as found:
            WebSocketSession.objects.send_message({"id": 7, "text": "hi"})
        assert found[0].data["id"] == 7


def test_any_message_will_do_where_none_is_given(ada):
    with assert_sent(times=2):
        ada.session.send_message(1)
        ada.session.send_message(2)
    ada.subscribe("room-1")
    with assert_sent(channel="room-1"):
        publish("room-1", "hello")


def test_only_what_is_sent_within_the_block_counts(ada):
    ada.session.send_message("before")

    with pytest.raises(AssertionError, match="This message was not sent"), assert_sent("before"):
        pass


def test_a_failure_says_what_was_wanted_what_was_sent_to_whom_and_the_nearest(ada, ben):
    ben.subscribe("room-1")

    def send():
        with assert_sent({"type": "toast", "text": "Saved", "level": 1}, to=ada):
            ben.session.send_message({"type": "toast", "text": "saved", "level": 1})
            publish("room-1", {"type": "other"})

    with pytest.raises(AssertionError) as raised:
        send()

    assert told(raised) == dedent("""\
        This message was not sent:
            {'type': 'toast', 'text': 'Saved', 'level': 1}
          to ada in lobby
        2 messages were sent:
          1. to ben in lobby
             {'type': 'toast', 'text': 'saved', 'level': 1}
          2. in the channel 'room-1', to ben in lobby
             {'type': 'other'}
        The nearest is number 1 (- is wanted, + was sent):
              {
                'level': 1,
            -   'text': 'Saved',
            ?            ^
            +   'text': 'saved',
            ?            ^
                'type': 'toast',
              }""")


def test_a_failure_says_that_the_message_reached_others(ada, ben):
    ada.socket.make_throttled()

    with pytest.raises(AssertionError) as raised, assert_sent("hi", to=ada, channel="lobby"):
        WebSocketSession.objects.broadcast("hi")

    assert told(raised) == dedent("""\
        This message was not sent:
            'hi'
          to ada in lobby and to the channel 'lobby'
        One message was sent:
          1. to ben in lobby; throttled: ada in lobby
             'hi'
        Number 1 is that message, and reached others.""")


def test_a_failure_says_how_often_it_was_sent(ada):
    with pytest.raises(AssertionError) as raised, assert_sent("hi", times=1):
        pass
    with pytest.raises(AssertionError) as never, assert_sent(to=make_user("eve")):
        pass

    assert told(raised) == (f"This message was sent 0 times and not 1:\n    'hi'\n{NOTHING}")
    assert told(never) == f"No message was sent to somebody who has no open socket.\n{NOTHING}"


def test_a_failure_lists_ten_messages_and_names_five_connections(ada):
    for number in range(7):
        WebSocketSession.objects.create(
            connection_id=f"{number}=", api_gateway=ada.session.api_gateway
        )

    def send():
        with assert_sent("nothing like it"):
            for number in range(12):
                WebSocketSession.objects.order_by("pk").send_message(number)

    with pytest.raises(AssertionError) as raised:
        send()

    assert "  1. to ada in lobby, connection 0=, connection 1=, connection 2=" in told(raised)
    assert "and 3 more" in told(raised)
    assert "… and 2 more." in told(raised)


def test_silence_can_be_asserted(ada, ben):
    with assert_nothing_sent():
        pass
    with assert_nothing_sent(to=ada):
        ben.session.send_message("hi")
    with pytest.raises(AssertionError) as raised, assert_nothing_sent(channel="lobby"):
        ben.session.send_message("hi")

    assert told(raised) == dedent("""\
        Nothing was to be sent to the channel 'lobby'.
        One message was sent:
          1. to ben in lobby
             'hi'""")


def test_frames_of_the_protocol_are_no_messages_of_the_project(ada):
    with assert_nothing_sent():
        ada.subscribe("room-1")
        ada.request("save", title="x")

    assert len(outbox) == 0
    assert {one.frame["ws"] for one in outbox.frames} == {"reply", "presence"}


def test_a_recipient_without_a_connection_is_an_error(ada):
    with pytest.raises(TypeError, match="7 has no connection"), assert_sent(to=7):
        pass
