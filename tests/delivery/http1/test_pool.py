"""Connections between the calls."""

import threading

import pytest

from django_aws_api_gateway_websockets.delivery.http1.connection import BrokenConnectionError
from django_aws_api_gateway_websockets.delivery.http1.destination import Destination
from django_aws_api_gateway_websockets.delivery.http1.pool import MAX_IDLE_SECONDS, Pool
from tests.delivery.conftest import make_sender
from tests.delivery.recording_server import RecordingServer, Reply


@pytest.fixture
def now():
    return [0.0]


@pytest.fixture
def make_pool(now):
    pools = []

    def make(**options):
        pools.append(Pool(clock=lambda: now[0], **options))
        return pools[-1]

    yield make
    for pool in pools:
        pool.close()


def use_at_once(server, pool, number):
    """Send so that as many connections are needed at once, and say how many rest afterwards."""
    everybody = threading.Barrier(number)

    def post(name):
        sender = make_sender(server, pool)
        outcomes = sender.post_many(wait_for(everybody, name), b"x", max_in_flight=1)
        assert [outcome.status for outcome in outcomes] == [200, 200]

    threads = [threading.Thread(target=post, args=(str(index),)) for index in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    return pool.count_idle(Destination.of(make_sender(server, pool).endpoint))


def wait_for(everybody, name):
    yield name
    # Pulled when the first answer is there and its connection is still this thread's own.
    everybody.wait(10)
    yield name


def test_no_more_than_the_cap_are_kept(server, make_pool):
    assert use_at_once(server, make_pool(max_idle=3), 8) == 3


def test_a_connection_that_rested_too_long_is_not_used_again(server, make_pool, now):
    pool = make_pool(max_idle_seconds=50.0)
    sender = make_sender(server, pool)
    sender.post("a", b"x")

    now[0] = 50.0
    sender.post("a", b"x")
    assert server.peers == 1

    now[0] = 100.1
    sender.post("a", b"x")
    assert server.peers == 2


def test_old_connections_are_closed_when_another_comes_back(server, make_pool, now):
    pool = make_pool(max_idle_seconds=50.0)
    assert use_at_once(server, pool, 4) == 4

    now[0] = 30.0
    make_sender(server, pool).post("a", b"x")
    now[0] = 60.0
    make_sender(server, pool).post("a", b"x")

    assert pool.count_idle(Destination.of(make_sender(server, pool).endpoint)) == 1


def test_closing_a_pool_leaves_it_usable(server, make_pool):
    pool = make_pool()
    sender = make_sender(server, pool)
    sender.post("a", b"x")

    pool.close()

    assert pool.count_idle(Destination.of(sender.endpoint)) == 0
    assert sender.post("a", b"x").status == 200


def test_destinations_do_not_share_connections(server, make_pool):
    pool = make_pool()
    sender = make_sender(server, pool)
    sender.post("a", b"x")

    other = Destination("127.0.0.1", server.port, None, None)

    assert pool.borrow(other) is None
    assert pool.count_idle(other) == 0


def test_a_host_without_address_is_told(make_pool):
    with pytest.raises(BrokenConnectionError, match=r"(?i)name"):
        make_pool().open(Destination("nowhere.invalid", 80, None, None))


def test_a_broken_connection_never_comes_back(server, make_pool):
    pool = make_pool()
    sender = make_sender(server, pool)
    server.will_answer("a", Reply(cut_at=10))

    sender.post("a", b"x")

    assert pool.count_idle(Destination.of(sender.endpoint)) == 1
    assert server.peers == 2


def test_connections_to_where_nobody_sends_any_more_are_closed_too(server, make_pool, now):
    pool = make_pool()
    forgotten = Destination.of(make_sender(server, pool).endpoint)
    assert use_at_once(server, pool, 3) == 3

    now[0] += MAX_IDLE_SECONDS + 1
    with RecordingServer() as other:
        assert use_at_once(other, pool, 1) == 1

    assert pool.count_idle(forgotten) == 0
