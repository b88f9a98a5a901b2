"""The limits of the history that a channel keeps of its messages."""

from dataclasses import dataclass

__all__ = ["History"]


@dataclass(frozen=True, slots=True)
class History:
    """The history of a channel; no channel can have one yet."""

    messages: int = 10_000
    """Messages that are kept at most."""
    hours: float = 24
    """Hours for which they are kept at most."""
