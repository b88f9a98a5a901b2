"""The sparkline: a row of numbers as the outline of an SVG, without a script and without a library.

Source: https://www.w3.org/TR/SVG2/paths.html#PathData
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

__all__ = ["Sparkline", "draw"]

_WIDTH: Final = 600
_HEIGHT: Final = 60
_ROOM: Final = 2


@dataclass(frozen=True, slots=True)
class Sparkline:
    """A drawing, in the units of its own box."""

    width: int
    """Width of the box."""
    height: int
    """Height of the box."""
    line: str
    """Path of the line."""
    area: str
    """Path of what is below the line."""


def draw(numbers: Sequence[int]) -> Sparkline:
    """Draw numbers from left to right, the largest at the top.

    Args:
        numbers: two or more.
    """
    largest = max(*numbers, 1)
    step = _WIDTH / (len(numbers) - 1)
    scale = (_HEIGHT - 2 * _ROOM) / largest
    points = [
        f"{place * step:.1f},{_HEIGHT - _ROOM - number * scale:.1f}"
        for place, number in enumerate(numbers)
    ]
    line = "M" + " L".join(points)
    return Sparkline(
        width=_WIDTH,
        height=_HEIGHT,
        line=line,
        area=f"{line} L{_WIDTH},{_HEIGHT} L0,{_HEIGHT} Z",
    )
