"""The clients that have used up a limit, and until when they are refused.

A view may have a limit of its own, so one client can be refused by one view and not by another.
"""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils import timezone
from django.utils.formats import date_format

from ..conf import get_setting
from ..models import AttemptWindow, ConnectionRateLimit, attempt_key
from ..receiving.routed_views import find_socket_views

__all__ = ["Limit", "attempt_limits", "explain_attempt", "list_lockouts", "token_limits"]

MAX_NAMED: Final = 20
"""Clients a page names; of further ones it says that there are more."""


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit, and whose it is."""

    number: int
    """Number of times in a window."""
    minutes: float
    """Length of the window."""
    views: str = ""
    """Names of the views that have this limit; "" while all have the same."""

    def end_for(self, window: AttemptWindow) -> datetime | None:
        """Return when a client is let in again; None while it is not refused."""
        end = window.opened_at + timedelta(minutes=self.minutes)
        return end if window.attempts >= self.number and end > timezone.now() else None


def attempt_limits() -> list[Limit]:
    """Return the limits of attempts to connect, one for each group of views that share it."""
    common = get_setting("rate_limit_max_attempts"), get_setting("rate_limit_window_minutes")
    names: dict[tuple[int, float], set[str]] = {}
    for view in find_socket_views():
        if view.attribute("RATE_LIMIT_ENABLED"):
            number = view.attribute("RATE_LIMIT_MAX_ATTEMPTS") or common[0]
            minutes = view.attribute("RATE_LIMIT_WINDOW_MINUTES") or common[1]
            names.setdefault((number, minutes), set()).add(view.view_class.__name__)
    if len(names) < 2:  # noqa: PLR2004 - they have the same.
        return [Limit(*limit) for limit in names or [common]]
    return [Limit(*limit, views=", ".join(sorted(which))) for limit, which in names.items()]


def token_limits() -> list[Limit]:
    """Return the limit of tokens."""
    return [Limit(get_setting("token_rate_limit_per_minute"), 1)]


def list_lockouts(limits: list[Limit], *prefixes: str) -> list[str]:
    """Return a line for each client that is refused now.

    Args:
        limits: the limits that count.
        prefixes: beginnings of the keys the windows have.
    """
    longest = max(limit.minutes for limit in limits)
    begins = Q(*(("key__startswith", prefix) for prefix in prefixes), _connector=Q.OR)
    windows = AttemptWindow.objects.filter(
        begins,
        attempts__gte=min(limit.number for limit in limits),
        opened_at__gt=timezone.now() - timedelta(minutes=longest),
    ).order_by("-opened_at")
    # An attack may have locked out thousands.
    found = list(windows[: MAX_NAMED + 1])
    ends = {window.key: text for window in found if (text := _explain(window, limits))}
    names = _names_of(ends)
    lines = [f"{names[key]}: {text}" for key, text in ends.items()]
    return [*lines[:MAX_NAMED], "… and more"] if len(lines) > MAX_NAMED else lines


def explain_attempt(attempt: ConnectionRateLimit) -> str:
    """Return until when the client of a recorded attempt is refused; "" while it is not."""
    window = AttemptWindow.objects.filter(key=attempt_key(attempt.ip_address, attempt.user)).first()
    return _explain(window, attempt_limits()) if window else ""


def _explain(window: AttemptWindow, limits: list[Limit]) -> str:
    texts = []
    for limit in limits:
        if end := limit.end_for(window):
            seconds = max(1, round((end - timezone.now()).total_seconds()))
            clock = date_format(_local(end), "H:i:s")
            where = f" from {limit.views}" if limit.views else ""
            texts.append(f"{clock} (in {seconds} s){where}")
    return "until " + "; ".join(texts) if texts else ""


def _local(moment: datetime) -> datetime:
    return timezone.localtime(moment) if timezone.is_aware(moment) else moment


def _names_of(keys: Iterable[str]) -> dict[str, str]:
    """Return the names of clients for people: a user's name, an address without its prefix."""
    users = get_user_model()._default_manager
    pks = {key: key.partition(":")[2] for key in keys if not key.startswith("ip:")}
    found: dict[str, str] = {}
    # The key of a user with a very long primary key is a digest, which is no primary key.
    with suppress(ValueError, TypeError, ValidationError):
        found = {str(user.pk): str(user) for user in users.filter(pk__in=pks.values())}
    names = {key: f"user {found.get(pk, pk)}" for key, pk in pks.items()}
    for key in keys:
        if key.startswith("ip:"):
            names[key] = key.removeprefix("ip:").removesuffix("/32")
    return names
