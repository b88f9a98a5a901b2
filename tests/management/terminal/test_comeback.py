"""A client comes back in time, and the end of a socket has a name."""

import pytest

from django_aws_api_gateway_websockets.management.terminal.closings import explain_close
from django_aws_api_gateway_websockets.management.terminal.comeback import Comeback


def test_pauses_grow_to_twenty_seconds_and_begin_anew_after_a_socket_that_lived():
    comeback = Comeback()

    pauses = [comeback.pause(lived_seconds=0, chance=1.0) for _ in range(8)]

    assert pauses[:4] == [1.0, 1.5, 2.5, 4.5]
    assert pauses[-1] == 20.0
    assert comeback.pause(lived_seconds=5, chance=0.0) == 0.5


@pytest.mark.parametrize(("code", "follows"), [(1000, False), (1001, True), (1006, True)])
def test_only_what_django_has_closed_stays_closed(code, follows):
    assert Comeback().may_follow(code) is follows


def test_advice_decides():
    away, back = Comeback(), Comeback()

    away.take_advice({"reconnect": False, "reason": "session ended"})
    back.take_advice({"reconnect": 30, "reason": "a release"})

    assert not away.may_follow(1001)
    assert (away.reason, back.may_follow(1000)) == ("session ended", True)
    assert back.pause(lived_seconds=60, chance=1.0) == 37.5
    assert back.pause(lived_seconds=60, chance=1.0) == 1.0


@pytest.mark.parametrize("seconds", [10**400, float("inf"), float("nan"), 1e300, "5", True, [5]])
def test_advice_of_a_wrong_form_is_as_if_it_had_not_come(seconds):
    comeback = Comeback()

    comeback.take_advice({"reconnect": seconds, "reason": ["text"]})

    assert (comeback.reason, comeback.may_follow(1000)) == ("", False)
    assert comeback.pause(lived_seconds=60, chance=1.0) == 1.0


def test_a_code_is_said_in_words():
    assert explain_close(1001, "Going away").startswith("1001 'Going away': nothing travelled for")
    ours = explain_close(1009, is_ours=True)
    assert ours.startswith("1009 by this client: a message came that is larger than any of API")
    assert explain_close(4999) == "4999: this is no code of API Gateway's"
