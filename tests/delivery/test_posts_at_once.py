"""Several posts in a row over one connection, to a server that says it is made for that."""

import pytest

from django_aws_api_gateway_websockets.core.retry import RetryPolicy
from django_aws_api_gateway_websockets.delivery.fan_out import Timeouts
from django_aws_api_gateway_websockets.delivery.outcome import OutcomeKind
from django_aws_api_gateway_websockets.delivery.posts_at_once import IS_SWITCHED_OFF
from tests.delivery.conftest import count_kinds, ids, make_sender
from tests.delivery.recording_server import BROKEN, GONE, THROTTLED, Reply

pytestmark = pytest.mark.skipif(IS_SWITCHED_OFF, reason="every post is sent by itself")

BODY = b'{"text": "hello"}'
AT_ONCE = ("X-Requests-At-Once", "16")
TAKEN = Reply(headers=(AT_ONCE,))


@pytest.fixture
def batching(server, sender):
    """A sender that knows the server takes many at once."""
    server.default = TAKEN
    assert sender.post("first", BODY).kind is OutcomeKind.SENT
    server.arrived.clear()
    server.most_at_once = 0
    return sender


def test_a_server_that_says_nothing_gets_one_request_after_the_other(server, sender):
    list(sender.post_many(ids(500), BODY))

    assert server.most_at_once == 1


@pytest.mark.parametrize("number", ["0", "-1", "129", "9999999999", "many", "", "1"])
def test_a_server_that_says_nonsense_gets_one_request_after_the_other(server, sender, number):
    server.default = Reply(headers=(("X-Requests-At-Once", number),))

    list(sender.post_many(ids(200), BODY))

    assert server.most_at_once == 1


def test_each_recipient_is_served_once_over_few_connections(server, batching):
    outcomes = list(batching.post_many(iter(ids(2_000)), BODY))

    assert {(outcome.kind, outcome.attempts) for outcome in outcomes} == {(OutcomeKind.SENT, 1)}
    assert server.ids == dict.fromkeys(ids(2_000), 1)
    assert 1 < server.most_at_once <= 16
    # Sixteen, and as many more as had to be waited for on a busy machine.
    assert server.peers <= 64


def test_each_answer_belongs_to_its_own_request(server, batching):
    server.answer = lambda request: Reply(
        headers=(AT_ONCE, ("x-amzn-RequestId", request.connection_id))
        if not request.connection_id.endswith("7=")
        else (AT_ONCE, *GONE.headers),
        status=410 if request.connection_id.endswith("7=") else 200,
        body=request.connection_id.encode(),
    )

    outcomes = {one.connection_id: one for one in batching.post_many(ids(300), BODY)}

    assert server.most_at_once > 1
    for connection_id, outcome in outcomes.items():
        assert outcome.response.body == connection_id.encode()
        if connection_id.endswith("7="):
            assert (outcome.kind, outcome.error_code) == (OutcomeKind.GONE, "GoneException")
        else:
            # The server adds one of its own before it.
            assert outcome.headers["x-amzn-requestid"] == connection_id


def test_refused_connections_are_tried_again_and_the_others_are_not(server, batching):
    throttled, broken = ids(100)[10], ids(100)[11]
    server.will_answer(throttled, THROTTLED)
    server.will_answer(broken, BROKEN, BROKEN)

    outcomes = list(batching.post_many(ids(100), BODY))

    assert count_kinds(outcomes) == {OutcomeKind.SENT: 100}
    again = {one.connection_id: one.attempts for one in outcomes if one.attempts > 1}
    assert again == {throttled: 2, broken: 3}
    assert sum(server.ids.values()) == 103


def test_a_connection_that_breaks_between_two_answers_costs_nobody_the_message(server, batching):
    for connection_id in ids(600)[5::40]:
        server.will_answer(connection_id, Reply(cut_at=0))

    outcomes = list(batching.post_many(ids(600), BODY))

    assert count_kinds(outcomes) == {OutcomeKind.SENT: 600}
    assert set(server.ids) == set(ids(600))
    # Those in the same batch behind one that broke may have got it twice, nobody else.
    assert sum(count > 1 for count in server.ids.values()) <= 15 * 16


def test_connections_that_were_closed_while_resting_are_replaced(server, batching):
    list(batching.post_many(ids(100), BODY))
    server.close_peers()

    outcomes = list(batching.post_many(ids(100), BODY))

    assert {(outcome.kind, outcome.attempts) for outcome in outcomes} == {(OutcomeKind.SENT, 1)}


def test_a_server_that_resets_after_each_answer_gets_every_post(server, batching):
    server.default = Reply(headers=(AT_ONCE,), reset_after=True)

    outcomes = list(batching.post_many(ids(100), BODY))

    assert count_kinds(outcomes) == {OutcomeKind.SENT: 100}


def test_answers_that_came_before_the_silence_count(server, pool, batching):
    server.will_answer(ids(8)[4], Reply(never=True))
    hurried = make_sender(
        server, pool, timeouts=Timeouts(read_seconds=0.5), retries=RetryPolicy(max_attempts=1)
    )

    outcomes = {one.connection_id: one.kind for one in hurried.post_many(ids(8), BODY)}

    # HTTP answers in order: what comes after the one that is missing belongs to nobody.
    assert [outcomes[one] for one in ids(4)] == [OutcomeKind.SENT] * 4
    assert server.most_at_once == 8


def test_a_call_that_ends_at_its_deadline_knows_who_was_served(server, pool, batching):
    server.will_answer(ids(8)[4], Reply(never=True))
    hurried = make_sender(server, pool, timeouts=Timeouts(total_seconds=0.5))

    outcomes = {one.connection_id: one.kind for one in hurried.post_many(ids(8), BODY)}

    assert [outcomes[one] for one in ids(4)] == [OutcomeKind.SENT] * 4
    assert outcomes[ids(8)[4]] is not OutcomeKind.GONE
    assert len(outcomes) == 8


def test_one_in_flight_is_one(server, batching):
    list(batching.post_many(ids(50), BODY, max_in_flight=1))

    assert [request.connection_id for request in server.arrived] == ids(50)
    assert server.most_at_once == 1


def test_no_more_are_under_way_than_is_allowed(server, batching):
    list(batching.post_many(ids(300), BODY, max_in_flight=5))

    assert 1 < server.most_at_once <= 5


def test_a_rate_is_kept_request_by_request(server, batching):
    list(batching.post_many(ids(40), BODY, per_second=200))

    assert server.most_at_once == 1


def test_long_messages_travel_alone(server, batching):
    list(batching.post_many(ids(40), b"x" * 66_000))

    assert server.most_at_once == 1


def test_a_server_that_takes_it_back_is_believed(server, batching):
    server.default = Reply()
    list(batching.post_many(ids(300), BODY))
    server.most_at_once = 0

    list(batching.post_many(ids(300), BODY))

    assert server.most_at_once == 1
