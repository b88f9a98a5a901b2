import logging

import django
import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from django_aws_api_gateway_websockets.models import ApiGateway, WebSocketSession, WebSocketToken
from tests import events
from tests.project.views import OpenView

pytestmark = pytest.mark.django_db


@pytest.fixture
def user(db):
    return get_user_model().objects.create_user("ada", password="secret")


def test_a_message_goes_to_the_handler_it_names(client, session):
    answer = events.message(client, {"handler": "shout"})

    assert answer.json()["handler"] == "shout"


def test_a_message_may_name_its_handler_as_action(client, session):
    assert events.message(client, {"action": "shout"}).json()["handler"] == "shout"


def test_a_handler_that_is_not_known_falls_back_to_the_action_then_to_default(client, session):
    by_action = events.message(client, {"handler": "nobody", "action": "shout"})
    by_default = events.message(client, {"handler": "nobody", "action": "$default"})

    assert by_action.json()["handler"] == "shout"
    assert by_default.json()["handler"] == "default"


def test_an_explicit_default_wins_over_the_action(client, session):
    answer = events.message(client, {"handler": "default", "action": "shout"})

    assert answer.json()["handler"] == "default"


@pytest.mark.parametrize(
    "name",
    [
        "setup",
        "dispatch",
        "connect",
        "disconnect",
        "as_view",
        "can_join_channel",
        "_debug",
        "__init__",
        "has_any_permission",
        ["shout"],
        {"a": 1},
        7,
    ],
)
def test_a_client_cannot_call_what_is_no_handler(client, session, name):
    assert events.message(client, {"handler": name}).json()["handler"] == "default"


def test_a_handler_without_answer_is_answered_with_an_empty_object(client, session):
    answer = events.message(client, {"handler": "silent"})

    assert (answer.status_code, answer.json()) == (200, {})


def test_a_failing_handler_is_logged_and_mailed_and_answers_500(
    session, mailoutbox, caplog, settings
):
    settings.ADMINS = ["ada@example.com"] if django.VERSION >= (6,) else [("A", "a@example.com")]
    caplog.set_level(logging.ERROR)
    client = Client(raise_request_exception=False)

    answer = events.message(client, {"handler": "broken"})

    assert answer.status_code == 500
    assert [mail.body for mail in mailoutbox if "Websocket" in mail.subject] == [
        "the handler broke"
    ]
    assert "The handler broken of OpenView failed." in caplog.text


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


@pytest.mark.parametrize(
    "missing", ["X-Forwarded-For", "Connectionid", "X-Amzn-Apigateway-Api-Id", "X-Real-Ip"]
)
def test_a_required_header_that_is_missing_is_refused_and_named_in_the_log(
    client, session, missing, caplog
):
    answer = client.post(
        "/ws/default",
        data='{"action": "x"}',
        content_type="application/json",
        headers=events.without(events.COMMON_HEADERS, missing),
    )

    assert (answer.status_code, answer.content) == (400, b"Invalid request headers")
    assert missing in caplog.text


def test_with_the_local_gateway_no_proxy_need_stand_between(client, session, settings):
    settings.WEBSOCKETS = {"local_gateway": True}

    answer = client.post(
        "/ws/default",
        data='{"action": "x"}',
        content_type="application/json",
        headers=events.without(events.COMMON_HEADERS, "X-Real-Ip"),
    )

    assert answer.status_code == 200


def test_an_api_nobody_registered_is_refused(client, session):
    answer = events.message(client, {"action": "x"}, X_Amzn_Apigateway_Api_Id="zzzzzzzzzz")

    assert (answer.status_code, answer.content) == (400, b"Invalid request headers")


def test_an_empty_api_id_does_not_match_a_gateway_that_is_still_pending(client, db):
    ApiGateway.objects.create(api_name="Pending", target_base_endpoint="https://www.example.com/")

    answer = events.connect(client, X_Amzn_Apigateway_Api_Id="")

    assert answer.content == b"Invalid request headers"
    assert not WebSocketSession.objects.exists()


@pytest.mark.parametrize("data", [{}, {"message": "hello"}, b"", b"not json", b"[1]", b"\xff"])
def test_a_message_that_names_nothing_is_a_bad_format(client, session, data):
    answer = events.message(client, data)

    assert (answer.status_code, answer.content) == (400, b"Invalid request format (1)")


def test_deep_nesting_and_oversize_read_as_an_empty_message(client, session):
    deep = b'{"action": ' + b"[" * 60_000 + b"]" * 60_000 + b"}"
    large = b'{"action": "' + b"x" * 131_072 + b'"}'

    assert events.message(client, deep).content == b"Invalid request format (1)"
    assert events.message(client, large).content == b"Invalid request format (1)"


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


def test_a_disconnect_closes_the_session_and_may_come_twice(client, session):
    first, second = events.disconnect(client), events.disconnect(client)

    session.refresh_from_db()
    assert session.connected is False
    assert (first.status_code, second.status_code) == (200, 200)


def test_a_disconnect_of_an_unknown_connection_is_refused(client, api_gateway):
    assert events.disconnect(client).content == b"Invalid connection ID"


def test_change_channel_moves_the_connection_and_touches_nothing_else(client, session):
    answer = events.message(client, {"action": "change_channel", "channel": "support"})

    session.refresh_from_db()
    assert answer.json() == {}
    assert (session.channel_name, session.request_count) == ("support", 2)


@pytest.mark.parametrize("channel", ["a b", "", None, "x" * 129, 7, "support\n"])
def test_change_channel_refuses_what_is_no_channel(client, session, channel):
    answer = events.message(client, {"action": "change_channel", "channel": channel})

    session.refresh_from_db()
    assert (answer.status_code, answer.content) == (400, b"Invalid channel")
    assert session.channel_name == "general"


def test_debug_set_on_the_class_keeps_a_log_that_is_safe_to_show(client, session):
    answer = events.message(client, {"action": "x"}, path="/debug-ws/default", X_Extra="<script>")

    assert "Setup completed" in answer.json()["log"]


def test_an_additional_route_url_without_slug_takes_messages(client, session):
    assert events.message(client, {"action": "shout"}, path="/extra/").status_code == 200


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


def test_no_request_without_the_gateways_secret_reaches_the_database(
    client, session, settings, django_assert_num_queries
):
    settings.WEBSOCKETS = {"gateway_secret": ["n" * 32, "o" * 32]}

    with django_assert_num_queries(0):
        none = events.message(client, {"action": "x"})
        wrong = events.message(client, {"action": "x"}, X_Ws_Gateway_Secret="x" * 32)
    old = events.message(client, {"action": "x"}, X_Ws_Gateway_Secret="o" * 32)

    for answer in (none, wrong):
        assert (answer.status_code, answer.content) == (403, b"Invalid request")
    assert old.status_code == 200


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


def test_a_project_may_use_any_name_for_its_own_methods(client, api_gateway, monkeypatch):
    for name in ("_refuse", "_open_session", "_check_connection", "_run_handler"):
        monkeypatch.setattr(OpenView, name, "not ours to call", raising=False)

    assert events.connect(client, Origin="https://evil.com").status_code == 400
    assert events.connect(client).status_code == 200
    assert events.message(client, {"action": "silent"}).status_code == 200


@pytest.mark.parametrize(
    "secret",
    [b"x" * 32, 7, {}, [], [None], ["", None], True, "abc", "x" * 31, ["abc"], "x" * 31 + "'"],
)
def test_a_secret_that_cannot_be_used_opens_nothing(client, session, settings, secret):
    settings.WEBSOCKETS = {"gateway_secret": secret}

    assert events.message(client, {"action": "x"}).status_code == 403
    for shown in ("abc", "x" * 32, str(secret)):
        answer = events.message(client, {"action": "x"}, X_Ws_Gateway_Secret=shown)
        assert answer.status_code == 403


def test_a_secret_too_short_does_not_shut_out_the_one_beside_it(client, session, settings):
    settings.WEBSOCKETS = {"gateway_secret": ["abc", "o" * 32]}

    long = events.message(client, {"action": "silent"}, X_Ws_Gateway_Secret="o" * 32)
    short = events.message(client, {"action": "silent"}, X_Ws_Gateway_Secret="abc")

    assert (long.status_code, short.status_code) == (200, 403)
