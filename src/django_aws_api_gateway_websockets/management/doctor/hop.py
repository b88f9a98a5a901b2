"""A hop: one place on the way of a message, and the check that looks at it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from .case import Case
from .finding import Finding

__all__ = ["PROMPT_SECONDS", "Hop"]

PROMPT_SECONDS: Final = 2.0
"""Longest time of a check that nobody is told of before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """One place on the way."""

    name: str
    """Name by which people ask for it."""
    about: str
    """Its purpose, in one line."""
    look: Callable[[Case], Finding]
    """Looks at it."""
    needs: tuple[str, ...] = ()
    """Names of hops before it that it builds on."""
    is_shared: bool = False
    """True when it is about the project, and not about one API of it."""
    most_seconds: float = PROMPT_SECONDS
    """Longest time the check may take; one above `PROMPT_SECONDS` calls `Case.take_time` before."""
