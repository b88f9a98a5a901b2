"""A replica that lags behind still has users as they were a moment ago."""

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from django_aws_api_gateway_websockets.models import (
    ChannelPermission,
    WebSocketSession,
    WebSocketToken,
)
from tests import events
from tests.further_databases import ReadsFrom, empty_database, sqlite_in

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "replica"])

TOKEN_PATH = "/token-ws/connect"
PATHS = ["/ws/connect", TOKEN_PATH]


@pytest.fixture(scope="module", autouse=True)
def replica(django_db_setup, django_db_blocker, tmp_path_factory):
    wanted = sqlite_in(tmp_path_factory.mktemp("replica"))
    with django_db_blocker.unblock(), empty_database("replica", wanted) as alias:
        yield alias


@pytest.fixture
def ada(replica, api_gateway, settings):
    settings.DATABASE_ROUTERS = [ReadsFrom(replica, "auth")]
    user = get_user_model().objects.create_superuser("ada", password="secret-of-ada")
    user.save(using=replica)
    return user


@pytest.fixture
def browser(ada):
    client = Client()
    client.force_login(ada)
    return client


def change_on_primary(user, **values):
    get_user_model().objects.using("default").filter(pk=user.pk).update(**values)


def connect(browser, path=TOKEN_PATH, channel="general"):
    token = browser.post("/api/ws-token/").json()["token"]
    return events.connect(browser, path, query=f"?ws_token={token}&channel={channel}")


@pytest.mark.parametrize("path", PATHS)
def test_a_user_who_is_as_before_connects(browser, ada, path):
    assert connect(browser, path).status_code == 200

    assert WebSocketSession.objects.get().user_id == ada.pk
    assert events.message(Client(), {"handler": "shout"}).status_code == 200


def test_a_deactivated_user_does_not_connect_with_a_token(browser, ada, caplog):
    change_on_primary(ada, is_active=False)

    response = connect(browser)

    assert (response.status_code, response.content) == (400, b"Invalid or expired token")
    assert "its user is inactive" in caplog.text


def test_a_login_that_a_new_password_has_ended_does_not_connect_with_a_token(browser, ada, caplog):
    change_on_primary(ada, password="another")

    response = connect(browser)

    assert (response.status_code, response.content) == (400, b"Invalid session")
    assert "its login has ended" in caplog.text


@pytest.mark.parametrize("changed", [{"is_active": False}, {"password": "another"}])
def test_a_stale_user_is_nobody_in_a_view_that_anybody_may_connect_to(browser, ada, changed):
    """As Django sees it once the replica has caught up."""
    change_on_primary(ada, **changed)

    assert connect(browser, "/ws/connect").status_code == 200

    session = WebSocketSession.objects.get()
    assert (session.user_id, session.auth_hash) == (None, "")


def test_a_deleted_user_is_nobody(browser, ada):
    get_user_model().objects.using("default").all().delete()

    assert events.connect(browser, "/ws/connect").status_code == 200
    assert WebSocketSession.objects.get().user_id is None


@pytest.mark.parametrize("path", PATHS)
def test_a_right_that_was_taken_away_opens_no_channel(browser, ada, path):
    ChannelPermission.objects.create(channel_name="staff", access="staff_only")
    change_on_primary(ada, is_superuser=False, is_staff=False)

    assert connect(browser, path, "staff").status_code == 403


def test_a_project_may_not_be_given_a_stale_user_for_a_token(browser, ada):
    key = browser.session.session_key
    token = WebSocketToken.generate_token(user=ada, session_key=key).token
    stale = get_user_model().objects.get()
    change_on_primary(ada, is_active=False)

    user = WebSocketToken.validate_and_consume(token, key, likely_user=stale)

    assert not user.is_active
