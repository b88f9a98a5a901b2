"""The return of a client after its socket has ended, by the rules of the client for browsers.

Source: docs/reference/browser-client.md, When it comes back.
"""

from typing import Any, Final

from .closings import CLOSED_BY_DJANGO

__all__ = ["Comeback"]

_SHORTEST_SECONDS: Final = 0.5
_LONGEST_SECONDS: Final = 20.0
_STABLE_SECONDS: Final = 5.0
_ADVICE_SPREAD: Final = 4
_LONGEST_ADVICE_SECONDS: Final = 86_400
"""A server that asks for more has made a mistake, or is out to do harm."""


class Comeback:
    """The pauses of one client."""

    def __init__(self) -> None:
        self.stays_away = False
        """True when the server has told it to."""
        self.reason = ""
        """Reason that the server has given for the end."""
        self._failures = 0
        self._advised_seconds: float | None = None

    def take_advice(self, frame: dict[str, Any]) -> None:
        """Read an advice frame, which comes before the end it is about."""
        reason, wanted = frame.get("reason"), frame.get("reconnect")
        self.reason = reason if isinstance(reason, str) else ""
        if wanted is False:
            self.stays_away = True
        elif (
            isinstance(wanted, int | float)
            and wanted is not True
            and wanted <= _LONGEST_ADVICE_SECONDS
        ):
            self._advised_seconds = float(max(0, wanted))

    def may_follow(self, code: int) -> bool:
        """Tell whether a client comes back after an end with this code."""
        if self.stays_away:
            return False
        return code != CLOSED_BY_DJANGO or self._advised_seconds is not None

    def pause(self, *, lived_seconds: float, chance: float) -> float:
        """Return the seconds until the next attempt.

        Args:
            lived_seconds: age of the socket that has ended; 0 after an attempt that failed.
            chance: a number from 0 to 1, at random.
        """
        if lived_seconds >= _STABLE_SECONDS:
            self._failures = 0
        most: float = min(
            _LONGEST_SECONDS - _SHORTEST_SECONDS, _SHORTEST_SECONDS * 2**self._failures
        )
        self._failures = min(self._failures + 1, 10)
        advised, self._advised_seconds, self.reason = self._advised_seconds, None, ""
        ours = _SHORTEST_SECONDS + chance * most
        return ours if advised is None else max(ours, advised * (1 + chance / _ADVICE_SPREAD))
