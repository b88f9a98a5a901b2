"""The relay does what only time can trigger."""

import uuid
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.core.management import call_command
from django.db import DatabaseError
from django.utils import timezone

from django_aws_api_gateway_websockets import channels
from django_aws_api_gateway_websockets.channels import relay
from django_aws_api_gateway_websockets.channels.relay import Relay
from django_aws_api_gateway_websockets.models import (
    ChannelState,
    RelayTask,
    Subscription,
    WebSocketSession,
)
from tests.delivery.recording_server import BROKEN, GONE

pytestmark = pytest.mark.django_db(transaction=True)


def make_old(**age):
    WebSocketSession.objects.update(created_on=timezone.now() - timedelta(**age))


def open_ids():
    found = WebSocketSession.objects.filter(connected=True)
    return sorted(found.values_list("connection_id", flat=True))


def test_a_connection_older_than_any_can_be_is_closed(open_socket):
    open_socket("old=")
    make_old(hours=2, minutes=6)
    open_socket("young=")

    assert relay.close_outlived() == 1
    assert open_ids() == ["young="]


def test_connections_api_gateway_does_not_know_cost_no_call_in_the_next_message(
    open_socket, server
):
    for name in ("here=", "gone=", "broken="):
        open_socket(name, channel_name="news")
    make_old(minutes=3)
    server.will_answer("gone=", GONE)
    server.will_answer("broken=", *[BROKEN] * 10)

    assert relay.ask_after_connections() == 0

    assert open_ids() == ["broken=", "here="]
    assert {request.method for request in server.arrived} == {"GET"}
    server.arrived.clear()
    channels.publish("news", 1)
    assert "gone=" not in server.ids


def test_a_connection_that_may_be_opening_is_not_asked_after(open_socket, server):
    open_socket("new=")

    relay.ask_after_connections()

    assert server.arrived == []


def test_the_next_pass_goes_on_where_the_last_one_stopped(open_socket, server, monkeypatch):
    monkeypatch.setattr(relay, "ASKED_TOGETHER", 2)
    for index in range(3):
        open_socket(f"{index}=")
    make_old(minutes=3)

    after = relay.ask_after_connections()
    assert relay.ask_after_connections(after) == 0

    assert sorted(server.ids) == ["0=", "1=", "2="]


def test_one_pass_asks_after_as_many_as_a_second_takes_and_the_next_ones_go_on(
    open_socket, server, monkeypatch
):
    monkeypatch.setattr(relay, "ASKED_A_SECOND", 20)
    monkeypatch.setattr(relay, "ASKED_TOGETHER", 50)
    for index in range(60):
        open_socket(f"{index}=")
    make_old(minutes=3)
    running = Relay()
    asked = []

    for _ in range(4):
        done = running.run_due()
        asked.append(len(server.ids))
    assert done == []
    RelayTask.objects.update(done_on=timezone.now() - timedelta(minutes=1))
    for _ in range(2):
        running.run_due()
        asked.append(len(server.ids))

    assert asked == [20, 40, 50, 50, 60, 60]
    assert len(set(server.ids)) == 60


def test_presence_waits_a_second_at_most_for_those_who_are_asked_after(
    kinds, open_socket, server, monkeypatch
):
    monkeypatch.setattr(relay, "ASKED_A_SECOND", 20)
    for index in range(60):
        open_socket(f"{index}=")
    open_socket("a=", user="ada").subscribe("hall-a")
    make_old(minutes=3)
    running = Relay()

    running.run_due()
    ChannelState.objects.update(due_on=timezone.now(), member_count=7, announced_on=None)

    assert running.run_due() == ["presence", "ghosts"]
    assert ChannelState.objects.get().member_count == 1
    assert len({one.connection_id for one in server.arrived if one.method == "GET"}) == 40


def test_to_do_every_task_once_asks_after_a_whole_batch(open_socket, server, monkeypatch):
    monkeypatch.setattr(relay, "ASKED_A_SECOND", 20)
    monkeypatch.setattr(relay, "ASKED_TOGETHER", 50)
    for index in range(60):
        open_socket(f"{index}=")
    make_old(minutes=3)

    Relay().run_due(at_once=True)

    assert len(server.ids) == 50


def test_a_gateway_that_cannot_be_asked_closes_nobody(open_socket, settings, unused_tcp_port):
    settings.WEBSOCKETS = {
        "local_gateway": True,
        "local_gateway_address": f"127.0.0.1:{unused_tcp_port}",
    }
    open_socket("a=")
    make_old(minutes=3)

    relay.ask_after_connections()

    assert open_ids() == ["a="]


def test_subscriptions_of_connections_that_are_long_closed_are_deleted(open_socket):
    for name in ("here=", "just gone=", "gone="):
        open_socket(name).subscribe("news")
    gone = WebSocketSession.objects.filter(connection_id__in=["gone=", "just gone="])
    gone.update(connected=False, updated_on=timezone.now())
    long_ago = timezone.now() - timedelta(minutes=2)
    WebSocketSession.objects.filter(connection_id="gone=").update(updated_on=long_ago)

    relay.delete_dead_subscriptions()

    left = Subscription.objects.values_list("session__connection_id", flat=True)
    assert sorted(left) == ["here=", "just gone="]


def test_without_a_relay_those_who_subscribe_delete_them_now_and_then(open_socket, monkeypatch):
    monkeypatch.setattr("django_aws_api_gateway_websockets.models.subscription.PURGED_ONE_IN", 1)
    gone = open_socket("gone=")
    gone.subscribe("news")
    long_ago = timezone.now() - timedelta(minutes=2)
    WebSocketSession.objects.filter(pk=gone.pk).update(connected=False, updated_on=long_ago)

    open_socket("here=").subscribe("sport")

    assert [str(one) for one in Subscription.objects.all()] == ["sport"]


def test_of_two_relays_one_does_a_task_at_a_time():
    one, other = uuid.uuid4(), uuid.uuid4()

    assert RelayTask.take("rules", one, seconds=60)
    assert not RelayTask.take("rules", other, seconds=60)
    RelayTask.finish("rules", one)
    assert not RelayTask.take("rules", other, seconds=60, every=60)
    assert RelayTask.take("rules", other, seconds=60)


def test_the_task_of_a_relay_that_was_killed_is_taken_over():
    one, other = uuid.uuid4(), uuid.uuid4()
    assert RelayTask.take("rules", one, seconds=60)
    RelayTask.objects.update(leased_until=timezone.now() - timedelta(seconds=1))

    assert RelayTask.take("rules", other, seconds=60)
    RelayTask.finish("rules", one)
    assert not RelayTask.take("rules", one, seconds=60)


def test_a_pass_does_what_is_due_and_the_next_one_nothing(db):
    first = Relay()

    assert first.run_due() == ["presence", "old age", "ghosts", "rules", "dead subscriptions"]
    assert first.run_due() == []
    assert Relay().run_due() == []


def test_a_pass_begins_each_second_or_as_soon_as_the_last_one_has_ended(monkeypatch):
    clock = SimpleNamespace(now=0.0, slept=[])
    took = iter([0.25, 3.0])

    def work(self):
        try:
            clock.now += next(took)
        except StopIteration:
            raise KeyboardInterrupt from None

    monkeypatch.setattr(Relay, "run_due", work)
    monkeypatch.setattr(relay.time, "monotonic", lambda: clock.now)
    monkeypatch.setattr(relay.time, "sleep", clock.slept.append)

    with pytest.raises(KeyboardInterrupt):
        Relay().run()

    assert clock.slept == [0.75, 0.0]


def test_a_task_that_fails_is_logged_once_and_harms_no_other(monkeypatch, caplog):
    def fail():
        raise DatabaseError("the table is gone")

    monkeypatch.setattr(relay, "close_outlived", fail)
    running = Relay()

    assert running.run_due(at_once=True) == ["presence", "ghosts", "rules", "dead subscriptions"]
    running.run_due(at_once=True)

    assert caplog.text.count("The relay could not do its task 'old age'.") == 1


def test_the_command_does_every_task_once(capsys):
    call_command("websocketRelay", "--once")

    assert (
        capsys.readouterr().out == "Done: presence, old age, ghosts, rules, dead subscriptions.\n"
    )
