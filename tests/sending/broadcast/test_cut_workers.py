"""Workers of a queued broadcast whose database is cut."""

import pytest
from django.db import Error, connection, transaction

from django_aws_api_gateway_websockets import models
from django_aws_api_gateway_websockets.models import (
    BroadcastRange,
    QueuedBroadcast,
    WebSocketSession,
    queued_broadcast,
)
from tests.models.audiences import make_sessions
from tests.sending.broadcast.interruptions import Client, cut_connection, on_a_server

pytestmark = [pytest.mark.django_db(transaction=True), on_a_server]


@pytest.fixture(autouse=True)
def _connection_ends_with_the_test(db):
    yield
    connection.close()


@pytest.fixture
def client(monkeypatch):
    client = Client()
    monkeypatch.setattr(models, "get_boto3_client", lambda *args, **kwargs: client)
    return client


@pytest.mark.parametrize(
    ("owner", "name"),
    [
        (QueuedBroadcast, "finish_if_done"),
        (BroadcastRange, "claim_next"),
        (queued_broadcast._QueuedRows, "connected_ids"),
        (WebSocketSession, "mark_gone"),
        (BroadcastRange, "advance"),
    ],
)
@pytest.mark.parametrize("is_last", [False, True])
def test_a_worker_outlasts_a_cut_database_and_sends_nothing_twice(
    api_gateway, client, monkeypatch, owner, name, is_last
):
    monkeypatch.setattr(queued_broadcast, "RANGE_SIZE", 200)
    make_sessions(api_gateway, 400)
    queued = WebSocketSession.objects.all().enqueue_broadcast({"n": 1})
    asked_for = getattr(owner, name)
    is_of_class = hasattr(asked_for, "__self__")
    calls = []

    def cut_before(*args):
        calls.append(name)
        # There are two ranges, so each is asked for at least twice.
        if len(calls) == (2 if is_last else 1):
            cut_connection()
        return asked_for(*args[is_of_class:])

    monkeypatch.setattr(owner, name, classmethod(cut_before) if is_of_class else cut_before)
    queued.deliver()

    assert len(calls) >= 2
    assert len(client.posted) == len(set(client.posted)) == 400
    report = queued.report()
    assert (report.is_finished, report.total, report.possibly_repeated) == (True, 400, 0)
    assert WebSocketSession.objects.filter(connected=False).count() == 400 // 3


def test_an_advance_whose_answer_was_lost_is_not_taken_for_another_s(api_gateway):
    make_sessions(api_gateway, 3)
    queued = WebSocketSession.objects.all().enqueue_broadcast({"n": 1})
    part = BroadcastRange.claim_next(queued)

    assert part.advance(256, queued.report())
    assert part.advance(256, queued.report())


def test_the_claim_of_a_range_is_renewed_after_a_cut(api_gateway):
    make_sessions(api_gateway, 3)
    queued = WebSocketSession.objects.all().enqueue_broadcast({"n": 1})
    part = BroadcastRange.claim_next(queued)

    cut_connection()

    assert part.renew()
    cut_connection()
    part.release()
    assert BroadcastRange.objects.get().claimed_until is None


def test_within_a_transaction_a_cut_is_an_error(api_gateway):
    """The project's own writes in it are lost, and must not seem to be done."""
    make_sessions(api_gateway, 3)
    queued = WebSocketSession.objects.all().enqueue_broadcast({"n": 1})

    @transaction.atomic
    def cut_and_finish():
        cut_connection()
        queued.finish_if_done()

    with pytest.raises(Error):
        cut_and_finish()
