"""A project whose own manager hides users that were deleted in name only."""

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import UserManager
from django.test import Client

from django_aws_api_gateway_websockets.models import WebSocketSession, WebSocketToken
from tests import events
from tests.statements import statements_of_a_message

pytestmark = pytest.mark.django_db

TOKEN_PATH = "/token-ws/connect"


class PresentUsers(UserManager):
    def get_queryset(self):
        return super().get_queryset().exclude(last_name="deleted")


@pytest.fixture(autouse=True)
def _manager(monkeypatch):
    manager = PresentUsers()
    manager.model = get_user_model()
    monkeypatch.setattr(get_user_model()._meta, "default_manager", manager)


@pytest.fixture
def ada():
    return get_user_model().objects.create_user("ada")


@pytest.fixture
def browser(ada):
    client = Client()
    client.force_login(ada)
    return client


def delete_in_name(user, **how):
    user.last_name = "deleted"
    user.save(**how)


def test_a_token_of_a_hidden_user_is_refused_in_words_and_stays_unused(
    api_gateway, browser, ada, caplog
):
    token = browser.post("/api/ws-token/").json()["token"]
    get_user_model()._base_manager.update(last_name="deleted")

    response = events.connect(browser, TOKEN_PATH, f"?ws_token={token}")

    assert (response.status_code, response.content) == (400, b"Invalid or expired token")
    assert "its user is hidden by the project's own manager" in caplog.text
    assert not WebSocketToken.objects.get().used
    assert WebSocketToken.validate_and_consume(token, browser.session.session_key) is None


def test_a_token_of_anybody_else_is_accepted(api_gateway, browser):
    token = browser.post("/api/ws-token/").json()["token"]

    assert events.connect(browser, TOKEN_PATH, f"?ws_token={token}").status_code == 200


@pytest.mark.parametrize("how", [{}, {"update_fields": ["last_name"]}])
def test_the_sockets_of_a_user_are_closed_with_the_hiding(api_gateway, browser, ada, how):
    token = browser.post("/api/ws-token/").json()["token"]
    events.connect(browser, TOKEN_PATH, f"?ws_token={token}")

    delete_in_name(ada, **how)

    assert not WebSocketSession.objects.get().connected


def hide_without_signals(user):
    get_user_model()._base_manager.filter(pk=user.pk).update(last_name="deleted")


def connected_ids():
    return list(WebSocketSession.objects.connected().values_list("connection_id", flat=True))


@pytest.fixture
def opened(api_gateway, browser):
    token = browser.post("/api/ws-token/").json()["token"]
    assert events.connect(browser, TOKEN_PATH, f"?ws_token={token}").status_code == 200
    return WebSocketSession.objects.get()


def test_the_next_message_of_a_user_hidden_without_signals_closes_the_socket(opened, ada):
    hide_without_signals(ada)

    response = events.message(Client(), {"handler": "shout"})

    assert (response.status_code, response.content) == (400, b"Invalid connection ID")
    assert not WebSocketSession.objects.get().connected


def test_messages_of_everybody_else_are_heard_before_and_after(opened, ada, api_gateway):
    WebSocketSession.objects.create(connection_id="anonymous=", api_gateway=api_gateway)
    grace = get_user_model().objects.create_user("grace")
    WebSocketSession.objects.create(connection_id="grace=", api_gateway=api_gateway, user=grace)

    for number in range(2):
        for one in ["anonymous=", "grace="]:
            response = events.message(Client(), {"handler": "shout"}, Connectionid=one)
            assert response.status_code == 200
        if number == 0:
            hide_without_signals(ada)


def test_a_manager_whose_answer_changes_is_asked_with_each_message(
    opened, ada, api_gateway, monkeypatch
):
    """Such as one that hides who left before now, or that knows the tenant of a request."""
    hidden_name = ["nobody"]
    monkeypatch.setattr(
        PresentUsers,
        "get_queryset",
        lambda self: super(PresentUsers, self).get_queryset().exclude(username=hidden_name[0]),
    )
    assert events.message(Client(), {"handler": "shout"}).status_code == 200

    hidden_name[0] = "ada"

    assert not WebSocketSession.objects.connected().exists()
    assert events.message(Client(), {"handler": "shout"}).status_code == 400


def test_a_message_does_not_reach_a_hidden_user(opened, ada, api_gateway, caplog):
    WebSocketSession.objects.filter(pk=opened.pk).update(channel_name="general")
    anonymous = WebSocketSession.objects.create(
        connection_id="anonymous=", api_gateway=api_gateway, channel_name="general"
    )
    in_channel, by_filter = (
        WebSocketSession.objects.in_channel("general"),
        WebSocketSession.objects.filter(channel_name="general"),
    )
    assert len(connected_ids()) == 2
    assert in_channel.broadcast({}, plan=True).sockets == 2

    hide_without_signals(ada)

    assert connected_ids() == [anonymous.connection_id]
    assert in_channel.broadcast({}, plan=True).sockets == 1
    assert by_filter.enqueue_broadcast({}).ranges.get().session_keys == [anonymous.pk]
    assert [one.pk for one in by_filter.order_by("pk")[:2].connected()] == [anonymous.pk]
    anonymous.close()
    caplog.set_level("INFO")
    assert in_channel.send_message({}) == by_filter.send_message({}) == []
    assert caplog.text.count("sent to nobody") == 2


def test_the_login_of_a_hidden_user_has_ended(opened, ada):
    assert opened.has_valid_login()

    hide_without_signals(ada)

    assert not WebSocketSession.objects.get().has_valid_login()
    assert WebSocketSession.objects.create(connection_id="anonymous=").has_valid_login()


def test_a_message_costs_no_statement_more(opened, django_assert_num_queries):
    for _ in range(2):
        with django_assert_num_queries(statements_of_a_message()):
            assert events.message(Client(), {"action": "silent"}).status_code == 200
