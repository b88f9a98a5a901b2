"""The time of one call, which stands still while the caller holds an outcome."""

from collections.abc import Callable

__all__ = ["CallTime"]


class CallTime:
    """The clock of a call; it is read once in a turn.

    A response that lies in a socket while the caller holds an outcome is not late.

    Args:
        clock: gives seconds that only grow.
        total_seconds: limit for the whole call; `None` sets none.
    """

    __slots__ = ("_clock", "_held_seconds", "_turn_ended", "ends", "now")

    def __init__(self, clock: Callable[[], float], *, total_seconds: float | None) -> None:
        self._clock = clock
        self._held_seconds = 0.0
        self.now = self._turn_ended = clock()
        """Time of the call in this turn."""
        self.ends = float("inf") if total_seconds is None else self.now + total_seconds
        """Time of the deadline of the whole call."""

    def go_on(self) -> float:
        """Read the clock for the rest of the turn; return the seconds since the last turn ended."""
        read = self._clock()
        self.now = read - self._held_seconds
        return read - self._turn_ended

    def pause(self) -> None:
        """End a turn: the caller gets its outcomes."""
        self._turn_ended = self._clock()

    def resume(self) -> None:
        """Begin a turn: the caller asks for more outcomes."""
        self._held_seconds += self._clock() - self._turn_ended
