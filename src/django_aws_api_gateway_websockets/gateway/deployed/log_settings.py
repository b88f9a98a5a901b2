"""What a stage says of its execution log.

A file of its own, because the log itself reads it without anything else of a deployment.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

__all__ = ["OFF", "LogLevel", "LogSettings"]


class LogLevel(IntEnum):
    """How much of an event is written."""

    OFF = 0
    """Nothing."""
    ERROR = 1
    """What failed."""
    INFO = 2
    """Every step."""


@dataclass(frozen=True, slots=True)
class LogSettings:
    """What a stage says of the execution log of one of its routes."""

    level: LogLevel = LogLevel.OFF
    traces_data: bool = False
    """Whether INFO also writes headers and bodies."""


OFF: Final = LogSettings()
