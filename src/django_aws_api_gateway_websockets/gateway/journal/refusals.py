"""The line for an event that a backend has refused: one line, and in one place.

A backend of this package logs its refusals itself. Where it shares the terminal with the gateway,
a second line of the same would only be noise.
"""

from enum import StrEnum
from typing import Final

from ...core.events.context import EventContext, EventType
from ..runtime.log import problems, quotable
from .entries import Entry, IntegrationResult, SocketEntry

__all__ = ["RefusalLines", "Refusals"]

_WHAT: Final = {
    EventType.CONNECT: "a client",
    EventType.MESSAGE: "a message",
    EventType.DISCONNECT: "a disconnect",
}


_SERVER_ERROR: Final = 500


class RefusalLines(StrEnum):
    """The lines that are written about refusals of backends."""

    ALL = "all"
    """A line with the reason, and the line of the access log."""
    ONE = "one"
    """A line with the reason alone."""
    UNTOLD = "untold"
    """As `ONE`, but none where the backend has told its own log."""


class Refusals:
    """Writer of the lines about refusals.

    Args:
        lines: the lines to write.
    """

    def __init__(self, lines: RefusalLines = RefusalLines.ALL) -> None:
        self._lines = lines

    def tell(self, context: EventContext, result: IntegrationResult, hint: str = "") -> None:
        """Write the line for a refusal; nothing for a result that is none.

        Args:
            context: of the event.
            result: of its integration.
            hint: further words of the gateway, which knows more than the backend.
        """
        if not result.reason:
            return
        if self._lines is RefusalLines.UNTOLD and result.is_told:
            if hint:
                problems.warning("Connection %s: %s", context.connection_id, hint)
            return
        problems.warning(
            "The %s integration of %s/%s %s %s with %s: %s (connection %s).%s",
            quotable(context.route_key),
            context.api_id,
            context.stage,
            "failed on" if (result.status or 0) >= _SERVER_ERROR else "refused",
            _WHAT[context.event_type],
            result.status,
            quotable(result.reason.rstrip(".")),
            context.connection_id,
            f" {hint}" if hint else "",
        )

    def is_in_access_log(self, entry: Entry) -> bool:
        """Tell whether an entry has a line in the access log, too."""
        if self._lines is RefusalLines.ALL or not isinstance(entry, SocketEntry):
            return True
        # Without a response, the caller of the integration has said so.
        result = entry.result
        return result is None or not (result.reason or result.error)
