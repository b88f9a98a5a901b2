"""Waiting for what happens in another thread or process."""

import time
from collections.abc import Callable

SECONDS = 20.0


def eventually(claim: Callable[[], object], *, seconds: float = SECONDS) -> object:
    """Whether it becomes true before the deadline, looked at again and again."""
    deadline = time.monotonic() + seconds
    while not claim() and time.monotonic() < deadline:
        time.sleep(0.02)
    return claim()
