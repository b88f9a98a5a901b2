"""Rights that end: whoever has lost one is out before the next message."""

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.utils import timezone

from django_aws_api_gateway_websockets import channels, signals
from django_aws_api_gateway_websockets.channels.relay import recheck_old_subscriptions
from django_aws_api_gateway_websockets.models import (
    ChannelPermission,
    ChannelPermissionRule,
    Subscription,
    WebSocketSession,
)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def group():
    return Group.objects.create(name="room-7")


@pytest.fixture
def ada(group):
    user = get_user_model().objects.create_user("ada")
    user.groups.add(group)
    return user


@pytest.fixture
def in_room(ada, kinds, open_socket, server):
    """Her connection, which has subscribed to the room, and that of another member."""
    session = open_socket("a=", user=ada, client_id="c")
    session.subscribe("room-7")
    bob = get_user_model().objects.create_user("bob")
    bob.groups.add(Group.objects.get(name="room-7"))
    open_socket("b=", user=bob).subscribe("room-7")
    return session


def reached():
    return channels.publish("room-7", "secret").report.sent


def revoke_by_group(ada, group):
    ada.groups.remove(group)


def revoke_from_the_other_side(ada, group):
    group.user_set.remove(ada)


def revoke_by_clearing(ada, group):
    ada.groups.clear()


def revoke_by_setting(ada, group):
    ada.groups.set([])


def revoke_by_deactivation(ada, group):
    ada.is_active = False
    ada.save()


def revoke_by_recheck(ada, group):
    # No signal tells of it.
    get_user_model().groups.through.objects.filter(user=ada).delete()
    assert channels.channel("room-7").recheck(users=[ada]) == 1


@pytest.mark.parametrize(
    "revoke",
    [
        revoke_by_group,
        revoke_from_the_other_side,
        revoke_by_clearing,
        revoke_by_setting,
        revoke_by_deactivation,
        revoke_by_recheck,
    ],
)
def test_a_user_who_has_lost_the_right_hears_nothing_more(in_room, ada, group, frames, revoke):
    assert reached() == 2

    revoke(ada, group)

    assert reached() == 1
    assert [frame["data"] for frame in frames("a=") if frame["ws"] == "message"] == ["secret"]


def test_a_deleted_group_takes_everybody_out(in_room, group):
    group.delete()

    assert reached() == 0


def test_the_client_is_told_why_and_the_project_too(in_room, ada, group, frames):
    told = []

    def note(session, channel_name, reason, **kwargs):
        told.append((session.connection_id, channel_name))

    signals.unsubscribed.connect(note)
    try:
        ada.groups.remove(group)
    finally:
        signals.unsubscribed.disconnect(note)

    frame = [one for one in frames("a=") if one["ws"] == "unsubscribed"]
    reason = "You may no longer be in this channel."
    assert frame == [{"ws": "unsubscribed", "channel": "room-7", "reason": reason}]
    assert told == [("a=", "room-7")]


def test_a_right_is_gone_with_the_transaction_that_ends_it_and_not_before(
    in_room, ada, group, frames
):
    with transaction.atomic():
        ada.groups.remove(group)
        transaction.set_rollback(True)
    assert reached() == 2

    with transaction.atomic():
        ada.groups.remove(group)
        assert not Subscription.objects.filter(session=in_room).exists()
        assert not [one for one in frames("a=") if one["ws"] == "unsubscribed"]
    assert [one for one in frames("a=") if one["ws"] == "unsubscribed"]


def test_the_default_channel_is_left_as_well(kinds, ada, group, open_socket, server):
    session = open_socket("a=", user=ada, channel_name="room-7")
    assert reached() == 1

    ada.groups.remove(group)

    session.refresh_from_db()
    assert (session.channel_name, session.connected) == ("", True)
    assert reached() == 0


@pytest.fixture
def office(open_socket, server):
    """A channel whose row asks for a permission, and one who has it."""
    row = ChannelPermission.objects.create(channel_name="office", access="permissions")
    rule = ChannelPermissionRule.objects.create(channel_permission=row)
    rule.permissions.add(Permission.objects.get(codename="view_group"))
    user = get_user_model().objects.create_user("ada")
    user.user_permissions.add(Permission.objects.get(codename="view_group"))
    open_socket("a=", user=user).subscribe("office")
    return row


def heard():
    return channels.publish("office", 1).report.sent


def lose_permission(row):
    user = get_user_model().objects.get(username="ada")
    user.user_permissions.clear()


def delete_permission(row):
    Permission.objects.get(codename="view_group").delete()


def ask_for_more(row):
    row.rules.get().permissions.add(Permission.objects.get(codename="delete_group"))


def drop_rule(row):
    row.rules.get().delete()


def close_channel(row):
    row.access = "superuser_only"
    row.save()


@pytest.mark.parametrize(
    "change", [lose_permission, delete_permission, ask_for_more, drop_rule, close_channel]
)
def test_a_permission_or_a_row_that_ends_takes_out_those_it_let_in(office, change):
    assert heard() == 1

    change(office)

    assert heard() == 0


def test_a_permission_of_a_group_counts_too(office):
    user = get_user_model().objects.get(username="ada")
    group = Group.objects.create(name="viewers")
    group.permissions.add(Permission.objects.get(codename="view_group"))
    user.groups.add(group)
    user.user_permissions.clear()
    assert heard() == 1

    group.permissions.clear()

    assert heard() == 0


def test_a_change_that_ends_no_right_takes_nobody_out(office):
    user = get_user_model().objects.get(username="ada")
    user.groups.add(Group.objects.create(name="others"))
    user.first_name = "Ada"
    user.save()

    assert heard() == 1


def test_staff_that_is_staff_no_more_is_taken_out(open_socket, server):
    ChannelPermission.objects.create(channel_name="office", access="staff_only")
    user = get_user_model().objects.create_user("ada", is_staff=True)
    open_socket("a=", user=user).subscribe("office")
    assert heard() == 1

    user.is_staff = False
    user.save()

    assert heard() == 0


def test_the_relay_finds_a_lost_right_that_no_signal_tells_of(in_room, ada, group):
    get_user_model().groups.through.objects.filter(user=ada).delete()
    recheck_old_subscriptions()
    assert reached() == 2

    Subscription.objects.update(checked_on=timezone.now() - timedelta(hours=1))
    assert recheck_old_subscriptions() == 1

    assert reached() == 1
    assert WebSocketSession.objects.filter(connected=True).count() == 2


@pytest.mark.urls("tests.project.closed_urls")
def test_a_rule_that_is_deleted_ends_the_right_where_unlisted_channels_are_closed(office):
    office.delete()

    assert heard() == 0


def test_a_rule_that_is_deleted_ends_nothing_where_they_are_open(office):
    office.delete()

    assert heard() == 1


def test_a_rule_that_raises_takes_out_and_lets_the_right_be_ended(
    in_room, ada, group, kinds, caplog
):
    def fail(self, user):
        raise LookupError("the rule broke")

    kinds.Room.may_subscribe = fail
    ada.groups.remove(group)

    assert reached() == 1
    assert "The rules of channel room-7 could not be asked." in caplog.text


def test_a_socket_that_is_in_twice_is_told_once(kinds, ada, group, open_socket, frames):
    session = open_socket("a=", user=ada, channel_name="room-7", client_id="c")
    session.subscribe("room-7")

    ada.groups.remove(group)

    assert [one["ws"] for one in frames("a=")].count("unsubscribed") == 1
