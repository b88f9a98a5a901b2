"""Bookkeeping beside a message never hides that a project's own rows are lost."""

import threading

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.contrib.auth.signals import user_logged_in
from django.contrib.sessions.backends.db import SessionStore
from django.db import OperationalError, connection, connections, transaction

from django_aws_api_gateway_websockets.models import WebSocketSession, WebSocketToken
from tests.models.audiences import make_sessions

SECONDS = 20

on_mysql = pytest.mark.skipif(
    connection.vendor != "mysql", reason="others keep what was done before a savepoint"
)


@on_mysql
@pytest.mark.django_db(transaction=True)
def test_a_transaction_that_a_deadlock_took_away_is_an_error(api_gateway):
    first, second = make_sessions(api_gateway, 2)
    mine = WebSocketSession.objects.filter(pk=first.pk)
    gone = WebSocketSession.objects.filter(pk=second.pk)
    locked, crossing = threading.Event(), threading.Event()

    def cross():
        # InnoDB ends the one of two that has changed less.
        with transaction.atomic():
            Group.objects.bulk_create(Group(name=f"{number}") for number in range(300))
            gone.update(channel_name="x")
            locked.set()
            crossing.wait(SECONDS)
            mine.update(channel_name="x")
        connections.close_all()

    other = threading.Thread(target=cross)
    other.start()
    locked.wait(SECONDS)

    @transaction.atomic
    def save_and_mark():
        get_user_model().objects.create_user("precious")
        mine.update(channel_name="y")
        threading.Timer(0.2, crossing.set).start()
        WebSocketSession.mark_gone([second.connection_id])

    with pytest.raises(OperationalError):
        save_and_mark()

    other.join(SECONDS)


@on_mysql
@pytest.mark.django_db(transaction=True)
def test_a_database_that_stays_away_is_logged(monkeypatch, caplog):
    def refuse(*args, **kwargs):
        raise connection.Database.OperationalError(2003, "the server is down")

    connection.close()
    monkeypatch.setattr(connection, "get_new_connection", refuse)

    WebSocketSession.mark_gone(["a="])

    assert "could not be marked disconnected" in caplog.text


@pytest.mark.django_db
def test_a_token_is_for_an_api_of_exactly_that_id():
    user = get_user_model().objects.create_user("ada")
    token = WebSocketToken.generate_token(user, "the-session", api_id="a1b2c3d4e5").token

    refused = WebSocketToken.validate_and_consume(token, "the-session", api_id="A1B2C3D4E5")

    assert refused is None


@pytest.mark.django_db
def test_a_login_without_a_session_gets_none(rf):
    request = rf.post("/api/login/")
    request.session = SessionStore()
    request.user = get_user_model().objects.create_user("ada")

    user_logged_in.send(sender=type(request.user), request=request, user=request.user)

    assert request.session.is_empty()
