"""What every part of a gateway works with, in one value.

A file of its own: it is what the wiring hands to everybody.
"""

from dataclasses import dataclass, field

from ..runtime.clock import Clock
from ..runtime.ids import Ids
from ..runtime.tasks import Tasks
from .entries import Journal
from .execution_log import ExecutionLog
from .metrics import Metrics

__all__ = ["Instruments"]


@dataclass(frozen=True, slots=True)
class Instruments:
    """The time, the ids, the tasks, the journal, the execution log and the numbers of a gateway."""

    clock: Clock
    ids: Ids
    journal: Journal
    execution: ExecutionLog = field(default_factory=ExecutionLog)
    tasks: Tasks = field(default_factory=Tasks)
    metrics: Metrics = field(default_factory=Metrics)
