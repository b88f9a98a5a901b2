"""A project with a primary and a replica, and one whose default database is another."""

import pytest
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.test import Client

from django_aws_api_gateway_websockets.models import (
    ApiGateway,
    AttemptWindow,
    ChannelPermission,
    ConnectionRateLimit,
    QueuedBroadcast,
    WebSocketSession,
    WebSocketToken,
    connection_attempt,
)
from django_aws_api_gateway_websockets.tasks import deliver_broadcast
from tests import events
from tests.further_databases import Everything, ReadsFrom, empty_database, sqlite_in

TOKEN_PATH = "/token-ws/connect"


@pytest.fixture(scope="module")
def replica(django_db_setup, django_db_blocker, tmp_path_factory):
    wanted = sqlite_in(tmp_path_factory.mktemp("replica"))
    with django_db_blocker.unblock(), empty_database("replica", wanted) as alias:
        yield alias


@pytest.fixture(scope="module")
def another(django_db_setup, django_db_blocker, tmp_path_factory):
    wanted = sqlite_in(tmp_path_factory.mktemp("another"))
    with django_db_blocker.unblock(), empty_database("another", wanted) as alias:
        yield alias


def with_replica(test):
    mark = pytest.mark.django_db(transaction=True, databases=["default", "replica"])
    return mark(pytest.mark.usefixtures("replica")(test))


@pytest.fixture
def reads_elsewhere(replica, api_gateway, settings):
    settings.DATABASE_ROUTERS = [ReadsFrom("replica")]


@pytest.fixture
def ada(db):
    return get_user_model().objects.create_user("ada", password="secret-of-ada")


@pytest.fixture
def browser(ada):
    client = Client()
    client.force_login(ada)
    return client


def connect_with_token(browser):
    token = browser.post("/api/ws-token/").json()["token"]
    return events.connect(browser, TOKEN_PATH, query=f"?ws_token={token}&channel=general")


def is_open():
    return WebSocketSession.objects.using("default").filter(connected=True).exists()


@with_replica
def test_a_message_follows_its_connect_at_once(reads_elsewhere, browser):
    assert connect_with_token(browser).status_code == 200
    assert events.message(browser, {"handler": "default"}).status_code == 200


@with_replica
def test_a_connect_that_is_sent_twice_is_accepted_twice(reads_elsewhere, browser):
    token = browser.post("/api/ws-token/").json()["token"]
    query = f"?ws_token={token}&channel=general"

    statuses = [events.connect(browser, TOKEN_PATH, query=query).status_code for _ in range(2)]

    assert statuses == [200, 200]


@with_replica
def test_a_rule_made_a_moment_ago_keeps_a_stranger_out(reads_elsewhere, browser):
    ChannelPermission.objects.create(channel_name="general", access="superuser_only")

    assert connect_with_token(browser).status_code == 403


@with_replica
def test_logout_deactivation_and_deletion_close_sockets(reads_elsewhere, browser, ada):
    connect_with_token(browser)
    browser.logout()
    assert not is_open()

    browser.force_login(ada)
    WebSocketSession.objects.all().delete()
    connect_with_token(browser)
    ada.is_active = False
    ada.save()
    assert not is_open()

    WebSocketSession.objects.update(connected=True)
    WebSocketSession.objects.get().close()
    assert not is_open()


@with_replica
def test_a_message_and_a_broadcast_reach_a_new_connection(
    reads_elsewhere, browser, caplog, settings
):
    connect_with_token(browser)
    sessions = WebSocketSession.objects.filter(channel_name="general")

    assert [one.connection_id for one in sessions.recipients()] == [events.CONNECTION_ID]
    assert sessions.broadcast({}, plan=True).sockets == 1
    assert WebSocketSession.objects.in_channel("general").connected().count() == 1


@with_replica
def test_a_queued_broadcast_is_delivered_before_it_counts_as_finished(
    reads_elsewhere, browser, local_gateway
):
    connect_with_token(browser)

    queued = WebSocketSession.objects.filter(channel_name="general").enqueue_broadcast({"n": 1})
    assert queued.ranges.count() == 1
    assert not QueuedBroadcast.objects.get().report().is_finished
    deliver_broadcast(str(queued.pk))

    report = QueuedBroadcast.objects.get().report()
    assert (report.is_finished, report.total) == (True, 1)


@with_replica
def test_old_sessions_are_cleared_and_the_command_ends(reads_elsewhere, browser):
    connect_with_token(browser)
    WebSocketSession.objects.update(connected=False)

    call_command("clearWebSocketSessions")

    assert not WebSocketSession.objects.using("default").exists()


@with_replica
def test_a_project_may_still_name_the_replica(reads_elsewhere, browser):
    connect_with_token(browser)

    assert WebSocketSession.objects.using("replica").count() == 0


@pytest.mark.django_db(transaction=True, databases=["another"])
def test_nothing_touches_a_default_database_that_has_no_part_in_it(another, settings, monkeypatch):
    """Each connect purges here, of which one in a hundred does otherwise."""
    monkeypatch.setattr(connection_attempt, "RATE_LIMIT_PURGE_ONE_IN", 1)
    settings.DATABASE_ROUTERS = [Everything("another")]
    ApiGateway.objects.create(
        api_name="a", api_id=events.API_ID, target_base_endpoint="https://www.example.com/ws/"
    )
    browser = Client()
    browser.force_login(get_user_model().objects.create_user("ada"))
    old = ConnectionRateLimit.record_attempt("203.0.113.9")
    ConnectionRateLimit.objects.update(attempt_time=old.attempt_time.replace(year=2000))

    assert connect_with_token(browser).status_code == 200
    assert events.message(browser, {"handler": "default"}).status_code == 200
    WebSocketSession.objects.filter(channel_name="general").close()
    WebSocketSession.objects.filter(channel_name="general").enqueue_broadcast({"n": 1})
    assert events.disconnect(browser).status_code in {200, 400}

    assert [one.ip_address for one in ConnectionRateLimit.objects.all()] == ["203.0.113.7"]
    assert AttemptWindow.objects.using("another").exists()
    assert WebSocketToken.objects.using("another").filter(used=True).exists()
