"""The row of one attempt to connect, kept for people to look at and for projects to count."""

import logging
import random
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any, ClassVar, Final

from django.conf import settings
from django.db import Error, models, transaction
from django.db.models import Count, Max, Q
from django.utils import timezone

from .attempt_window import AttemptWindow, address_key, user_key
from .deadlocks import has_lost_transaction
from .rows import Row

logger = logging.getLogger("django_aws_api_gateway_websockets.models")

RATE_LIMIT_RETENTION_DAYS: Final = 7
"""Age in days at which a recorded attempt is deleted."""
RATE_LIMIT_PURGE_ONE_IN: Final = 100
"""About one attempt in this many also deletes old ones."""
RATE_LIMIT_PURGE_BATCH: Final = 500
"""Rows such a purge deletes at most."""

_SECONDS_A_DAY: Final = 86_400


class ConnectionRateLimit(Row):
    """One attempt to connect."""

    ip_address = models.GenericIPAddressField("IP address", db_index=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="connection_attempts",
    )
    attempt_time = models.DateTimeField(auto_now_add=True, db_index=True)
    successful = models.BooleanField(default=False)

    class Meta:
        verbose_name = "connection attempt"
        indexes: ClassVar = [
            models.Index(fields=["ip_address", "attempt_time"], name="idx_ip_attempt_time"),
            models.Index(fields=["user", "attempt_time"], name="idx_user_attempt_time"),
        ]

    def __str__(self) -> str:
        return f"{self.ip_address} at {self.attempt_time:%Y-%m-%d %H:%M:%S}"

    @classmethod
    def check_rate_limit(
        cls,
        ip_address: str,
        user: Any = None,
        max_attempts: int = 20,
        window_minutes: float = 5,
    ) -> tuple[bool, int]:
        """Tell whether another attempt is allowed, and return the number of counted ones.

        Args:
            ip_address: address of the client.
            user: counted too when authenticated.
            max_attempts: this many within the window, and no further one is allowed.
            window_minutes: length of the window that ends now.
        """
        since = timezone.now() - timedelta(minutes=window_minutes)
        by_address = Q(ip_address=ip_address)
        by_user = Q(user=user) if _is_authenticated(user) else Q(pk__in=[])
        counts = cls.objects.filter(by_address | by_user, attempt_time__gte=since).aggregate(
            address=Count("pk", filter=by_address), user=Count("pk", filter=by_user)
        )
        if counts["address"] >= max_attempts:
            return False, counts["address"]
        if counts["user"] >= max_attempts:
            return False, counts["user"]
        return True, counts["address"]

    @classmethod
    def record_attempt(
        cls,
        ip_address: str,
        user: Any = None,
        successful: bool = False,  # noqa: FBT001, FBT002 - documented as positional.
    ) -> "ConnectionRateLimit":
        """Store one attempt; now and then also delete old ones.

        Args:
            ip_address: address of the client.
            user: stored only when authenticated.
            successful: True when the connection was accepted.
        """
        attempt = cls.objects.create(
            ip_address=ip_address,
            user=user if _is_authenticated(user) else None,
            successful=successful,
        )
        if random.randrange(RATE_LIMIT_PURGE_ONE_IN) == 0:  # noqa: S311 - decides housekeeping only.
            cls._purge_some()
        return attempt

    @classmethod
    def cleanup_old_records(
        cls, days: float = RATE_LIMIT_RETENTION_DAYS
    ) -> tuple[int, dict[str, int]]:
        """Delete attempts older than this many days, and return the result of Django's delete."""
        AttemptWindow.delete_closed(days * _SECONDS_A_DAY)
        return cls.objects.filter(attempt_time__lt=timezone.now() - timedelta(days=days)).delete()

    @classmethod
    def _prepare_deletion(cls, rows: Any) -> Callable[[], object]:
        """Return what lets those in again whose attempts are deleted.

        An attempt has always counted for its address and its user, and so both may try again.
        """
        since = AttemptWindow.oldest_opening(using=rows.db)
        if since is None:
            return super()._prepare_deletion(rows)
        counted = rows.filter(attempt_time__gte=since).order_by()
        seen: dict[str, datetime] = {}
        for address, user_pk, latest in counted.values_list("ip_address", "user_id").annotate(
            Max("attempt_time")
        ):
            keys = [address_key(address)] + ([] if user_pk is None else [user_key("user", user_pk)])
            seen |= {key: max(latest, seen.get(key, latest)) for key in keys}
        return partial(AttemptWindow.open_doors, seen, using=rows.db)

    @classmethod
    def _purge_some(cls) -> None:
        cutoff = timezone.now() - timedelta(days=RATE_LIMIT_RETENTION_DAYS)
        old = cls.objects.filter(attempt_time__lt=cutoff).order_by("attempt_time")
        try:
            with transaction.atomic(using=old.db):
                # MySQL has no LIMIT inside an IN subquery, so the keys are fetched first.
                keys = list(old.values_list("pk", flat=True)[:RATE_LIMIT_PURGE_BATCH])
                cls.objects.filter(pk__in=keys).delete()
                AttemptWindow.delete_closed(RATE_LIMIT_RETENTION_DAYS * _SECONDS_A_DAY)
        except Error as error:
            if has_lost_transaction(error, using=old.db):
                raise
            # A connection must not fail because housekeeping did.
            logger.warning("Old connection attempts could not be deleted.", exc_info=True)


def _is_authenticated(user: Any) -> bool:
    return user is not None and user.is_authenticated
