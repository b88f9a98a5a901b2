"""A queue of exchanges gives the ids whose turn it is."""

import pytest

from django_aws_api_gateway_websockets.delivery.exchange_queue import MAX_WAITING, ExchangeQueue


def taken(queue, now=0.0):
    exchange = queue.take(now)
    return exchange and exchange.connection_id


def test_ids_are_pulled_one_by_one():
    pulled = []

    def ids():
        for connection_id in "abc":
            pulled.append(connection_id)
            yield connection_id

    queue = ExchangeQueue(ids())

    assert (taken(queue), pulled) == ("a", ["a"])
    assert [taken(queue), taken(queue), taken(queue)] == ["b", "c", None]
    assert not queue.has_more


def test_new_ones_come_several_at_a_time_and_no_more_are_pulled():
    ids = iter("abcde")
    queue = ExchangeQueue(ids)

    assert [one.connection_id for one in queue.take_new(2)] == ["a", "b"]
    assert queue.take_new(0) == []
    assert next(ids) == "c"
    assert queue.has_more
    assert [one.connection_id for one in queue.take_new(3)] == ["d", "e"]
    assert not queue.has_more
    assert queue.take_new(3) == []


@pytest.mark.parametrize("room", [0, -1, -64])
def test_nobody_new_comes_where_there_is_no_room_or_less(room):
    queue = ExchangeQueue(iter("ab"))

    assert queue.take_new(room) == []
    assert (taken(queue), taken(queue)) == ("a", "b")


def test_nobody_new_comes_before_one_who_waits():
    first, put_off = ExchangeQueue(iter("ab")), ExchangeQueue(iter("ab"))
    first.put_first(first.take(0.0))
    put_off.put_off(put_off.take(0.0), 1.0)

    assert first.take_new(5) == put_off.take_new(5) == []
    assert (taken(first), taken(put_off), taken(put_off, 1.0)) == ("a", "b", "a")


def test_one_put_first_comes_before_all_others():
    queue = ExchangeQueue(iter("ab"))
    first = queue.take(0.0)

    queue.put_first(first)

    assert [taken(queue), taken(queue)] == ["a", "b"]


def test_those_put_off_wait_for_their_time_while_the_others_are_served():
    queue = ExchangeQueue(iter("abc"))
    a, b = queue.take(0.0), queue.take(0.0)
    queue.put_off(a, 2.0)
    queue.put_off(b, 1.0)

    assert queue.next_due == 1.0
    assert [taken(queue), taken(queue)] == ["c", None]
    assert queue.has_more
    assert [taken(queue, 2.0), taken(queue, 2.0)] == ["b", "a"]
    assert not queue.has_more


def test_nobody_waits_without_end():
    assert ExchangeQueue(iter("")).next_due == float("inf")


def test_two_due_at_the_same_time_come_in_their_order():
    queue = ExchangeQueue(iter("ab"))
    for exchange in [queue.take(0.0), queue.take(0.0)]:
        queue.put_off(exchange, 1.0)

    assert [taken(queue, 1.0), taken(queue, 1.0)] == ["a", "b"]


def test_nobody_new_is_begun_while_too_many_wait():
    queue = ExchangeQueue(map(str, range(MAX_WAITING + 1)))
    for _ in range(MAX_WAITING):
        queue.put_off(queue.take(0.0), 1.0)

    assert taken(queue) is None
    assert taken(queue, 1.0) == "0"
    assert taken(queue) == str(MAX_WAITING)


def test_an_error_of_the_iterator_passes_through():
    def ids():
        raise RuntimeError("the cursor is closed")
        yield

    with pytest.raises(RuntimeError, match="cursor"):
        ExchangeQueue(ids()).take(0.0)
