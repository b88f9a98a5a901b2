"""The plan of one run: what to send, and when it is done."""

from dataclasses import dataclass, field

from .lines import Line
from .places import Position

__all__ = ["Plan"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The wishes of the person who has typed the command."""

    channels: dict[str, Position] = field(default_factory=dict)
    """Channels to be in from the start, each with the position to go on from."""
    sends: list[Line] = field(default_factory=list)
    """Lines that are sent first."""
    reads_input: bool = True
    """True when lines of standard input are carried out."""
    is_script: bool = False
    """True when it ends by itself."""
    wait_seconds: float = 5.0
    """Longest wait for replies after the last frame that was sent, in a script."""
    is_wait_given: bool = False
    """True when a person has said how long."""
    count: int | None = None
    """Frames after which a script ends."""
    comes_back: bool = False
    """True when a socket that has ended is followed by another one."""
