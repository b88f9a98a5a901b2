import logging
from collections.abc import Iterable, Iterator
from typing import Any, ClassVar

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.models import Q
from django.utils import timezone

from ..outbound import Recipient, send_to_all, send_to_one, serialise_message
from .aws import client_for
from .fingerprints import is_login_of
from .gateway import ApiGateway

logger = logging.getLogger("django_aws_api_gateway_websockets.models")


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
        connected = self._connected().recipients()
        delivery = send_to_all(_with_gateway(connected), text, client_for, max_workers=max_workers)
        self.model.mark_disconnected(delivery.gone)
        return delivery.responses

    async def asend_message(
        self, data: Any, max_workers: int | None = None
    ) -> list[dict[str, Any]]:
        """`send_message` for async code; the event loop stays free meanwhile."""
        return await sync_to_async(self.send_message)(data, max_workers=max_workers)

    def recipients(self) -> Iterator[Recipient]:
        """The address of each session, read in one statement; without API id where it has none."""
        columns = ("connection_id", "api_gateway__api_id", "api_gateway__stage_name")
        for connection_id, api_id, stage in self.values_list(*columns).iterator():
            yield Recipient(connection_id, api_id or "", stage or ApiGateway.DEFAULT_STAGE_NAME)

    def _connected(self) -> "WebSocketSessionQuerySet":
        """The connected sessions, each once; those of users who were deactivated are not.

        A slice or a union takes no further filter and a filter across a to-many relation repeats
        rows, so these become a subquery.
        """
        if self.query.is_sliced or self.query.combinator or len(self.query.alias_map) > 1:
            ids = list(self.values_list("pk", flat=True))
            return self.model.objects.filter(_is_open(), pk__in=ids).order_by("pk")
        return self.filter(_is_open())


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
            disconnected.

        Raises:
            ValueError: the session has no gateway, or the message is too large or not JSON.
            botocore.exceptions.ClientError: API Gateway refused the message.
            GatewayUnreachableError: nothing answers where the gateway should be.
        """
        gateway = self.api_gateway if self.api_gateway_id is not None else None
        if gateway is None or not gateway.api_id:
            raise ValueError(
                "This session has no gateway, or one without an API id, so there is no address to "
                "send to. Sessions get theirs when they connect through a registered ApiGateway."
            )
        recipient = Recipient(
            self.connection_id, gateway.api_id, gateway.stage_name or ApiGateway.DEFAULT_STAGE_NAME
        )
        response = send_to_one(recipient, serialise_message(data), client_for)
        if response is None:
            self.connected = False
            self.updated_on = self.mark_disconnected([self.connection_id])
        return response

    async def asend_message(self, data: Any) -> dict[str, Any] | None:
        """`send_message` for async code; the event loop stays free meanwhile."""
        return await sync_to_async(self.send_message)(data)

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
    def find_connected(cls, connection_id: str, api_id: str | None) -> "WebSocketSession | None":
        """The open connection of this id with its user and gateway, in one query.

        Args:
            connection_id: as API Gateway gave it.
            api_id: of the API the connection must belong to; None for a session without gateway.
        """
        owner = {"api_gateway": None} if api_id is None else {"api_gateway__api_id": api_id}
        session = (
            cls.objects.select_related("user", "api_gateway")
            .filter(connection_id=connection_id, connected=True, **owner)
            .first()
        )
        # MySQL compares text without regard to case; connection ids differ by it.
        return session if session and session.connection_id == connection_id else None

    @classmethod
    def close_connection(cls, connection_id: str, api_id: str, *, or_without_api: bool) -> bool:
        """Note, in one statement, that a connection is closed; False when there is none such.

        Args:
            connection_id: as API Gateway gave it.
            api_id: of the API the connection must belong to.
            or_without_api: whether a session without gateway will do.
        """
        owned = Q(api_gateway__in=ApiGateway.objects.filter(api_id=api_id))
        if or_without_api:
            owned |= Q(api_gateway=None)
        found = cls.objects.filter(owned, connection_id=connection_id)
        return bool(found.update(connected=False, updated_on=timezone.now()))

    @classmethod
    def mark_disconnected(cls, connection_ids: list[str]) -> Any:
        """Note that these connections are closed, 1,000 with an UPDATE; returns the moment."""
        now = timezone.now()
        for start in range(0, len(connection_ids), 1000):
            cls.objects.filter(connection_id__in=connection_ids[start : start + 1000]).update(
                connected=False, updated_on=now
            )
        return now
