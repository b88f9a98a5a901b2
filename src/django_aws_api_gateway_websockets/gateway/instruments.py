"""What every part of a gateway works with."""

from dataclasses import dataclass

from .clock import Clock
from .ids import Ids
from .operations.journal import Journal

__all__ = ["Instruments"]


@dataclass(frozen=True, slots=True)
class Instruments:
    """The time, the source of ids and the journal of one gateway."""

    clock: Clock
    ids: Ids
    journal: Journal
