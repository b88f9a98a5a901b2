"""The members of a channel, found from the connections there are.

A member is a user, or an anonymous browser, with at least one connection in the channel. A member
who has just gone counts for some seconds more, so that a reload is no leave.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final

from django.db.models import Q, QuerySet
from django.utils import timezone

from ..models import WebSocketSession
from ..models.audience import is_of_active_user
from ..models.channel_sessions import is_in_channels

__all__ = [
    "GRACE",
    "Member",
    "count_members",
    "find_members",
    "find_present",
    "first_leave",
    "is_key_of_user",
]

GRACE: Final = timedelta(seconds=15)
"""Time for which somebody who has gone is still there."""

_OF_USER: Final = "user:"
_LONGEST_KEY: Final = 80
"""Characters of a key in the database."""

_COLUMNS: Final = ("user_id", "session_key_hash", "pk", "connected", "updated_on")


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a channel."""

    key: str
    """Id of the member, the same in each of its tabs; safe to show to others."""
    user: Any
    """The user; None for an anonymous browser."""


@dataclass(frozen=True, slots=True)
class Present:
    """A member, as far as its connections tell."""

    user_id: Any
    """Primary key of the user; None for an anonymous browser."""
    gone_on: datetime | None
    """Time at which its last connection closed; None while one is open."""


def find_members(channel_name: str) -> list[Member]:
    """Return who is in a channel; one query."""
    sessions = _sessions_of(channel_name).select_related("user").order_by("pk")
    found: dict[str, Member] = {}
    for session in sessions:
        key = _key_of(session.user_id, session.session_key_hash, session.pk)
        found.setdefault(key, Member(key, session.user))
    return list(found.values())


def count_members(channel_name: str) -> int:
    """Return the number of members of a channel; one query."""
    return len(find_present(channel_name))


def find_present(channel_name: str) -> dict[str, Present]:
    """Return the members of a channel by their keys; one query."""
    found: dict[str, Present] = {}
    for user_id, key_hash, pk, is_open, updated_on in _sessions_of(channel_name).values_list(
        *_COLUMNS
    ):
        key = _key_of(user_id, key_hash, pk)
        known = found.get(key)
        if is_open:
            found[key] = Present(user_id, None)
        elif known is None or (known.gone_on is not None and known.gone_on < updated_on):
            found[key] = Present(user_id, updated_on)
    return found


def first_leave(present: Iterable[Present]) -> datetime | None:
    """Return the time at which the first of those who have gone is gone for good."""
    gone = [one.gone_on for one in present if one.gone_on is not None]
    return min(gone) + GRACE if gone else None


def _sessions_of(channel_name: str) -> QuerySet[Any]:
    is_there = Q(connected=True) | Q(updated_on__gt=timezone.now() - GRACE)
    in_channel = is_in_channels(WebSocketSession, [channel_name])
    return WebSocketSession.objects.filter(in_channel, is_there, is_of_active_user())


def is_key_of_user(key: str) -> bool:
    """Tell whether a key is that of a user, who may be deleted by now."""
    return key.startswith(_OF_USER)


def _key_of(user_id: Any, session_key_hash: str, session_pk: int) -> str:
    if user_id is not None:
        key = f"{_OF_USER}{user_id}"
        # The key of a user may be as long as an address.
        return key if len(key) <= _LONGEST_KEY else _OF_USER + sha256(key.encode()).hexdigest()
    if session_key_hash:
        # The hash in the row stands for a login, and is nobody else's business.
        return f"browser:{sha256(session_key_hash.encode()).hexdigest()[:32]}"
    return f"socket:{session_pk}"
