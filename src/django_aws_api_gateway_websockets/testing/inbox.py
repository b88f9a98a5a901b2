"""The frames that have arrived at a socket: all of them, and the project's own messages."""

from dataclasses import dataclass
from typing import Any

from .memory.gateway import MemoryGateway
from .memory.sent import messages_in, parse_frame
from .memory.sockets import Socket

__all__ = ["Inbox"]


@dataclass(frozen=True, slots=True)
class Inbox:
    """The frames at a socket.

    Args:
        gateway: brings about what has still to follow before anybody looks.
    """

    socket: Socket
    gateway: MemoryGateway

    @property
    def frames(self) -> list[Any]:
        """Everything, in order, parsed where it is JSON."""
        self.gateway.settle()
        return [parse_frame(text) for text in self.socket.texts(until=self.gateway.time.now())]

    @property
    def messages(self) -> list[Any]:
        """The messages of the project; of published ones, the data."""
        return [message for frame in self.frames for message in messages_in(frame)]

    def published_in(self, channel: str) -> list[Any]:
        """Return the data of what was published to a channel."""
        objects = [one for one in self.frames if isinstance(one, dict) and "ws" in one]
        published = [one for one in objects if one.get("channel") == channel]
        return [message for frame in published for message in messages_in(frame)]
