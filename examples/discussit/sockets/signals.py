"""Tell a group who joins and who leaves, and let nobody hear it who is not in it any more.

What is sent in a transaction goes out after its commit.
"""

from typing import Any

from asgiref.sync import async_to_sync
from django.contrib.auth import get_user_model
from django.db.models.signals import m2m_changed, post_save
from django.dispatch import receiver

from chat.memberships import find_ended
from chat.models import Event, Group
from django_aws_api_gateway_websockets.channels import get_channel_layer
from django_aws_api_gateway_websockets.models import WebSocketSession
from sockets.channels import GroupChannel


@receiver(post_save, sender=Event)
def send_event(instance: Event, *, created: bool, **kwargs: object) -> None:
    """Send a new event to everybody in the group; to whoever left it is the last thing."""
    if not created:
        return
    frame = {
        "type": "event_message",
        "message": str(instance),
        "status": instance.type,
        "user": instance.user.get_username(),
    }
    if instance.type == "Left":
        say_goodbye(instance, frame)
    async_to_sync(get_channel_layer().group_send)(str(instance.group.uuid), frame)


def say_goodbye(event: Event, frame: dict[str, object]) -> None:
    """Take the user out of the group's channel, where the frame would not reach them any more."""
    channel = GroupChannel(uuid=event.group.uuid)
    if not channel.may_subscribe(event.user):
        leaving = list(channel.sessions().filter(user=event.user).values_list("pk", flat=True))
        WebSocketSession.objects.filter(pk__in=leaving).broadcast(frame)
        channel.recheck(users=[event.user])


@receiver(m2m_changed, sender=Group.members.through)
def recheck_members(
    instance: Any, *, action: str, reverse: bool, pk_set: set[Any] | None, **kwargs: object
) -> None:
    """Take out of a group's channel who was taken out of the group, as in the admin."""
    for group, keys in find_ended(instance, action=action, reverse=reverse, pk_set=pk_set):
        users = None if keys is None else get_user_model().objects.filter(pk__in=keys)
        GroupChannel(uuid=group.uuid).recheck(users=users)
