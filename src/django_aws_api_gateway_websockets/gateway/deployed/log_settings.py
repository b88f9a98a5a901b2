"""The settings of a stage for its execution log.

A file of its own, because the log reads it and nothing else of a deployment.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

__all__ = ["OFF", "LogLevel", "LogSettings"]


class LogLevel(IntEnum):
    """Amount of an event that is logged."""

    OFF = 0
    """No step."""
    ERROR = 1
    """Failures."""
    INFO = 2
    """Every step."""


@dataclass(frozen=True, slots=True)
class LogSettings:
    """Settings of the execution log for one route."""

    level: LogLevel = LogLevel.OFF
    traces_data: bool = False
    """True if INFO also writes headers and bodies."""


OFF: Final = LogSettings()
