"""Broadcasts to querysets of sessions: planned, sent after the commit, and reported on.

The audience is read in pages by primary key while it is sent to, so memory does not grow with it
and the first message leaves before the last session is known.
"""

import logging
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypedDict

from django.db import router, transaction
from django.db.models import Count, Q

from ..aws.clients import client_for
from ..conf import get_broadcast_budget, get_broadcast_rate
from ..core.payload import encode
from ..sending.broadcast.plan import BroadcastPlan, check_budget, plan_for
from ..sending.broadcast.queues import start_workers
from ..sending.broadcast.report import BroadcastReport
from ..sending.broadcast.run import Progress, StageAudience, run
from ..sending.messages import Recipient, serialise_message
from .gateway import ApiGateway
from .queued_broadcast import BroadcastRange, QueuedBroadcast

if TYPE_CHECKING:
    from .session import WebSocketSession, WebSocketSessionQuerySet

__all__ = [
    "BroadcastOptions",
    "Excluded",
    "Options",
    "broadcast",
    "enqueue_broadcast",
    "plan_broadcast",
]

logger = logging.getLogger("django_aws_api_gateway_websockets.models")

PAGE_SIZE: Final = 2000
"""Sessions read with one statement."""

FIRST_PAGE_SIZE: Final = 200
"""Fewer at first, so that the first message leaves at once."""

Excluded: TypeAlias = "WebSocketSession | str | Iterable[WebSocketSession | str]"
"""Who is left out: sessions, or connection ids."""


class BroadcastOptions(TypedDict, total=False):
    """The keyword arguments of `broadcast`, which explains them."""

    exclude: Excluded
    now: bool
    budget_units: int | None
    id_key: str | None
    per_second: int | None
    max_in_flight: int | None
    progress: Progress | None


RANGE_SIZE: Final = 1000
"""Sessions a worker takes at once."""

MOST_TASKS: Final = 100
"""Tasks for one broadcast; each delivers whatever is left, so this bounds the workers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The same with their defaults."""

    exclude: Excluded = ()
    now: bool = False
    budget_units: int | None = None
    id_key: str | None = None
    per_second: int | None = None
    max_in_flight: int | None = None
    progress: Progress | None = None

    def __post_init__(self) -> None:
        for name in ("per_second", "max_in_flight"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ValueError(f"{name} is {value} and must be 1 or more, or None.")

    @property
    def budget(self) -> int | None:
        """Units it may take; 0 is a budget, too."""
        return get_broadcast_budget() if self.budget_units is None else self.budget_units


def plan_broadcast(
    sessions: "WebSocketSessionQuerySet", data: Any, options: Options
) -> BroadcastPlan:
    """What `broadcast` would do with the same arguments."""
    text = _text(data, options, broadcast_id=str(uuid.uuid4()))
    return _plan(_reachable(sessions, options), text, options)


def broadcast(sessions: "WebSocketSessionQuerySet", data: Any, options: Options) -> BroadcastReport:
    """Send to every connected session of a queryset; see its method of this name."""
    report = BroadcastReport(id=str(uuid.uuid4()))
    text = _text(data, options, broadcast_id=report.id)
    report.message_bytes = len(encode(text))
    audience = _reachable(sessions, options)
    if options.budget is not None:
        check_budget(_plan(audience, text, options), options.budget)
    using = router.db_for_write(sessions.model)
    if options.now or not transaction.get_connection(using).in_atomic_block:
        _send(audience, text, report, options)
    else:
        transaction.on_commit(
            partial(_send_after_commit, audience, text, report, options), using=using, robust=True
        )
    return report


def enqueue_broadcast(
    sessions: "WebSocketSessionQuerySet", data: Any, options: Options
) -> QueuedBroadcast:
    """Leave a broadcast to workers; see the method of this name."""
    queued = QueuedBroadcast(per_second=options.per_second or get_broadcast_rate())
    queued.text = _text(data, options, broadcast_id=str(queued.id))
    audience = _reachable(sessions, options)
    if options.budget is not None:
        check_budget(_plan(audience, queued.text, options), options.budget)
    using = router.db_for_write(QueuedBroadcast)
    with transaction.atomic(using=using):
        queued.without_gateway = audience.exclude(_HAS_ADDRESS).count()
        queued.save()
        count = sum(_write_ranges(queued, audience))
        if not count:
            # No worker is told of it, so none would note its end.
            queued.finish_if_done()
        transaction.on_commit(
            partial(_start_workers, queued, tasks=min(count, MOST_TASKS)), using=using
        )
    return queued


def _start_workers(queued: QueuedBroadcast, *, tasks: int) -> None:
    try:
        start_workers(str(queued.id), tasks=tasks)
    except Exception:
        # It is written down, so nothing is lost; and the project's own callbacks must still run.
        logger.exception(
            "No worker could be told of broadcast %s: deliverWebSocketBroadcasts delivers it.",
            queued.id,
        )


def _write_ranges(queued: QueuedBroadcast, audience: "WebSocketSessionQuerySet") -> Iterator[int]:
    """Write the audience down; gives how many ranges each page of it became."""
    for gateway in _gateways():
        for page in _pages(audience.filter(api_gateway=gateway.pk), "pk"):
            parts = [
                BroadcastRange(
                    broadcast=queued,
                    api_id=gateway.api_id,
                    stage=gateway.stage_name or ApiGateway.DEFAULT_STAGE_NAME,
                    session_keys=[key for (key,) in page[start : start + RANGE_SIZE]],
                )
                for start in range(0, len(page), RANGE_SIZE)
            ]
            yield len(BroadcastRange.objects.bulk_create(parts))


def _text(data: Any, options: Options, *, broadcast_id: str) -> str:
    if options.id_key is None:
        return serialise_message(data)
    if not isinstance(data, Mapping):
        raise TypeError(
            f"The id of a broadcast travels as a member of the message, and a "
            f"{type(data).__name__} has none: send a dict, or leave out id_key."
        )
    return serialise_message({**data, options.id_key: broadcast_id})


def _reachable(
    sessions: "WebSocketSessionQuerySet", options: Options
) -> "WebSocketSessionQuerySet":
    """The connected sessions but for those left out, open to further filters."""
    excluded = _connection_ids(options.exclude)
    if sessions.query.is_sliced:
        # Asked again for each page, a slice would move on as sessions close, and grow beyond what
        # was planned.
        keys = list(sessions.values_list("pk", flat=True))
        sessions = sessions.model.objects.filter(pk__in=keys)
    connected = sessions.connected()
    return connected.exclude(connection_id__in=excluded) if excluded else connected


def _connection_ids(excluded: Excluded) -> list[str]:
    several = excluded if isinstance(excluded, Iterable) else [excluded]
    if isinstance(excluded, str):
        several = [excluded]
    return [one if isinstance(one, str) else one.connection_id for one in several]


def _plan(audience: "WebSocketSessionQuerySet", text: str, options: Options) -> BroadcastPlan:
    counted = audience.order_by().aggregate(
        sockets=Count("pk", filter=_HAS_ADDRESS), users=Count("user", distinct=True)
    )
    return plan_for(
        sockets=counted["sockets"],
        users=counted["users"],
        message_bytes=len(encode(text)),
        per_second=options.per_second,
    )


def _send_after_commit(
    audience: "WebSocketSessionQuerySet", text: str, report: BroadcastReport, options: Options
) -> None:
    try:
        _send(audience, text, report, options)
    except Exception as error:
        # Nobody is left to raise to; whoever kept the report reads it there.
        report.error = f"{type(error).__name__}: {error}"
        logger.exception("Broadcast %s ended early: %s.", report.id, report)


def _send(
    audience: "WebSocketSessionQuerySet", text: str, report: BroadcastReport, options: Options
) -> None:
    run(
        _stages(audience, report),
        text,
        report,
        client_for=client_for,
        mark_gone=audience.model.mark_gone,
        per_second=options.per_second or get_broadcast_rate(),
        max_in_flight=options.max_in_flight,
        progress=options.progress,
    )
    if report.missed_count:
        logger.warning("Broadcast %s: %s.", report.id, report)


_HAS_ADDRESS: Final = Q(api_gateway__isnull=False) & ~Q(api_gateway__api_id="")


def _gateways() -> list[ApiGateway]:
    return list(ApiGateway.objects.exclude(api_id="").order_by("pk"))


def _stages(
    audience: "WebSocketSessionQuerySet", report: BroadcastReport
) -> Iterator[StageAudience]:
    for gateway in _gateways():
        yield StageAudience(
            Recipient("", gateway.api_id, gateway.stage_name or ApiGateway.DEFAULT_STAGE_NAME),
            _connection_ids_of(audience.filter(api_gateway=gateway.pk)),
        )
    # After the first message has left, and before progress is told the last time.
    report.without_gateway = audience.exclude(_HAS_ADDRESS).count()


def _connection_ids_of(sessions: "WebSocketSessionQuerySet") -> Iterator[str]:
    for page in _pages(sessions, "pk", "connection_id", first=FIRST_PAGE_SIZE):
        for _, connection_id in page:
            yield connection_id


def _pages(
    sessions: "WebSocketSessionQuerySet", *columns: str, first: int = PAGE_SIZE
) -> Iterator[list[tuple[Any, ...]]]:
    """The rows in the order of their primary keys, which has to be the first column."""
    last, size = None, first
    in_order = sessions.order_by("pk").values_list(*columns)
    while True:
        page = list((in_order if last is None else in_order.filter(pk__gt=last))[:size])
        if page:
            yield page
            last = page[-1][0]
        if len(page) < size:
            return
        size = PAGE_SIZE
