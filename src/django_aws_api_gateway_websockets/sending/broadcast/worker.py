"""A worker's part in a queued broadcast: claim a range, send it window by window, go on.

A low rate, or sockets that are tried again and again, make a window last longer than a claim. If
the claim ran out meanwhile, another worker would begin the same window, then the first one again,
and none would ever reach its end. So a thread renews the claim for as long as the worker lives.
"""

import logging
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, Protocol

from django.db import Error, connections

from ...conf import get_setting
from ...core.payload import encode
from ...delivery.sender import MAX_IN_FLIGHT
from ...telemetry.current_event import CurrentEvent, handling
from ..messages import Recipient
from .audience import StageAudience
from .report import BroadcastReport
from .run import observed_broadcast, send_to_stages

__all__ = ["ClaimedRange", "QueuedMessage", "QueuedRows", "deliver"]

logger = logging.getLogger("django_aws_api_gateway_websockets.models")

LONGEST_NAP_SECONDS: Final = 1.0
SHORTEST_NAP_SECONDS: Final = 0.05

RENEWALS_IN_A_CLAIM: Final = 3
"""Renewals within the time of a claim: one may fail, and the next one still comes in time."""


class ClaimedRange(Protocol):
    """Some of the audience of a queued broadcast, while a worker has a claim on it."""

    api_id: str
    """API the sessions belong to."""
    stage: str
    """Stage they are reached through."""
    session_keys: Any
    """Primary keys of the sessions."""
    position: int
    """Position in the keys at which the present window begins."""
    is_finished: bool
    """True once everything has been sent."""
    outcomes: Any
    """Numbers of sessions by outcome, of the windows before this one."""
    missed: Any
    """Missed sessions of the windows before this one."""

    def advance(self, position: int, report: BroadcastReport) -> bool:
        """Note that everything before a position is done; False when the claim is another's."""

    def renew(self) -> bool:
        """Keep the claim for longer; False when it is another's by now."""

    def release(self) -> None:
        """Give the claim back."""


class QueuedMessage(Protocol):
    """A queued broadcast."""

    id: uuid.UUID
    """Id of the broadcast."""
    text: str
    """Message as it travels."""
    per_second: int | None
    """Posts each worker may begin in a second."""
    request_id: str
    """API Gateway's id of the event whose handler has queued it; "" for one queued elsewhere."""

    def finish_if_done(self) -> bool:
        """Note the end once every range has reached its own; tell whether it has ended."""


class QueuedRows(Protocol):
    """The rows of a queued broadcast."""

    @property
    def broadcast(self) -> QueuedMessage:
        """Broadcast itself."""

    def claim_next(self) -> ClaimedRange | None:
        """Return a range nobody is working on; None when there is none."""

    def seconds_until_next_claim(self) -> float:
        """Return the seconds until the first claim of another worker runs out."""

    def connected_ids(self, session_keys: list[int]) -> list[str]:
        """Return the connection ids of those sessions that can still be sent to."""

    def mark_gone(self, connection_ids: list[str]) -> object:
        """Note that these connections are gone, as API Gateway says."""


def deliver(rows: QueuedRows) -> None:
    """Send the ranges that no other worker is sending, until the whole broadcast is done.

    A worker stays until the ranges of others are finished as well: one of them may be killed, and
    its range is taken up when its claim has run out.
    """
    origin = CurrentEvent(request_id=rows.broadcast.request_id, kind="broadcast")
    with handling(origin):
        while not rows.broadcast.finish_if_done():
            part = rows.claim_next()
            if part is None:
                left = rows.seconds_until_next_claim()
                time.sleep(min(max(left, SHORTEST_NAP_SECONDS), LONGEST_NAP_SECONDS))
            else:
                _send(rows, part)


def _send(rows: QueuedRows, part: ClaimedRange) -> None:
    broadcast = rows.broadcast
    report = BroadcastReport(id=str(broadcast.id), message_bytes=len(encode(broadcast.text)))
    report.add_stored(part.outcomes, part.missed)
    try:
        with renewing_claim(part):
            while not part.is_finished:
                _send_window(rows, part, report)
                if not part.advance(part.position + MAX_IN_FLIGHT, report):
                    logger.warning("A range of broadcast %s was taken over.", broadcast.id)
                    return
    except BaseException:
        # Also on Ctrl-C and SIGTERM: the next worker need not wait for the claim to run out.
        try:
            part.release()
        except Error:
            logger.warning("The claim of a range could not be given back.", exc_info=True)
        raise


def _send_window(rows: QueuedRows, part: ClaimedRange, report: BroadcastReport) -> None:
    keys = part.session_keys[part.position : part.position + MAX_IN_FLIGHT]
    # They are looked at now and not when they were queued: a login may have ended since.
    connected = StageAudience(Recipient("", part.api_id, part.stage), rows.connected_ids(keys))
    with observed_broadcast(report):
        send_to_stages(
            [connected],
            rows.broadcast.text,
            report,
            mark_gone=rows.mark_gone,
            per_second=rows.broadcast.per_second,
            max_in_flight=MAX_IN_FLIGHT,
        )


@contextmanager
def renewing_claim(part: ClaimedRange) -> Iterator[None]:
    """Renew the claim of a range from a thread until the block ends, or the claim is another's.

    The thread dies with the process: the claim of a worker that is killed or stopped runs out.
    """
    done = threading.Event()
    renewing = threading.Thread(target=_renew, args=(part, done), daemon=True)
    renewing.start()
    try:
        yield
    finally:
        done.set()
        renewing.join()


def _renew(part: ClaimedRange, done: threading.Event) -> None:
    pause = get_setting("broadcast_claim_seconds") / RENEWALS_IN_A_CLAIM
    try:
        while not done.wait(pause):
            try:
                if not part.renew():
                    return
            except Error:
                logger.warning("The claim of a range could not be renewed.", exc_info=True)
    finally:
        # They are this thread's own.
        connections.close_all()
