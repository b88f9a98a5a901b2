import logging
from collections.abc import Iterable, Iterator
from typing import Any, ClassVar, Final, Literal, Unpack, overload

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.exceptions import FieldDoesNotExist
from django.db import models, router
from django.db.models import Q
from django.utils import timezone

from ..aws.clients import client_for
from ..sending.broadcast.plan import BroadcastPlan
from ..sending.broadcast.report import BroadcastReport
from ..sending.messages import Recipient, send_to_all, send_to_one, serialise_message
from .audience import narrow, read_recipients
from .broadcasts import BroadcastOptions, Options, broadcast, enqueue_broadcast, plan_broadcast
from .closing import close_after_commit
from .connecting import really_gone
from .empty_audience import note_nobody
from .fingerprints import is_login_of
from .gateway import ApiGateway
from .open_connection import OpenConnection, owned_by
from .queued_broadcast import QueuedBroadcast
from .whole_channel import WholeChannel

logger = logging.getLogger("django_aws_api_gateway_websockets.models")

# SQLite takes 32,766 parameters in a statement, PostgreSQL twice as many.
CLOSED_TOGETHER: Final = 2000


class WebSocketSessionQuerySet(models.QuerySet["WebSocketSession"]):
    """Sessions one can send to."""

    def send_message(self, data: Any, max_workers: int | None = None) -> list[dict[str, Any]]:
        """Send `data` to every connected session of this queryset, and wait until all are served.

        Sessions that turn out to be gone are marked disconnected; other failures are logged and
        never keep the rest from receiving.

        Args:
            data: anything JSON can express, as Django's JSON encoder sees it.
            max_workers: posts under way at once; None leaves it to the engine, 1 keeps the order
                of the queryset.

        Returns:
            What API Gateway answered for each session that was reached.

        Raises:
            ValueError: `max_workers` is below 1, or the message is too large or not JSON.
        """
        if max_workers is not None and max_workers < 1:
            raise ValueError("max_workers must be 1 or more.")
        text = serialise_message(data)
        recipients = _WHOLE_CHANNEL.recipients(self)
        if recipients is None:
            recipients = read_recipients(self, _is_open())
        recipients = note_nobody(self, recipients)
        delivery = send_to_all(_with_gateway(recipients), text, client_for, max_workers=max_workers)
        self.model.mark_gone(delivery.gone)
        return delivery.responses

    async def asend_message(
        self, data: Any, max_workers: int | None = None
    ) -> list[dict[str, Any]]:
        """`send_message` for async code; the event loop stays free meanwhile."""
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

        Where `send_message` returns an answer for each session, this keeps memory flat and tells
        what became of the whole. Inside a transaction it waits for the commit, and the report is
        filled then. Sessions that turn out to be gone are marked disconnected; whoever is
        throttled or meets a server error is tried up to 10 times, and keeps nobody else waiting.

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
        how = Options(**options)
        return plan_broadcast(self, data, how) if plan else broadcast(self, data, how)

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
        """`broadcast` for async code; the event loop stays free meanwhile."""
        how = Options(**options)
        if plan:
            return await sync_to_async(plan_broadcast)(self, data, how)
        return await sync_to_async(broadcast)(self, data, how)

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
        return enqueue_broadcast(self, data, Options(**options))

    async def aenqueue_broadcast(
        self, data: Any, **options: Unpack[BroadcastOptions]
    ) -> QueuedBroadcast:
        """`enqueue_broadcast` for async code; the event loop stays free meanwhile."""
        return await sync_to_async(enqueue_broadcast)(self, data, Options(**options))

    def connected(self) -> "WebSocketSessionQuerySet":
        """The sessions of this queryset that can be sent to, each once."""
        return narrow(self, _is_open())

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
        """`close` for async code; the event loop stays free meanwhile."""
        return await sync_to_async(self.close)()

    def recipients(self) -> Iterator[Recipient]:
        """The address of each session, read in one statement; without API id where it has none."""
        return read_recipients(self)


def _is_open() -> Q:
    """Connected, and not of a user whose login has ended, by whatever means the row was changed."""
    connected = Q(connected=True)
    try:
        get_user_model()._meta.get_field("is_active")
    except FieldDoesNotExist:
        return connected
    return connected & (Q(user=None) | Q(user__is_active=True))


def _with_gateway(recipients: Iterable[Recipient]) -> Iterator[Recipient]:
    """Those that can be reached; the number of the others is logged."""
    homeless = 0
    for recipient in recipients:
        if recipient.api_id:
            yield recipient
        else:
            homeless += 1
    if homeless:
        logger.warning("%d sessions have no gateway and were not sent to.", homeless)


class WebSocketSession(models.Model):
    """One connection: who it belongs to, which channel it is in and whether it is still open."""

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

    # The API of a view that is pinned to one nobody has a record of; known within its requests.
    unrecorded_api_id = ""

    objects = WebSocketSessionQuerySet.as_manager()

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
            What API Gateway answered, or None when the connection is gone; it is then marked
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
        response = send_to_one(recipient, serialise_message(data), client_for)
        if response is None and really_gone([self.connection_id]):
            self.connected = False
            self.updated_on = self.mark_disconnected([self.connection_id])
        return response

    async def asend_message(self, data: Any) -> dict[str, Any] | None:
        """`send_message` for async code; the event loop stays free meanwhile."""
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
        """`close` for async code; the event loop stays free meanwhile."""
        await sync_to_async(self.close)()

    def has_valid_login(self) -> bool:
        """Whether the login this connection was opened with still stands.

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
        """The open connection of this id with its user and gateway, in one query.

        Args:
            connection_id: as API Gateway gave it.
            api_id: of the API the connection must belong to.
            or_without_api: whether a session without gateway will do.
            counts_message: add 1 to its `request_count`, too; on other databases than PostgreSQL
                that is a second query.
        """
        open_connection = _OPEN_OR_WITHOUT_API if or_without_api else _OPEN
        find = open_connection.count_message if counts_message else open_connection.find
        return find(connection_id, api_id)

    @classmethod
    def close_connection(cls, connection_id: str, api_id: str, *, or_without_api: bool) -> bool:
        """Note, in one statement, that a connection is closed; False when there is none such.

        Args:
            connection_id: as API Gateway gave it.
            api_id: of the API the connection must belong to.
            or_without_api: whether a session without gateway will do.
        """
        owned = owned_by(api_id, or_without_api=or_without_api)
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
        """Where this connection is reached; without API id when that is not known."""
        gateway = self.api_gateway if self.api_gateway_id is not None else None
        api_id = self.unrecorded_api_id if gateway is None else gateway.api_id
        stage = "" if gateway is None else gateway.stage_name
        return Recipient(self.connection_id, api_id, stage or ApiGateway.DEFAULT_STAGE_NAME)


_OPEN: Final = OpenConnection(WebSocketSession, or_without_api=False)
_OPEN_OR_WITHOUT_API: Final = OpenConnection(WebSocketSession, or_without_api=True)
_WHOLE_CHANNEL: Final = WholeChannel(WebSocketSession, _is_open)
