"""A change that two make at the same moment is told of once."""

import threading
from contextlib import contextmanager

import pytest
from django.db import connection, models

from django_aws_api_gateway_websockets import signals
from django_aws_api_gateway_websockets.models import Subscription, WebSocketSession

pytestmark = pytest.mark.django_db(transaction=True)

AHEAD_SECONDS = 0.5
"""Time in which the one that overtakes is done, unless a lock keeps it waiting."""


@pytest.fixture
def told():
    """Connections that were told of, as many times as they were."""
    heard = []

    def note(session, **facts):
        heard.append(session.connection_id)

    for one in (signals.unsubscribed, signals.disconnected):
        one.connect(note)
    yield heard
    for one in (signals.unsubscribed, signals.disconnected):
        one.disconnect(note)


@contextmanager
def overtaken(monkeypatch, statement, act):
    """Somebody acts in a thread just before the first statement of this kind."""
    threads = []
    go_on = getattr(models.QuerySet, statement)

    def run():
        act()
        connection.close()

    def meanwhile(self, *args, **kwargs):
        if not threads and self.model in (Subscription, WebSocketSession):
            threads.append(threading.Thread(target=run))
            threads[0].start()
            threads[0].join(AHEAD_SECONDS)
        return go_on(self, *args, **kwargs)

    monkeypatch.setattr(models.QuerySet, statement, meanwhile)
    yield
    threads[0].join()


def test_two_unsubscribes_at_once_are_told_of_once(open_socket, told, monkeypatch):
    session = open_socket("a=")
    session.subscribe("news")

    with overtaken(monkeypatch, "delete", lambda: session.unsubscribe("news")):
        session.unsubscribe("news")

    assert told == ["a="]


@pytest.mark.parametrize(
    "close",
    [
        lambda session: session.close(),
        lambda session: WebSocketSession.objects.all().close(),
        lambda session: WebSocketSession.mark_gone([session.connection_id]),
    ],
    ids=["close", "queryset", "gone"],
)
def test_a_close_and_a_disconnect_at_once_are_told_of_once(
    open_socket, server, told, monkeypatch, close
):
    session = open_socket("a=")
    api_id = session.api_gateway.api_id

    def disconnect():
        WebSocketSession.close_connection("a=", api_id, or_without_api=False)

    with overtaken(monkeypatch, "update", disconnect):
        close(session)

    assert told == ["a="]


def test_a_connection_that_is_closed_again_is_not_told_of(open_socket, server, told):
    for name in ("a=", "b="):
        open_socket(name)
    WebSocketSession.mark_disconnected(["a="])

    WebSocketSession.mark_disconnected(["b=", "a="])

    assert told == ["a=", "b="]


def test_a_close_that_nobody_listens_to_is_one_statement(open_socket, django_assert_num_queries):
    open_socket("a=")

    with django_assert_num_queries(1):
        WebSocketSession.mark_disconnected(["a="])
