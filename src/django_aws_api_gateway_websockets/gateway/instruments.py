"""What every part of a gateway works with."""

from dataclasses import dataclass, field

from .clock import Clock
from .ids import Ids
from .operations.execution_log import ExecutionLog
from .operations.journal import Journal

__all__ = ["Instruments"]


@dataclass(frozen=True, slots=True)
class Instruments:
    """The time, the source of ids, the journal and the execution log of one gateway."""

    clock: Clock
    ids: Ids
    journal: Journal
    execution: ExecutionLog = field(default_factory=ExecutionLog)
