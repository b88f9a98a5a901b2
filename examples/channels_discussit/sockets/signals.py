"""Tell a group who joins and who leaves, and who is not in it any more."""

from functools import partial
from typing import Any

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import transaction
from django.db.models.signals import m2m_changed, post_save
from django.dispatch import receiver

from chat.memberships import find_ended
from chat.models import Event, Group


@receiver(post_save, sender=Event)
def send_event(instance: Event, *, created: bool, **kwargs: object) -> None:
    """Have `event_message` of each consumer in the group called once the event is committed."""
    if not created:
        return
    frame = {
        "type": "event_message",
        "message": str(instance),
        "status": instance.type,
        "user": instance.user.get_username(),
    }
    group_send = async_to_sync(get_channel_layer().group_send)
    transaction.on_commit(partial(group_send, str(instance.group.uuid), frame))


@receiver(m2m_changed, sender=Group.members.through)
def recheck_members(
    instance: Any, *, action: str, reverse: bool, pk_set: set[Any] | None, **kwargs: object
) -> None:
    """Have consumers ask again whose user was taken out of a group, as in the admin."""
    group_send = async_to_sync(get_channel_layer().group_send)
    for group, keys in find_ended(instance, action=action, reverse=reverse, pk_set=pk_set):
        users = None if keys is None else list(keys)
        recheck = {"type": "recheck", "users": users}
        transaction.on_commit(partial(group_send, str(group.uuid), recheck))
