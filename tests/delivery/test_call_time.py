"""The time of a call, which is that of its clock without what the caller takes."""

from django_aws_api_gateway_websockets.delivery.call_time import CallTime


class HandClock:
    """Gives the seconds it is set to."""

    def __init__(self, seconds):
        self.seconds = seconds

    def __call__(self):
        return self.seconds


def test_time_stands_still_while_the_caller_holds_an_outcome():
    clock = HandClock(100.0)
    time = CallTime(clock, total_seconds=5.0)

    clock.seconds = 101.0
    time.go_on()
    time.pause()
    clock.seconds = 160.0
    time.resume()
    clock.seconds = 161.0
    time.go_on()

    assert (time.now, time.ends) == (102.0, 105.0)


def test_the_seconds_since_the_last_turn_are_those_of_the_clock():
    clock = HandClock(100.0)
    time = CallTime(clock, total_seconds=None)

    clock.seconds = 101.0
    first = time.go_on()
    time.pause()
    clock.seconds = 103.5
    time.resume()

    assert (first, time.go_on()) == (1.0, 2.5)


def test_a_call_without_limit_never_ends():
    assert CallTime(HandClock(100.0), total_seconds=None).ends == float("inf")
