"""What has arrived at a socket: everything, and the project's own messages among it."""

from dataclasses import dataclass
from typing import Any

from .memory.gateway import MemoryGateway
from .memory.sent import is_of_protocol, parse_frame, project_data
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
        return [project_data(frame) for frame in self.frames if not is_of_protocol(frame)]

    def published_in(self, channel: str) -> list[Any]:
        """Return the data of what was published to a channel."""
        objects = [one for one in self.frames if isinstance(one, dict)]
        messages = (one for one in objects if one.get("ws") == "message")
        return [one["data"] for one in messages if one["channel"] == channel]
