"""The calls of a channel layer, for code that comes from Django Channels.

`get_channel_layer()` and the methods have the names and arguments that signal receivers and tasks
know from there. A group is a channel of ours, and a channel name of theirs a connection id.
Source: https://channels.readthedocs.io/en/latest/channel_layer_spec.html
"""

from typing import Any, Final

from asgiref.sync import sync_to_async

from ..models import WebSocketSession

__all__ = ["ChannelLayer", "channel_layer", "get_channel_layer"]


class ChannelLayer:
    """Groups of connections; nothing has to be configured, and no server but the database runs."""

    async def group_add(self, group: str, channel: str) -> None:
        """Put a connection into a channel, whatever the channel's rules say.

        Args:
            group: name of the channel.
            channel: id of the connection.
        """
        await sync_to_async(_add)(group, channel)

    async def group_discard(self, group: str, channel: str) -> None:
        """Take a connection out of a channel."""
        await sync_to_async(_discard)(group, channel)

    async def group_send(self, group: str, message: Any) -> None:
        """Send a message, as it is, to every connection in a channel, after the commit.

        No consumer stands between it and the client: the client gets the whole of it, `type` and
        all.
        """
        await sync_to_async(_send_to_group)(group, message)

    async def send(self, channel: str, message: Any) -> None:
        """Send a message, as it is, to one connection, after the commit."""
        await sync_to_async(_send_to_one)(channel, message)


channel_layer: Final = ChannelLayer()
"""The one there is."""


def get_channel_layer(alias: str = "default") -> ChannelLayer:
    """Return the channel layer; every alias has the same one."""
    return channel_layer


def _add(group: str, connection_id: str) -> None:
    for session in WebSocketSession.objects.filter(connection_id=connection_id, connected=True):
        session.subscribe(group, check=False)


def _discard(group: str, connection_id: str) -> None:
    for session in WebSocketSession.objects.filter(connection_id=connection_id):
        session.unsubscribe(group)


def _send_to_group(group: str, message: Any) -> None:
    WebSocketSession.objects.in_channel(group).broadcast(message)


def _send_to_one(connection_id: str, message: Any) -> None:
    WebSocketSession.objects.filter(connection_id=connection_id).broadcast(message)
