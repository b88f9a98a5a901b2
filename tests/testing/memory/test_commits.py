"""Callbacks of a commit run, though the transaction of a test never commits."""

import logging
from contextlib import suppress

import pytest
from django.db import connection, transaction
from django.test import TestCase

from django_aws_api_gateway_websockets.channels import publish
from django_aws_api_gateway_websockets.models import ApiGateway, WebSocketSession
from django_aws_api_gateway_websockets.testing import WebSocketClient, outbox

pytestmark = pytest.mark.django_db


@pytest.fixture
def client():
    return WebSocketClient("/ws/", channel="lobby")


def test_a_send_after_the_commit_arrives_and_one_that_is_rolled_back_does_not(client):
    client.send({"action": "store"})

    assert client.received == ["at once", "outer"]


def test_a_message_published_in_a_test_arrives_at_once(client):
    publish("lobby", "hello")

    assert client.received == ["hello"]


def test_a_transaction_of_the_test_is_waited_for(client):
    with transaction.atomic():
        WebSocketSession.objects.in_channel("lobby").broadcast("later")
        with transaction.atomic(savepoint=False):
            publish("lobby", "as well")
        before = client.received

    assert (before, client.received) == ([], ["later", "as well"])


def test_a_transaction_that_fails_sends_nothing(client):
    def fail():
        with transaction.atomic():
            publish("lobby", "lost")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    publish("lobby", "sent")
    assert client.received == ["sent"]


def test_callbacks_run_in_order_and_those_of_callbacks_at_once(client):
    ran = []

    def first():
        ran.append("first")
        transaction.on_commit(lambda: ran.append("within the first"))

    with transaction.atomic():
        transaction.on_commit(first)
        transaction.on_commit(lambda: ran.append("second"))

    assert ran == ["first", "within the first", "second"]


def test_captured_callbacks_are_counted_and_none_runs_a_second_time(client):
    with TestCase.captureOnCommitCallbacks(execute=True) as callbacks:
        publish("lobby", "once")
        with transaction.atomic():
            publish("lobby", "twice")

    assert len(callbacks) == 2
    assert client.received == ["once", "twice"]


def test_callbacks_from_before_the_kit_are_left_to_django():
    ran = []
    transaction.on_commit(lambda: ran.append("before"))

    outbox.clear()
    with suppress(ZeroDivisionError), transaction.atomic():
        raise ZeroDivisionError
    transaction.on_commit(lambda: ran.append("after"))
    by_kit = list(ran)
    connection.run_on_commit[0][1]()

    assert by_kit == ["after"]
    assert ran == ["after", "before"]


def test_a_robust_callback_that_fails_is_logged_and_another_is_raised(client, caplog):
    def fail():
        raise LookupError("no such thing")

    with caplog.at_level(logging.ERROR):
        transaction.on_commit(fail, robust=True)
    with pytest.raises(LookupError):
        transaction.on_commit(fail)

    assert "no such thing" in caplog.text


def test_a_callback_that_would_change_an_api_in_aws_is_left_to_django(client):
    gateway = ApiGateway.objects.get()
    ApiGateway.objects.update(deployment_id="dep123")
    gateway.refresh_from_db()

    gateway.api_description = "changed"
    with TestCase.captureOnCommitCallbacks() as callbacks:
        gateway.save()

    assert len(callbacks) == 1
    assert connection.run_on_commit[-1][1] is callbacks[0]


@pytest.mark.django_db(transaction=True)
def test_without_a_transaction_of_the_test_django_does_it_all(client):
    client.send({"action": "store"})
    with transaction.atomic():
        publish("lobby", "committed")

    assert client.received == ["at once", "outer", "committed"]
