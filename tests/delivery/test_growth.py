"""The number of connections grows turn by turn."""

import socket

import pytest

from django_aws_api_gateway_websockets.delivery.exchange_queue import Exchange
from django_aws_api_gateway_websockets.delivery.growth import Growth
from django_aws_api_gateway_websockets.delivery.http1.addresses import Address
from django_aws_api_gateway_websockets.delivery.http1.connection import Connection
from django_aws_api_gateway_websockets.delivery.http1.destination import Destination
from django_aws_api_gateway_websockets.delivery.in_flight import InFlight

FAST, SLOW = 0.0005, 0.02


@pytest.fixture
def in_flight():
    waiting = InFlight(places=256, silent_places=0, read_seconds=10)
    yield waiting
    waiting.close()


@pytest.fixture
def connections(in_flight):
    """Makes connections that are established, as far as `in_flight` knows."""
    with socket.create_server(("127.0.0.1", 0), backlog=300) as listener:
        host, port = listener.getsockname()

        def make(number):
            made = []
            for _ in range(number):
                destination = Destination("localhost", port, None, None)
                one = Connection(destination, Address(socket.AF_INET, (host, port)))
                in_flight.add(one, [Exchange("a")])
                while not one.advance():
                    pass
                in_flight.established(one)
                made.append(one)
            return made

        yield make


def openings(growth, most=1000):
    """Count the connections that may be opened in this turn."""
    count = 0
    while growth.may_open and count < most:
        growth.opened()
        count += 1
    return count


def pause(growth):
    """A turn in which somebody lacks a connection and no answer comes."""
    growth.lacks_connections = True
    growth.look([], seconds=SLOW)
    return openings(growth)


def test_at_first_as_many_are_opened_as_a_few_handshakes_allow(in_flight):
    assert openings(Growth(in_flight, resting=0, per_connection=1)) == 16


@pytest.mark.parametrize(("resting", "opened"), [(10, 6), (16, 0), (200, 0)])
def test_connections_that_rest_count_before_new_ones_are_opened(in_flight, resting, opened):
    assert openings(Growth(in_flight, resting=resting, per_connection=1)) == opened


def test_a_far_server_is_given_twice_as_many_with_each_silence(in_flight, connections):
    growth = Growth(in_flight, resting=0, per_connection=1)
    counts = []
    opened = openings(growth)
    while opened:
        connections(opened)
        counts.append(len(in_flight))
        opened = pause(growth)

    assert counts == [16, 48, 144, 256]


def test_a_server_that_answers_what_was_started_last_within_the_pause_is_near(
    in_flight, connections
):
    growth = Growth(in_flight, resting=0, per_connection=1)
    *_, last = connections(16)
    growth.last_started = last
    growth.look([last], seconds=FAST)

    connections(pause(growth))
    assert len(in_flight) == 32
    assert pause(growth) == 0


def test_an_answer_to_what_was_started_earlier_says_nothing_of_the_distance(in_flight, connections):
    growth = Growth(in_flight, resting=0, per_connection=1)
    first, *_, last = connections(16)
    growth.last_started = first
    growth.last_started = last
    growth.look([first], seconds=FAST)

    assert pause(growth) == 32


def test_nobody_who_lacks_no_connection_opens_one(in_flight):
    growth = Growth(in_flight, resting=16, per_connection=1)
    growth.look([], seconds=SLOW)

    assert openings(growth) == 0


@pytest.mark.parametrize(("at_once", "opened"), [(1, 16), (16, 16), (64, 4), (128, 4)])
def test_few_connections_are_enough_where_each_carries_many(in_flight, at_once, opened):
    assert openings(Growth(in_flight, resting=0, per_connection=at_once)) == opened


def test_answers_of_a_far_server_gather_once_many_are_awaited(in_flight, connections):
    growth = Growth(in_flight, resting=0, per_connection=1)
    connections(63)
    assert growth.gather_seconds == 0
    *_, last = connections(1)
    assert growth.gather_seconds == 0.001
    growth.last_started = last
    growth.look([last], seconds=FAST)
    assert growth.gather_seconds == 0
