"""A broadcast from its first post to its last: at once, or after the commit."""

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Final, TypeVar

from django.db import Error, transaction

from ...core.retry import RetryPolicy
from ...delivery.outcome import Outcome, OutcomeKind
from ...telemetry.observed_sends import observed_send
from ..after_commit import after_commit
from ..transports import transport_for, transport_for_further
from .audience import Audience, StageAudience
from .options import BroadcastMessage, Options, Progress
from .plan import check_budget
from .report import BroadcastReport

__all__ = ["PATIENT", "observed_broadcast", "send_broadcast", "send_to_stages"]

T = TypeVar("T")

logger = logging.getLogger("django_aws_api_gateway_websockets.models")

PATIENT: Final = RetryPolicy(max_attempts=14, first_wait_seconds=0.1, max_wait_seconds=10.0)
"""Retries of a broadcast, which may take their time because nobody waits for it.

With more than a third of all attempts failing, so many of them miss one recipient in a million."""

PROGRESS_SECONDS: Final = 0.25
"""Seconds between two calls of `progress`."""


def send_broadcast(
    message: BroadcastMessage, audience: Audience, options: Options
) -> BroadcastReport:
    """Send a broadcast, and return its report; inside a transaction it waits for the commit.

    Raises:
        BroadcastBudgetError: it would take more units than its budget; nothing has been sent.
    """
    report = BroadcastReport(id=str(message.id), message_bytes=message.size_bytes)
    check_budget(message, audience, options)
    using = audience.database
    if options.now or not transaction.get_connection(using).in_atomic_block:
        _send(message, audience, options, report)
    else:
        after_commit(_send_after_commit, message, audience, options, report, using=using)
    return report


def _send_after_commit(
    message: BroadcastMessage, audience: Audience, options: Options, report: BroadcastReport
) -> None:
    try:
        _send(message, audience, options, report)
    except Exception as error:  # noqa: BLE001
        # No caller is left to raise to; the report that it has kept says what happened.
        report.end_early(error)


def _send(
    message: BroadcastMessage, audience: Audience, options: Options, report: BroadcastReport
) -> None:
    with observed_broadcast(report):
        send_to_stages(
            _stages(audience, report),
            message.text,
            report,
            mark_gone=audience.mark_gone,
            per_second=options.rate,
            max_in_flight=options.max_in_flight,
            progress=options.progress,
        )
    if report.missed_count:
        logger.warning("Broadcast %s: %s.", report.id, report)


def _stages(audience: Audience, report: BroadcastReport) -> Iterator[StageAudience]:
    yield from audience.stages()
    # Counted last: no message has to wait for it, and the last call of `progress` has it.
    report.without_gateway = audience.count_without_gateway()


class _Reading:
    """The reading of an audience, which ends where the database fails.

    Posts that are under way are waited for, and the report says what happened up to there. Were
    an error raised in its place, the caller would broadcast again, and all who had the message
    would get it twice.
    """

    def __init__(self) -> None:
        self.error: Error | None = None

    def until_failure(self, rows: Iterable[T]) -> Iterator[T]:
        """Yield rows as long as the database gives them."""
        try:
            yield from rows
        except Error as error:
            self.error = error

    def conclude(self, report: BroadcastReport) -> None:
        """Tell the report how the broadcast has ended.

        Raises:
            Error: the audience could not be read, and nothing has been sent.
        """
        if self.error is None:
            report.is_finished = True
        elif report.total:
            report.end_early(self.error)
        else:
            raise self.error


class _Telling:
    """The calls of `progress`, which end when it fails, as with a terminal that is gone.

    Args:
        began: time at which the broadcast began.
    """

    def __init__(self, progress: Progress | None, report: BroadcastReport, *, began: float) -> None:
        self.progress = progress
        """The callable; None when nobody is to be told, or not any more."""
        self._report = report
        self._began = self._told = began

    def tell_in_time(self) -> None:
        """Call it, unless that was a moment ago."""
        now = time.monotonic()
        if now - self._told >= PROGRESS_SECONDS:
            self._report.seconds, self._told = now - self._began, now
            self.tell()

    def tell(self) -> None:
        """Call it."""
        if self.progress is None:
            return
        try:
            self.progress(self._report)
        except Exception:
            self.progress = None
            logger.warning(
                "Broadcast %s goes on without progress, which failed.",
                self._report.id,
                exc_info=True,
            )


@contextmanager
def observed_broadcast(report: BroadcastReport) -> Iterator[None]:
    """Observe the part of a broadcast that is sent in the block, of which the report is told."""
    # A worker's report has the outcomes of earlier windows.
    before = report.counts.copy()
    with observed_send("broadcast", broadcast_id=report.id) as send:
        try:
            yield
        finally:
            send.counts.update({kind.value: n for kind, n in (report.counts - before).items()})


def send_to_stages(
    stages: Iterable[StageAudience],
    text: str,
    report: BroadcastReport,
    *,
    mark_gone: Callable[[list[str]], object],
    per_second: float | None = None,
    max_in_flight: int | None = None,
    progress: Progress | None = None,
) -> None:
    """Send a text to everybody in some stages, and tell the report of every outcome.

    Args:
        mark_gone: called in the end with the ids of connections that are gone, if there are any.
        per_second: posts that may begin in a second; None sets no limit.
        max_in_flight: posts under way at once; None leaves it to the transport.
        progress: called a few times a second, and at the end.

    Raises:
        Error: the audience could not be read, and nothing has been sent.
        Exception: no post can be made, as without credentials, and nothing has been sent.
    """
    began = time.monotonic()
    gone: list[str] = []
    reading, telling = _Reading(), _Telling(progress, report, began=began)
    try:
        for outcome in _outcomes(reading, stages, text, per_second, max_in_flight):
            report.note(outcome)
            if outcome.kind is OutcomeKind.GONE:
                gone.append(outcome.connection_id)
            if telling.progress is not None:
                telling.tell_in_time()
    finally:
        # Also after Ctrl-C, since these connections are gone whatever happened then. Not sooner:
        # a row that another transaction has locked would have kept the posts waiting.
        if gone:
            mark_gone(gone)
        report.seconds = time.monotonic() - began
    reading.conclude(report)
    telling.tell()


def _outcomes(
    reading: _Reading,
    stages: Iterable[StageAudience],
    text: str,
    per_second: float | None,
    max_in_flight: int | None,
) -> Iterator[Outcome]:
    find_transport: Any = transport_for
    for one in reading.until_failure(stages):
        yield from find_transport(one.stage, retries=PATIENT).post_many(
            reading.until_failure(one.connection_ids),
            text,
            per_second=per_second,
            max_in_flight=max_in_flight,
        )
        if reading.error is not None:
            return
        find_transport = transport_for_further
