"""Waiting for what happens in another thread or process."""

import time
from collections.abc import Callable

SECONDS = 60.0


def eventually(claim: Callable[[], object], *, seconds: float = SECONDS) -> object:
    """Wait until a claim is true; return what it is at the deadline."""
    deadline = time.monotonic() + seconds
    while not claim() and time.monotonic() < deadline:
        time.sleep(0.02)
    return claim()
