"""A frame says which of the project's messages are in it."""

import pytest

from django_aws_api_gateway_websockets.delivery.outcome import OutcomeKind
from django_aws_api_gateway_websockets.testing.memory.sent import Sent, messages_in


@pytest.mark.parametrize(
    ("frame", "messages"),
    [
        ({"type": "toast"}, [{"type": "toast"}]),
        ("no JSON", ["no JSON"]),
        ({"ws": "message", "channel": "a", "data": 1}, [1]),
        ({"ws": "messages", "channel": "a", "messages": [{"data": 1}, {"data": 2}]}, [1, 2]),
        ({"ws": "presence", "channel": "a", "version": 1, "count": 2}, []),
        ({"ws": "reply", "id": "1", "ok": True}, []),
    ],
)
def test_the_messages_of_the_project_are_told_from_the_protocols(frame, messages):
    assert messages_in(frame) == messages


def test_a_message_is_what_it_says_and_whom_it_reached():
    sent = Sent("{", {"a=": OutcomeKind.SENT, "b=": OutcomeKind.GONE})

    assert (sent.frame, sent.data, sent.channel, sent.to) == ("{", "{", "", ["a="])
