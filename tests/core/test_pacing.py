import pytest

from django_aws_api_gateway_websockets.core.pacing import Pace


def begun_within(pace: Pace, seconds: float, *, start: float = 0.0, step: float = 0.001) -> int:
    """Requests that begin if one is always ready."""
    count, now = 0, start
    while now < start + seconds:
        while pace.wait_seconds(now) == 0.0:
            pace.begin()
            count += 1
        now += step
    return count


def answer(pace: Pace, now: float, *, taken: int, throttled: int) -> None:
    """A window full of answers, at its end."""
    for number in range(taken + throttled):
        pace.note_responses(now, responses=1, throttled=int(number < throttled))


def test_without_a_rate_nothing_waits():
    pace = Pace(0.0)

    assert pace.wait_seconds(0.0) == 0.0
    assert pace.wait_seconds(1000.0) == 0.0


@pytest.mark.parametrize("rate", [1, 100, 2500])
def test_a_rate_is_kept_and_no_debt_gathers(rate):
    pace = Pace(0.0, rate)

    assert begun_within(pace, 4.0) == pytest.approx(4 * rate, rel=0.06, abs=2)
    assert begun_within(pace, 1.0, start=100.0) <= rate * 1.06 + 1


def test_the_wait_says_when_the_next_may_begin():
    pace = Pace(0.0, 10)
    assert pace.wait_seconds(0.0) == 0.0
    pace.begin()

    wait = pace.wait_seconds(0.0)
    assert wait == pytest.approx(0.1)
    assert pace.wait_seconds(wait + 1e-9) == 0.0


def test_an_account_that_refuses_most_is_sent_to_at_the_rate_it_takes():
    pace = Pace(0.0)

    answer(pace, 1.0, taken=250, throttled=750)
    # The first answer after the window closes it; the others belong to the next one.
    answer(pace, 2.0, taken=250, throttled=750)

    assert pace.per_second == pytest.approx(275, rel=0.1)


def test_single_clients_that_are_slow_slow_nobody_else():
    pace = Pace(0.0)

    for second in range(1, 20):
        answer(pace, float(second), taken=700, throttled=300)

    assert pace.per_second is None


def test_a_few_answers_say_nothing():
    pace = Pace(0.0)

    for second in range(1, 20):
        answer(pace, float(second), taken=0, throttled=10)

    assert pace.per_second is None


def test_it_speeds_up_again_and_never_beyond_the_limit():
    pace = Pace(0.0, 1000)
    answer(pace, 1.0, taken=100, throttled=900)
    answer(pace, 2.0, taken=100, throttled=900)
    slowed = pace.per_second

    for second in range(3, 80):
        answer(pace, float(second), taken=1000, throttled=0)

    assert slowed < 200
    assert pace.per_second == 1000


def test_it_never_comes_to_a_stop():
    pace = Pace(0.0)

    for second in range(1, 20):
        answer(pace, float(second), taken=0, throttled=1000)

    assert pace.per_second == 50


def test_the_slowest_rate_is_left_again_once_the_account_is_calm():
    pace = Pace(0.0)
    answer(pace, 1.0, taken=0, throttled=1000)
    answer(pace, 2.0, taken=0, throttled=1000)
    assert pace.per_second == 50

    now = 2.0
    # It would grow beyond all bounds in these 60 seconds, and take as many steps.
    while now < 62.0 and pace.per_second <= 1000:
        now += 1.0 / pace.per_second
        pace.note_responses(now, responses=1, throttled=0)

    assert pace.per_second > 1000
