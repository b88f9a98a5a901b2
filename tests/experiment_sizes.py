"""Sizes of experiments: a fifth in the everyday run, whole with `make experiments`."""

import os
from typing import Final

__all__ = ["sized"]

SHARE: Final = 5
VARIABLE: Final = "EXPERIMENTS"


def sized(whole: int) -> int:
    """Return how many inputs this run tries of those that the list of experiments names."""
    return whole if os.environ.get(VARIABLE) == "whole" else whole // SHARE
