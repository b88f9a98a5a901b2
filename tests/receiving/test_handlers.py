import pytest

from tests import events

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


def test_a_message_goes_to_the_handler_it_names(client, session):
    answer = events.message(client, {"handler": "shout"})

    assert answer.json()["handler"] == "shout"


def test_a_message_may_name_its_handler_as_action(client, session):
    assert events.message(client, {"action": "shout"}).json()["handler"] == "shout"


def test_a_handler_that_is_not_known_falls_back_to_the_action_then_to_default(client, session):
    by_action = events.message(client, {"handler": "nobody", "action": "shout"})
    by_default = events.message(client, {"handler": "nobody", "action": "$default"})

    assert by_action.json()["handler"] == "shout"
    assert by_default.json()["handler"] == "default"


def test_an_explicit_default_wins_over_the_action(client, session):
    answer = events.message(client, {"handler": "default", "action": "shout"})

    assert answer.json()["handler"] == "default"


@pytest.mark.parametrize(
    "name",
    [
        "setup",
        "dispatch",
        "connect",
        "disconnect",
        "as_view",
        "can_join_channel",
        "_debug",
        "__init__",
        "has_any_permission",
        ["shout"],
        {"a": 1},
        7,
    ],
)
def test_a_client_cannot_call_what_is_no_handler(client, session, name):
    assert events.message(client, {"handler": name}).json()["handler"] == "default"


def nested(opening, closing, levels):
    return b'{"handler": ' + opening * levels + closing * levels + b"}"


ODD = {
    "lists, 950 deep": nested(b"[", b"]", 950),
    "lists, 101 deep": nested(b"[", b"]", 101),
    "objects, 950 deep": b'{"handler": ' + b'{"a":' * 950 + b"1" + b"}" * 951,
    "depth beside the name": b'{"handler": "shout", "a": ' + b"[" * 300 + b"]" * 300 + b"}",
    "a huge number": b'{"handler": ' + b"9" * 5000 + b"}",
    "half a surrogate as a name of nothing": b'{"other": "\\ud800"}',
    "a list": b"[1]",
    "a number": b"1",
    "nothing but a byte": b"\xff",
    "UTF-16 cut short": "{".encode("utf-16")[:3],
}


@pytest.mark.parametrize("body", ODD.values(), ids=ODD)
def test_an_odd_message_is_refused_in_words(client, session, body):
    response = events.message(client, body)

    assert (response.status_code, response.content) == (400, b"Invalid request format (1)")


@pytest.mark.parametrize(
    "body",
    [
        nested(b"[", b"]", 90),
        b'{"handler": "\\ud800"}',
        b'{"handler": NaN}',
        b'{"handler": 1e999}',
        b'{"handler": true}',
        b'{"handler": "default", "a": [' + b"[]," * 500 + b"[]]}",
    ],
)
def test_an_odd_name_goes_to_default(client, session, body):
    assert events.message(client, body).status_code == 200


def test_an_odd_channel_is_refused_in_words(client, session):
    message = b'{"handler": "change_channel", "channel": ' + b"[" * 95 + b"]" * 95 + b"}"

    response = events.message(client, message)

    assert (response.status_code, response.content) == (400, b"Invalid channel")
