"""Transactions of `ATOMIC_REQUESTS`: around what the project wrote, never around the count."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.checks import run_checks
from django.db import connection, connections, transaction
from django.http import JsonResponse
from django.test import Client
from django.urls import path

from django_aws_api_gateway_websockets.models import (
    AttemptWindow,
    WebSocketSession,
    WebSocketToken,
)
from django_aws_api_gateway_websockets.models import (
    connection_attempt as limits,
)
from django_aws_api_gateway_websockets.views import WebSocketView
from tests import events

pytestmark = pytest.mark.django_db(transaction=True)

SECONDS = 30.0

may_go_on = threading.Event()
has_begun = threading.Event()


class BookView(WebSocketView):
    """Writes, and may then take its time or fail."""

    USE_WS_TOKEN = False
    RATE_LIMIT_ENABLED = False

    def slow(self, request, *args, **kwargs):
        has_begun.set()
        assert may_go_on.wait(SECONDS)

    def quick(self, request, *args, **kwargs):
        return JsonResponse({"in transaction": connection.in_atomic_block})

    def failing(self, request, *args, **kwargs):
        Group.objects.create(name="half")
        raise LookupError("the other half")


class AsyncView(BookView):
    """One handler that no transaction can go around, and one it can."""

    async def wait(self, request, *args, **kwargs):
        return JsonResponse({"in transaction": None})

    def quick(self, request, *args, **kwargs):
        return super().quick(request, *args, **kwargs)


class OptedOutView(BookView):
    """Marked by the project."""

    @transaction.non_atomic_requests
    def dispatch(self, request, *args, **kwargs):
        return super().dispatch(request, *args, **kwargs)

    dispatch.csrf_exempt = True

    def quick(self, request, *args, **kwargs):
        return super().quick(request, *args, **kwargs)


class PlainView(WebSocketView):
    """Leaves connects and disconnects to the package."""


class SlowHookView(WebSocketView):
    """Takes its time over the connection named first=."""

    USE_WS_TOKEN = False

    def _additional_connection_checks(self, request, *args, **kwargs):
        if request.headers["Connectionid"] == "first=":
            has_begun.set()
            assert may_go_on.wait(SECONDS)
        return connection.in_atomic_block, "no transaction"


class SlowConnectView(SlowHookView):
    """Takes it in a method of its own around the package's."""

    def connect(self, request, *args, **kwargs):
        answer = super().connect(request, *args, **kwargs)
        assert connection.in_atomic_block
        return answer


class FailingHookView(WebSocketView):
    """Writes, and fails."""

    RATE_LIMIT_MAX_ATTEMPTS = 3

    def _additional_connection_checks(self, request, *args, **kwargs):
        Group.objects.create(name="half")
        raise LookupError("the other half")


class FailingConnectView(FailingHookView):
    """Fails in a method of its own around the package's."""

    def connect(self, request, *args, **kwargs):
        return super().connect(request, *args, **kwargs)


class OwnUserView(WebSocketView):
    """Knows its users by other means than a cookie."""

    USE_WS_TOKEN = False

    def connect(self, request, *args, **kwargs):
        request.user = get_user_model().objects.get()
        return super().connect(request, *args, **kwargs)


urlpatterns = [
    path("own-user/<slug:route>", OwnUserView.as_view()),
    path("unlimited/<slug:route>", OwnUserView.as_view(RATE_LIMIT_ENABLED=False)),
    path("plain/<slug:route>", PlainView.as_view()),
    path("open/<slug:route>", PlainView.as_view(USE_WS_TOKEN=False)),
    path("slow-hook/<slug:route>", SlowHookView.as_view()),
    path("slow-connect/<slug:route>", SlowConnectView.as_view()),
    path("failing-hook/<slug:route>", FailingHookView.as_view()),
    path("failing-connect/<slug:route>", FailingConnectView.as_view()),
    path("book/<slug:route>", BookView.as_view()),
    path("async/<slug:route>", AsyncView.as_view()),
    path("out/<slug:route>", OptedOutView.as_view()),
    path("url/<slug:route>", transaction.non_atomic_requests(BookView.as_view())),
]


@pytest.fixture(autouse=True)
def _atomic_requests(settings, monkeypatch):
    settings.ROOT_URLCONF = __name__
    monkeypatch.setitem(connections.settings["default"], "ATOMIC_REQUESTS", True)
    may_go_on.clear()
    has_begun.clear()


@pytest.fixture
def session(api_gateway) -> WebSocketSession:
    return WebSocketSession.objects.create(
        connection_id=events.CONNECTION_ID, api_gateway=api_gateway
    )


def say(action: str, url: str = "/book/default") -> dict:
    try:
        return events.message(Client(), {"action": action}, url).json()
    finally:
        connections.close_all()


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has one writer at a time")
def test_a_handler_that_takes_its_time_does_not_hold_up_the_next_message(session):
    with ThreadPoolExecutor(2) as pool:
        slow = pool.submit(say, "slow")
        try:
            assert has_begun.wait(SECONDS)
            quick = pool.submit(say, "quick").result(SECONDS / 2)
        finally:
            may_go_on.set()
        slow.result(SECONDS)

    assert quick == {"in transaction": True}
    session.refresh_from_db()
    assert session.request_count == 3


def test_the_writes_of_a_failing_handler_are_undone_and_its_message_counted(session):
    client = Client(raise_request_exception=False)

    answer = events.message(client, {"action": "failing"}, "/book/default")

    assert answer.status_code == 500
    assert not Group.objects.exists()
    session.refresh_from_db()
    assert session.request_count == 2


@pytest.mark.parametrize(
    ("url", "is_atomic"),
    [("/book/", True), ("/async/", True), ("/out/", False), ("/url/", False)],
)
def test_plain_handlers_run_in_the_transaction_unless_the_project_has_opted_out(
    session, url, is_atomic
):
    assert say("quick", f"{url}default") == {"in transaction": is_atomic}


def test_an_async_handler_answers_under_atomic_requests(session):
    assert say("wait", "/async/default") == {"in transaction": None}


def test_w008_names_the_handlers_no_transaction_goes_around():
    found = [message for message in run_checks() if message.id.endswith("W008")]

    assert [message.msg.partition(" ")[0] for message in found] == ["AsyncView"]
    assert "wait" in found[0].msg


def enter(url: str, connection_id: str) -> int:
    try:
        return events.connect(Client(), url, Connectionid=connection_id).status_code
    finally:
        connections.close_all()


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has one writer at a time")
@pytest.mark.parametrize("url", ["/slow-hook/connect", "/slow-connect/connect"])
def test_a_connect_that_takes_its_time_does_not_hold_up_others_of_its_address(api_gateway, url):
    with ThreadPoolExecutor(2) as pool:
        slow = pool.submit(enter, url, "first=")
        try:
            assert has_begun.wait(SECONDS)
            second = pool.submit(enter, url, "second=").result(SECONDS / 2)
        finally:
            may_go_on.set()
        first = slow.result(SECONDS)

    assert (first, second) == (200, 200)
    assert AttemptWindow.objects.get().attempts == 2


@pytest.fixture
def ada(client):
    """A user who is logged in, with a token for each of the attempts of a test."""
    user = get_user_model().objects.create_user("ada")
    client.force_login(user)
    return user


def new_token(client) -> str:
    user = get_user_model().objects.get()
    return WebSocketToken.generate_token(user, client.session.session_key).token


@pytest.mark.parametrize("url", ["/failing-hook/connect", "/failing-connect/connect"])
def test_a_connect_that_fails_counts_and_uses_its_token_and_leaves_nothing_else(
    api_gateway, ada, client, url
):
    client.raise_request_exception = False
    statuses = [
        events.connect(client, url, f"?ws_token={new_token(client)}").status_code for _ in range(5)
    ]

    assert statuses == [500, 500, 500, 400, 400]
    assert AttemptWindow.objects.get().attempts == 3
    # Attempts beyond the limit are refused before they cost the token.
    assert WebSocketToken.objects.filter(used=True).count() == 3
    assert not Group.objects.exists()
    assert not WebSocketSession.objects.exists()


def test_events_nobody_hooks_into_cost_what_they_cost_without_transactions(
    api_gateway, ada, client, monkeypatch, django_assert_num_queries
):
    monkeypatch.setattr(limits, "RATE_LIMIT_PURGE_ONE_IN", 10**9)
    query = f"?ws_token={new_token(client)}"

    with django_assert_num_queries(7):
        assert events.connect(client, "/plain/connect", query).status_code == 200
    with django_assert_num_queries(1):
        assert events.disconnect(client, "/plain/disconnect").status_code == 200
    with django_assert_num_queries(4):
        assert events.connect(Client(), "/open/connect", Connectionid="2=").status_code == 200
    with django_assert_num_queries(6):  # The hook's transaction begins and ends.
        assert events.connect(Client(), "/slow-hook/connect", Connectionid="3=").status_code == 200


def test_a_user_put_in_by_the_project_is_counted_beside_who_came(api_gateway):
    ada = get_user_model().objects.create_user("ada")

    assert enter("/own-user/connect", "1=") == 200
    assert enter("/unlimited/connect", "2=") == 200

    counted = AttemptWindow.objects.values_list("key", "attempts")
    assert set(counted) == {(f"user:{ada.pk}", 1), ("ip:203.0.113.7/32", 1)}
