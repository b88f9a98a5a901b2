"""The count that decides whether one more attempt to connect is allowed.

`ConnectionRateLimit` keeps a row for each attempt, for people to look at. Counting such rows and
then adding one would let racing attempts pass together; here one conditional statement decides.
"""

import ipaddress
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import Enum
from hashlib import sha256
from typing import Any, Final

from django.db import IntegrityError, models
from django.db.models import F
from django.utils import timezone

from .insertion import insert
from .rows import Row

_LONGEST_KEY: Final = 80
_KEYS_TOGETHER: Final = 1000


class Seen(Enum):
    """The results of looking for a window without finding one."""

    NOT_LOOKED = "not looked"
    NOWHERE = "there is none"


class AttemptWindow(Row):
    """The number of attempts with one key since its window opened."""

    key = models.CharField(max_length=_LONGEST_KEY, unique=True)
    attempts = models.PositiveIntegerField(default=1)
    opened_at = models.DateTimeField(db_index=True)

    class Meta:
        """Django's defaults, and not the options of `Row`."""

    def __str__(self) -> str:
        return f"{self.key}: {self.attempts} since {self.opened_at:%Y-%m-%d %H:%M:%S}"

    @classmethod
    def take(
        cls,
        key: str,
        *,
        limit: int,
        window_seconds: float,
        opened_at: datetime | Seen = Seen.NOT_LOOKED,
    ) -> bool:
        """Count one attempt, unless `limit` have been counted since the window opened.

        The window opens with the first attempt and has a fixed length: a refused attempt changes
        nothing, so trying again never lengthens it.

        Args:
            key: from `attempt_key`; attempts with one key are counted together.
            limit: attempts in one window.
            window_seconds: length of the window.
            opened_at: opening time the caller has read, which saves a statement. It only chooses
                the statement to try first; that statement decides.

        Returns:
            True when the attempt is allowed.
        """
        window = cls.objects.filter(key=key)
        if opened_at is Seen.NOT_LOOKED:
            opened_at = cls.opening(key) or Seen.NOWHERE
        now = timezone.now()
        closed = now - timedelta(seconds=window_seconds)

        def count() -> bool:
            has_room = window.filter(opened_at__gt=closed, attempts__lt=limit)
            return bool(has_room.update(attempts=F("attempts") + 1))

        # Another attempt may have opened the window a moment before; it may have room.
        if not isinstance(opened_at, datetime):
            return cls._open(key, now) or count()
        if opened_at <= closed:
            is_over = window.filter(opened_at__lte=closed)
            return bool(is_over.update(attempts=1, opened_at=now)) or count()
        return count()

    @classmethod
    def opening(cls, key: str) -> datetime | None:
        """Return the time the window of this key was opened; None when there is none."""
        return cls.objects.filter(key=key).values_list("opened_at", flat=True).first()

    @classmethod
    def open_doors(cls, seen: Mapping[str, datetime], *, using: str) -> None:
        """Delete the windows in which attempts with these keys were counted, so that all may try.

        Args:
            seen: the latest attempt to forget, of each key; a window that was opened later stays.
            using: alias of the database.
        """
        keys = list(seen)
        windows = cls.objects.using(using)
        for start in range(0, len(keys), _KEYS_TOGETHER):
            found = windows.filter(key__in=keys[start : start + _KEYS_TOGETHER])
            rows = found.values_list("pk", "key", "opened_at")
            counted = [pk for pk, key, opened_at in rows if opened_at <= seen[key]]
            windows.filter(pk__in=counted).delete()

    @classmethod
    def oldest_opening(cls, *, using: str) -> datetime | None:
        """Return the time the oldest window was opened; None when there is no window."""
        times = cls.objects.using(using).order_by("opened_at")
        return times.values_list("opened_at", flat=True).first()

    @classmethod
    def delete_closed(cls, window_seconds: float) -> int:
        """Delete windows that opened longer ago than this, and return their number."""
        cutoff = timezone.now() - timedelta(seconds=window_seconds)
        deleted, _ = cls.objects.filter(opened_at__lt=cutoff).delete()
        return deleted

    @classmethod
    def _open(cls, key: str, now: datetime) -> bool:
        try:
            insert(cls(key=key, opened_at=now))
        except IntegrityError:
            return False
        return True


def attempt_key(address: str, user: Any = None) -> str:
    """Return the key under which this client's attempts are counted.

    A user who is logged in has a key of their own, so that an office behind one address can
    reconnect at once. Everybody else is counted by address, and IPv6 by the /64, since one
    subscriber has all of it.

    Args:
        address: IP address of the client; a scope behind `%` is ignored.
        user: counted when authenticated.
    """
    if user is not None and user.is_authenticated:
        return user_key("user", user.pk)
    return address_key(address)


def address_key(address: str) -> str:
    """Return the key under which the attempts of strangers from this address are counted."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if ip.version == 6 and ip.ipv4_mapped is not None:  # noqa: PLR2004 - the protocol's name.
        ip = ip.ipv4_mapped
    prefix = 64 if ip.version == 6 else 32  # noqa: PLR2004
    return f"ip:{ipaddress.ip_network(f'{ip}/{prefix}', strict=False)}"


def user_key(purpose: str, user_pk: Any) -> str:
    """Return the key under which a user's actions are counted; a digest for a long primary key."""
    key = f"{purpose}:{user_pk}"
    if len(key) <= _LONGEST_KEY:
        return key
    # A primary key may be an email address, and databases refuse a text that is too long.
    return f"{purpose}:{sha256(str(user_pk).encode()).hexdigest()}"
