import time

import pytest

from django_aws_api_gateway_websockets.gateway.runtime.clock import Clock


def test_a_clock_starts_now_and_runs_at_its_speed():
    clock = Clock(speed=3600)
    before = time.time()
    started = clock.now()
    time.sleep(0.05)
    passed = clock.now() - started

    assert started - before < 3600
    assert 0.05 * 3600 <= passed < 5 * 3600


def test_real_seconds_shrink_as_the_clock_speeds_up():
    assert Clock(speed=120).real_seconds(7200) == 60
    assert Clock().real_seconds(29) == 29


@pytest.mark.fact("integration-seconds-are-real")
@pytest.mark.parametrize("speed", [0.5, 1, 120])
def test_a_backend_has_the_seconds_it_has_whatever_the_speed(speed):
    assert Clock(speed=speed).backend_seconds(29) == 29


def test_the_real_moment_stays_real():
    assert abs(Clock(speed=1_000_000).real_now().timestamp() - time.time()) < 5
