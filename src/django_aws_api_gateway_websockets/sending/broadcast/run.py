"""A broadcast from its first post to its last: at once, or after the commit."""

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Final

from django.db import transaction

from ...core.retry import RetryPolicy
from ...delivery.outcome import Outcome, OutcomeKind
from ..transports import transport_for
from .audience import Audience, StageAudience
from .options import BroadcastMessage, Options, Progress
from .plan import check_budget
from .report import BroadcastReport

__all__ = ["PATIENT", "run", "send_broadcast"]

logger = logging.getLogger("django_aws_api_gateway_websockets.models")

PATIENT: Final = RetryPolicy(max_attempts=14, first_wait_seconds=0.1, max_wait_seconds=10.0)
"""Retries of a broadcast, which may take their time because nobody waits for it.

Where more than a third of all attempts fail, so many miss one recipient in a million."""

PROGRESS_SECONDS: Final = 0.25
"""Seconds between two calls of `progress`."""

GONE_TOGETHER: Final = 1000
"""Sessions marked disconnected with one UPDATE."""


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
        transaction.on_commit(
            partial(_send_after_commit, message, audience, options, report),
            using=using,
            robust=True,
        )
    return report


def _send_after_commit(
    message: BroadcastMessage, audience: Audience, options: Options, report: BroadcastReport
) -> None:
    try:
        _send(message, audience, options, report)
    except Exception as error:
        # No caller is left to raise to; the report that it has kept says what happened.
        report.error = f"{type(error).__name__}: {error}"
        logger.exception("Broadcast %s ended early: %s.", report.id, report)


def _send(
    message: BroadcastMessage, audience: Audience, options: Options, report: BroadcastReport
) -> None:
    run(
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
    # After the first message has left, and before progress is told the last time.
    report.without_gateway = audience.count_without_gateway()


def run(
    stages: Iterable[StageAudience],
    text: str,
    report: BroadcastReport,
    *,
    mark_gone: Callable[[list[str]], object],
    per_second: float | None = None,
    max_in_flight: int | None = None,
    progress: Progress | None = None,
) -> None:
    """Send a text to everybody and fill the report.

    Args:
        stages: the audience.
        text: the message.
        report: gets every outcome.
        mark_gone: called with the ids of closed connections, up to 1,000 at a time.
        per_second: posts that may begin in a second; None sets no limit.
        max_in_flight: posts under way at once; None leaves it to the transport.
        progress: called a few times a second, and at the end.
    """
    began = told = time.monotonic()
    gone: list[str] = []
    try:
        for outcome in _outcomes(stages, text, per_second, max_in_flight):
            report.note(outcome)
            if outcome.kind is OutcomeKind.GONE:
                gone.append(outcome.connection_id)
                if len(gone) >= GONE_TOGETHER:
                    mark_gone(gone)
                    gone = []
            if progress is not None:
                now = time.monotonic()
                if now - told >= PROGRESS_SECONDS:
                    report.seconds, told = now - began, now
                    progress(report)
    finally:
        # The facts so far stand, also after Ctrl-C.
        if gone:
            mark_gone(gone)
        report.seconds = time.monotonic() - began
    report.is_finished = True
    if progress is not None:
        progress(report)


def _outcomes(
    stages: Iterable[StageAudience],
    text: str,
    per_second: float | None,
    max_in_flight: int | None,
) -> Iterator[Outcome]:
    for one in stages:
        yield from transport_for(one.stage, retries=PATIENT).post_many(
            one.connection_ids, text, per_second=per_second, max_in_flight=max_in_flight
        )
