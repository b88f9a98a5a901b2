"""A broadcast goes on when addresses, handshakes and kept connections fail it."""

import socket

import pytest

from django_aws_api_gateway_websockets.core.retry import RetryPolicy
from django_aws_api_gateway_websockets.delivery.endpoint import Endpoint
from django_aws_api_gateway_websockets.delivery.fan_out import Timeouts
from django_aws_api_gateway_websockets.delivery.outcome import OutcomeKind
from django_aws_api_gateway_websockets.delivery.sender import Sender
from tests.delivery.conftest import make_sender
from tests.delivery.recording_server import KEYS, REGION, RecordingServer, Reply


@pytest.fixture
def two_addresses(monkeypatch):
    """A name with two addresses, of which the server listens on the second only."""

    def getaddrinfo(_host, port, **_options):
        return [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))
            for address in ("127.0.0.2", "127.0.0.1")
        ]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


@pytest.mark.usefixtures("two_addresses")
def test_the_next_address_is_tried_at_once_when_one_refuses(server, sender):
    outcomes = list(sender.post_many(map(str, range(100)), b"hello"))

    assert {(outcome.kind, outcome.attempts) for outcome in outcomes} == {(OutcomeKind.SENT, 1)}


@pytest.mark.usefixtures("two_addresses")
def test_one_post_survives_an_address_that_refuses(sender):
    assert sender.post("a", b"hello").attempts == 1


def test_a_handshake_that_never_ends_costs_the_connect_timeout(pool):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        endpoint = Endpoint.parse(f"https://localhost:{silent.getsockname()[1]}", region=REGION)
        timeouts = Timeouts(connect_seconds=0.2)
        retries = RetryPolicy(max_attempts=1)
        sender = Sender(endpoint, lambda: KEYS, pool=pool, timeouts=timeouts, retries=retries)

        outcomes = list(sender.post_many(map(str, range(100)), b"hello"))

    assert {outcome.kind for outcome in outcomes} == {OutcomeKind.FAILED}
    assert {outcome.message for outcome in outcomes} == {"no connection within 0.2 seconds"}
    # All but the first few were spared the wait.
    assert sum(outcome.attempts for outcome in outcomes) <= 16


@pytest.mark.parametrize("in_flight", [1, 8])
def test_a_server_that_resets_after_each_answer_gets_every_post(server, sender, in_flight):
    server.default = Reply(reset_after=True)

    outcomes = list(sender.post_many(map(str, range(300)), b"hello", max_in_flight=in_flight))

    assert {(outcome.kind, outcome.attempts) for outcome in outcomes} == {(OutcomeKind.SENT, 1)}
    assert len(outcomes) == 300


def test_a_second_answer_to_one_request_does_not_reach_the_next(server, sender):
    server.will_answer("first", Reply(raw=Reply().encode() + Reply(410).encode()))

    outcomes = [sender.post("first", b"hello"), sender.post("second", b"hello")]

    assert [outcome.kind for outcome in outcomes] == [OutcomeKind.SENT, OutcomeKind.SENT]
    assert server.peers == 2


def test_an_audience_that_raises_ends_the_broadcast(server, sender):
    def recipients():
        yield from map(str, range(50))
        raise RuntimeError("the cursor is closed")

    with pytest.raises(RuntimeError, match="cursor"):
        list(sender.post_many(recipients(), b"hello"))

    assert sender.post("after", b"hello").kind is OutcomeKind.SENT


def test_a_gateway_that_vanishes_midway_fails_the_rest(pool):
    with RecordingServer() as vanishing:
        sender = make_sender(vanishing, pool, retries=RetryPolicy(max_attempts=1))
        outcomes = sender.post_many(map(str, range(2_000)), b"hello", max_in_flight=8)
        first = [next(outcomes) for _ in range(50)]
    rest = list(outcomes)

    assert {outcome.kind for outcome in first} == {OutcomeKind.SENT}
    assert len(first) + len(rest) == 2_000
    assert rest[-1].kind is OutcomeKind.FAILED
