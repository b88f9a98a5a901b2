"""What every part of a gateway works with."""

from dataclasses import dataclass, field

from ..runtime.clock import Clock
from ..runtime.ids import Ids
from .entries import Journal
from .execution_log import ExecutionLog

__all__ = ["Instruments"]


@dataclass(frozen=True, slots=True)
class Instruments:
    """The time, the source of ids, the journal and the execution log of one gateway."""

    clock: Clock
    ids: Ids
    journal: Journal
    execution: ExecutionLog = field(default_factory=ExecutionLog)
