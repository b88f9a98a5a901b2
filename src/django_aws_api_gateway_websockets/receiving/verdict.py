"""The verdict on an event: refused by one of the view's hooks, or handled by one of its methods.

`refusals` lists the files that decide about refusals, and says how to add one.
"""

from dataclasses import dataclass
from typing import TypeAlias

from ..models import WebSocketSession
from .event import Event
from .refusals import Refusal

__all__ = ["Handle", "Refuse", "Verdict", "refuse_unknown_connection"]


@dataclass(frozen=True, slots=True)
class Refuse:
    """The event goes no further."""

    hook: str
    """Name of the view's method that makes the response."""
    refusal: Refusal | None = None
    """Reason for the log; None where the hook logs it, or where nothing is logged."""
    note: str = ""
    """Line for the view's debug log."""
    ended_session: WebSocketSession | None = None
    """Session whose login has ended, and which is to be closed for it."""


@dataclass(frozen=True, slots=True)
class Handle:
    """A method of the view takes the event."""

    method: str
    """Name of the method."""
    unknown: str = ""
    """Name of a handler nobody has, in a message that goes to `default` for it."""
    is_protocol: bool = False
    """True when the method is an action of the wire protocol, and none of the view's."""


Verdict: TypeAlias = Refuse | Handle


def refuse_unknown_connection(
    event: Event, *, ended_session: WebSocketSession | None = None
) -> Refuse:
    """Refuse an event of a connection nobody knows, or of one whose login has ended."""
    why = "it is closed or unknown here, or its login has ended"
    return Refuse(
        "session_not_found",
        Refusal("Invalid connection ID", why),
        note=f"Session not found: {event.connection_id}",
        ended_session=ended_session,
    )
