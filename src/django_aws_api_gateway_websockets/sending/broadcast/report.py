"""The report on a broadcast, which fills while it runs."""

import logging
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from ...core.payload import metered_units
from ...delivery.outcome import Outcome, OutcomeKind

__all__ = ["MAX_MISSED", "BroadcastReport", "Missed"]

logger = logging.getLogger("django_aws_api_gateway_websockets.models")

MAX_MISSED: Final = 10_000
"""Missed sessions a report names; further ones are only counted, so that memory stays flat."""


@dataclass(frozen=True, slots=True)
class Missed:
    """A session that is still there and did not get the message."""

    connection_id: str
    """Id of the connection."""
    kind: OutcomeKind
    """Kind of the failure."""
    reason: str
    """API Gateway's name of the failure, or the operating system's words."""


@dataclass(slots=True, kw_only=True)
class BroadcastReport:
    """The report on a broadcast; it fills while the broadcast runs."""

    id: str
    """Id of the broadcast, which travels in the message when that was asked for."""
    message_bytes: int = 0
    """Size of the message, in bytes of UTF-8."""
    counts: Counter[OutcomeKind] = field(default_factory=Counter)
    """Number of sessions by outcome."""
    missed: list[Missed] = field(default_factory=list)
    """Sessions that are still there and did not get it; the first 10,000 of them."""
    without_gateway: int = 0
    """Number of sessions that have no gateway, and so no address."""
    seconds: float = 0.0
    """Seconds it took; while it runs, seconds so far."""
    is_finished: bool = False
    """False while it runs, and while it waits for the end of a transaction."""
    possibly_repeated: int = 0
    """Number of sessions that may have got it twice, under one id, as a worker was killed."""
    error: str = ""
    """Error that ended it early, when something had been sent or it had waited for a commit."""

    @property
    def sent(self) -> int:
        """Number of sessions API Gateway took the message for."""
        return self.counts[OutcomeKind.SENT]

    @property
    def gone(self) -> int:
        """Number of sessions whose connections are gone, and which are marked disconnected."""
        return self.counts[OutcomeKind.GONE]

    @property
    def missed_count(self) -> int:
        """Number of sessions that are still there and did not get it, or have no gateway."""
        return self.total - self.sent - self.gone + self.without_gateway

    @property
    def total(self) -> int:
        """Number of sessions that have been tried so far."""
        return self.counts.total()

    @property
    def bytes_sent(self) -> int:
        """Bytes of message API Gateway has taken."""
        return self.sent * self.message_bytes

    @property
    def units(self) -> int:
        """Units AWS meters of it: 32 KB, or a part of that, of each message taken."""
        return self.sent * metered_units(self.message_bytes)

    @property
    def per_second(self) -> float:
        """Sessions served in a second."""
        return self.total / self.seconds if self.seconds else 0.0

    def note(self, outcome: Outcome) -> None:
        """Count an outcome."""
        self.counts[outcome.kind] += 1
        if outcome.kind in _UNHARMED or len(self.missed) >= MAX_MISSED:
            return
        self.missed.append(Missed(outcome.connection_id, outcome.kind, outcome.cause))

    def end_early(self, error: Exception) -> None:
        """Note, and log, the error by which not everybody could be tried."""
        self.error = f"{type(error).__name__}: {error}"
        logger.error("Broadcast %s ended early: %s.", self.id, self, exc_info=error)

    def add_stored(self, outcomes: Mapping[str, int], missed: Iterable[Iterable[str]]) -> None:
        """Add outcomes that were kept as JSON: numbers by kind, and the missed sessions.

        Args:
            outcomes: number of sessions by the value of an `OutcomeKind`.
            missed: connection id, kind and reason of sessions, which are counted already.
        """
        self.counts.update({OutcomeKind(kind): count for kind, count in outcomes.items()})
        for connection_id, kind, reason in islice(missed, MAX_MISSED - len(self.missed)):
            self.missed.append(Missed(connection_id, OutcomeKind(kind), reason))

    def as_dict(self) -> Mapping[str, object]:
        """Return the report in values JSON can express, without the single missed sessions."""
        return {
            "id": self.id,
            "is_finished": self.is_finished,
            "sent": self.sent,
            "gone": self.gone,
            "missed": self.missed_count,
            "by_kind": {kind.value: self.counts[kind] for kind in OutcomeKind},
            "without_gateway": self.without_gateway,
            "seconds": round(self.seconds, 3),
            "bytes_sent": self.bytes_sent,
            "units": self.units,
            "possibly_repeated": self.possibly_repeated,
            "error": self.error,
        }

    def __str__(self) -> str:
        state = "" if self.is_finished else " so far"
        end = f"; it ended early, with {self.error}" if self.error else ""
        return (
            f"{self.sent} sent, {self.gone} gone, {self.missed_count} missed{state} "
            f"in {self.seconds:.1f} s ({self.per_second:.0f}/s); {self.units} units metered{end}"
        )


_UNHARMED: Final = frozenset({OutcomeKind.SENT, OutcomeKind.GONE})
