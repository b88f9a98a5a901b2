"""The last events of a gateway, kept for people who look at them."""

from collections import deque
from collections.abc import Iterable, Sequence
from enum import StrEnum
from itertools import islice
from typing import Final, TypeAlias

from ...core.events.context import EventType
from ...core.events.identifiers import ConnectionId
from ..connections.connection import Connection
from ..journal.entries import CallEntry, Entry, SocketEntry
from ..runtime.clock import Clock

__all__ = ["Direction", "Frame", "Happening", "History"]

LENGTH: Final = 200
KEPT_CHARACTERS: Final = 2000
DELIVERED: Final = 200


class Direction(StrEnum):
    """Direction of a message."""

    IN = "in"
    """From a client."""
    OUT = "out"
    """To a client."""


Frame: TypeAlias = tuple[Connection, Direction, "str | bytes", int]
"""A message with its connection, direction and size."""

# A plain tuple with the bare moment: one is made for every message there is.
Happening: TypeAlias = tuple[float, Frame | Entry]
"""A time in real seconds of the clock, and the event at that time."""


class History:
    """The last messages and entries of the journal."""

    def __init__(self, clock: Clock) -> None:
        self.count = 0
        """Number of all events so far."""
        self.sessions: dict[ConnectionId, str] = {}
        """User and channel of open connections, as their backends have told them."""
        self._clock = clock
        self._latest: deque[Happening] = deque(maxlen=LENGTH)

    def note_frame(
        self,
        connections: Sequence[Connection],
        direction: Direction,
        payload: str | bytes,
        byte_count: int,
    ) -> None:
        """Keep a message for each of these connections."""
        kept = payload if byte_count <= KEPT_CHARACTERS else payload[:KEPT_CHARACTERS]
        self.count += len(connections)
        now = self._clock.monotonic()
        self._latest.extend(
            [(now, (connection, direction, kept, byte_count)) for connection in connections]
        )

    def read(self, entry: Entry) -> None:
        """Keep an entry, as a reader of the journal."""
        # A delivered post is already kept as a message.
        if (
            type(entry) is CallEntry
            and entry.response.status == DELIVERED
            and entry.method == "POST"
        ):
            return
        self.count += 1
        self._latest.append((self._clock.monotonic(), entry))
        if type(entry) is SocketEntry:
            self._note_session(entry)

    def _note_session(self, entry: SocketEntry) -> None:
        context, result = entry.context, entry.result
        if context.event_type is EventType.DISCONNECT:
            self.sessions.pop(context.connection_id, None)
        elif result is not None and result.session:
            self.sessions[context.connection_id] = result.session

    def since(self, count: int) -> Iterable[Happening]:
        """Return the events that followed the first `count` ones, as far as they are kept."""
        new = min(self.count - count, len(self._latest))
        return islice(self._latest, len(self._latest) - new, None)
