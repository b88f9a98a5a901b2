"""Keeps a worker's claim while it works, however long a window takes.

A low rate, or sockets that are tried again and again, make a window last longer than a claim. Were
the claim to run out meanwhile, another worker would begin the same window, then the first one
again, and nobody would ever reach its end.
"""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import DatabaseError, connections

from ..conf import get_setting
from .queued_broadcast import BroadcastRange

__all__ = ["kept"]

logger = logging.getLogger("django_aws_api_gateway_websockets.models")

RENEWALS_IN_A_CLAIM = 3
"""So that one may fail, and the next one still comes in time."""


@contextmanager
def kept(part: BroadcastRange) -> Iterator[None]:
    """Renew the claim of a range from a thread until the block ends, or the claim is another's.

    The thread dies with the process: the claim of a worker that is killed or stopped runs out.
    """
    done = threading.Event()
    keeper = threading.Thread(target=_renew, args=(part, done), daemon=True)
    keeper.start()
    try:
        yield
    finally:
        done.set()
        keeper.join()


def _renew(part: BroadcastRange, done: threading.Event) -> None:
    pause = get_setting("broadcast_claim_seconds") / RENEWALS_IN_A_CLAIM
    try:
        while not done.wait(pause):
            try:
                if not part.renew():
                    return
            except DatabaseError:
                logger.warning("The claim of a range could not be renewed.", exc_info=True)
    finally:
        # This thread's own.
        connections.close_all()
