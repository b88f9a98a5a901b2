"""Broadcasts that workers deliver: the message, its audience, and how far each part of it is.

The audience is written down when the broadcast is queued, in ranges of sessions. A worker claims a
range for a while, keeps its claim as long as it lives, sends the range in windows, and notes after
each window where the next one begins. When the worker is killed, its claim runs out, and another
takes the range up at that window. So nobody is missed; sessions of that window that had the message
already get it again, under the same broadcast id.
"""

import uuid
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import Any, ClassVar, Final

from django.db import models, router, transaction
from django.db.models import F, Q
from django.utils import timezone

from ..conf import get_setting
from ..core.payload import encode
from ..delivery.sender import MAX_IN_FLIGHT
from ..sending.broadcast import worker
from ..sending.broadcast.options import BroadcastMessage
from ..sending.broadcast.queue_backends import start_workers
from ..sending.broadcast.report import BroadcastReport
from ..telemetry.current_event import current_event
from .broadcast_audience import SessionAudience
from .cuts import outlast_cuts
from .exact_text import AnyTextField
from .gateway import ApiGateway
from .rows import Row

__all__ = ["BroadcastRange", "QueuedBroadcast", "write_down"]

RANGE_SIZE: Final = 1000
"""Sessions a worker takes at once."""


class QueuedBroadcast(Row):
    """A message on its way to an audience by way of workers."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    text = AnyTextField(help_text="The message as it travels.")
    per_second = models.PositiveIntegerField(
        null=True, blank=True, help_text="Posts each worker may begin in a second."
    )
    request_id = models.CharField(
        max_length=64,
        blank=True,
        default="",
        db_default="",
        help_text="API Gateway's id of the event whose handler has queued it.",
    )
    without_gateway = models.PositiveIntegerField(
        default=0, help_text="Sessions that have no address."
    )
    created_on = models.DateTimeField(auto_now_add=True)
    finished_on = models.DateTimeField(null=True, blank=True, db_index=True)

    class Meta:
        """Django's defaults, and not the options of `Row`."""

    def __str__(self) -> str:
        return str(self.id)

    def report(self) -> BroadcastReport:
        """Return the report so far, over all workers."""
        until = self.finished_on or timezone.now()
        report = BroadcastReport(
            id=str(self.id),
            message_bytes=len(encode(self.text)),
            without_gateway=self.without_gateway,
            seconds=(until - self.created_on).total_seconds(),
            is_finished=self.finished_on is not None,
        )
        for part in self.ranges.only("outcomes", "missed", "takeovers"):
            report.add_stored(part.outcomes, part.missed)
            report.possibly_repeated += part.takeovers * MAX_IN_FLIGHT
        return report

    def deliver(self) -> None:
        """Send the ranges no other worker is sending, until the whole broadcast is done."""
        worker.deliver(_QueuedRows(self))

    def finish_if_done(self) -> bool:
        """Note the end once every range has reached its own; tell whether it has ended."""
        return outlast_cuts(self._finish_if_done, using=type(self).objects.db)

    def _finish_if_done(self) -> bool:
        if self.ranges.filter(is_finished=False).exists():
            return False
        now = timezone.now()
        type(self).objects.filter(pk=self.pk, finished_on=None).update(finished_on=now)
        self.finished_on = self.finished_on or now
        return True


class BroadcastRange(Row):
    """Some of the audience of a queued broadcast, reached through one stage."""

    broadcast = models.ForeignKey(QueuedBroadcast, on_delete=models.CASCADE, related_name="ranges")
    api_id = models.CharField(max_length=255)
    stage = models.CharField(max_length=255)
    session_keys = models.JSONField(help_text="Primary keys of the sessions.")
    position = models.PositiveIntegerField(
        default=0, help_text="Where in the list the window begins that is being sent."
    )
    is_finished = models.BooleanField(default=False)
    claim = models.UUIDField(null=True, blank=True, help_text="Whose turn it is.")
    claimed_until = models.DateTimeField(null=True, blank=True)
    takeovers = models.PositiveIntegerField(
        default=0, help_text="How often it was taken up from a worker that had stopped."
    )
    outcomes = models.JSONField(
        default=dict, blank=True, help_text="Sessions by what became of them."
    )
    missed = models.JSONField(default=list, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(
                fields=["broadcast", "is_finished", "claimed_until"],
                name="django_aws__range_claim_idx",
            )
        ]

    def __str__(self) -> str:
        return f"{self.broadcast_id} {self.position}/{len(self.session_keys)}"

    @classmethod
    def claim_next(cls, broadcast: QueuedBroadcast) -> "BroadcastRange | None":
        """Return a range nobody is working on, ours from now on; None when there is none."""
        return outlast_cuts(partial(cls._claim_next, broadcast), using=cls.objects.db)

    @classmethod
    def _claim_next(cls, broadcast: QueuedBroadcast) -> "BroadcastRange | None":
        while True:
            now = timezone.now()
            free = cls.objects.filter(
                Q(claimed_until=None) | Q(claimed_until__lt=now),
                broadcast=broadcast,
                is_finished=False,
            )
            found = free.order_by("pk").values_list("pk", flat=True).first()
            if found is None:
                return None
            claim = uuid.uuid4()
            # Of several that found it, one changes it.
            taken = free.filter(pk=found).update(
                # First, because MySQL sees what was assigned before it in the same statement.
                takeovers=models.Case(
                    models.When(claim=None, then=F("takeovers")), default=F("takeovers") + 1
                ),
                claim=claim,
                claimed_until=_claim_end(),
            )
            if taken:
                return cls.objects.get(pk=found)

    def advance(self, position: int, report: BroadcastReport) -> bool:
        """Note that everything before a position is done, and keep the claim.

        Returns:
            False when the claim is another's by now: this worker was too slow, and has to stop.
        """
        is_finished = position >= len(self.session_keys)
        changes: dict[str, Any] = {
            "position": position,
            "is_finished": is_finished,
            "outcomes": {kind.value: count for kind, count in report.counts.items()},
            "missed": [[one.connection_id, one.kind.value, one.reason] for one in report.missed],
            "claimed_until": None if is_finished else _claim_end(),
        }
        # A finished one is ours, too: when the answer to this was lost, it is said once more.
        kept = self._change(type(self).objects.filter(pk=self.pk, claim=self.claim), changes)
        if kept:
            for name, value in changes.items():
                setattr(self, name, value)
        return kept

    def renew(self) -> bool:
        """Keep the claim for longer; False when it is another's by now."""
        return self._change(self._mine(), {"claimed_until": _claim_end()})

    def release(self) -> None:
        """Give the claim back, so that another worker need not wait for its end."""
        self._change(self._mine(), {"claimed_until": None})

    @staticmethod
    def _change(ranges: "models.QuerySet[BroadcastRange]", changes: dict[str, Any]) -> bool:
        return bool(outlast_cuts(partial(ranges.update, **changes), using=ranges.db))

    def _mine(self) -> "models.QuerySet[BroadcastRange]":
        return type(self).objects.filter(pk=self.pk, claim=self.claim, is_finished=False)


class _QueuedRows:
    """The rows of one queued broadcast, as a worker needs them."""

    def __init__(self, broadcast: QueuedBroadcast) -> None:
        self.broadcast = broadcast
        # The file of sessions imports this one, so their model is reached through its relation.
        self._sessions: Any = ApiGateway._meta.get_field("sessions").related_model

    def claim_next(self) -> BroadcastRange | None:
        """Return a range nobody is working on, ours from now on; None when there is none."""
        return BroadcastRange.claim_next(self.broadcast)

    def seconds_until_next_claim(self) -> float:
        """Return the seconds until the first claim of another worker runs out."""
        return outlast_cuts(self._seconds_until_next_claim, using=BroadcastRange.objects.db)

    def _seconds_until_next_claim(self) -> float:
        claims = self.broadcast.ranges.filter(is_finished=False).order_by("claimed_until")
        until = claims.values_list("claimed_until", flat=True).first()
        return (until - timezone.now()).total_seconds() if until else 0.0

    def connected_ids(self, session_keys: list[int]) -> list[str]:
        """Return the connection ids of those sessions that can still be sent to."""
        connected = self._sessions.objects.filter(pk__in=session_keys).connected()
        found = connected.values_list("connection_id", flat=True)
        return outlast_cuts(lambda: list(found.all()), using=connected.db)

    def mark_gone(self, connection_ids: list[str]) -> object:
        """Note that API Gateway says these connections are closed."""
        return self._sessions.mark_gone(connection_ids)


def write_down(
    message: BroadcastMessage, audience: SessionAudience, *, per_second: int | None
) -> QueuedBroadcast:
    """Write a message and its audience down; workers are told when that is committed."""
    event = current_event()
    queued = QueuedBroadcast(
        id=message.id,
        text=message.text,
        per_second=per_second,
        request_id="" if event is None else event.request_id,
    )
    using = router.db_for_write(QueuedBroadcast)
    with transaction.atomic(using=using):
        queued.without_gateway = audience.count_without_gateway()
        queued.save()
        ranges = sum(_write_ranges(queued, audience))
        if not ranges:
            # No worker is told of it, so none would note its end.
            queued.finish_if_done()
        transaction.on_commit(partial(start_workers, str(queued.id), ranges=ranges), using=using)
    return queued


def _write_ranges(queued: QueuedBroadcast, audience: SessionAudience) -> Iterator[int]:
    """Write the audience down; yield the number of ranges of each of its pages."""
    for stage, keys in audience.key_pages():
        parts = [
            BroadcastRange(
                broadcast=queued,
                api_id=stage.api_id,
                stage=stage.stage,
                session_keys=keys[start : start + RANGE_SIZE],
            )
            for start in range(0, len(keys), RANGE_SIZE)
        ]
        yield len(BroadcastRange.objects.bulk_create(parts))


def _claim_end() -> Any:
    return timezone.now() + timedelta(seconds=get_setting("broadcast_claim_seconds"))
