import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from django_aws_api_gateway_websockets.models import WebSocketToken

pytestmark = pytest.mark.django_db


@pytest.fixture
def user(db):
    return get_user_model().objects.create_user("ada", password="secret")


def test_a_logged_in_user_gets_a_token_that_no_cache_keeps(client, user):
    client.force_login(user)

    answer = client.post("/api/ws-token/")

    assert answer.json() == {
        "token": WebSocketToken.objects.get().token,
        "expires_in": 60,
    }
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
