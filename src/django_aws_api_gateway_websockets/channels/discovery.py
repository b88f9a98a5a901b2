"""The start of channels: the project's declarations are found, and models learn of the rules."""

from collections.abc import Callable

from django.utils.module_loading import autodiscover_modules

from ..models.channel_door import open_door
from .door import Door
from .rechecks import register_view_questions

__all__ = ["find_channels"]


def find_channels(
    *, refuse_unlisted: Callable[[], bool], have_own_door: Callable[[], bool]
) -> None:
    """Import `channels.py` of each app, as Django's admin does with `admin.py`.

    Args:
        refuse_unlisted: tells whether channels without a rule are closed, which only views know.
        have_own_door: tells whether a view decides itself who may be in a channel.
    """
    open_door(Door())
    register_view_questions(refuse_unlisted=refuse_unlisted, have_own_door=have_own_door)
    autodiscover_modules("channels")
