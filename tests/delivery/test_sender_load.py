"""A sender opens, pulls and keeps no more than it needs, and threads may share it."""

import asyncio
import contextlib
import threading
import zlib

import pytest

from django_aws_api_gateway_websockets.core.retry import RetryPolicy
from django_aws_api_gateway_websockets.delivery.fan_out import Timeouts
from django_aws_api_gateway_websockets.delivery.outcome import OutcomeKind
from tests.delivery.conftest import count_kinds, ids, make_sender
from tests.delivery.recording_server import Reply

pytestmark = pytest.mark.slow

BODY = '{"hello": "grüße"}'.encode()
ID = "L0SM9cOFvHcCIhw="


def test_10000_recipients_from_a_generator_are_pulled_as_they_are_served(server, sender):
    pulled = served = ahead = 0

    def recipients():
        nonlocal pulled, ahead
        for connection_id in ids(10_000):
            pulled += 1
            ahead = max(ahead, pulled - served)
            yield connection_id

    for outcome in sender.post_many(recipients(), BODY, max_in_flight=64):
        assert outcome.kind is OutcomeKind.SENT
        served += 1

    assert served == 10_000
    assert server.ids == dict.fromkeys(ids(10_000), 1)
    assert server.peers <= 64
    # Under way, finished but not handed over, and the few that found no connection free.
    assert ahead <= 64 + 256 + 64


def test_five_recipients_do_not_open_more_than_five_connections(server, sender):
    list(sender.post_many(ids(5), BODY))

    assert server.peers <= 5


def test_a_slow_server_is_given_more_connections(server, sender):
    started = threading.Event()

    def held_back(request):
        started.set()
        return Reply(never=True)

    server.answer = held_back
    hurried = make_sender(
        server,
        sender._pool,
        timeouts=Timeouts(total_seconds=1.0),
        retries=RetryPolicy(max_attempts=1),
    )

    list(hurried.post_many(ids(300), BODY, max_in_flight=100))

    assert started.is_set()
    assert server.peers == 100


def test_one_in_flight_keeps_the_order(server, sender):
    list(sender.post_many(ids(30), BODY, max_in_flight=1))

    assert [request.connection_id for request in server.arrived] == ids(30)
    assert server.peers == 1


@pytest.mark.parametrize("number", [0, -1])
def test_nothing_in_flight_is_refused_at_once(sender, number):
    with pytest.raises(ValueError, match="max_in_flight"):
        sender.post_many([], BODY, max_in_flight=number)


def test_nobody_to_send_to_is_no_work(server, sender):
    assert list(sender.post_many([], BODY)) == []
    assert server.peers == 0


def test_connections_outlive_the_call(server, sender):
    for connection_id in ids(20):
        sender.post(connection_id, BODY)

    assert server.peers == 1


def test_breaking_off_leaves_no_half_used_connection_behind(server, sender):
    for outcome in sender.post_many(ids(1_000), BODY, max_in_flight=32):
        assert outcome.kind is OutcomeKind.SENT
        break

    outcomes = list(sender.post_many([f"after{index}" for index in range(200)], BODY))

    assert count_kinds(outcomes) == {OutcomeKind.SENT: 200}
    assert all(server.ids[f"after{index}"] == 1 for index in range(200))


def test_an_interrupt_leaves_no_half_used_connection_behind(server, sender):
    def interrupted():
        yield from ids(100)
        raise KeyboardInterrupt

    with contextlib.suppress(KeyboardInterrupt):
        list(sender.post_many(interrupted(), BODY, max_in_flight=8))

    assert sender.post("after", BODY).attempts == 1
    assert server.ids["after"] == 1


def test_32_threads_share_a_sender(server, sender):
    sent = []

    def work(number):
        sent.extend(
            sender.post_many([f"{number}-{index}" for index in range(50)], BODY, max_in_flight=4)
        )
        sent.extend(sender.post(f"{number}-alone-{index}", BODY) for index in range(10))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert count_kinds(sent) == {OutcomeKind.SENT: 32 * 60}
    assert set(server.ids.values()) == {1}


async def test_async_code_sends_from_threads(server, sender):
    outcomes = await asyncio.gather(
        *(asyncio.to_thread(sender.post, connection_id, BODY) for connection_id in ids(40))
    )

    assert count_kinds(outcomes) == {OutcomeKind.SENT: 40}


def test_posts_that_are_never_answered_keep_nobody_else_waiting(server, pool):
    server.answer = lambda request: Reply(never=hash_of(request.connection_id) % 10 == 0)
    patient = make_sender(
        server, pool, timeouts=Timeouts(read_seconds=60), retries=RetryPolicy(max_attempts=1)
    )
    answered = sum(hash_of(connection_id) % 10 != 0 for connection_id in ids(4_000))

    outcomes = patient.post_many(ids(4_000), BODY)
    heard = [next(outcomes) for _ in range(answered)]
    outcomes.close()

    # Hundreds are silent by now, far more than there are places.
    assert len(ids(4_000)) - answered > 256
    assert count_kinds(heard) == {OutcomeKind.SENT: answered}


def test_nobody_waits_for_the_connection_of_one_who_is_never_answered(server, pool):
    patient = make_sender(
        server, pool, timeouts=Timeouts(read_seconds=60), retries=RetryPolicy(max_attempts=1)
    )
    silent, other = ids(2)
    list(patient.post_many([other], BODY))
    server.answer = lambda request: Reply(never=request.connection_id == silent)

    outcomes = patient.post_many([silent, other], BODY)
    heard = next(outcomes)
    outcomes.close()

    assert (heard.connection_id, heard.kind) == (other, OutcomeKind.SENT)


def test_a_server_that_answers_nobody_is_not_asked_by_more_at_once(server, pool):
    server.answer = lambda _: Reply(never=True)
    hurried = make_sender(
        server,
        pool,
        timeouts=Timeouts(total_seconds=2.0),
        retries=RetryPolicy(max_attempts=1),
    )

    list(hurried.post_many(ids(400), BODY))

    assert server.peers == 256


def test_silent_connections_count_among_those_under_way(server, pool):
    server.answer = lambda request: Reply(never=request.connection_id in ids(4))
    hurried = make_sender(
        server,
        pool,
        timeouts=Timeouts(read_seconds=1.0),
        retries=RetryPolicy(max_attempts=1),
    )

    outcomes = count_kinds(hurried.post_many(ids(100), BODY, max_in_flight=4))

    assert outcomes == {OutcomeKind.SENT: 96, OutcomeKind.FAILED: 4}
    assert server.peers <= 8


def hash_of(connection_id):
    """Something of a connection id that is the same in every process."""
    return zlib.crc32(connection_id.encode())
