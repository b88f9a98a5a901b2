from hypothesis import given
from hypothesis import strategies as st

from django_aws_api_gateway_websockets.core.throttling import RateLimit, TokenBucket


def test_a_burst_passes_at_once_and_the_rate_after_it():
    bucket = TokenBucket(RateLimit(per_second=2, burst=3), now=100.0)

    assert [bucket.take(100.0) for _ in range(4)] == [True, True, True, False]
    assert [bucket.take(100.4), bucket.take(100.5), bucket.take(100.9)] == [False, True, False]
    assert [bucket.take(1000.0) for _ in range(4)] == [True, True, True, False]


def test_a_limit_of_nothing_lets_nothing_pass():
    assert not TokenBucket(RateLimit(per_second=0, burst=0), now=0).take(10)
    assert not TokenBucket(RateLimit(per_second=100, burst=0), now=0).take(10)


@given(
    st.integers(1, 50),
    st.floats(0.1, 100),
    st.lists(st.floats(0, 2), min_size=1, max_size=200),
)
def test_no_more_pass_than_the_burst_and_what_the_rate_has_made(burst, rate, pauses):
    bucket, now, passed = TokenBucket(RateLimit(rate, burst), now=0.0), 0.0, 0
    for pause in pauses:
        now += pause
        passed += bucket.take(now)

    assert passed <= burst + rate * now + 1e-6
