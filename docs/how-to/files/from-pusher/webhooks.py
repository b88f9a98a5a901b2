from django.core.cache import cache
from django.dispatch import receiver

from django_aws_api_gateway_websockets.signals import joined, left, occupied, vacated


@receiver(occupied)
def channel_occupied(sender, channel_name, **kwargs):
    cache.set(f"{channel_name}-occupied", value=True)


@receiver(vacated)
def channel_vacated(sender, channel_name, **kwargs):
    cache.delete(f"{channel_name}-occupied")


@receiver(joined)
@receiver(left)
def member_changed(sender, channel_name, user, member, **kwargs):
    cache.set(f"{channel_name}-last", member["name"])
