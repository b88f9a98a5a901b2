"""Rights that end at the very moment in which a connection comes in by them."""

import threading

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.test import Client

from django_aws_api_gateway_websockets import channels
from django_aws_api_gateway_websockets.models import (
    ChannelPermission,
    ChannelPermissionRule,
    Subscription,
    WebSocketSession,
)
from tests import events
from tests.races import race

pytestmark = pytest.mark.django_db(transaction=True)

CLIENT = "5f8b1f7e-3f5c-4c8b-9f3c-2a1d3e4f5a6b"


@pytest.fixture
def session(ada, open_socket, server):
    return open_socket(user=ada)


@pytest.fixture
def ends_when_asked(kinds, ada):
    """The right ends as soon as the rule has let her in; the answer stands."""
    ask = kinds.Room.may_subscribe

    def answer(self, user):
        may = ask(self, user)
        kinds.Room.may_subscribe = ask
        get_user_model().objects.get(pk=ada.pk).groups.clear()
        return may

    kinds.Room.may_subscribe = answer


def come_in_with_hello(session, frames):
    names = {"room-7": None, "board-a": None}
    events.message(
        Client(), {"action": "hello", "ws": 1, "id": "1", "client": CLIENT, "channels": names}
    )
    told = frames()[-1]["channels"]
    assert told["board-a"]["ok"]
    assert told["room-7"] == {
        "ok": False,
        "error": {"code": "forbidden", "message": "You may not be in this channel."},
    }
    assert [frame["ws"] for frame in frames()].count("reply") == 1


def come_in_from_a_handler(session, frames):
    events.message(Client(), {"action": "enter", "channel": "room-7"}, path="/speaking-ws/default")
    assert session.subscriptions.exists() is False


def come_in_from_a_handler_that_fails(session, frames):
    client = Client(raise_request_exception=False)
    frame = {"action": "enter_and_fail", "channel": "room-7"}
    assert events.message(client, frame, path="/speaking-ws/default").status_code == 500


def come_in_from_elsewhere(session, frames):
    session.subscribe("room-7")


def change_channel(session, frames):
    events.message(Client(), {"action": "change_channel", "channel": "room-7"})


def connect(session, frames):
    session.delete()
    client = Client()
    client.force_login(session.user)
    assert events.connect(client, query="?channel=room-7").status_code == 200


@pytest.mark.parametrize(
    "come_in",
    [
        come_in_with_hello,
        come_in_from_a_handler,
        come_in_from_a_handler_that_fails,
        come_in_from_elsewhere,
        change_channel,
        connect,
    ],
)
def test_a_right_that_ends_before_the_commit_lets_nobody_in(
    session, frames, ends_when_asked, come_in
):
    come_in(session, frames)

    assert channels.publish("room-7", "secret").report.sent == 0
    assert WebSocketSession.objects.get().connected


@pytest.fixture
def other_transactions(db):
    """Runs what is given to it in a thread, which has a connection of its own."""
    if connection.vendor == "sqlite":
        pytest.skip("There, one transaction writes at a time.")

    def run(work):
        failures = []

        def do():
            try:
                work()
            except BaseException as error:  # noqa: BLE001 - raised below.
                failures.append(error)
            finally:
                connection.close()

        thread = threading.Thread(target=do)
        thread.start()
        thread.join(timeout=30)
        assert not thread.is_alive(), "It waits for the transaction that is open here."
        if failures:
            raise failures[0]

    return run


def end_the_membership(ada):
    ada.groups.clear()


def delete_the_group(ada):
    Group.objects.all().delete()


@pytest.mark.parametrize("end", [end_the_membership, delete_the_group])
def test_a_right_that_ends_is_looked_at_again_after_the_commit(
    session, ada, other_transactions, end
):
    with transaction.atomic():
        end(ada)
        other_transactions(lambda: session.subscribe("room-7"))
        assert Subscription.objects.exists()

    assert channels.publish("room-7", "secret").report.sent == 0


def test_the_same_for_permissions_of_a_group(session, ada, other_transactions):
    row = ChannelPermission.objects.create(channel_name="office", access="permissions")
    rule = ChannelPermissionRule.objects.create(channel_permission=row)
    rule.permissions.add(Permission.objects.get(codename="view_group"))
    group = Group.objects.get()
    group.permissions.add(Permission.objects.get(codename="view_group"))

    with transaction.atomic():
        group.permissions.clear()
        other_transactions(lambda: session.subscribe("office"))

    assert channels.publish("office", "secret").report.sent == 0


def test_the_same_for_a_row_that_is_changed(session, other_transactions):
    row = ChannelPermission.objects.create(channel_name="office")

    with transaction.atomic():
        row.access = "superuser_only"
        row.save()
        other_transactions(lambda: session.subscribe("office"))

    assert channels.publish("office", "secret").report.sent == 0


def test_a_savepoint_that_is_rolled_back_hinders_no_later_question(
    session, ada, other_transactions
):
    with transaction.atomic():
        with transaction.atomic():
            ada.groups.clear()
            transaction.set_rollback(True)
        ada.groups.clear()
        other_transactions(lambda: session.subscribe("room-7"))

    assert channels.publish("room-7", "secret").report.sent == 0


def test_a_right_that_has_not_ended_lets_in(session, other_transactions, ada):
    with transaction.atomic():
        ada.groups.clear()
        other_transactions(lambda: session.subscribe("room-7"))
        transaction.set_rollback(True)

    assert channels.publish("room-7", "secret").report.sent == 1


def test_recheck_asks_again_after_the_commit(session, ada, other_transactions):
    with transaction.atomic():
        # As a table of the project's own, which no signal tells of.
        get_user_model().groups.through.objects.filter(user=ada).delete()
        channels.channel("room-7").recheck(users=iter([ada]))
        other_transactions(lambda: session.subscribe("room-7"))

    assert channels.publish("room-7", "secret").report.sent == 0


@pytest.mark.slow
def test_frames_that_come_at_once_are_in_no_more_channels_than_the_limit(session, settings):
    settings.WEBSOCKETS |= {"max_channels_per_connection": 8}

    def subscribe(number):
        names = {f"board-{number}-{index}": None for index in range(4)}
        return events.message(
            Client(), {"action": "subscribe", "id": "1", "channels": names}
        ).status_code

    assert race(subscribe, times=8) == [200] * 8
    assert Subscription.objects.count() == 8


def test_a_refused_subscription_of_a_handler_is_an_error(session):
    with pytest.raises(PermissionDenied):
        session.subscribe("room-8")
