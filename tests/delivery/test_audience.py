"""An audience gives the ids whose turn it is."""

import pytest

from django_aws_api_gateway_websockets.delivery.audience import MAX_WAITING, Audience


def taken(audience, now=0.0):
    exchange = audience.take(now)
    return exchange and exchange.connection_id


def test_ids_are_pulled_one_by_one():
    pulled = []

    def ids():
        for connection_id in "abc":
            pulled.append(connection_id)
            yield connection_id

    audience = Audience(ids())

    assert (taken(audience), pulled) == ("a", ["a"])
    assert [taken(audience), taken(audience), taken(audience)] == ["b", "c", None]
    assert not audience.has_more


def test_new_ones_come_several_at_a_time_and_no_more_are_pulled():
    ids = iter("abcde")
    audience = Audience(ids)

    assert [one.connection_id for one in audience.take_new(2)] == ["a", "b"]
    assert audience.take_new(0) == []
    assert next(ids) == "c"
    assert audience.has_more
    assert [one.connection_id for one in audience.take_new(3)] == ["d", "e"]
    assert not audience.has_more
    assert audience.take_new(3) == []


@pytest.mark.parametrize("room", [0, -1, -64])
def test_nobody_new_comes_where_there_is_no_room_or_less(room):
    audience = Audience(iter("ab"))

    assert audience.take_new(room) == []
    assert (taken(audience), taken(audience)) == ("a", "b")


def test_nobody_new_comes_before_one_who_waits():
    first, put_off = Audience(iter("ab")), Audience(iter("ab"))
    first.put_first(first.take(0.0))
    put_off.put_off(put_off.take(0.0), 1.0)

    assert first.take_new(5) == put_off.take_new(5) == []
    assert (taken(first), taken(put_off), taken(put_off, 1.0)) == ("a", "b", "a")


def test_one_put_first_comes_before_all_others():
    audience = Audience(iter("ab"))
    first = audience.take(0.0)

    audience.put_first(first)

    assert [taken(audience), taken(audience)] == ["a", "b"]


def test_those_put_off_wait_for_their_time_while_the_others_are_served():
    audience = Audience(iter("abc"))
    a, b = audience.take(0.0), audience.take(0.0)
    audience.put_off(a, 2.0)
    audience.put_off(b, 1.0)

    assert audience.next_due == 1.0
    assert [taken(audience), taken(audience)] == ["c", None]
    assert audience.has_more
    assert [taken(audience, 2.0), taken(audience, 2.0)] == ["b", "a"]
    assert not audience.has_more


def test_nobody_waits_without_end():
    assert Audience(iter("")).next_due == float("inf")


def test_two_due_at_the_same_time_come_in_their_order():
    audience = Audience(iter("ab"))
    for exchange in [audience.take(0.0), audience.take(0.0)]:
        audience.put_off(exchange, 1.0)

    assert [taken(audience, 1.0), taken(audience, 1.0)] == ["a", "b"]


def test_nobody_new_is_begun_while_too_many_wait():
    audience = Audience(map(str, range(MAX_WAITING + 1)))
    for _ in range(MAX_WAITING):
        audience.put_off(audience.take(0.0), 1.0)

    assert taken(audience) is None
    assert taken(audience, 1.0) == "0"
    assert taken(audience) == str(MAX_WAITING)


def test_an_error_of_the_iterator_passes_through():
    def ids():
        raise RuntimeError("the cursor is closed")
        yield

    with pytest.raises(RuntimeError, match="cursor"):
        Audience(ids()).take(0.0)
