"""Broadcasts that workers deliver, without the workers: who they are is tested in acceptance."""

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from django.db import connections, transaction
from django.utils import timezone

from django_aws_api_gateway_websockets.core.errors import BroadcastBudgetError
from django_aws_api_gateway_websockets.delivery.outcome import OutcomeKind
from django_aws_api_gateway_websockets.models import (
    BroadcastRange,
    QueuedBroadcast,
    WebSocketSession,
)
from django_aws_api_gateway_websockets.sending.broadcast import worker
from django_aws_api_gateway_websockets.sending.broadcast.report import Missed
from django_aws_api_gateway_websockets.tasks import deliver_broadcast
from tests.delivery.recording_server import GONE, Reply
from tests.models.audiences import make_sessions

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database, pytest.mark.slow]

REFUSED = Reply(403, (("x-amzn-ErrorType", "ForbiddenException"),))


def ids_of(*indexes):
    return {f"L0SM9cOFv{index:06}=": 1 for index in indexes}


def test_an_audience_is_written_down_and_delivered_once(server, api_gateway):
    make_sessions(api_gateway, 2500)
    make_sessions(None, 3, start=5000)
    server.replies["L0SM9cOFv000007="].append(GONE)
    server.replies["L0SM9cOFv002009="].append(REFUSED)

    queued = WebSocketSession.objects.enqueue_broadcast({"n": 1}, id_key="id")
    assert server.arrived == []
    queued.deliver()

    report = queued.report()
    assert server.ids == ids_of(*range(2500))
    assert json.loads(server.arrived[0].body) == {"n": 1, "id": str(queued.id)}
    assert report.is_finished
    assert (report.sent, report.gone, report.missed_count) == (2498, 1, 4)
    assert report.missed == [Missed("L0SM9cOFv002009=", OutcomeKind.REFUSED, "ForbiddenException")]
    assert (report.without_gateway, report.possibly_repeated) == (3, 0)
    assert not WebSocketSession.objects.get(connection_id="L0SM9cOFv000007=").connected


def test_it_lives_and_dies_with_the_callers_transaction(server, api_gateway):
    make_sessions(api_gateway, 3)

    with transaction.atomic():
        WebSocketSession.objects.enqueue_broadcast({"n": 1})
        transaction.set_rollback(True)

    assert (QueuedBroadcast.objects.count(), BroadcastRange.objects.count()) == (0, 0)


def test_above_its_budget_nothing_is_queued(server, api_gateway):
    make_sessions(api_gateway, 3)

    with pytest.raises(BroadcastBudgetError):
        WebSocketSession.objects.enqueue_broadcast({"n": 1}, budget_units=2)

    assert QueuedBroadcast.objects.count() == 0


def test_a_session_that_has_ended_meanwhile_gets_nothing(server, api_gateway):
    ada = get_user_model().objects.create_user("ada")
    make_sessions(api_gateway, 2, user=ada)
    make_sessions(api_gateway, 2, start=10)
    queued = WebSocketSession.objects.enqueue_broadcast({"n": 1})

    get_user_model().objects.filter(pk=ada.pk).update(is_active=False)
    WebSocketSession.objects.filter(connection_id="L0SM9cOFv000010=").update(connected=False)
    queued.deliver()

    assert server.ids == ids_of(11)
    assert queued.report().total == 1


def test_an_empty_audience_is_finished_at_once(server, api_gateway):
    make_sessions(None, 2)

    queued = WebSocketSession.objects.enqueue_broadcast({"n": 1})

    assert QueuedBroadcast.objects.get().report().is_finished
    assert queued.report().missed_count == 2


def deliver_in_workers(queued, number):
    def work(_):
        try:
            deliver_broadcast(str(queued.id))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(number) as workers:
        list(workers.map(work, range(number)))


def test_workers_side_by_side_send_everything_once(server, api_gateway):
    make_sessions(api_gateway, 6000)
    queued = WebSocketSession.objects.enqueue_broadcast({"n": 1})

    deliver_in_workers(queued, 4)

    queued.refresh_from_db()
    assert Counter(server.ids.values()) == {1: 6000}
    assert (queued.report().sent, queued.report().is_finished) == (6000, True)


def test_a_range_whose_worker_went_silent_is_taken_up_where_it_was(server, api_gateway):
    make_sessions(api_gateway, 1000)
    queued = WebSocketSession.objects.enqueue_broadcast({"n": 1})
    lost = BroadcastRange.claim_next(queued)
    assert lost.advance(256, queued.report())
    assert BroadcastRange.claim_next(queued) is None

    BroadcastRange.objects.update(claimed_until=timezone.now() - timedelta(seconds=1))
    queued.deliver()

    assert Counter(server.ids.values()) == {1: 744}
    assert queued.report().possibly_repeated == 256
    # A worker that wakes up too late changes nothing any more.
    assert not lost.advance(512, queued.report())
    assert BroadcastRange.objects.get().position >= 1000


@pytest.fixture
def fast_clock(monkeypatch):
    """Time in which claims run out, and are renewed, three times as fast as on the wall."""
    start = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: start + 3 * (datetime.now(UTC) - start))
    monkeypatch.setattr(worker, "RENEWALS_IN_A_CLAIM", 3 * worker.RENEWALS_IN_A_CLAIM)


@pytest.mark.usefixtures("fast_clock")
def test_a_window_that_takes_longer_than_a_claim_stays_with_its_worker(
    server, api_gateway, settings
):
    settings.WEBSOCKETS |= {"broadcast_claim_seconds": 2}
    [warm] = make_sessions(api_gateway, 1, start=12)
    # A connection that is open already, since posts on new ones are not held back.
    warm.send_message({"n": 0})
    WebSocketSession.objects.filter(pk=warm.pk).update(connected=False)
    make_sessions(api_gateway, 12)
    queued = WebSocketSession.objects.enqueue_broadcast({"n": 1}, per_second=6)

    deliver_in_workers(queued, 2)

    # It took more than two claims.
    assert queued.report().seconds > 4
    assert server.ids == ids_of(*range(13))
    assert queued.report().possibly_repeated == 0


def test_moments_may_be_without_a_time_zone(server, api_gateway, settings):
    settings.USE_TZ = False
    make_sessions(api_gateway, 3)
    queued = WebSocketSession.objects.enqueue_broadcast({"n": 1})
    BroadcastRange.claim_next(queued)
    BroadcastRange.objects.update(claimed_until=timezone.now() - timedelta(seconds=1))

    queued.deliver()

    assert (queued.report().sent, queued.report().is_finished) == (3, True)
    assert 0 <= queued.report().seconds < 600


def test_a_claim_that_is_another_s_is_not_renewed(server, api_gateway):
    make_sessions(api_gateway, 1)
    queued = WebSocketSession.objects.enqueue_broadcast({"n": 1})
    lost = BroadcastRange.claim_next(queued)
    assert lost.renew()

    lost.release()
    assert BroadcastRange.claim_next(queued) is not None

    assert not lost.renew()


@pytest.mark.parametrize("option", ["per_second", "max_in_flight"])
def test_a_rate_nobody_could_keep_is_refused_before_it_is_queued(server, api_gateway, option):
    make_sessions(api_gateway, 1)

    with pytest.raises(ValueError, match=f"{option} is 0.5 and must be 1 or more"):
        WebSocketSession.objects.enqueue_broadcast({"n": 1}, **{option: 0.5})

    assert QueuedBroadcast.objects.count() == 0


def test_a_worker_that_is_stopped_gives_its_range_back(server, api_gateway, monkeypatch):
    make_sessions(api_gateway, 600)
    queued = WebSocketSession.objects.enqueue_broadcast({"n": 1})
    advance = BroadcastRange.advance

    def stopped(self, position, report):
        advance(self, position, report)
        raise KeyboardInterrupt

    monkeypatch.setattr(BroadcastRange, "advance", stopped)
    with pytest.raises(KeyboardInterrupt):
        queued.deliver()
    monkeypatch.undo()

    queued.deliver()
    assert Counter(server.ids.values()) == {1: 600}


def test_a_task_queue_that_is_down_loses_nothing(server, api_gateway, settings, caplog):
    settings.TASKS = {"default": {"BACKEND": "no.such.Backend"}}
    settings.WEBSOCKETS |= {"broadcast_workers": "tasks"}
    make_sessions(api_gateway, 3)
    later = []

    with transaction.atomic():
        queued = WebSocketSession.objects.enqueue_broadcast({"n": 1})
        transaction.on_commit(lambda: later.append("ran"))

    assert later == ["ran"]
    assert f"No worker could be told of broadcast {queued.id}" in caplog.text
    queued.deliver()
    assert queued.report().sent == 3


def test_a_task_of_a_deleted_broadcast_does_nothing(server):
    deliver_broadcast("4b0e8e9c-3f57-4d63-8f43-2a4b2f7a9f6a")


def test_the_command_delivers_what_is_left(server, api_gateway):
    make_sessions(api_gateway, 3)
    queued = WebSocketSession.objects.enqueue_broadcast({"n": 1})
    output = StringIO()

    call_command("deliverWebSocketBroadcasts", stdout=output)
    call_command("deliverWebSocketBroadcasts", stdout=output)

    assert server.ids == ids_of(0, 1, 2)
    assert f"{queued.id}: 3 sent, 0 gone, 0 missed" in output.getvalue()
    assert output.getvalue().count("\n") == 1


def test_one_that_cannot_be_delivered_holds_up_no_other(server, api_gateway, monkeypatch):
    make_sessions(api_gateway, 3)
    stuck = WebSocketSession.objects.enqueue_broadcast("stuck")
    queued = WebSocketSession.objects.enqueue_broadcast("free")
    deliver = QueuedBroadcast.deliver

    def deliver_all_but_one(self):
        if self.pk == stuck.pk:
            raise RuntimeError("No AWS region is set")
        deliver(self)

    monkeypatch.setattr(QueuedBroadcast, "deliver", deliver_all_but_one)
    with pytest.raises(CommandError, match=f"see the log: {stuck.pk}"):
        call_command("deliverWebSocketBroadcasts", stdout=StringIO())

    assert QueuedBroadcast.objects.get(pk=queued.pk).report().sent == 3


async def test_async_code_queues_too(server, api_gateway):
    from asgiref.sync import sync_to_async

    await sync_to_async(make_sessions)(api_gateway, 1)
    queued = await WebSocketSession.objects.aenqueue_broadcast({"n": 1})

    assert await QueuedBroadcast.objects.filter(pk=queued.pk).aexists()
    await sync_to_async(connections.close_all)()
