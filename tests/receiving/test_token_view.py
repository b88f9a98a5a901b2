import json

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from django_aws_api_gateway_websockets.models import WebSocketToken
from django_aws_api_gateway_websockets.views import WebSocketTokenView
from tests import events

pytestmark = pytest.mark.django_db


@pytest.fixture
def user(db):
    return get_user_model().objects.create_user("ada", password="secret")


def test_a_logged_in_user_gets_a_token_that_no_cache_keeps(client, user):
    client.force_login(user)

    answer = client.post("/api/ws-token/")

    given = answer.json()
    assert set(given) == {"token", "expires_in"}
    assert (len(given["token"]), given["expires_in"]) == (64, 60)
    assert WebSocketToken.objects.get() == WebSocketToken.objects.get(token=given["token"])
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_token_needs_a_login_a_post_and_the_csrf_token(client, user):
    anonymous = client.post("/api/ws-token/")
    client.force_login(user)
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(user)

    assert (anonymous.status_code, anonymous.content) == (403, b"Authentication required")
    assert client.get("/api/ws-token/").status_code == 405
    assert strict.post("/api/ws-token/").status_code == 403
    assert not WebSocketToken.objects.exists()


def test_a_user_may_not_hoard_tokens(client, user, settings):
    settings.WEBSOCKETS = {"token_rate_limit_per_minute": 2}
    client.force_login(user)

    statuses = [client.post("/api/ws-token/").status_code for _ in range(3)]

    assert statuses == [200, 200, 403]


@pytest.mark.parametrize(
    "delete",
    [
        lambda: WebSocketToken.objects.all().delete(),
        lambda: WebSocketToken.objects.latest("pk").delete(),
    ],
    ids=["all", "one"],
)
def test_deleting_the_tokens_of_a_user_gives_them_tokens_again(client, user, settings, delete):
    settings.WEBSOCKETS = {"token_rate_limit_per_minute": 2}
    client.force_login(user)
    for _ in range(3):
        client.post("/api/ws-token/")

    delete()

    assert client.post("/api/ws-token/").status_code == 200


def test_a_view_that_names_an_api_gives_tokens_for_it_alone(rf, user, client, api_gateway):
    client.force_login(user)
    request = rf.post("/")
    request.user, request.session = user, client.session

    response = WebSocketTokenView.as_view(aws_api_gateway_id="another")(request)

    assert WebSocketToken.objects.get().api_id == "another"
    query = f"?ws_token={json.loads(response.content)['token']}"
    refused = events.connect(client, "/token-ws/connect", query)
    assert refused.content == b"Invalid or expired token"


def test_the_view_stays_out_of_the_transactions_of_the_project():
    """Within one, a statement that a deadlock ended could not be made again."""
    view = WebSocketTokenView.as_view()

    assert "default" in view._non_atomic_requests


def connect_refused(client, token, **headers):
    response = events.connect(client, "/token-ws/connect", f"?ws_token={token}", **headers)
    assert response.status_code >= 400
    return response


def test_a_page_learns_why_its_connect_was_refused_with_its_next_token(client, user, api_gateway):
    client.force_login(user)
    token = client.post("/api/ws-token/").json()["token"]
    connect_refused(client, token, Origin="https://evil.example")

    told = client.post("/api/ws-token/", {"refused": token}).json()
    again = client.post("/api/ws-token/", {"refused": told["token"]}).json()

    assert told["refused"] == "Host is not in Origin"
    assert "refused" not in again


def test_a_limit_that_refused_a_connect_is_told_too(client, user, api_gateway, settings):
    settings.WEBSOCKETS = {"rate_limit_max_attempts": 1}
    client.force_login(user)
    first, second = (client.post("/api/ws-token/").json()["token"] for _ in range(2))
    events.connect(client, "/token-ws/connect", f"?ws_token={first}")
    connect_refused(client, second)

    told = client.post("/api/ws-token/", {"refused": second}).json()

    assert told["refused"] == "Too many connection attempts"


def test_nobody_learns_of_the_refusals_of_others(client, user, api_gateway):
    client.force_login(user)
    token = client.post("/api/ws-token/").json()["token"]
    connect_refused(client, token, Origin="https://evil.example")
    stranger = Client()
    stranger.force_login(get_user_model().objects.create_user("eve"))

    assert "refused" not in stranger.post("/api/ws-token/", {"refused": token}).json()


@pytest.mark.parametrize("refused", ["", "x", "\x00", "h" + "0" * 63, "0" * 64])
def test_a_text_that_is_no_token_of_theirs_has_no_refusal(client, user, refused):
    client.force_login(user)

    assert "refused" not in client.post("/api/ws-token/", {"refused": refused}).json()
