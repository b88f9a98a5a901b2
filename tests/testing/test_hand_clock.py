"""The clock of a test is moved by hand, and what is due happens."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone
from django.utils.timezone import now

from django_aws_api_gateway_websockets.models import WebSocketSession, WebSocketToken
from django_aws_api_gateway_websockets.testing import WebSocketClient, clock
from tests.testing.site import make_user

pytestmark = pytest.mark.django_db


def test_time_stands_still_from_the_first_use_on():
    moment = clock.now()

    assert now() == timezone.now() == moment
    assert clock.advance(seconds=90) == moment + timedelta(seconds=90) == now()
    assert isinstance(timezone.datetime(2026, 1, 1, tzinfo=UTC), datetime)
    assert isinstance(datetime(2026, 1, 1, tzinfo=UTC), timezone.datetime)


def test_time_may_be_set_and_never_goes_back():
    moment = datetime(2026, 3, 1, 9, 5, tzinfo=UTC)

    assert clock.set(moment) == now() == moment
    with pytest.raises(ValueError, match="only moves on"):
        clock.advance(seconds=-1)
    with pytest.raises(ValueError, match="no time zone"):
        clock.set(datetime(2026, 3, 1, 9, 5))  # noqa: DTZ001 - that is the mistake.
    WebSocketClient("/ws/")
    with pytest.raises(ValueError, match="before them"):
        clock.set(moment)


def test_time_is_local_where_django_has_no_time_zones(settings):
    settings.USE_TZ = False

    assert clock.now().astimezone().replace(tzinfo=None) == now()


def test_a_token_expires():
    client = WebSocketClient("/token/", user=make_user("ada"), connect=False)
    client.browser.force_login(make_user("ben"))
    token = client.browser.post("/api/ws-token/").json()["token"]

    clock.advance(seconds=61)
    late = WebSocketClient(f"/token/?ws_token={token}", connect=False)
    late.browser = client.browser
    late.connect()

    assert late.refused.startswith("Invalid or expired token")
    assert not WebSocketToken.objects.get().used


def test_a_limit_of_attempts_is_over_after_its_window(settings):
    settings.WEBSOCKETS = {"rate_limit_max_attempts": 2}
    attempts = [WebSocketClient("/ws/") for _ in range(3)]

    clock.advance(seconds=61)
    again = WebSocketClient("/ws/")

    assert [client.refused == "" for client in attempts] == [True, True, False]
    assert "has used up the 2 attempts of a minute" in attempts[2].refused
    assert again.is_open


def test_a_member_has_left_after_the_grace():
    ada = WebSocketClient("/ws/", user=make_user("ada"))
    ben = WebSocketClient("/ws/", user=make_user("ben"))
    ada.subscribe("room-1")
    ben.subscribe("room-1")
    clock.now()
    ben.close()

    clock.advance(seconds=14)
    within = len(ada.presence("room-1"))
    clock.advance(seconds=1)

    assert (within, len(ada.presence("room-1"))) == (2, 1)


def test_a_socket_on_which_nothing_travels_is_closed_after_ten_minutes():
    idle, busy = WebSocketClient("/ws/"), WebSocketClient("/ws/")

    clock.advance(minutes=9)
    busy.send({"action": "tell"})
    clock.advance(minutes=2)

    assert (idle.closed, busy.closed) == (1001, None)
    assert not idle.session.connected


def test_no_socket_is_older_than_two_hours():
    client = WebSocketClient("/ws/")

    for _ in range(24):
        assert client.is_open
        clock.advance(minutes=5)
        if client.is_open:
            client.send({"action": "tell"})

    assert client.closed == 1001


def test_the_age_of_a_row_follows_the_clock():
    clock.set(datetime(2026, 3, 1, tzinfo=UTC))
    WebSocketClient("/ws/")

    assert WebSocketSession.objects.get().created_on == datetime(2026, 3, 1, tzinfo=UTC)


def test_the_time_of_the_world_comes_back_after_the_test():
    assert abs(now() - datetime.now(UTC)) < timedelta(minutes=5)
