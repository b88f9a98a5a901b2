"""The start of channels: the project's declarations are found, and models learn of the rules."""

from collections.abc import Callable

from django.utils.module_loading import autodiscover_modules

from ..models.channel_link import register_link
from .model_link import ModelLink
from .rechecks import register_view_questions

__all__ = ["find_channels"]


def find_channels(
    *, refuse_unlisted: Callable[[], bool], have_own_channel_rule: Callable[[], bool]
) -> None:
    """Import `channels.py` of each app, as Django's admin does with `admin.py`.

    Args:
        refuse_unlisted: tells whether channels without a rule are closed, which only views know.
        have_own_channel_rule: tells whether a view decides itself who may be in a channel.
    """
    register_link(ModelLink())
    register_view_questions(
        refuse_unlisted=refuse_unlisted, have_own_channel_rule=have_own_channel_rule
    )
    autodiscover_modules("channels")
