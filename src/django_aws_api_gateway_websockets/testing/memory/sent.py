"""A message that left Django: what it was, and to whom it went."""

import json
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from ...delivery.outcome import OutcomeKind

__all__ = ["Sent", "is_of_protocol", "parse_frame", "project_data"]


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
        """What the project sent: of a published message its data, of any other the whole."""
        return project_data(self.frame)

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


def is_of_protocol(frame: Any) -> bool:
    """Tell whether a frame is of the wire protocol, and no message of the project in it."""
    return isinstance(frame, dict) and "ws" in frame and frame["ws"] != "message"


def project_data(frame: Any) -> Any:
    """Return what the project sent with a frame: of a published message the data."""
    is_published = isinstance(frame, dict) and frame.get("ws") == "message"
    return frame.get("data") if is_published else frame
