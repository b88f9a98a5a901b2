"""Channels: names that messages are published to, and the connections that are in them.

A project declares kinds of channels in files `channels.py`; this package knows their rules, who is
there, and what is told to whom. It stands on `models`, and `receiving` stands on it.
"""

from .by_name import apublish, channel, publish
from .declaration import Channel
from .history import History
from .layer import ChannelLayer, channel_layer, get_channel_layer
from .members import Member
from .publication import Publication

__all__ = [
    "Channel",
    "ChannelLayer",
    "History",
    "Member",
    "Publication",
    "apublish",
    "channel",
    "channel_layer",
    "get_channel_layer",
    "publish",
]
