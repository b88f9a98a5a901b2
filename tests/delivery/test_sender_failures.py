"""A sender tries failed posts again for a while, and gives the reason when it gives up."""

import threading
import time

from django_aws_api_gateway_websockets.core.retry import RetryPolicy
from django_aws_api_gateway_websockets.delivery.endpoint import Endpoint
from django_aws_api_gateway_websockets.delivery.fan_out import Timeouts
from django_aws_api_gateway_websockets.delivery.outcome import OutcomeKind
from django_aws_api_gateway_websockets.delivery.sender import Sender
from tests.delivery.conftest import count_kinds, ids, make_sender
from tests.delivery.recording_server import BROKEN, KEYS, REGION, THROTTLED, RecordingServer, Reply

BODY = '{"hello": "grüße"}'.encode()
ID = "L0SM9cOFvHcCIhw="


class WaitsOneSecond(RetryPolicy):
    """The usual policy without its jitter."""

    def wait_seconds(self, **situation):
        return None if super().wait_seconds(**situation) is None else 1.0


def unused_port():
    with RecordingServer() as closed_soon:
        return closed_soon.port


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


def test_a_silent_server_costs_the_read_timeout(server, pool):
    server.will_answer(ID, Reply(never=True))
    sender = make_sender(server, pool, timeouts=Timeouts(read_seconds=0.2))

    outcome = sender.post(ID, BODY)

    assert (outcome.kind, outcome.attempts) == (OutcomeKind.SENT, 2)


def test_a_post_without_an_answer_is_tried_again_on_a_new_connection(server, pool):
    sender = make_sender(server, pool, timeouts=Timeouts(read_seconds=0.5))
    server.will_answer(ids(100)[50], Reply(never=True))

    outcomes = list(sender.post_many(ids(100), BODY, max_in_flight=8))

    assert {outcome.kind for outcome in outcomes} == {OutcomeKind.SENT}
    *earlier, again = server.arrived
    assert again.connection_id == ids(100)[50]
    assert again.peer not in {request.peer for request in earlier}


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
