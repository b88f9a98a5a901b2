"""Channels by their names, also those that no project has declared."""

from typing import Any

from asgiref.sync import sync_to_async

from ..sending.broadcast.options import Excluded
from .declaration import Channel
from .membership import check_form
from .publication import Publication, publish_to
from .registry import declared_channel

__all__ = ["apublish", "channel", "publish"]


class LiveChannel(Channel):
    """A channel that no pattern matches.

    Its `ChannelPermission` rules who may be in it, or the view's `ALLOW_UNLISTED_CHANNELS`.
    """

    def __init__(self, name: str) -> None:
        self.name = name


def channel(name: str) -> Any:
    """Return the channel of a name: of the declared kind whose pattern matches it, if there is one.

    Raises:
        ValueError: it is no name of a channel.
    """
    check_form(name)
    return declared_channel(name) or LiveChannel(name)


def publish(
    channel_name: str,
    data: Any,
    *,
    key: str | None = None,
    exclude: Excluded = (),
    now: bool = False,
) -> Publication:
    """Send `data` to everybody in a channel; `Channel.publish` has the arguments.

    Raises:
        ValueError: it is no name of a channel, the message is too large or not JSON, or `key` is
            given.
    """
    check_form(channel_name)
    return publish_to(channel_name, data, key=key, exclude=exclude, now=now)


async def apublish(
    channel_name: str,
    data: Any,
    *,
    key: str | None = None,
    exclude: Excluded = (),
    now: bool = False,
) -> Publication:
    """Publish as `publish` does, from async code; the event loop stays free meanwhile."""
    return await sync_to_async(publish)(channel_name, data, key=key, exclude=exclude, now=now)
