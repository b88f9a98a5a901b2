"""Querysets of connections, which can be sent to."""

from collections.abc import Iterator
from typing import Any, Literal, Self, Unpack, overload

from asgiref.sync import sync_to_async
from django.db import router
from django.db.models import Q

from ..sending.broadcast.options import BroadcastOptions, Options
from ..sending.broadcast.plan import BroadcastPlan, check_budget, plan_broadcast
from ..sending.broadcast.report import BroadcastReport
from ..sending.broadcast.run import send_broadcast
from ..sending.messages import Recipient, serialise_message
from ..sending.posts import send_to_all
from .advice import SESSION_ENDED, advice_for
from .audience import can_be_sent_to, log_empty_audience, narrow, read_recipients
from .broadcast_audience import SessionAudience
from .channel_sessions import is_in_channels
from .disconnection import close_marked
from .queued_broadcast import QueuedBroadcast, write_down
from .rows import RowQuerySet

__all__ = ["WebSocketSessionQuerySet"]


class WebSocketSessionQuerySet(RowQuerySet[Any]):
    """A queryset of sessions, which can be sent to."""

    def in_channel(self, channel_name: str, *others: str) -> Self:
        """Return the sessions of the queryset that are in one of these channels, each once.

        A session is in its default channel, and in those it has subscribed to.
        """
        return self.filter(is_in_channels(self.model, [channel_name, *others]))

    def send_message(self, data: Any, max_workers: int | None = None) -> list[dict[str, Any]]:
        """Send `data` to every connected session of this queryset, and wait until all are served.

        Sessions that turn out to be gone are marked disconnected; other failures are logged and
        never keep the rest from receiving.

        Args:
            data: anything JSON can express, as Django's JSON encoder sees it.
            max_workers: posts under way at once; None leaves it to the engine, 1 keeps the order
                of the queryset.

        Returns:
            The response of API Gateway for each session that was reached.

        Raises:
            ValueError: `max_workers` is below 1, or the message is too large or not JSON.
        """
        if max_workers is not None and max_workers < 1:
            raise ValueError("max_workers must be 1 or more.")
        text = serialise_message(data)
        recipients = read_recipients(self, can_be_sent_to())
        delivery = send_to_all(recipients, text, max_workers=max_workers)
        if not delivery.recipients:
            log_empty_audience(self)
        self.model.mark_gone(delivery.gone)
        return delivery.responses

    async def asend_message(
        self, data: Any, max_workers: int | None = None
    ) -> list[dict[str, Any]]:
        """Send as `send_message` does, from async code; the event loop stays free meanwhile."""
        return await sync_to_async(self.send_message)(data, max_workers=max_workers)

    @overload
    def broadcast(
        self, data: Any, *, plan: Literal[False] = ..., **options: Unpack[BroadcastOptions]
    ) -> BroadcastReport: ...

    @overload
    def broadcast(
        self, data: Any, *, plan: Literal[True], **options: Unpack[BroadcastOptions]
    ) -> BroadcastPlan: ...

    def broadcast(
        self, data: Any, *, plan: bool = False, **options: Unpack[BroadcastOptions]
    ) -> BroadcastReport | BroadcastPlan:
        """Send `data` to every connected session of this queryset, however many there are.

        `send_message` returns a response for each session; this keeps memory flat and returns a
        report on the whole. Inside a transaction it waits for the commit, and the report is filled
        then. Sessions that turn out to be gone are marked disconnected; a session that is throttled
        or meets a server error is tried up to 14 times, and keeps no other waiting.

        Args:
            data: anything JSON can express, as Django's JSON encoder sees it.
            plan: tell what it would take instead of sending; returns a `BroadcastPlan`.
            exclude: sessions or connection ids to leave out, such as the sender's.
            now: send at once, also inside a transaction.
            budget_units: the most AWS may meter for it; None takes the setting.
            id_key: member of the message that carries the broadcast's id, so that a client can
                drop a repeat; None sends the message as it is.
            per_second: posts that may begin in a second; None takes the setting.
            max_in_flight: posts under way at once; None leaves it to the engine, 1 keeps the order
                of the primary keys.
            progress: called with the report a few times a second, and at the end.

        Raises:
            BroadcastBudgetError: it would cost more than its budget; nothing has been sent.
            ValueError: the message is too large or not JSON, or `per_second` or `max_in_flight` is
                below 1.
            TypeError: `id_key` is set and the message has no members.
        """
        return self._broadcast(data, Options(**options), plan=plan)

    @overload
    async def abroadcast(
        self, data: Any, *, plan: Literal[False] = ..., **options: Unpack[BroadcastOptions]
    ) -> BroadcastReport: ...

    @overload
    async def abroadcast(
        self, data: Any, *, plan: Literal[True], **options: Unpack[BroadcastOptions]
    ) -> BroadcastPlan: ...

    async def abroadcast(
        self, data: Any, *, plan: bool = False, **options: Unpack[BroadcastOptions]
    ) -> BroadcastReport | BroadcastPlan:
        """Broadcast as `broadcast` does, from async code; the event loop stays free meanwhile."""
        return await sync_to_async(self._broadcast)(data, Options(**options), plan=plan)

    def enqueue_broadcast(self, data: Any, **options: Unpack[BroadcastOptions]) -> QueuedBroadcast:
        """Leave a `broadcast` to workers: Django's tasks, Celery, or a command that cron runs.

        The audience is written down now, in the caller's transaction, and delivered after the
        commit. A worker that is killed is replaced by another, which goes on where it was; its
        `report()` says how many may have got the message twice.

        Args:
            data: as in `broadcast`, and so are `exclude`, `budget_units`, `id_key` and
                `per_second`, which holds for each worker; the others have no meaning here.

        Raises:
            BroadcastBudgetError: it would cost more than its budget; nothing has been queued.
            ValueError: the message is too large or not JSON, or `per_second` is below 1.
        """
        return self._enqueue(data, Options(**options))

    async def aenqueue_broadcast(
        self, data: Any, **options: Unpack[BroadcastOptions]
    ) -> QueuedBroadcast:
        """Enqueue as `enqueue_broadcast` does, from async code; the event loop stays free."""
        return await sync_to_async(self._enqueue)(data, Options(**options))

    def connected(self) -> Self:
        """Return the sessions of this queryset that can be sent to, each once."""
        return narrow(self, can_be_sent_to())

    def close(
        self, *, reason: str = SESSION_ENDED, reconnect: float | Literal[False] = False
    ) -> int:
        """Close every connected session of this queryset; returns how many there were.

        They count as closed from now on: nothing more is sent to them, and nothing they send is
        taken. Their sockets are closed in API Gateway once the transaction, if there is one, is
        committed; clients see close code 1000. A socket that cannot be closed is logged.

        Args:
            reason: told before to clients of the wire protocol, in words.
            reconnect: False asks these clients to stay away; seconds ask them to come back then.
        """
        recipients = list(read_recipients(self, Q(connected=True)))
        using = router.db_for_write(self.model)
        ids = [one.connection_id for one in recipients]
        close_marked(
            recipients,
            mark=self.model.mark_disconnected,
            using=using,
            advice=advice_for(self.model.objects.using(using), ids, reason, reconnect),
        )
        return len(recipients)

    async def aclose(
        self, *, reason: str = SESSION_ENDED, reconnect: float | Literal[False] = False
    ) -> int:
        """Close as `close` does, from async code; the event loop stays free meanwhile."""
        return await sync_to_async(self.close)(reason=reason, reconnect=reconnect)

    def recipients(self) -> Iterator[Recipient]:
        """Return the address of each session, read in one statement; without gateway no API id."""
        return read_recipients(self)

    def _broadcast(
        self, data: Any, options: Options, *, plan: bool
    ) -> BroadcastReport | BroadcastPlan:
        message = options.message(data)
        audience = SessionAudience(self, can_be_sent_to(), without=options.excluded_ids)
        act = plan_broadcast if plan else send_broadcast
        return act(message, audience, options)

    def _enqueue(self, data: Any, options: Options) -> QueuedBroadcast:
        message = options.message(data)
        audience = SessionAudience(self, can_be_sent_to(), without=options.excluded_ids)
        check_budget(message, audience, options)
        return write_down(message, audience, per_second=options.rate)
