"""The last happenings of a gateway, kept for whoever may come to look at them."""

from collections import deque
from collections.abc import Iterable, Sequence
from enum import StrEnum
from itertools import islice
from typing import Final, TypeAlias

from ..connections.connection import Connection
from ..journal.entries import CallEntry, Entry
from ..runtime.clock import Clock

__all__ = ["Direction", "Frame", "Happening", "History"]

LENGTH: Final = 200
KEPT_CHARACTERS: Final = 2000
DELIVERED: Final = 200


class Direction(StrEnum):
    """The way a message went."""

    IN = "in"
    """From a client."""
    OUT = "out"
    """To a client."""


Frame: TypeAlias = tuple[Connection, Direction, "str | bytes", int]
"""A message that travelled, and its size."""

# A plain tuple with the bare moment: one is made for every message there is.
Happening: TypeAlias = tuple[float, Frame | Entry]
"""A moment in real seconds of the clock, and what happened then."""


class History:
    """Keeps the last messages and entries of the journal."""

    def __init__(self, clock: Clock) -> None:
        self.count = 0
        """Number of happenings there have been."""
        self._clock = clock
        self._latest: deque[Happening] = deque(maxlen=LENGTH)

    def note_frame(
        self,
        connections: Sequence[Connection],
        direction: Direction,
        payload: str | bytes,
        byte_count: int,
    ) -> None:
        """Note that a message travels on each of these connections."""
        kept = payload if byte_count <= KEPT_CHARACTERS else payload[:KEPT_CHARACTERS]
        self.count += len(connections)
        now = self._clock.monotonic()
        self._latest.extend(
            [(now, (connection, direction, kept, byte_count)) for connection in connections]
        )

    def read(self, entry: Entry) -> None:
        """Part of a journal reader's interface."""
        # A post that arrived is kept as the frame it became.
        if (
            type(entry) is CallEntry
            and entry.response.status == DELIVERED
            and entry.method == "POST"
        ):
            return
        self.count += 1
        self._latest.append((self._clock.monotonic(), entry))

    def since(self, count: int) -> Iterable[Happening]:
        """Return what has happened since there were so many happenings, as far as it is kept."""
        new = min(self.count - count, len(self._latest))
        return islice(self._latest, len(self._latest) - new, None)
