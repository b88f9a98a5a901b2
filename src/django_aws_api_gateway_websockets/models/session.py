"""Connections, and querysets of them, which can be sent to."""

from collections.abc import Callable
from typing import Any, ClassVar, Final, Literal

from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import models, router
from django.db.models import Q
from django.utils import timezone

from ..sending.closing import close_after_commit
from ..sending.messages import NO_ADDRESS, Recipient, serialise_message
from ..sending.posts import send_to_one
from .advice import SESSION_ENDED, advice_for
from .audience import read_recipients
from .channel_link import channel_link, noting_closed, prepare_deletion
from .connecting import really_gone
from .disconnection import close_in_order, closed_together, note_gone
from .exact_text import ExactCharField
from .fingerprints import is_login_of
from .gateway import ApiGateway
from .login import is_present
from .open_session import OpenSession, is_of_api
from .rows import Row
from .session_queryset import WebSocketSessionQuerySet

_BaseManager = models.Manager.from_queryset(WebSocketSessionQuerySet)


class WebSocketSessionManager(_BaseManager["WebSocketSession"]):
    """The manager of sessions."""


class WebSocketSession(Row):
    """One connection: its user, its channel, and whether it is still open."""

    connection_id = ExactCharField(max_length=255, unique=True)
    channel_name = ExactCharField(
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
        verbose_name="API gateway",
    )
    request_count = models.PositiveBigIntegerField(default=1)
    session_key_hash = models.CharField(max_length=64, blank=True, default="", db_index=True)
    auth_hash = models.CharField(max_length=64, blank=True, default="")
    client_id = models.CharField(
        max_length=64,
        blank=True,
        default="",
        db_default="",
        help_text="The id that a client of the wire protocol gives itself; empty for others.",
    )
    created_on = models.DateTimeField(auto_now_add=True)
    updated_on = models.DateTimeField(auto_now=True)

    # API of a view that is pinned to one without a record; known within its requests.
    unrecorded_api_id = ""
    # Asks the view that a message came to whether this connection may be in a channel.
    may_join: Callable[[str], bool] | None = None
    # Tells afterwards whether the channel's rules let it in, and not that view alone.
    is_ruled: Callable[[str], bool] | None = None
    # False for a user that the project's own manager hides; None when it has not been asked.
    user_is_present: bool | None = None

    objects: ClassVar[WebSocketSessionManager] = WebSocketSessionManager()  # type: ignore[assignment] # it has more methods.

    class Meta:
        verbose_name = "session"
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
        return str(self.connection_id)

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
        recipient = self.recipient()
        if not recipient.api_id and self.api_gateway_id is None:
            raise ValueError(NO_ADDRESS)
        response = send_to_one(recipient, serialise_message(data))
        if response is None and really_gone([self.connection_id]):
            self.connected = False
            self.updated_on = self.mark_gone([self.connection_id])
        return response

    async def asend_message(self, data: Any) -> dict[str, Any] | None:
        """Send as `send_message` does, from async code; the event loop stays free meanwhile."""
        return await sync_to_async(self.send_message)(data)

    def close(
        self, *, reason: str = SESSION_ENDED, reconnect: float | Literal[False] = False
    ) -> None:
        """Close this connection.

        It counts as closed from now on: nothing more is sent to it by querysets, and nothing it
        sends is taken. Its socket is closed in API Gateway once the transaction, if there is one,
        is committed; the client sees close code 1000. A failure to close it is logged.

        Args:
            reason: told before to a client of the wire protocol, in words.
            reconnect: False asks such a client to stay away; seconds ask it to come back then.
        """
        self.updated_on = self.mark_disconnected([self.connection_id])
        self.connected = False
        using = router.db_for_write(type(self))
        # Its row may have said hello since it was read.
        every = type(self).objects.using(using)
        advice = advice_for(every, [self.connection_id], reason, reconnect)
        close_after_commit([self.recipient()], using=using, advice=advice)

    async def aclose(
        self, *, reason: str = SESSION_ENDED, reconnect: float | Literal[False] = False
    ) -> None:
        """Close as `close` does, from async code; the event loop stays free meanwhile."""
        await sync_to_async(self.close)(reason=reason, reconnect=reconnect)

    def subscribe(self, channel_name: str, *, check: bool = True) -> bool:
        """Put this connection into a further channel.

        Args:
            channel_name: the channel.
            check: False lets it in whatever the rules of the channel say.

        Returns:
            False when it was in it already.

        Raises:
            PermissionDenied: the rules do not admit the user of this connection.
            ValueError: it is no name of a channel, or one too many for a connection.
        """
        return bool(channel_link().subscribe(self, [channel_name], check=check))

    async def asubscribe(self, channel_name: str, *, check: bool = True) -> bool:
        """Subscribe as `subscribe` does, from async code; the event loop stays free meanwhile."""
        return await sync_to_async(self.subscribe)(channel_name, check=check)

    def unsubscribe(self, *channel_names: str) -> int:
        """Take this connection out of channels; return the number of those it was in."""
        return len(channel_link().unsubscribe(self, channel_names))

    async def aunsubscribe(self, *channel_names: str) -> int:
        """Unsubscribe as `unsubscribe` does, from async code; the event loop stays free."""
        return await sync_to_async(self.unsubscribe)(*channel_names)

    def has_valid_login(self) -> bool:
        """Tell whether the login this connection was opened with still stands.

        A deactivated or hidden user and a changed password end it. An anonymous one never ends.
        """
        user, known = self.user, self.auth_hash
        is_valid = user is None or (user.is_active and (not known or is_login_of(user, known)))
        return bool(is_valid and is_present(user, known=self.user_is_present))

    @classmethod
    def _prepare_deletion(cls, rows: Any) -> Callable[[], object]:
        """Return what closes the sockets of these sessions once their rows are deleted."""
        recipients = list(read_recipients(rows, Q(connected=True)))
        tell = prepare_deletion(rows)

        def finish() -> None:
            close_after_commit(recipients, using=rows.db)
            tell()

        return finish

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
        """Note that a connection is closed, in one statement; False when no session has its id.

        Args:
            connection_id: as API Gateway gave it.
            api_id: of the API the connection must belong to.
            or_without_api: True when a session without gateway will do.
        """
        owned = is_of_api(api_id, or_without_api=or_without_api)
        found = cls.objects.filter(owned, connection_id=connection_id)
        still_open = found.filter(connected=True)
        if still_open.update(connected=False, updated_on=timezone.now()):
            channel_link().note_closed([connection_id])
            return True
        return bool(found.exists())

    @classmethod
    def mark_disconnected(cls, connection_ids: list[str]) -> Any:
        """Note that these connections are closed, 2,000 in each UPDATE; return the time noted."""
        now = timezone.now()
        with noting_closed(cls.objects.all()) as closed:
            for together in closed_together(connection_ids):
                these = cls.objects.filter(connection_id__in=together)
                close_in_order(these, now, len(together), closed=closed)
        return now

    @classmethod
    def mark_gone(cls, connection_ids: list[str]) -> Any:
        """Note that these are gone, as API Gateway says; return the time noted.

        The one whose connect is being answered is left out: its socket is about to open.

        A failure of the database is logged: a message that was sent stays sent.
        """
        gone = really_gone(connection_ids)
        with noting_closed(cls.objects.all()) as closed:
            return note_gone(cls.objects.all(), gone, closed=closed)

    def recipient(self) -> Recipient:
        """Return the address of this connection; without API id when that is not known."""
        gateway = self.api_gateway if self.api_gateway_id is not None else None
        api_id = self.unrecorded_api_id if gateway is None else gateway.api_id
        stage = "" if gateway is None else gateway.stage_name
        return Recipient(self.connection_id, api_id, stage or ApiGateway.DEFAULT_STAGE_NAME)


_OPEN: Final = OpenSession(WebSocketSession, or_without_api=False)
_OPEN_OR_WITHOUT_API: Final = OpenSession(WebSocketSession, or_without_api=True)
