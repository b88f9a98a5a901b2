import pytest

from tests import events

pytestmark = pytest.mark.django_db


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
