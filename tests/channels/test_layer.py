"""The calls that signal receivers and tasks know from Django Channels."""

import pytest
from asgiref.sync import async_to_sync
from django.db import transaction
from django.db.models.signals import post_save
from django.dispatch import receiver

from django_aws_api_gateway_websockets.channels import get_channel_layer
from django_aws_api_gateway_websockets.models import ChannelPermission, Subscription

pytestmark = pytest.mark.django_db(transaction=True)

EVENT = {"type": "event_message", "message": "ada Join the Engines group", "status": "Join"}


def test_a_message_to_a_group_is_heard_as_it_is_by_those_who_were_added(open_socket, frames):
    layer = get_channel_layer()
    for name in ("a=", "b=", "c="):
        open_socket(name)
    for name in ("a=", "b="):
        async_to_sync(layer.group_add)("engines", name)
    async_to_sync(layer.group_discard)("engines", "b=")

    async_to_sync(layer.group_send)("engines", EVENT)

    assert [frames(name) for name in ("a=", "b=", "c=")] == [[EVENT], [], []]


def test_a_message_to_one_is_heard_by_that_one(open_socket, frames):
    open_socket("a=")
    open_socket("b=")

    async_to_sync(get_channel_layer("other").send)("a=", EVENT)

    assert [frames(name) for name in ("a=", "b=")] == [[EVENT], []]


def test_a_message_waits_for_the_commit_and_a_rollback_unsays_it(open_socket, frames):
    open_socket("a=", channel_name="engines")
    send = async_to_sync(get_channel_layer().group_send)

    with transaction.atomic():
        send("engines", "unsaid")
        transaction.set_rollback(True)
    with transaction.atomic():
        send("engines", "said")
        assert frames("a=") == []

    assert frames("a=") == ["said"]


def test_code_that_adds_decides_itself_whatever_the_rules_say(open_socket, server):
    ChannelPermission.objects.create(channel_name="office", access="superuser_only")
    open_socket("a=")

    async_to_sync(get_channel_layer().group_add)("office", "a=")

    assert Subscription.objects.filter(channel_name="office").exists()


def test_a_receiver_written_for_channels_needs_another_import_and_nothing_else(open_socket, frames):
    """Such as the one that tutorials put into `signals.py`."""
    open_socket("a=", channel_name="office")

    @receiver(post_save, sender=ChannelPermission)
    def broadcast_event_to_groups(sender, instance, **kwargs):
        channel_layer = get_channel_layer()
        async_to_sync(channel_layer.group_send)(
            instance.channel_name, {"type": "event_message", "message": str(instance)}
        )

    try:
        ChannelPermission.objects.create(channel_name="office")
    finally:
        post_save.disconnect(broadcast_event_to_groups, sender=ChannelPermission)

    assert frames("a=") == [{"type": "event_message", "message": "office (Allow all)"}]
