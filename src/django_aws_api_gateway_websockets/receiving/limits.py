"""The limit of a view on attempts to connect, as one connect meets it."""

import logging
from datetime import datetime, timedelta

from django.utils import timezone

from ..conf import get_setting
from ..models import AttemptWindow, attempt_key
from ..models.attempt_window import Seen
from .event import Event
from .hooks import Hooks
from .instance_default import is_set_by_project
from .lookup import Known
from .refusals import Refusal, explain_limit, log_refusal

__all__ = ["Attempts"]

logger = logging.getLogger("django_aws_api_gateway_websockets.views")


class Attempts:
    """Counts one attempt to connect, once for each key.

    Args:
        view: sets the limit.
        event: the connect.
        known: says whether its window has been looked for.
    """

    def __init__(self, view: Hooks, event: Event, known: Known) -> None:
        self._view = view
        self._event = event
        self._known = known
        self._counted: dict[str, bool] = {}

    def count(self) -> bool:
        """Count the attempt, unless it is counted already; tell whether there was room for it.

        A project may have put another user into the request since; then that user's are counted.
        """
        if not self._view.RATE_LIMIT_ENABLED:
            return True
        key = self._key()
        if key not in self._counted:
            limit, minutes = self._limit()
            self._counted[key] = AttemptWindow.take(
                key, limit=limit, window_seconds=minutes * 60.0, opened_at=self._seen_opening(key)
            )
        return self._counted[key]

    def log_refusal(self) -> None:
        """Tell the log whose limit is used up, and until when."""
        key = self._key()
        limit, minutes = self._limit()
        window = timedelta(minutes=minutes)
        opened_at = self._seen_opening(key)
        if not isinstance(opened_at, datetime) or timezone.now() - opened_at >= window:
            # Others have opened it since it was looked for.
            opened_at = AttemptWindow.opening(key) or timezone.now()
        source = (
            f"{type(self._view).__name__}.RATE_LIMIT_MAX_ATTEMPTS"
            if is_set_by_project(self._view, "RATE_LIMIT_MAX_ATTEMPTS")
            else 'WEBSOCKETS["rate_limit_max_attempts"]'
        )
        self._view._debug(f"Rate limit exceeded: {limit} attempts")  # noqa: SLF001 - a documented hook.
        reason = explain_limit(
            key,
            limit=f"{limit} attempts",
            minutes=minutes,
            seconds_left=(opened_at + window - timezone.now()).total_seconds(),
            source=source,
        )
        log_refusal("connection", self._event, Refusal("", reason))

    def _key(self) -> str:
        return attempt_key(self._event.address.text, self._event.user)

    def _limit(self) -> tuple[int, float]:
        """Return the number of attempts in a window, and its length in minutes."""
        limit = self._view.RATE_LIMIT_MAX_ATTEMPTS or get_setting("rate_limit_max_attempts")
        minutes = self._view.RATE_LIMIT_WINDOW_MINUTES or get_setting("rate_limit_window_minutes")
        return limit, minutes

    def _seen_opening(self, key: str) -> datetime | Seen:
        known = self._known
        return known.window_opened_at if known.attempts_of == key else Seen.NOT_LOOKED
