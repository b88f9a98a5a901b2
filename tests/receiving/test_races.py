"""Promises that hold when API Gateway delivers everything at once."""

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from django_aws_api_gateway_websockets.models import (
    ConnectionRateLimit,
    WebSocketSession,
    WebSocketToken,
)
from tests import events
from tests.project.views import OpenView
from tests.races import race

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


@pytest.mark.parametrize("times", [100, 200])
@pytest.mark.experiment("E19")
def test_parallel_connects_at_a_limit_of_20_are_exactly_20(api_gateway, monkeypatch, times):
    monkeypatch.setattr(OpenView, "RATE_LIMIT_ENABLED", True)

    statuses = race(
        lambda number: events.connect(Client(), Connectionid=f"{number}=").status_code, times=times
    )

    assert (statuses.count(200), statuses.count(400)) == (20, times - 20)
    assert WebSocketSession.objects.count() == 20
    assert ConnectionRateLimit.objects.filter(successful=True).count() == 20


def test_parallel_connects_of_one_connection_are_one_session_and_no_error(api_gateway):
    statuses = race(lambda number: events.connect(Client()).status_code, times=25)

    assert statuses == [200] * 25
    assert WebSocketSession.objects.count() == 1


def test_parallel_connects_of_one_connection_with_one_token_are_one_session_and_no_error(
    api_gateway,
):
    user = get_user_model().objects.create_user("ada")
    client = Client()
    client.force_login(user)
    token = WebSocketToken.generate_token(user, client.session.session_key).token

    def connect(number: int) -> int:
        racer = Client()
        racer.cookies["sessionid"] = client.session.session_key
        return events.connect(racer, "/token-ws/connect", f"?ws_token={token}").status_code

    assert race(connect, times=10) == [200] * 10
    assert WebSocketSession.objects.get().user == user


@pytest.mark.parametrize("noted", [True, False])
def test_parallel_calls_for_tokens_of_one_login_get_one_each_up_to_the_limit(settings, noted):
    settings.WEBSOCKETS = {"token_rate_limit_per_minute": 60}
    browser = Client()
    browser.force_login(get_user_model().objects.create_user("ada"))
    session = browser.session
    if not noted:
        # As a session that an older release has made.
        del session["_websockets_login"]
        session.save()

    def fetch(number: int) -> int:
        racer = Client(raise_request_exception=False)
        racer.cookies["sessionid"] = session.session_key
        return racer.post("/api/ws-token/").status_code

    statuses = race(fetch, times=100)

    assert (statuses.count(200), statuses.count(403)) == (60, 40)
    assert WebSocketToken.objects.values("session_key").distinct().count() == 1


def test_200_parallel_messages_are_counted_exactly(api_gateway):
    WebSocketSession.objects.create(connection_id=events.CONNECTION_ID, api_gateway=api_gateway)

    statuses = race(
        lambda number: events.message(Client(), {"action": "silent"}).status_code, times=200
    )

    assert statuses == [200] * 200
    assert WebSocketSession.objects.get().request_count == 201


def test_each_of_60_tokens_with_8_racing_uses_is_accepted_once(api_gateway):
    user = get_user_model().objects.create_user("ada")
    tokens = [WebSocketToken.generate_token(user=user, session_key="s") for _ in range(60)]

    used = race(
        lambda number: WebSocketToken.validate_and_consume(tokens[number % 60].token, "s"),
        times=480,
    )

    assert [one for one in used if one is not None] == [user] * 60
    assert WebSocketToken.objects.filter(used=True).count() == 60


def test_200_users_behind_one_address_reconnect_at_once(api_gateway, monkeypatch):
    monkeypatch.setattr(OpenView, "RATE_LIMIT_ENABLED", True)
    users = [get_user_model()(username=f"user{number}") for number in range(200)]
    get_user_model().objects.bulk_create(users)
    clients = []
    for user in get_user_model().objects.order_by("pk"):
        client = Client()
        client.force_login(user)
        clients.append(client)

    statuses = race(
        lambda number: events.connect(clients[number], Connectionid=f"{number}=").status_code,
        times=200,
    )

    assert statuses == [200] * 200


def test_80_parallel_requests_for_tokens_at_a_limit_of_20_give_exactly_20(settings):
    settings.WEBSOCKETS = {"token_rate_limit_per_minute": 20}
    client = Client()
    client.force_login(get_user_model().objects.create_user("ada"))

    def request_token(number: int) -> int:
        racer = Client()
        racer.cookies = client.cookies
        return racer.post("/api/ws-token/").status_code

    statuses = race(request_token, times=80)

    assert (statuses.count(200), statuses.count(403)) == (20, 60)
