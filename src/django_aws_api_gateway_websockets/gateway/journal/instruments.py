"""Shared objects that every part of a gateway works with, in one value.

A file of its own, because the wiring hands it to every part.
"""

from dataclasses import dataclass, field

from ..runtime.clock import Clock
from ..runtime.ids import Ids
from ..runtime.tasks import Tasks
from .entries import Journal
from .execution_log import ExecutionLog
from .metrics import Metrics
from .refusals import Refusals

__all__ = ["Instruments"]


@dataclass(frozen=True, slots=True)
class Instruments:
    """Clock, ids, journal, execution log, tasks, metrics and refusals of one gateway."""

    clock: Clock
    ids: Ids
    journal: Journal
    execution: ExecutionLog = field(default_factory=ExecutionLog)
    tasks: Tasks = field(default_factory=Tasks)
    metrics: Metrics = field(default_factory=Metrics)
    refusals: Refusals = field(default_factory=Refusals)
