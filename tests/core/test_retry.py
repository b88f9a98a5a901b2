"""Requests that are sent again, and the time until then."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from django_aws_api_gateway_websockets.core.retry import RetryPolicy, may_resend_at_once

POLICY = RetryPolicy()


def wait(*, attempts=1, status=429, remaining_seconds=60.0, random=lambda: 0.5, policy=POLICY):
    return policy.wait_seconds(
        attempts=attempts, status=status, remaining_seconds=remaining_seconds, random=random
    )


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504, None])
def test_throttling_server_errors_and_broken_connections_are_tried_again(status):
    assert wait(status=status) == 0.05


@pytest.mark.parametrize("status", [200, 204, 301, 302, 400, 403, 404, 410, 413])
def test_an_answer_that_will_not_change_is_final(status):
    assert wait(status=status) is None


def test_three_attempts_are_made():
    assert wait(attempts=2) is not None
    assert wait(attempts=3) is None


@given(attempts=st.integers(1, 20), random=st.floats(0, 1, exclude_max=True))
def test_the_wait_has_full_jitter_up_to_a_ceiling_that_doubles(attempts, random):
    patient = RetryPolicy(max_attempts=100)

    seconds = wait(attempts=attempts, random=lambda: random, policy=patient)

    assert seconds == pytest.approx(random * min(2.0, 0.1 * 2 ** (attempts - 1)))


def test_no_wait_reaches_beyond_the_deadline():
    assert wait(remaining_seconds=0.06) == 0.05
    assert wait(remaining_seconds=0.05) is None
    assert wait(remaining_seconds=-1.0) is None


@pytest.mark.parametrize(
    ("reused", "response_begun", "again"),
    [(True, False, True), (True, True, False), (False, False, False), (False, True, False)],
)
def test_only_an_untouched_answer_on_a_reused_connection_is_asked_for_again_at_once(
    reused, response_begun, again
):
    assert may_resend_at_once(reused=reused, response_begun=response_begun) is again
