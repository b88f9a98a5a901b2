import re
from datetime import timedelta
from urllib.parse import quote

import pytest
from django.contrib.auth import get_user_model
from django.test import Client, RequestFactory
from django.utils import timezone

from django_aws_api_gateway_websockets.models import ApiGateway, WebSocketSession, WebSocketToken
from tests import events
from tests.project.views import OpenView

pytestmark = pytest.mark.django_db


TOKEN_PATH = "/token-ws/connect"


@pytest.fixture
def user(db):
    return get_user_model().objects.create_user("ada", password="secret")


@pytest.fixture
def token(client, user):
    client.force_login(user)
    return WebSocketToken.generate_token(user=user, session_key=client.session.session_key)


def test_a_connection_opens_a_session_in_the_channel_it_names(client, api_gateway):
    answer = events.connect(client, query="?channel=general")

    session = WebSocketSession.objects.get()
    assert (answer.status_code, answer.json()) == (200, {})
    assert (session.connection_id, session.channel_name) == (events.CONNECTION_ID, "general")
    assert (session.user, session.connected, session.request_count) == (None, True, 1)
    assert session.api_gateway == api_gateway


def test_a_connection_that_names_no_channel_gets_the_gateways(client, api_gateway):
    ApiGateway.objects.update(default_channel_name="lobby")

    events.connect(client)

    assert WebSocketSession.objects.get().channel_name == "lobby"


def test_a_token_opens_one_connection_for_its_user(client, api_gateway, user, token):
    query = f"?ws_token={token.token}&channel=general"

    first = events.connect(client, TOKEN_PATH, query)
    again = events.connect(client, TOKEN_PATH, query, Connectionid="another=")

    assert first.status_code == 200
    assert WebSocketSession.objects.get().user == user
    assert (again.status_code, again.content) == (400, b"Invalid or expired token")


def test_a_connect_with_a_token_may_be_sent_again_and_is_stored_once(client, api_gateway, token):
    query = f"?ws_token={token.token}"

    statuses = [events.connect(client, TOKEN_PATH, query).status_code for _ in range(3)]

    assert statuses == [200, 200, 200]
    assert WebSocketSession.objects.count() == 1
    # A connect that comes again after the token's time is answered by the open session alone.
    WebSocketToken.objects.update(created_at=timezone.now() - timedelta(seconds=70))
    assert events.connect(client, TOKEN_PATH, query).status_code == 200
    WebSocketSession.objects.all().delete()
    assert events.connect(client, TOKEN_PATH, query).content == b"Invalid or expired token"


def test_a_used_token_opens_nothing_under_another_connection_or_session(
    client, api_gateway, user, token
):
    query = f"?ws_token={token.token}"
    other = Client()
    other.force_login(user)
    events.connect(client, TOKEN_PATH, query)

    answers = [
        events.connect(client, TOKEN_PATH, query, Connectionid="another="),
        events.connect(client, TOKEN_PATH, query, Connectionid=events.CONNECTION_ID.lower()),
        events.connect(other, TOKEN_PATH, query),
    ]

    assert [answer.content for answer in answers] == [b"Invalid or expired token"] * 3
    assert WebSocketSession.objects.count() == 1
    events.disconnect(client)
    assert events.connect(client, TOKEN_PATH, query).content == b"Invalid connection ID"


def test_a_repeated_connect_of_a_user_who_was_deactivated_is_refused(
    client, api_gateway, user, token
):
    query = f"?ws_token={token.token}"
    events.connect(client, TOKEN_PATH, query)
    get_user_model().objects.update(is_active=False)

    assert events.connect(client, TOKEN_PATH, query).content == b"Invalid or expired token"


def test_a_token_made_for_another_session_is_refused(api_gateway, user, token):
    other = Client()
    other.force_login(user)

    answer = events.connect(other, TOKEN_PATH, f"?ws_token={token.token}")

    assert answer.content == b"Invalid or expired token"
    assert WebSocketToken.objects.get().used is False


@pytest.mark.parametrize("query", ["", "?ws_token=", "?ws_token=" + "0" * 64, "?ws_token=%00"])
def test_a_missing_or_made_up_token_is_refused(client, api_gateway, user, query):
    client.force_login(user)

    answer = events.connect(client, TOKEN_PATH, query)

    assert (answer.status_code, answer.content) == (400, b"Invalid or expired token")


def test_a_token_needs_a_django_session(client, api_gateway):
    assert events.connect(client, TOKEN_PATH).content == b"Invalid session"


def test_an_expired_token_is_refused(client, api_gateway, token, settings):
    settings.WEBSOCKETS = {"token_expiry_seconds": 5}
    WebSocketToken.objects.update(created_at=timezone.now() - timedelta(seconds=6))

    answer = events.connect(client, TOKEN_PATH, f"?ws_token={token.token}")

    assert answer.content == b"Invalid or expired token"


def test_a_deactivated_user_cannot_connect(client, api_gateway, user, token):
    # With two backends Django would keep the session; the token alone must not do.
    get_user_model().objects.update(is_active=False)

    answer = events.connect(client, TOKEN_PATH, f"?ws_token={token.token}")

    assert answer.status_code == 400
    assert not WebSocketSession.objects.exists()


def test_a_bad_channel_is_refused_before_it_costs_the_token(client, api_gateway, token):
    answer = events.connect(client, TOKEN_PATH, f"?ws_token={token.token}&channel=a%20b")

    assert answer.content == b"Invalid channel"
    assert WebSocketToken.objects.get().used is False


@pytest.mark.parametrize("channel", ["a%20b", "a.b", "secret%0A", "x" * 129, "%C3%A9"])
def test_an_invalid_channel_name_is_refused(client, api_gateway, channel):
    assert events.connect(client, query=f"?channel={channel}").content == b"Invalid channel"


@pytest.mark.parametrize("channel", ["x" * 129, "a\x00b"])
def test_a_views_own_pattern_lets_nothing_pass_that_no_column_holds(
    client, api_gateway, monkeypatch, channel
):
    monkeypatch.setattr(OpenView, "MAX_CHANNEL_NAME_LENGTH", 191)
    monkeypatch.setattr(OpenView, "CHANNEL_NAME_PATTERN", re.compile(r".+"))
    client.raise_request_exception = False

    connected = events.connect(client, query=f"?channel={quote(channel)}")
    events.connect(client)
    moved = events.message(client, {"action": "change_channel", "channel": f"{channel}\ud800"})

    assert (connected.content, moved.content) == (b"Invalid channel", b"Invalid channel")
    assert WebSocketSession.objects.get().channel_name == ""


@pytest.mark.parametrize("count", [1, 2])
def test_missing_handshake_headers_are_counted_in_the_answer(client, api_gateway, count):
    names = ["Origin", "Sec-Websocket-Key"][:count]
    client.cookies["theme"] = "dark"

    answer = client.post(
        "/ws/connect",
        data=b"",
        content_type="application/json",
        headers=events.without({**events.COMMON_HEADERS, **events.HANDSHAKE_HEADERS}, *names),
    )

    assert answer.content == f"Missing {count} headers".encode()


@pytest.mark.parametrize("connection_id", ["a b", "x" * 129, "a/b", "a%00", "é"])
def test_an_invalid_connection_id_is_refused(client, api_gateway, connection_id):
    answer = events.connect(client, Connectionid=connection_id)

    assert (answer.status_code, answer.content) == (400, b"Invalid connection ID")


def test_a_projects_own_condition_gives_its_reason(client, api_gateway, monkeypatch):
    def closed(self, request, *args, **kwargs):
        return False, "Closed on Sundays"

    monkeypatch.setattr(OpenView, "_additional_connection_checks", closed)

    assert events.connect(client).content == b"Closed on Sundays"


def test_the_same_connect_twice_is_answered_twice_and_stored_once(client, api_gateway):
    statuses = [events.connect(client).status_code for _ in range(2)]

    assert statuses == [200, 200]
    assert WebSocketSession.objects.count() == 1


def test_the_connection_id_of_somebody_else_is_refused(client, api_gateway, user):
    WebSocketSession.objects.create(
        connection_id=events.CONNECTION_ID, api_gateway=api_gateway, user=user
    )

    assert events.connect(client).content == b"Invalid connection ID"


def test_the_user_agent_can_be_checked_on_connect(client, api_gateway, monkeypatch, caplog):
    monkeypatch.setattr(OpenView, "CHECK_CONNECT_USERAGENT", True)

    browser = events.connect(client, User_Agent="Mozilla/5.0")
    gateway = events.connect(client, User_Agent=f"AmazonAPIGateway_{events.API_ID}")

    assert (
        'A connection was refused: Unexpected Useragent: its User-Agent is "Mozilla/5.0", and '
        f'CHECK_CONNECT_USERAGENT wants "AmazonAPIGateway_{events.API_ID}" (connection'
    ) in caplog.text
    assert (browser.status_code, browser.content) == (400, b"Unexpected Useragent")
    assert gateway.status_code == 200


def test_a_pinned_view_needs_no_record(client, db, monkeypatch, caplog):
    monkeypatch.setattr(OpenView, "aws_api_gateway_id", events.API_ID)

    connected = events.connect(client)
    answered = events.message(client, {"action": "shout"})
    other = events.connect(client, X_Amzn_Apigateway_Api_Id="other12345")

    assert (connected.status_code, answered.status_code) == (200, 200)
    assert other.content == b"Invalid request headers"
    assert (
        f'it comes from the API "other12345", and aws_api_gateway_id is "{events.API_ID}" (conn'
    ) in caplog.text


def connect_without_cookie(**headers):
    request = RequestFactory().post(
        "/ws/connect",
        data=b"",
        content_type="application/json",
        headers={**events.COMMON_HEADERS, **events.HANDSHAKE_HEADERS, **headers},
    )
    # Django's client sends an empty one; a browser sends none.
    del request.META["HTTP_COOKIE"]
    return OpenView.as_view()(request, route="connect")


def test_a_browser_needs_no_cookie_for_a_view_that_anybody_may_connect_to(api_gateway):
    assert connect_without_cookie().status_code == 200
    assert WebSocketSession.objects.get().user is None


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        ("USE_WS_TOKEN", True),
        ("CHECK_PERMISSIONS_ON_CONNECT", True),
        ("required_connection_headers", ["Cookie", "Origin"]),
    ],
)
def test_a_cookie_is_needed_where_a_login_is_or_the_project_says_so(
    api_gateway, monkeypatch, attribute, value
):
    monkeypatch.setattr(OpenView, attribute, value)

    assert connect_without_cookie().content == b"Missing 1 headers"


@pytest.mark.parametrize(
    ("origin", "host", "reason"),
    [
        (
            "http://localhost:8000",
            "127.0.0.1:8000",
            "Cookie; the page is at localhost and not at 127.0.0.1, and browsers keep cookies by",
        ),
        ("http://127.0.0.1:8000", "127.0.0.1:8000", "the browser has none for 127.0.0.1 yet"),
        ("https://shop.example.com", "www.example.com", "set SESSION_COOKIE_DOMAIN"),
        ("null", "www.example.com", "Cookie; the client is no browser"),
    ],
)
def test_the_log_says_why_a_browser_may_have_sent_no_cookie(
    api_gateway, caplog, monkeypatch, origin, host, reason
):
    monkeypatch.setattr(OpenView, "USE_WS_TOKEN", True)

    answer = connect_without_cookie(Origin=origin, Host=host)

    assert answer.content == b"Missing 1 headers"
    assert reason in caplog.text


def test_the_log_says_that_a_session_may_have_stayed_with_the_page(
    client, api_gateway, settings, caplog, monkeypatch
):
    settings.ALLOWED_HOSTS = ["*"]
    monkeypatch.setattr(OpenView, "USE_WS_TOKEN", True)

    answer = events.connect(client, Origin="http://localhost:8000", Host="127.0.0.1:8000")

    assert answer.content == b"Invalid session"
    assert "log in first, or the page is at localhost and not at 127.0.0.1" in caplog.text


def test_the_log_says_where_a_page_of_another_site_is(client, api_gateway, caplog):
    answer = events.connect(client, Origin="https://evil.example\nx")

    assert answer.content == b"Host is not in Origin"
    assert 'the page is at "https://evil.example' in caplog.text
    assert 'Django is called at "www.example.com"' in caplog.text
