"""One broadcast from its first post to its last."""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from ...core.retry import RetryPolicy
from ...delivery.outcome import Outcome, OutcomeKind
from ..messages import ClientFactory, Recipient, post_to_stage
from .report import BroadcastReport

__all__ = ["PATIENT", "Progress", "StageAudience", "run"]

PATIENT: Final = RetryPolicy(max_attempts=14, first_wait_seconds=0.1, max_wait_seconds=10.0)
"""A broadcast may take its time for those who are throttled, because nobody waits for them. Where
more than a third of all attempts fail, so many miss one recipient in a million."""

PROGRESS_SECONDS: Final = 0.25
"""How often a caller hears how far it is."""

GONE_TOGETHER: Final = 1000
"""Sessions marked disconnected with one UPDATE."""

Progress = Callable[[BroadcastReport], object]
"""Called with the report while it fills."""


@dataclass(frozen=True, slots=True)
class StageAudience:
    """Everybody who is reached through one stage."""

    stage: Recipient
    """The stage, as a recipient without connection."""
    connection_ids: Iterable[str]
    """Read once, as connections become free."""


def run(  # noqa: PLR0913 - what a broadcast is made of.
    audiences: Iterable[StageAudience],
    text: str,
    report: BroadcastReport,
    *,
    client_for: ClientFactory,
    mark_gone: Callable[[list[str]], object],
    per_second: float | None = None,
    max_in_flight: int | None = None,
    progress: Progress | None = None,
) -> None:
    """Send a text to everybody and fill the report.

    Args:
        mark_gone: told the ids of closed connections, up to 1,000 at a time.
        per_second: posts that may begin in a second; None sets no limit.
        max_in_flight: posts under way at once; None leaves it to the engine.
        progress: called a few times a second, and at the end.
    """
    began = told = time.monotonic()
    gone: list[str] = []
    try:
        for outcome in _outcomes(audiences, text, client_for, per_second, max_in_flight):
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
        # What is known so far stands, also after Ctrl-C.
        if gone:
            mark_gone(gone)
        report.seconds = time.monotonic() - began
    report.is_finished = True
    if progress is not None:
        progress(report)


def _outcomes(
    audiences: Iterable[StageAudience],
    text: str,
    client_for: ClientFactory,
    per_second: float | None,
    max_in_flight: int | None,
) -> Iterator[Outcome]:
    for audience in audiences:
        yield from post_to_stage(
            audience.stage,
            audience.connection_ids,
            text,
            client_for,
            retries=PATIENT,
            per_second=per_second,
            max_in_flight=max_in_flight,
        )
