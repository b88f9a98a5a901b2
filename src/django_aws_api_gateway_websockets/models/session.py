"""Connections, and querysets of them, which can be sent to."""

from collections.abc import Iterator
from typing import Any, ClassVar, Final, Literal, Unpack, overload

from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import models, router
from django.db.models import Q
from django.utils import timezone

from ..sending.broadcast.options import BroadcastOptions, Options
from ..sending.broadcast.plan import BroadcastPlan, check_budget, plan_broadcast
from ..sending.broadcast.report import BroadcastReport
from ..sending.broadcast.run import send_broadcast
from ..sending.closing import close_after_commit
from ..sending.messages import Recipient, serialise_message
from ..sending.posts import send_to_all, send_to_one
from .audience import ChannelAudience, can_be_sent_to, log_empty_audience, narrow, read_recipients
from .broadcast_audience import SessionAudience
from .connecting import really_gone
from .fingerprints import is_login_of
from .gateway import ApiGateway
from .open_session import OpenSession, is_of_api
from .queued_broadcast import QueuedBroadcast, write_down

# SQLite takes 32,766 parameters in a statement, PostgreSQL twice as many.
CLOSED_TOGETHER: Final = 2000


class WebSocketSessionQuerySet(models.QuerySet["WebSocketSession"]):
    """A queryset of sessions, which can be sent to."""

    _channel: str | None = None
    """Channel whose sessions these are, all and without further conditions.

    Only `WebSocketSession.objects.in_channel()` sets it, and on one queryset: methods of a queryset
    return a new one, for which this default holds again."""

    def in_channel(self, channel_name: str, *others: str) -> "WebSocketSessionQuerySet":
        """Return those sessions of the queryset that are in one or more channels."""
        if others:
            return self.filter(channel_name__in=[channel_name, *others])
        return self.filter(channel_name=channel_name)

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
        if self._channel is None:
            recipients = read_recipients(self, can_be_sent_to())
        else:
            recipients = _CHANNEL_AUDIENCE.read(self._channel, using=self.db)
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

    def connected(self) -> "WebSocketSessionQuerySet":
        """Return the sessions of this queryset that can be sent to, each once."""
        return narrow(self, can_be_sent_to())

    def close(self) -> int:
        """Close every connected session of this queryset; returns how many there were.

        They count as closed from now on: nothing more is sent to them, and nothing they send is
        taken. Their sockets are closed in API Gateway once the transaction, if there is one, is
        committed; clients see close code 1000. A socket that cannot be closed is logged.
        """
        recipients = list(read_recipients(self, Q(connected=True)))
        self.model.mark_disconnected([recipient.connection_id for recipient in recipients])
        close_after_commit(recipients, using=router.db_for_write(self.model))
        return len(recipients)

    async def aclose(self) -> int:
        """Close as `close` does, from async code; the event loop stays free meanwhile."""
        return await sync_to_async(self.close)()

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


_BaseManager = models.Manager.from_queryset(WebSocketSessionQuerySet)


class WebSocketSessionManager(_BaseManager["WebSocketSession"]):
    """The manager of sessions."""

    def in_channel(self, channel_name: str, *others: str) -> WebSocketSessionQuerySet:
        """Return the sessions of one or more channels.

        A message to exactly one channel finds its audience by a statement whose SQL is kept.
        """
        every: Any = self.get_queryset()
        sessions: WebSocketSessionQuerySet = every.in_channel(channel_name, *others)
        # The manager of a relation is of a class of its own, and its sessions are not all; those of
        # a proxy model are for the project to narrow.
        is_of_all = type(self) is WebSocketSessionManager and self.model is WebSocketSession
        if is_of_all and not others:
            sessions._channel = channel_name  # noqa: SLF001 - the two classes belong together.
        return sessions


class WebSocketSession(models.Model):
    """One connection: its user, its channel, and whether it is still open."""

    connection_id = models.CharField(max_length=255, unique=True)
    channel_name = models.CharField(
        max_length=128,
        blank=True,
        default="",
        help_text="The group this connection receives messages with.",
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        default=None,
        related_name="websocket_sessions",
    )
    connected = models.BooleanField(default=True, help_text="Whether the connection is open.")
    api_gateway = models.ForeignKey(
        ApiGateway,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        default=None,
        related_name="sessions",
    )
    request_count = models.PositiveBigIntegerField(default=1)
    session_key_hash = models.CharField(max_length=64, blank=True, default="", db_index=True)
    auth_hash = models.CharField(max_length=64, blank=True, default="")
    created_on = models.DateTimeField(auto_now_add=True)
    updated_on = models.DateTimeField(auto_now=True)

    # API of a view that is pinned to one without a record; known within its requests.
    unrecorded_api_id = ""

    objects = WebSocketSessionManager()

    class Meta:
        indexes: ClassVar = [
            models.Index(
                fields=["connection_id", "connected"], name="django_aws__connect_fee1eb_idx"
            ),
            models.Index(
                fields=["channel_name", "connection_id"], name="django_aws__channel_dd10fa_idx"
            ),
            models.Index(
                fields=["channel_name", "connected"], name="django_aws__channel_1de026_idx"
            ),
        ]

    def __str__(self) -> str:
        return self.connection_id

    def send_message(self, data: Any) -> dict[str, Any] | None:
        """Send `data` to this connection.

        Args:
            data: anything JSON can express, as Django's JSON encoder sees it.

        Returns:
            The response of API Gateway, or None when the connection is gone. It is then marked
            disconnected, unless its own connect is being answered: its socket opens after that.

        Raises:
            ValueError: the session has no gateway, or the message is too large or not JSON.
            botocore.exceptions.ClientError: API Gateway refused the message.
            GatewayUnreachableError: nothing answers where the gateway should be.
        """
        recipient = self._recipient()
        if not recipient.api_id:
            raise ValueError(
                "This session has no gateway, or one without an API id, so there is no address to "
                "send to. Sessions get theirs when they connect through a registered ApiGateway."
            )
        response = send_to_one(recipient, serialise_message(data))
        if response is None and really_gone([self.connection_id]):
            self.connected = False
            self.updated_on = self.mark_disconnected([self.connection_id])
        return response

    async def asend_message(self, data: Any) -> dict[str, Any] | None:
        """Send as `send_message` does, from async code; the event loop stays free meanwhile."""
        return await sync_to_async(self.send_message)(data)

    def close(self) -> None:
        """Close this connection.

        It counts as closed from now on: nothing more is sent to it by querysets, and nothing it
        sends is taken. Its socket is closed in API Gateway once the transaction, if there is one,
        is committed; the client sees close code 1000. A failure to close it is logged.
        """
        self.updated_on = self.mark_disconnected([self.connection_id])
        self.connected = False
        close_after_commit([self._recipient()], using=router.db_for_write(type(self)))

    async def aclose(self) -> None:
        """Close as `close` does, from async code; the event loop stays free meanwhile."""
        await sync_to_async(self.close)()

    def has_valid_login(self) -> bool:
        """Tell whether the login this connection was opened with still stands.

        A deactivated user and a changed password end it. An anonymous connection has none to end.
        """
        if self.user is None:
            return True
        if not self.user.is_active:
            return False
        return not self.auth_hash or is_login_of(self.user, self.auth_hash)

    @classmethod
    def find_connected(
        cls,
        connection_id: str,
        api_id: str,
        *,
        or_without_api: bool = False,
        counts_message: bool = False,
    ) -> "WebSocketSession | None":
        """Return the open connection of this id with its user and gateway, in one query.

        Args:
            connection_id: as API Gateway gave it.
            api_id: of the API the connection must belong to.
            or_without_api: True when a session without gateway will do.
            counts_message: True adds 1 to its `request_count`; on other databases than PostgreSQL
                that is a second query.
        """
        open_session = _OPEN_OR_WITHOUT_API if or_without_api else _OPEN
        return open_session.find(connection_id, api_id, counts_message=counts_message)

    @classmethod
    def close_connection(cls, connection_id: str, api_id: str, *, or_without_api: bool) -> bool:
        """Note, in one statement, that a connection is closed; False when there is none such.

        Args:
            connection_id: as API Gateway gave it.
            api_id: of the API the connection must belong to.
            or_without_api: True when a session without gateway will do.
        """
        owned = is_of_api(api_id, or_without_api=or_without_api)
        found = cls.objects.filter(owned, connection_id=connection_id)
        return bool(found.update(connected=False, updated_on=timezone.now()))

    @classmethod
    def mark_disconnected(cls, connection_ids: list[str]) -> Any:
        """Note that these connections are closed, 2,000 with an UPDATE; returns the moment."""
        now = timezone.now()
        for start in range(0, len(connection_ids), CLOSED_TOGETHER):
            together = connection_ids[start : start + CLOSED_TOGETHER]
            cls.objects.filter(connection_id__in=together).update(connected=False, updated_on=now)
        return now

    @classmethod
    def mark_gone(cls, connection_ids: list[str]) -> Any:
        """Note that API Gateway says these are closed; the one that is connecting only seems so."""
        return cls.mark_disconnected(really_gone(connection_ids))

    def _recipient(self) -> Recipient:
        """Return the address of this connection; without API id when that is not known."""
        gateway = self.api_gateway if self.api_gateway_id is not None else None
        api_id = self.unrecorded_api_id if gateway is None else gateway.api_id
        stage = "" if gateway is None else gateway.stage_name
        return Recipient(self.connection_id, api_id, stage or ApiGateway.DEFAULT_STAGE_NAME)


_OPEN: Final = OpenSession(WebSocketSession, or_without_api=False)
_OPEN_OR_WITHOUT_API: Final = OpenSession(WebSocketSession, or_without_api=True)
_CHANNEL_AUDIENCE: Final = ChannelAudience(WebSocketSession)
