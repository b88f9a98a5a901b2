"""What a caller sees of sending, against a real server."""

import asyncio
import contextlib
import json
import threading
import time

import boto3
import pytest

from django_aws_api_gateway_websockets.core.errors import MissingCredentialsError
from django_aws_api_gateway_websockets.core.retry import RetryPolicy
from django_aws_api_gateway_websockets.core.sigv4 import Credentials
from django_aws_api_gateway_websockets.delivery.destination import Destination
from django_aws_api_gateway_websockets.delivery.endpoint import Endpoint
from django_aws_api_gateway_websockets.delivery.exchange import Timeouts
from django_aws_api_gateway_websockets.delivery.report import OutcomeKind
from django_aws_api_gateway_websockets.delivery.sender import Sender
from tests.delivery.conftest import make_sender
from tests.delivery.recording_server import (
    BROKEN,
    GONE,
    KEYS,
    REGION,
    THROTTLED,
    TOO_LARGE,
    RecordingServer,
    Reply,
    signed_by_botocore,
)

BODY = '{"hello": "grüße"}'.encode()
ID = "L0SM9cOFvHcCIhw="


def ids(number):
    return [f"L0SM9cOFv{index:06}=" for index in range(number)]


def count_kinds(outcomes):
    counts = {}
    for outcome in outcomes:
        counts[outcome.kind] = counts.get(outcome.kind, 0) + 1
    return counts


class WaitsOneSecond(RetryPolicy):
    """The usual policy without its jitter."""

    def wait_seconds(self, **situation):
        return None if super().wait_seconds(**situation) is None else 1.0


def unused_port():
    with RecordingServer() as closed_soon:
        return closed_soon.port


# What is sent.


def test_a_post_arrives_whole_and_signed_as_botocore_signs(server, sender):
    outcome = sender.post(ID, BODY)

    assert (outcome.kind, outcome.status, outcome.attempts) == (OutcomeKind.SENT, 200, 1)
    assert outcome.connection_id == ID
    [request] = server.arrived
    assert (request.method, request.target) == ("POST", "/prod/@connections/L0SM9cOFvHcCIhw%3D")
    assert request.body == BODY
    host = f"localhost:{server.port}"
    assert request.header("authorization") == signed_by_botocore(request, host=host)


def test_boto3_sends_the_same_request(server, sender):
    client = boto3.client(
        "apigatewaymanagementapi",
        endpoint_url=server.url,
        region_name=REGION,
        aws_access_key_id=KEYS.access_key,
        aws_secret_access_key=KEYS.secret_key,
    )

    client.post_to_connection(ConnectionId=ID, Data=BODY)
    sender.post(ID, BODY)
    client.get_connection(ConnectionId=ID)
    sender.get(ID)
    client.delete_connection(ConnectionId=ID)
    sender.delete(ID)
    client.close()

    host = f"localhost:{server.port}"
    for theirs, ours in zip(server.arrived[::2], server.arrived[1::2], strict=True):
        assert (theirs.method, theirs.target, theirs.body) == (ours.method, ours.target, ours.body)
        assert theirs.header("host") == ours.header("host")
        assert theirs.header("content-length") == ours.header("content-length")
        assert theirs.header("authorization") == signed_by_botocore(theirs, host=host)
        assert ours.header("authorization") == signed_by_botocore(ours, host=host)


def test_every_recipient_of_a_broadcast_gets_a_signature_of_its_own(server, sender):
    outcomes = list(sender.post_many(ids(200), BODY))

    assert count_kinds(outcomes) == {OutcomeKind.SENT: 200}
    host = f"localhost:{server.port}"
    for request in server.arrived:
        assert request.header("authorization") == signed_by_botocore(request, host=host)


def test_a_session_token_travels_and_is_signed(server, pool):
    keys = Credentials(KEYS.access_key, KEYS.secret_key, "a/session+token==")

    make_sender(server, pool, credentials=lambda: keys).post(ID, BODY)

    [request] = server.arrived
    assert request.header("x-amz-security-token") == "a/session+token=="
    assert request.header("authorization") == signed_by_botocore(
        request, host=f"localhost:{server.port}"
    )


def test_credentials_are_asked_for_with_every_call(server, pool):
    server.secrets["AKSECOND"] = "another-secret"
    current = [KEYS, Credentials("AKSECOND", "another-secret")]
    sender = make_sender(server, pool, credentials=lambda: current.pop(0))

    sender.post("first", BODY)
    sender.post("second", BODY)

    assert [request.access_key for request in server.arrived] == [KEYS.access_key, "AKSECOND"]


def test_missing_credentials_are_an_error_before_anything_is_sent(server, pool):
    def nobody():
        raise MissingCredentialsError("There are no AWS credentials.")

    with pytest.raises(MissingCredentialsError):
        make_sender(server, pool, credentials=nobody).post(ID, BODY)

    assert server.arrived == []


def test_the_largest_message_goes_through_the_socket_in_pieces(server, sender):
    body = b"x" * 131_072

    outcomes = list(sender.post_many(ids(20), body))

    assert count_kinds(outcomes) == {OutcomeKind.SENT: 20}
    assert {request.body for request in server.arrived} == {body}


def test_get_and_delete_are_signed_and_answered(server, sender):
    server.will_answer(
        ID, Reply(body=b'{\n  "connectedAt" : "2026-09-25T00:22:29.887Z"\n}'), Reply(204)
    )

    asked = sender.get(ID)
    deleted = sender.delete(ID)

    assert json.loads(asked.answer.body) == {"connectedAt": "2026-09-25T00:22:29.887Z"}
    assert (deleted.kind, deleted.status) == (OutcomeKind.SENT, 204)
    assert [request.method for request in server.arrived] == ["GET", "DELETE"]


# What comes back.


def test_a_gone_connection_is_told_by_its_status_alone(server, sender):
    server.will_answer(ID, GONE)

    outcome = sender.post(ID, BODY)

    assert (outcome.kind, outcome.error_code, outcome.message) == (
        OutcomeKind.GONE,
        "GoneException",
        "",
    )
    assert outcome.attempts == 1


def test_a_naked_413_is_too_large_and_the_connection_goes_on(server, sender):
    server.will_answer(ID, TOO_LARGE)

    outcome = sender.post(ID, BODY)
    sender.post("next", BODY)

    assert (outcome.kind, outcome.error_code) == (OutcomeKind.TOO_LARGE, "413")
    assert server.peers == 1


@pytest.mark.parametrize("status", [400, 403, 404])
def test_a_refusal_is_not_repeated(server, sender, status):
    server.will_answer(ID, Reply(status))

    outcome = sender.post(ID, BODY)

    assert (outcome.kind, outcome.attempts) == (OutcomeKind.REFUSED, 1)


def test_a_redirect_is_never_followed(server, sender):
    server.will_answer(ID, Reply(307, (("Location", server.url + "/elsewhere"),)))

    outcome = sender.post(ID, BODY)

    assert (outcome.kind, outcome.status) == (OutcomeKind.REFUSED, 307)
    assert len(server.arrived) == 1


def test_a_chunked_answer_is_read(server, sender):
    server.will_answer(ID, Reply(403, (), b'{"message": "Forbidden"}', chunked=True))

    assert sender.post(ID, BODY).message == "Forbidden"
    assert sender.post(ID, BODY).kind is OutcomeKind.SENT
    assert server.peers == 1


def test_an_answer_that_ends_with_the_connection_is_read(server, sender):
    server.will_answer(ID, Reply(403, (), b'{"message": "Forbidden"}', without_length=True))

    assert sender.post(ID, BODY).message == "Forbidden"
    assert sender.post(ID, BODY).kind is OutcomeKind.SENT
    assert server.peers == 2


def test_an_interim_answer_is_passed_over(server, sender):
    server.will_answer(ID, Reply(raw=b"HTTP/1.1 103 Early Hints\r\n\r\n" + GONE.encode()))

    assert sender.post(ID, BODY).kind is OutcomeKind.GONE


def test_a_connection_the_server_announces_to_close_is_not_kept(server, sender, pool):
    server.will_answer(ID, Reply(announce_close=True))

    sender.post(ID, BODY)

    assert pool.count_idle(Destination.of(sender.endpoint)) == 0


def test_what_is_not_http_fails_with_a_reason(server, sender):
    server.default = Reply(raw=b"SSH-2.0-OpenSSH_9.2\r\n")

    outcome = sender.post(ID, BODY)

    assert (outcome.kind, outcome.attempts) == (OutcomeKind.FAILED, 3)
    assert "not HTTP" in outcome.message


def test_an_endless_answer_is_cut_off(server, pool):
    server.default = Reply(body=b"x" * 1_100_000)

    outcome = make_sender(server, pool, retries=RetryPolicy(max_attempts=1)).post(ID, BODY)

    assert (outcome.kind, outcome.message) == (
        OutcomeKind.FAILED,
        "the answer is longer than 1048576 bytes",
    )


# What is tried again.


def test_a_throttled_post_is_sent_again(server, sender):
    server.will_answer(ID, THROTTLED)

    outcome = sender.post(ID, BODY)

    assert (outcome.kind, outcome.attempts) == (OutcomeKind.SENT, 2)


def test_two_server_errors_are_survived(server, sender):
    server.will_answer(ID, BROKEN, BROKEN)

    outcome = sender.post(ID, BODY)

    assert (outcome.kind, outcome.attempts) == (OutcomeKind.SENT, 3)


def test_the_third_failure_is_the_outcome(server, sender):
    server.will_answer("a", THROTTLED, THROTTLED, THROTTLED)
    server.will_answer("b", BROKEN, BROKEN, BROKEN)

    outcomes = {outcome.connection_id: outcome for outcome in sender.post_many("ab", BODY)}

    assert (outcomes["a"].kind, outcomes["a"].error_code) == (
        OutcomeKind.THROTTLED,
        "LimitExceededException",
    )
    assert (outcomes["b"].kind, outcomes["b"].message) == (
        OutcomeKind.FAILED,
        "Internal server error",
    )
    assert server.ids == {"a": 3, "b": 3}


def test_a_throttled_recipient_does_not_delay_the_others(server, pool):
    sender = make_sender(server, pool, retries=WaitsOneSecond())
    server.will_answer(ids(100)[0], THROTTLED)

    order = [outcome.connection_id for outcome in sender.post_many(ids(100), BODY, max_in_flight=2)]

    assert order[-1] == ids(100)[0]
    assert len(order) == 100


def test_an_answer_that_breaks_off_is_asked_for_again(server, sender):
    server.will_answer(ID, Reply(body=b"x" * 100, cut_at=80))

    outcome = sender.post(ID, BODY)

    assert (outcome.kind, outcome.attempts) == (OutcomeKind.SENT, 2)


def test_300_of_300_posts_arrive_though_the_server_closes_after_each(server, sender):
    server.default = Reply(drop_after=True)

    outcomes = [sender.post(connection_id, BODY) for connection_id in ids(300)]

    assert count_kinds(outcomes) == {OutcomeKind.SENT: 300}
    assert {outcome.attempts for outcome in outcomes} == {1}
    assert server.peers == 300


def test_300_of_300_of_a_broadcast_arrive_though_the_server_closes_after_each(server, sender):
    server.default = Reply(drop_after=True)

    outcomes = list(sender.post_many(ids(300), BODY, max_in_flight=8))

    assert count_kinds(outcomes) == {OutcomeKind.SENT: 300}
    assert {outcome.attempts for outcome in outcomes} == {1}


def test_connections_that_were_closed_while_resting_are_noticed_before_use(server, sender):
    list(sender.post_many(ids(50), BODY))
    server.close_peers()

    outcomes = list(sender.post_many(ids(50), BODY))

    assert count_kinds(outcomes) == {OutcomeKind.SENT: 50}
    assert server.ids == dict.fromkeys(ids(50), 2)


# Deadlines.


def test_a_silent_server_costs_the_read_timeout(server, pool):
    server.will_answer(ID, Reply(never=True))
    sender = make_sender(server, pool, timeouts=Timeouts(read_seconds=0.2))

    outcome = sender.post(ID, BODY)

    assert (outcome.kind, outcome.attempts) == (OutcomeKind.SENT, 2)


def test_a_server_that_stays_silent_fails_with_the_reason(server, pool):
    server.default = Reply(never=True)
    sender = make_sender(
        server, pool, timeouts=Timeouts(read_seconds=0.2), retries=RetryPolicy(max_attempts=1)
    )

    outcome = sender.post(ID, BODY)

    assert (outcome.kind, outcome.message) == (OutcomeKind.FAILED, "no answer within 0.2 seconds")


def test_a_whole_call_ends_at_its_deadline_with_an_outcome_for_everybody(server, pool):
    for connection_id in ids(40)[::2]:
        server.will_answer(connection_id, Reply(never=True))
    sender = make_sender(server, pool, timeouts=Timeouts(total_seconds=0.5))

    begun = time.monotonic()
    outcomes = list(sender.post_many(ids(40), BODY, max_in_flight=4))

    assert time.monotonic() - begun < 5
    assert sorted(outcome.connection_id for outcome in outcomes) == ids(40)
    failed = [outcome for outcome in outcomes if outcome.kind is OutcomeKind.FAILED]
    assert {outcome.message for outcome in failed} == {
        "the 0.5 seconds for the whole call are over"
    }


def test_no_wait_goes_beyond_the_deadline_of_the_call(server, pool):
    server.default = THROTTLED
    slow = RetryPolicy(first_wait_seconds=60.0, max_wait_seconds=60.0)
    sender = make_sender(server, pool, retries=slow, timeouts=Timeouts(total_seconds=0.2))

    begun = time.monotonic()
    outcome = sender.post(ID, BODY)

    assert outcome.kind is OutcomeKind.THROTTLED
    assert time.monotonic() - begun < 5


def test_a_caller_who_takes_long_over_an_outcome_does_not_make_the_others_late(server, pool):
    sender = make_sender(
        server, pool, timeouts=Timeouts(read_seconds=0.3), retries=RetryPolicy(max_attempts=1)
    )
    outcomes = sender.post_many(ids(20), BODY, max_in_flight=4)

    kinds = {next(outcomes).kind}
    threading.Event().wait(0.6)
    kinds |= {outcome.kind for outcome in outcomes}

    assert kinds == {OutcomeKind.SENT}


# Nobody there.


def test_a_refused_connection_fails_in_words_of_the_operating_system(pool):
    endpoint = Endpoint.parse(f"http://localhost:{unused_port()}/prod", region=REGION)

    outcome = Sender(endpoint, lambda: KEYS, pool=pool).post(ID, BODY)

    assert (outcome.kind, outcome.status, outcome.attempts) == (OutcomeKind.FAILED, None, 3)
    assert outcome.message == "Connection refused"


def test_a_name_that_does_not_resolve_fails_with_the_reason(pool):
    endpoint = Endpoint.parse("http://nowhere.invalid/prod", region=REGION)

    outcome = Sender(endpoint, lambda: KEYS, pool=pool).post(ID, BODY)

    assert (outcome.kind, outcome.status) == (OutcomeKind.FAILED, None)
    assert "name" in outcome.message.lower()


def test_a_large_audience_is_given_up_soon_when_nothing_answers(pool):
    endpoint = Endpoint.parse(f"http://localhost:{unused_port()}/prod", region=REGION)

    begun = time.monotonic()
    outcomes = list(Sender(endpoint, lambda: KEYS, pool=pool).post_many(ids(20_000), BODY))

    assert time.monotonic() - begun < 10
    assert len({outcome.connection_id for outcome in outcomes}) == 20_000
    assert count_kinds(outcomes) == {OutcomeKind.FAILED: 20_000}
    assert {outcome.message for outcome in outcomes} == {"Connection refused"}


# How much is open.


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


# Threads and event loops.


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
