"""A client's places in its channels show what it has missed while it was away."""

import pytest

from django_aws_api_gateway_websockets.management.terminal.places import Places

HERE = ["8d1f", 41, "c3a9"]


def told(name="room", **members):
    return {name: {"ok": True, **members}}


def present(*names):
    return {"version": 1, "members": [{"id": name.lower(), "name": name} for name in names]}


def missed(places, answer, seconds=3.2):
    return list(places.missed(answer, away_seconds=seconds))


def test_a_position_advances_with_the_messages_that_follow_each_other():
    places = Places({"room": HERE})

    places.take({"ws": "message", "channel": "room", "seq": 42, "tag": "a"})
    places.take({"ws": "message", "channel": "room", "seq": 44, "tag": "c"})
    messages = [{"seq": 43, "tag": "b"}, "no message", {"seq": "44"}]
    places.take({"ws": "messages", "channel": "room", "messages": messages})

    assert places.positions == {"room": ["8d1f", 43, "b"]}


def test_a_reset_moves_and_an_end_forgets():
    places = Places({"room": HERE, "other": None})

    places.take({"ws": "reset", "channel": "room", "position": ["02cc", 7, "5b1e"]})
    places.take({"ws": "unsubscribed", "channel": "other"})

    assert places.positions == {"room": ["02cc", 7, "5b1e"]}


def test_a_subscription_that_is_refused_is_not_asked_for_again():
    places = Places({"room": None, "closed": None})

    places.join(told() | {"closed": {"ok": False, "error": {"code": "forbidden"}}})

    assert list(places.positions) == ["room"]


def test_a_channel_without_history_says_that_messages_are_lost():
    said = missed(Places({"room": None}), told(position=None))

    assert said == ["room: it keeps no history; what was published in 3.2 s is lost."]


def test_messages_of_a_channel_with_history_are_counted():
    places = Places({"room": HERE})

    assert missed(places, told(position=["8d1f", 44, "b"])) == [
        "room: 3 messages missed, which the server sends now."
    ]
    assert missed(places, told(position=["8d1f", 42, "b"]))[0].startswith("room: 1 message missed")
    assert missed(places, told(position=HERE)) == ["room: nothing was missed."]
    assert "nobody can say what was missed" in missed(places, told(position=["9", 50, "b"]))[0]


def test_those_who_came_and_went_meanwhile_are_named():
    places = Places({"room": None})
    places.join(told(position=None, presence=present("Ada", "Bob")))
    places.take({"ws": "presence", "channel": "room", "joined": [{"id": "cy", "name": "Cy"}]})
    places.take({"ws": "presence", "channel": "room", "left": [{"id": "bob"}]})

    said = missed(places, told(position=None, presence=present("Ada", "Dot", "Eve")))

    assert said[1:] == ["room: Dot, Eve joined meanwhile.", "room: Cy left meanwhile."]


def test_a_channel_the_client_may_not_come_back_to_is_told_of():
    refused = {"room": {"ok": False, "error": {"message": "You may not join room."}}}

    said = missed(Places({"room": None}), refused)

    assert said == ["room: you are not in it any more. You may not join room."]


def test_frames_of_no_form_change_nothing():
    places = Places({"room": HERE})

    for frame in ({}, {"channel": 7}, {"ws": "reset", "channel": "room", "position": [1]}):
        places.take(frame)
    places.join(["room"])

    assert places.positions == {"room": HERE}


@pytest.mark.parametrize(
    "position", [7, "text", {}, ["8d1f"], ["8d1f", True, "a"], ["8d1f", 10**4000, "a"]]
)
def test_a_position_of_a_wrong_form_is_as_if_it_had_not_come(position):
    places = Places({"room": None})

    places.join(told(position=position))
    places.take({"ws": "message", "channel": "room", "seq": 1, "tag": "a"})

    assert places.positions == {"room": None}
    assert "keeps no history" in missed(places, told(position=position))[0]


@pytest.mark.parametrize("message", [{"seq": 42, "tag": [1]}, {"seq": 42.0}, {"seq": "42"}])
def test_a_message_of_a_wrong_form_does_not_advance(message):
    places = Places({"room": HERE})

    places.take({"ws": "message", "channel": "room", **message})

    assert places.positions == {"room": HERE}


@pytest.mark.parametrize("error", ["text", 7, ["text"], {"message": ["text"]}])
def test_an_error_of_a_wrong_form_says_nothing(error):
    refused = {"room": {"ok": False, "error": error}}

    assert missed(Places({"room": None}), refused) == ["room: you are not in it any more."]


def test_a_name_that_cannot_be_sent_is_no_channel():
    places = Places({"room": None})

    places.join(told("\ud800", position=None))
    places.take({"ws": "reset", "channel": "other", "position": HERE})

    assert places.positions == {"room": None}


def test_members_of_a_wrong_form_are_somebody():
    places = Places({"room": None})
    places.join(told(presence={"members": []}))

    said = missed(places, told(presence={"members": [{"id": ["x"], "name": {"a": 1}}]}))

    assert said[1:] == ["room: somebody joined meanwhile."]
