import pytest
from django.contrib.auth import get_user_model

from django_aws_api_gateway_websockets.models import ApiGateway, WebSocketSession
from tests import events
from tests.project.views import OpenView

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


@pytest.fixture
def user(db):
    return get_user_model().objects.create_user("ada", password="secret")


def test_a_message_belongs_to_the_user_who_connected_whatever_cookie_comes_along(
    client, session, user
):
    stranger = get_user_model().objects.create_user("mallory")
    client.force_login(stranger)
    anonymous = events.message(client, {"handler": "shout"})
    WebSocketSession.objects.update(user=user)
    known = events.message(client, {"handler": "shout"})

    assert anonymous.json()["user"] == ""
    assert known.json()["user"] == "ada"


@pytest.mark.parametrize("data", [{}, {"message": "hello"}, b"", b"not json", b"[1]", b"\xff"])
def test_a_message_that_names_nothing_is_a_bad_format(client, session, data):
    answer = events.message(client, data)

    assert (answer.status_code, answer.content) == (400, b"Invalid request format (1)")


def test_a_message_of_an_unknown_or_closed_connection_is_refused(client, session):
    unknown = events.message(client, {"action": "x"}, Connectionid="unknown=")
    WebSocketSession.objects.update(connected=False)
    closed = events.message(client, {"action": "x"})

    for answer in (unknown, closed):
        assert (answer.status_code, answer.content) == (400, b"Invalid connection ID")


def test_a_connection_id_is_matched_by_case(client, session):
    answer = events.message(client, {"action": "x"}, Connectionid=events.CONNECTION_ID.lower())

    assert answer.content == b"Invalid connection ID"


def test_a_connection_of_another_api_is_refused(client, session):
    ApiGateway.objects.create(
        api_name="Other", api_id="other12345", target_base_endpoint="https://www.example.com/"
    )

    answer = events.message(client, {"action": "x"}, X_Amzn_Apigateway_Api_Id="other12345")

    assert answer.content == b"Invalid connection ID"


@pytest.mark.parametrize("end", ["deactivated", "password changed"])
def test_a_login_that_ended_closes_the_session_on_its_next_message(client, api_gateway, user, end):
    from django_aws_api_gateway_websockets.models import hash_user_auth

    session = WebSocketSession.objects.create(
        connection_id=events.CONNECTION_ID,
        api_gateway=api_gateway,
        user=user,
        auth_hash=hash_user_auth(user),
    )
    assert events.message(client, {"action": "silent"}).status_code == 200

    if end == "deactivated":
        user.is_active = False
    else:
        user.set_password("another")
    user.save()

    assert events.message(client, {"action": "silent"}).content == b"Invalid connection ID"
    session.refresh_from_db()
    assert session.connected is False


def test_a_rotated_secret_key_keeps_connections_open(client, api_gateway, user, settings):
    from django_aws_api_gateway_websockets.models import hash_user_auth

    WebSocketSession.objects.create(
        connection_id=events.CONNECTION_ID,
        api_gateway=api_gateway,
        user=user,
        auth_hash=hash_user_auth(user),
    )

    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "a new key"

    assert events.message(client, {"action": "silent"}).status_code == 200


def test_required_permissions_are_asked_of_every_message(client, session, user, monkeypatch):
    monkeypatch.setattr(OpenView, "permissions_required", ["auth.add_user", "auth.view_user"])
    WebSocketSession.objects.update(user=user)

    refused = events.message(client, {"action": "silent"})
    get_user_model().objects.update(is_superuser=True)
    admitted = events.message(client, {"action": "silent"})

    assert (refused.status_code, refused.content) == (403, b"Permission Denied")
    assert admitted.status_code == 200


@pytest.mark.parametrize("method", ["get", "put", "delete"])
def test_a_view_serves_any_method_until_it_names_those_it_wants(
    client, session, monkeypatch, method
):
    def ask():
        send = getattr(client, method)
        return send("/ws/default", headers=events.COMMON_HEADERS).content

    assert ask() == b"Invalid request format (1)"
    monkeypatch.setattr(OpenView, "http_method_names", ["post"])
    assert ask() == b""
    assert events.message(client, {"action": "silent"}).status_code == 200
