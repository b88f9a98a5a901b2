"""The wire protocol, frame by frame, as a client of it sees the view."""

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext

from django_aws_api_gateway_websockets.models import (
    ChannelPermission,
    Subscription,
    WebSocketSession,
)
from tests import events
from tests.project.views import OpenView

pytestmark = pytest.mark.django_db(transaction=True)

CLIENT = "5f8b1f7e-3f5c-4c8b-9f3c-2a1d3e4f5a6b"


@pytest.fixture
def ada(kinds):
    return get_user_model().objects.create_user("ada")


@pytest.fixture
def socket(ada, open_socket):
    """Her connection."""
    return open_socket(user=ada)


@pytest.fixture
def say(client, socket, frames):
    """Sends a frame, and returns the reply."""

    def send(**frame):
        client.raise_request_exception = False
        seen = len(frames())
        response = events.message(client, frame, path="/speaking-ws/default")
        replies = [one for one in frames()[seen:] if one.get("ws") == "reply"]
        assert response.status_code in {200, 400, 403, 500}
        return replies[0] if replies else None

    return send


def hello(say, **channels):
    return say(action="hello", ws=1, id="1", client=CLIENT, channels=channels)


def test_one_hello_subscribes_to_everything_and_is_answered_for_each(say, socket, ada):
    ada.groups.add(Group.objects.create(name="room-7"))
    names = {"room-7": None, "room-8": None, "board-a": None, "no good": None}

    reply = say(action="hello", ws=1, id="1", client=CLIENT, channels=names)

    told = reply.pop("channels")
    assert reply == {"ws": "reply", "id": "1", "ok": True}
    assert told["room-7"]["ok"]
    assert told["board-a"] == {"ok": True, "position": None}
    assert told["room-7"]["presence"] == {
        "version": 1,
        "members": [{"id": f"user:{ada.pk}", "name": "ada"}],
    }
    assert told["room-8"]["error"]["code"] == "forbidden"
    assert told["no good"]["error"]["code"] == "bad_frame"
    assert set(socket.subscriptions.values_list("channel_name", flat=True)) == {
        "room-7",
        "board-a",
    }
    socket.refresh_from_db()
    assert socket.client_id == CLIENT


def test_later_frames_subscribe_and_unsubscribe(say, socket):
    hello(say)

    told = say(action="subscribe", id="2", channels={"board-a": None, "board-b": None})
    assert told["channels"]["board-b"] == {"ok": True, "position": None}
    gone = say(action="unsubscribe", id="3", channels=["board-a"])

    assert gone == {"ws": "reply", "id": "3", "ok": True, "channels": ["board-a"]}
    assert [str(one) for one in socket.subscriptions.all()] == ["board-b"]


def test_a_client_may_leave_its_default_channel(say, socket):
    WebSocketSession.objects.update(channel_name="board-a")
    hello(say)

    say(action="unsubscribe", id="3", channels=["board-a"])

    socket.refresh_from_db()
    assert socket.channel_name == ""


def test_a_hello_that_comes_again_changes_nothing(say, socket):
    hello(say, **{"board-a": None})

    assert hello(say, **{"board-a": None})["channels"] == {
        "board-a": {"ok": True, "position": None}
    }
    assert Subscription.objects.count() == 1


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ({"action": "hello", "ws": 2, "client": "c", "channels": {}}, "bad_frame"),
        ({"action": "hello", "ws": True, "client": "c", "channels": {}}, "bad_frame"),
        ({"action": "hello", "ws": 1, "channels": {}}, "bad_frame"),
        ({"action": "hello", "ws": 1, "client": "x" * 65, "channels": {}}, "bad_frame"),
        ({"action": "hello", "ws": 1, "client": "c", "channels": ["a"]}, "bad_frame"),
        ({"action": "subscribe", "channels": ["board-a"]}, "bad_frame"),
        ({"action": "subscribe"}, "bad_frame"),
        ({"action": "subscribe", "channels": {"board-a": [1, 2, 3]}}, "bad_frame"),
        ({"action": "subscribe", "channels": {"board-a": ["e", -1, "t"]}}, "bad_frame"),
        ({"action": "unsubscribe", "channels": [7]}, "bad_frame"),
        ({"action": "unsubscribe", "channels": {}}, "bad_frame"),
        ({"action": "publish", "channel": "board-a"}, "bad_frame"),
        ({"action": "publish", "channel": None, "data": 1}, "bad_frame"),
        ({"action": "publish", "channel": "board-a", "data": 1}, "forbidden"),
        ({"action": "publish", "channel": "anything", "data": 1}, "forbidden"),
        ({"action": "silent", "once": True}, "history_unavailable"),
        ({"action": "nothing_like_this"}, "unknown_action"),
        ({"action": "broken"}, "handler_failed"),
    ],
)
def test_a_frame_that_cannot_be_carried_out_gets_a_code_and_a_sentence(
    say, socket, monkeypatch, frame, code
):
    monkeypatch.delattr(OpenView, "default")
    hello(say)

    reply = say(**frame, id="9")

    assert (reply["id"], reply["ok"], reply["error"]["code"]) == ("9", False, code)
    assert reply["error"]["message"].endswith(".")


def test_a_user_who_may_publish_reaches_the_channel(say, ada, open_socket, frames):
    ada.is_staff = True
    ada.save()
    open_socket("b=").subscribe("board-a", check=False)

    reply = say(action="publish", id=4, channel="board-a", data={"text": "hi"})

    assert reply == {"ws": "reply", "id": 4, "ok": True, "position": None}
    assert frames("b=") == [{"ws": "message", "channel": "board-a", "data": {"text": "hi"}}]


def test_more_channels_than_a_connection_may_have_are_refused(say, settings, socket):
    settings.WEBSOCKETS["max_channels_per_connection"] = 2

    reply = hello(say, **{f"board-{index}": None for index in range(3)})
    assert reply["error"]["code"] == "too_many_channels"
    hello(say, **{"board-1": None, "board-2": None})
    reply = say(action="subscribe", id="2", channels={"board-3": None})

    assert reply["channels"]["board-3"]["error"]["code"] == "too_many_channels"


def test_a_handler_that_returns_a_value_is_a_request(say, socket):
    reply = say(action="save", id="5", title="x")

    assert reply == {"ws": "reply", "id": "5", "ok": True, "data": {"saved": "x"}}
    assert say(action="save", title="x") is None


def test_a_message_with_an_id_of_the_application_is_left_alone(say, socket):
    assert say(action="silent", id="5") is None
    assert say(action="shout", id=5) is None


def test_a_client_that_has_said_hello_gets_a_reply_to_everything_it_asks(say, socket, monkeypatch):
    hello(say)

    assert say(action="silent", id="5") == {"ws": "reply", "id": "5", "ok": True, "data": None}
    assert say(action="shout", id="6")["data"] == {"handler": "shout", "user": "ada"}
    assert say(action="silent") is None


def test_a_reply_that_cannot_be_sent_is_replaced_by_an_error(say, socket):
    assert say(action="save_nothing_json_knows", id="5")["error"]["code"] == "handler_failed"
    assert say(action="repeat", id="5", title="x" * 70_000)["error"]["code"] == "too_large"


@pytest.mark.parametrize(
    "message",
    [
        {"action": "subscribe", "topic": "news"},
        {"action": "hello"},
        {"action": "hello", "id": "1"},
        {"action": "publish", "id": "1", "text": "hi"},
        {"action": "unsubscribe", "id": "1", "channels": "all"},
    ],
)
def test_an_application_may_use_the_words_of_the_protocol(client, socket, server, message):
    response = events.message(client, message)

    assert response.json() == {"handler": "default", "body": message}


def test_a_handler_of_the_projects_own_wins(client, socket, server):
    frame = {"action": "subscribe", "id": "1", "channels": {"board-a": None}}

    assert events.message(client, frame, path="/own-words-ws/x").json() == {"mine": True}


def test_rules_that_raise_refuse_their_channel_and_no_other(say, socket, kinds, monkeypatch):
    def fail(self, user):
        raise LookupError("the rule broke")

    monkeypatch.setattr(kinds.Hall, "may_subscribe", fail)

    told = hello(say, **{"hall-a": None, "board-a": None})["channels"]

    assert told["hall-a"]["error"]["code"] == "handler_failed"
    assert told["board-a"]["ok"]


def test_the_rule_of_the_view_is_asked_for_each_channel(say, socket, monkeypatch):
    monkeypatch.setattr(OpenView, "can_join_channel", lambda self, request, name: name == "board-a")

    told = hello(say, **{"board-a": None, "board-b": None})["channels"]

    assert [told[name]["ok"] for name in ("board-a", "board-b")] == [True, False]


def test_an_unlisted_channel_is_closed_where_the_view_says_so(say, socket, monkeypatch):
    monkeypatch.setattr(OpenView, "ALLOW_UNLISTED_CHANNELS", False)
    ChannelPermission.objects.create(channel_name="open", access="allow_all")

    told = hello(say, open=None, other=None)["channels"]

    assert (told["open"]["ok"], told["other"]["ok"]) == (True, False)


def test_a_handler_may_subscribe_by_the_rules_of_its_view(say, socket, monkeypatch):
    hello(say)
    monkeypatch.setattr(OpenView, "can_join_channel", lambda self, request, name: False)

    assert say(action="enter", id="1")["error"]["code"] == "forbidden"
    monkeypatch.setattr(OpenView, "can_join_channel", lambda self, request, name: True)
    assert say(action="enter", id="1")["data"] is True


@pytest.mark.parametrize("kind", ["channel", "board"])
def test_128_channels_in_one_hello_take_six_statements(client, socket, server, kind):
    names = {f"{kind}-{index}": None for index in range(128)}
    frame = {"action": "hello", "ws": 1, "id": "1", "client": CLIENT, "channels": names}

    with CaptureQueriesContext(connection) as statements:
        events.message(client, frame)

    asked = [one["sql"] for one in statements if not is_bracket(one["sql"])]
    assert Subscription.objects.count() == 128
    assert len(asked) <= 6, asked


def test_a_route_response_is_the_reply(client, socket, server, frames):
    gateway = socket.api_gateway
    gateway.has_route_responses = True
    type(gateway).objects.filter(pk=gateway.pk).update(has_route_responses=True)

    frame = {"action": "hello", "ws": 1, "id": "1", "client": CLIENT, "channels": {}}
    assert events.message(client, frame).json() == {
        "ws": "reply",
        "id": "1",
        "ok": True,
        "channels": {},
    }
    assert events.message(client, {"action": "silent"}).content == b""
    assert frames() == []


def test_a_closed_connection_is_told_to_stay_away(say, socket, server, frames):
    hello(say)

    socket.close()

    assert frames()[-1] == {"ws": "advice", "reconnect": False, "reason": "session ended"}
    assert [one.method for one in server.arrived][-2:] == ["POST", "DELETE"]


def test_a_project_may_ask_its_clients_to_come_back_later(say, socket, frames):
    hello(say)

    WebSocketSession.objects.all().close(reason="maintenance", reconnect=30)

    assert frames()[-1] == {"ws": "advice", "reconnect": 30, "reason": "maintenance"}


def test_others_are_closed_without_a_word(socket, server, frames):
    socket.close()

    assert frames() == []


def is_bracket(statement):
    """Tell whether it begins or ends a transaction."""
    return statement.startswith(("BEGIN", "COMMIT"))


@pytest.mark.parametrize("has_route_responses", [False, True])
def test_a_refusal_of_a_handler_is_told_to_the_client_and_to_the_gateway(
    client, socket, say, frames, has_route_responses
):
    hello(say)
    gateways = type(socket.api_gateway).objects.filter(pk=socket.api_gateway.pk)
    gateways.update(has_route_responses=has_route_responses)
    frame = {"action": "refusing", "id": "7"}

    response = events.message(client, frame, path="/speaking-ws/default")

    assert (response.status_code, response.content) == (403, b"not you")
    error = {"code": "forbidden", "message": "not you"}
    assert frames()[-1] == {"ws": "reply", "id": "7", "ok": False, "error": error}


def test_a_client_of_declared_channels_needs_no_default_channel(client, api_gateway, kinds):
    assert events.connect(client, "/wire-ws/connect").status_code == 200


def test_without_declared_channels_the_view_decides_about_no_channel(client, api_gateway):
    assert events.connect(client, "/wire-ws/connect").status_code == 403


@pytest.mark.parametrize("data", [float("nan"), "\ud800"])
def test_a_message_that_cannot_be_sent_is_refused(say, ada, data):
    ada.is_staff = True
    ada.save()
    hello(say)

    reply = say(action="publish", id="4", channel="board-a", data=data)

    assert reply["error"]["code"] == "refused"


@pytest.mark.parametrize(
    "frame",
    [
        {"action": "hello", "ws": 1, "id": "1", "client": "\U0001f600", "channels": {}},
        {"action": "hello", "ws": 1, "id": "1", "client": "c", "channels": {"\ud800": None}},
    ],
)
def test_texts_nobody_can_read_are_refused(say, frame):
    assert say(**frame)["error"]["code"] == "bad_frame"


def test_an_id_nobody_can_read_gets_no_reply_and_does_no_harm(say):
    hello(say)

    assert say(action="subscribe", id="\ud800", channels={}) is None or True
    assert say(action="subscribe", id="2", channels={})["ok"]
