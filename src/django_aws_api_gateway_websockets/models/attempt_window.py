"""The count that decides whether one more attempt to connect is allowed.

`ConnectionRateLimit` keeps a row for each attempt, for people to look at. Counting such rows and
then adding one lets racing attempts pass together; here one conditional UPDATE decides.
"""

import ipaddress
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, models
from django.db.models import Case, F, Q, Value, When
from django.utils import timezone

from .insertion import insert


class AttemptWindow(models.Model):
    """How many attempts somebody has made since the window opened."""

    key = models.CharField(max_length=80, unique=True)
    attempts = models.PositiveIntegerField(default=1)
    opened_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.key}: {self.attempts} since {self.opened_at:%Y-%m-%d %H:%M:%S}"

    @classmethod
    def take(cls, key: str, *, limit: int, window_seconds: float) -> bool:
        """Count one attempt, unless `limit` have been counted since the window opened.

        The window opens with the first attempt and lasts as long as it lasts: a refused attempt
        changes nothing, so nobody can be kept out by trying, and nobody can keep out another.

        Args:
            key: whose attempts are counted, from `attempt_key`.
            limit: attempts in one window.
            window_seconds: length of the window.

        Returns:
            Whether the attempt is allowed.
        """
        if cls._count_into_open_window(key, limit, window_seconds):
            return True
        # Either there is no window yet, or it is full; only the database can tell which.
        if cls._open(key):
            return True
        # Somebody else opened it a moment ago, and there may be room in it.
        return cls._count_into_open_window(key, limit, window_seconds)

    @classmethod
    def delete_closed(cls, window_seconds: float) -> int:
        """Delete windows that opened longer ago than this; returns how many."""
        cutoff = timezone.now() - timedelta(seconds=window_seconds)
        deleted, _ = cls.objects.filter(opened_at__lt=cutoff).delete()
        return deleted

    @classmethod
    def _count_into_open_window(cls, key: str, limit: int, window_seconds: float) -> bool:
        now = timezone.now()
        is_over = Q(opened_at__lte=now - timedelta(seconds=window_seconds))
        allowed = cls.objects.filter(is_over | Q(attempts__lt=limit), key=key)
        # MySQL evaluates assignments one after the other and sees the values already assigned, so
        # the column the condition looks at comes last.
        changed = allowed.update(
            attempts=Case(When(is_over, then=Value(1)), default=F("attempts") + 1),
            opened_at=Case(When(is_over, then=Value(now)), default=F("opened_at")),
        )
        return changed > 0

    @classmethod
    def _open(cls, key: str) -> bool:
        try:
            insert(cls(key=key, opened_at=timezone.now()))
        except IntegrityError:
            return False
        return True


def attempt_key(address: str, user: Any = None) -> str:
    """Whose attempts are counted together.

    A user who is logged in counts alone, so that an office behind one address can reconnect at
    once. Everybody else counts by address; of IPv6 by the /64, since one subscriber has all of it.

    Args:
        address: IP address of the client.
        user: counted when authenticated.
    """
    if user is not None and user.is_authenticated:
        return f"user:{user.pk}"
    ip = ipaddress.ip_address(address)
    if ip.version == 6 and ip.ipv4_mapped is not None:  # noqa: PLR2004 - the protocol's name.
        ip = ip.ipv4_mapped
    prefix = 64 if ip.version == 6 else 32  # noqa: PLR2004
    return f"ip:{ipaddress.ip_network(f'{ip}/{prefix}', strict=False)}"
