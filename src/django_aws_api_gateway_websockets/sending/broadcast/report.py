"""What became of a broadcast."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from ...core.payload import metered_units
from ...delivery.outcome import Outcome, OutcomeKind

__all__ = ["MAX_MISSED", "BroadcastReport", "Missed"]

MAX_MISSED: Final = 10_000
"""Missed sessions a report names; beyond it they are only counted, so that memory stays flat."""


@dataclass(frozen=True, slots=True)
class Missed:
    """A session that is still there and did not get the message."""

    connection_id: str
    """Id of the connection."""
    kind: OutcomeKind
    """What stood in the way."""
    reason: str
    """API Gateway's name for it, or the operating system's words."""


@dataclass(slots=True, kw_only=True)
class BroadcastReport:
    """What became of a broadcast; it fills while the broadcast runs."""

    id: str
    """Id of the broadcast, which travels in the message when that was asked for."""
    message_bytes: int = 0
    """Size of the message, in bytes of UTF-8."""
    counts: Counter[OutcomeKind] = field(default_factory=Counter)
    """Sessions by what became of them."""
    missed: list[Missed] = field(default_factory=list)
    """Who did not get it and is still there; the first 10,000 of them."""
    without_gateway: int = 0
    """Sessions that have no gateway, and so no address."""
    seconds: float = 0.0
    """How long it took; while it runs, how long so far."""
    is_finished: bool = False
    """False while it runs, and while it waits for the end of a transaction."""
    possibly_repeated: int = 0
    """Sessions that may have got it twice because a worker was killed, under the same id."""
    error: str = ""
    """Why it ended early, where it did after the commit it had waited for."""

    @property
    def sent(self) -> int:
        """Sessions API Gateway took the message for."""
        return self.counts[OutcomeKind.SENT]

    @property
    def gone(self) -> int:
        """Sessions that turned out to be closed, and are marked so."""
        return self.counts[OutcomeKind.GONE]

    @property
    def missed_count(self) -> int:
        """How many did not get it and are still there, those without gateway included."""
        return self.total - self.sent - self.gone + self.without_gateway

    @property
    def total(self) -> int:
        """Sessions that have been tried so far."""
        return self.counts.total()

    @property
    def bytes_sent(self) -> int:
        """Bytes of message API Gateway has taken."""
        return self.sent * self.message_bytes

    @property
    def units(self) -> int:
        """What AWS meters of it: 32 KB, or a part of that, of each message taken."""
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
        reason = outcome.error_code or outcome.reason
        self.missed.append(Missed(outcome.connection_id, outcome.kind, reason))

    def add_missed(self, missed: Iterable[Missed]) -> None:
        """Name sessions that were missed elsewhere and are counted already."""
        self.missed.extend(islice(missed, MAX_MISSED - len(self.missed)))

    def as_dict(self) -> Mapping[str, object]:
        """The report in values JSON can express, without the single missed sessions."""
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
        return (
            f"{self.sent} sent, {self.gone} gone, {self.missed_count} missed{state} "
            f"in {self.seconds:.1f} s ({self.per_second:.0f}/s); {self.units} units metered"
        )


_UNHARMED: Final = frozenset({OutcomeKind.SENT, OutcomeKind.GONE})
