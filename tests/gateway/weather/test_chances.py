import pytest

from django_aws_api_gateway_websockets.gateway.weather.chances import Weather
from django_aws_api_gateway_websockets.gateway.weather.settings import (
    SWITCHES,
    WeatherError,
    read_settings,
)
from tests.docs.pages import DOCS
from tests.gateway.processes import gateway_process, run


def weather(seed=1, **switches):
    pairs = [(name.replace("_", "-"), text) for name, text in switches.items()]
    return Weather(seed, read_settings(pairs))


def test_fair_weather_strikes_nothing():
    fair = weather()

    assert not any(fair.strikes(name) for name in SWITCHES)
    assert fair.post_status() is None
    assert fair.delay_seconds() == 0
    assert not fair.cuts(3600)
    assert not fair.is_stale(0)
    assert fair.admits_connect(0)
    assert not fair.struck


def test_the_same_seed_brings_the_same_weather_whatever_happens_in_between():
    calm, busy, other = weather(7, post_429="30%"), weather(7, post_429="30%"), weather(8)
    other.set(calm.settings)
    busy.change(read_settings([("stall", "50%"), ("delay", "1s")]))
    fates = [calm.post_status() for _ in range(200)]
    disturbed = []
    for _ in range(200):
        busy.strikes("stall")
        busy.delay_seconds()
        disturbed.append(busy.post_status())

    assert fates == disturbed
    assert fates != [other.post_status() for _ in range(200)]


@pytest.mark.parametrize("share", ["25%", "0.25"])
def test_a_share_strikes_that_often(share):
    stormy = weather(drop_disconnect=share)
    struck = sum(stormy.strikes("drop-disconnect") for _ in range(10_000))

    assert 2300 < struck < 2700
    assert stormy.struck["drop-disconnect"] == struck


def test_posts_meet_each_kind_of_refusal():
    stormy = weather(post_410="20%", post_429="20%", post_5xx="20%")

    assert {stormy.post_status() for _ in range(1000)} == {None, 410, 429, 500, 502, 503, 504}


def test_a_delay_is_at_most_what_was_set():
    slow = weather(delay="200ms")
    delays = [slow.delay_seconds() for _ in range(1000)]

    assert 0 <= min(delays) < 0.01
    assert 0.19 < max(delays) <= 0.2


def test_events_meet_the_old_deployment_half_the_time_while_the_new_one_is_young():
    first, second = weather(5, stale_deployment="30s"), weather(5, stale_deployment="30s")
    fates = [first.is_stale(29.9) for _ in range(1000)]

    assert 400 < sum(fates) < 600
    assert first.struck["stale-deployment"] == sum(fates)
    assert not any(second.is_stale(30.0) for _ in range(100))
    # Events of settled stages use up no chance.
    assert [second.is_stale(0.0) for _ in range(1000)] == fates


def test_a_share_a_minute_is_the_same_however_often_it_is_asked():
    def alive_after_a_minute(steps):
        stormy = weather(3, cut="50%")
        return sum(not any(stormy.cuts(60 / steps) for _ in range(steps)) for _ in range(4000))

    assert 1850 < alive_after_a_minute(1) < 2150
    assert 1850 < alive_after_a_minute(60) < 2150


def test_connects_over_the_rate_are_refused_and_the_next_second_has_its_own():
    stormy = weather(connects="500/s")

    assert sum(stormy.admits_connect(100.0) for _ in range(1000)) == 500
    assert sum(stormy.admits_connect(100.125) for _ in range(1000)) == 62
    assert sum(stormy.admits_connect(102.0) for _ in range(1000)) == 500
    assert stormy.struck["connects"] == 1938


@pytest.mark.parametrize("start", [0.0, 10.0])
def test_a_rate_below_one_a_second_still_lets_some_in(start):
    """A clock that counts from the machine's start may be at 0."""
    stormy = weather(connects="0.5/s")

    admitted = [stormy.admits_connect(start + seconds) for seconds in (0, 1, 2)]

    assert admitted == [True, False, True]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("rain", "10%"),
        ("post-429", "150%"),
        ("post-429", "often"),
        ("post-429", ""),
        ("post-429", "nan"),
        ("delay", "-1s"),
        ("delay", "2h"),
        ("connects", "-1"),
        ("lose-header", "+"),
    ],
)
def test_a_meaningless_setting_is_refused_with_its_name(name, text):
    with pytest.raises(WeatherError) as refused:
        read_settings([(name, text)])

    assert name in str(refused.value)


@pytest.mark.slow
def test_the_command_line_sets_the_weather_and_says_how_to_repeat_it():
    arguments = ("--weather", "post-429=20%, delay=1ms", "--weather", "lose-header=A+B")
    with gateway_process(*arguments) as gateway:
        gateway.process.stdout.readline()
        line = gateway.process.stdout.readline().decode()

    assert line.startswith("Weather: post-429=20% delay=1ms lose-header=A+B")
    assert int(line.rpartition("--weather-seed ")[2].rstrip(")\n")) >= 0
    refused = run("--weather", "rain=1")
    assert refused.returncode == 1
    assert "drop-disconnect" in refused.stderr


def test_each_switch_is_documented_with_the_event_it_stands_for():
    page = (DOCS / "reference/gateway-operations.md").read_text()

    for name in SWITCHES:
        assert f"\n### `{name}`\n" in page
