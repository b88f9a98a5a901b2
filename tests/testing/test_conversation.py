"""A client speaks the wire protocol as the browser client does."""

import pytest

from django_aws_api_gateway_websockets.channels import publish
from django_aws_api_gateway_websockets.testing import NoReplyError, RefusedError, WebSocketClient
from tests.testing.site import Room, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada():
    return WebSocketClient("/ws/", user=make_user("ada", is_staff=True))


def test_a_client_hears_the_channels_it_has_subscribed_to(ada):
    ada.subscribe("room-1", "room-2")
    ada.subscribe("hall-east")
    publish("room-1", "one")
    Room(pk=2).publish({"two": 2})
    publish("room-3", "three")
    ada.unsubscribe("hall-east")
    publish("hall-east", "nobody")

    assert ada.received == ["one", {"two": 2}]
    assert ada.received_in("room-2") == [{"two": 2}]
    assert {frame["ws"] for frame in ada.frames} == {"reply", "presence", "message"}


def test_a_channel_that_is_refused_says_why(ada):
    anonymous = WebSocketClient("/ws/")

    with pytest.raises(RefusedError, match="Channel 'room-1' was refused: You may not") as raised:
        anonymous.subscribe("hall-east", "room-1")

    assert raised.value.code == "forbidden"
    assert raised.value.reason == "You may not be in this channel."


def test_a_client_publishes_where_the_rules_let_it(ada):
    ben = WebSocketClient("/ws/", user=make_user("ben"))
    ada.subscribe("room-1")
    ben.subscribe("room-1")

    ada.publish("room-1", "hello")

    assert ada.received == ben.received == ["hello"]
    with pytest.raises(RefusedError, match="publishing to 'room-1' was refused"):
        ben.publish("room-1", "hello")


def test_a_request_returns_what_the_handler_returns(ada):
    assert ada.request("save", title="Draft") == {"saved": "Draft"}
    assert ada.request("shout", text="x") is None
    assert ada.received == [{"shouted": "x", "by": "ada"}]


def test_a_request_that_is_refused_says_why(ada):
    with pytest.raises(RefusedError, match="The request 'refuse' was refused: not you"):
        ada.request("refuse")


def test_a_request_to_a_handler_that_fails_raises_its_exception(ada):
    with pytest.raises(LookupError, match="the handler broke"):
        ada.request("fail")
    ada.raise_request_exception = False
    with pytest.raises(RefusedError, match=r"The handler failed\. \(handler_failed\)"):
        ada.request("fail")


def test_a_request_whose_reply_is_lost_does_not_wait_for_it(ada):
    ada.request("save", title="x")
    ada.socket.make_throttled()

    with pytest.raises(NoReplyError, match="No reply came to 'save'; Django responded with 200"):
        ada.request("save", title="x")


def test_everybody_is_told_at_once_who_is_there(ada):
    ada.subscribe("room-1")
    others = [WebSocketClient("/ws/", user=make_user(name)) for name in ("ben", "cid", "dan")]
    for client in others:
        client.subscribe("room-1")

    ids = {member["id"] for member in ada.presence("room-1")}
    assert len(ids) == 4
    assert {member["id"] for member in others[0].presence("room-1")} == ids
    assert ada.received == []


def test_a_room_that_only_counts_tells_the_number(ada):
    ada.subscribe("hall-east")
    WebSocketClient("/ws/").subscribe("hall-east")

    assert ada.presence("hall-east") == 2


def test_nobody_knows_who_is_where_they_have_not_subscribed(ada):
    with pytest.raises(LookupError, match="subscribe to it first"):
        ada.presence("room-1")


def test_a_new_connection_says_hello_anew(ada):
    ada.subscribe("room-1")
    ada.connect()
    publish("room-1", "lost")
    ada.subscribe("room-1")
    publish("room-1", "heard")

    assert ada.received == ["heard"]
