"""A frame with an id gets a reply, whatever fails behind it."""

import pytest
from django.db import connection

from tests import events

pytestmark = pytest.mark.django_db(transaction=True)


def fail(*args):
    raise LookupError("the rule broke")


def fail_in_the_database(*args):
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM no_such_table")


@pytest.fixture
def socket(kinds, open_socket):
    """The connection of a client that has said hello."""
    return open_socket(user="ada", client_id="c")


@pytest.fixture
def say(client, socket, frames):
    """Sends a frame, and returns the replies."""

    def send(frame):
        response = events.message(client, frame, path="/speaking-ws/default")
        assert response.status_code == 200
        return [one for one in frames() if one.get("ws") == "reply"]

    return send


def refused_with(code, replies):
    [reply] = replies
    return (reply["id"], reply["error"]["code"]) == ("9", code)


def test_a_rule_of_publishing_that_raises_is_told(say, kinds, monkeypatch, caplog):
    monkeypatch.setattr(kinds.Board, "may_publish", fail)

    replies = say({"action": "publish", "id": "9", "channel": "board-a", "data": 1})

    assert refused_with("handler_failed", replies)
    assert replies[0]["error"]["message"] == "The frame could not be carried out."
    assert "the rule broke" in caplog.text


@pytest.mark.parametrize("is_atomic", [False, True])
def test_a_database_that_fails_behind_a_rule_is_told(
    say, socket, kinds, monkeypatch, is_atomic, caplog
):
    monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", is_atomic)
    monkeypatch.setattr(kinds.Board, "may_subscribe", fail_in_the_database)

    replies = say({"action": "subscribe", "id": "9", "channels": {"board-a": None}})

    assert refused_with("handler_failed", replies)
    assert not socket.subscriptions.exists()
    assert "no_such_table" in caplog.text


def test_the_id_zero_comes_back(say):
    assert [one["id"] for one in say({"action": "subscribe", "id": 0, "channels": {}})] == [0]


TOO_DEEP = b"[" * 101 + b"]" * 101
TOO_LONG = b"9" * 5000


def publish(data, request_id=b'"9"'):
    return b'{"action":"publish","channel":"board-a","data":%b,"id":%b}' % (data, request_id)


@pytest.mark.parametrize("data", [TOO_DEEP, TOO_LONG], ids=["too deep", "too long a number"])
def test_a_frame_that_is_not_taken_for_its_form_is_told(say, data, caplog):
    replies = say(publish(data))

    assert refused_with("bad_frame", replies)
    assert replies[0]["error"]["message"].endswith(".")
    assert "A message was refused: Body " in caplog.text


@pytest.mark.parametrize(
    "message",
    [
        publish(TOO_DEEP, b"null"),
        publish(TOO_LONG, TOO_LONG),
        b"[%b]" % TOO_DEEP,
        b"[%b]" % TOO_LONG,
        b'{"id":"9","data":',
        publish(TOO_LONG + b"," + b"[" * 50_000),
    ],
    ids=["no id", "an id too long", "deep list", "list of a long number", "cut short", "abyss"],
)
def test_without_an_id_that_can_be_read_it_is_refused_as_ever(client, socket, frames, message):
    response = events.message(client, message, path="/speaking-ws/default")

    assert (response.status_code, response.content) == (400, b"Invalid request format (1)")
    assert frames() == []


@pytest.mark.parametrize("values", [{"client_id": ""}, {"connected": False}])
def test_only_a_client_of_the_protocol_is_told_of_the_form(client, socket, frames, values):
    type(socket).objects.update(**values)

    response = events.message(client, publish(TOO_DEEP), path="/speaking-ws/default")

    assert response.status_code == 400
    assert frames() == []
