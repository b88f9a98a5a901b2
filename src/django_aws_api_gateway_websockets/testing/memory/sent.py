"""A message that left Django: what it was, and to whom it went."""

import json
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from ...delivery.outcome import OutcomeKind

__all__ = ["Sent", "is_of_protocol", "messages_in", "parse_frame"]


@dataclass
class Sent:
    """A message to one connection or to many."""

    text: str
    """The message as it travels."""
    outcomes: dict[str, OutcomeKind] = field(default_factory=dict)
    """The outcome of each post, by connection id."""

    @cached_property
    def frame(self) -> Any:
        """The message, parsed."""
        return parse_frame(self.text)

    @property
    def data(self) -> Any:
        """The value that was sent: the data of a published message, the whole of any other."""
        messages = messages_in(self.frame)
        return messages[0] if len(messages) == 1 else self.frame

    @property
    def channel(self) -> str:
        """The channel it was published to; "" for what was sent to connections."""
        is_published = isinstance(self.frame, dict) and self.frame.get("ws") == "message"
        return str(self.frame["channel"]) if is_published else ""

    @property
    def to(self) -> list[str]:
        """The ids of the connections that it reached."""
        reached = OutcomeKind.SENT
        return [one for one, outcome in self.outcomes.items() if outcome is reached]

    def __repr__(self) -> str:
        return f"<Sent {self.text[:80]} to {len(self.to)} of {len(self.outcomes)}>"


def parse_frame(text: str) -> Any:
    """Return what a frame says; of one that is no JSON, its text."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def messages_in(frame: Any) -> list[Any]:
    """Return the project's messages in a frame: of published ones their data, of others the whole.

    A frame that only belongs to the wire protocol has none.
    """
    if not isinstance(frame, dict) or "ws" not in frame:
        return [frame]
    if frame["ws"] == "messages":
        return [message["data"] for message in frame["messages"]]
    return [frame["data"]] if frame["ws"] == "message" else []


def is_of_protocol(frame: Any) -> bool:
    """Tell whether a frame is of the wire protocol, and no message of the project is in it."""
    return not messages_in(frame)
