"""How often somebody may try to connect: the limit of a view, and the count that keeps it."""

import logging
from datetime import datetime, timedelta

from django.http import HttpRequest
from django.utils import timezone

from ..conf import get_setting
from ..models import AttemptWindow, attempt_key
from ..models.attempt_window import Seen
from . import event as inbound
from . import explanations, guards
from .refusals import RefusalAnswers

__all__ = ["LimitedAttempts"]

logger = logging.getLogger("django_aws_api_gateway_websockets.views")


class LimitedAttempts(RefusalAnswers):
    """The part of the view that counts attempts to connect."""

    RATE_LIMIT_ENABLED = True
    RATE_LIMIT_MAX_ATTEMPTS = 0
    RATE_LIMIT_WINDOW_MINUTES = 0
    _seen_window: tuple[str, datetime | Seen] = ("", Seen.NOT_LOOKED)
    _counted_attempt: tuple[str, bool] | None = None

    def _count_attempt(self, request: HttpRequest) -> None:
        """Count a connect before a project's `connect()` does it within its transaction.

        There the row would stay locked for as long as the project's code takes, and an exception
        would undo the count.
        """
        if self.RATE_LIMIT_ENABLED:
            address, _ = inbound.client_address(request)
            key = attempt_key(address, guards.source_user(request))
            self._counted_attempt = key, self.__take(key)

    def _has_attempts_left(self, request: HttpRequest, address: str) -> bool:
        """Count an attempt, unless that was done before; when it is one too many, log it."""
        if not self.RATE_LIMIT_ENABLED:
            return True
        key = attempt_key(address, guards.source_user(request))
        # A project may have put another user into the request since it was counted.
        if self._counted_attempt is not None and self._counted_attempt[0] == key:
            has_room = self._counted_attempt[1]
        else:
            has_room = self.__take(key)
        if not has_room:
            self.__log(request, key)
        return has_room

    def __take(self, key: str) -> bool:
        limit, minutes = self.__limit()
        return AttemptWindow.take(
            key, limit=limit, window_seconds=minutes * 60.0, opened_at=self.__seen(key)
        )

    def __seen(self, key: str) -> datetime | Seen:
        seen_key, seen = self._seen_window
        return seen if seen_key == key else Seen.NOT_LOOKED

    def __limit(self) -> tuple[int, float]:
        """Attempts in a window, and its length in minutes."""
        limit = self.RATE_LIMIT_MAX_ATTEMPTS or get_setting("rate_limit_max_attempts")
        minutes = self.RATE_LIMIT_WINDOW_MINUTES or get_setting("rate_limit_window_minutes")
        return limit, minutes

    def __log(self, request: HttpRequest, key: str) -> None:
        limit, minutes = self.__limit()
        window = timedelta(minutes=minutes)
        opened_at = self.__seen(key)
        if not isinstance(opened_at, datetime) or timezone.now() - opened_at >= window:
            # Others have opened it since it was looked for.
            opened_at = AttemptWindow.opening(key) or timezone.now()
        source = (
            f"{type(self).__name__}.RATE_LIMIT_MAX_ATTEMPTS"
            if self.RATE_LIMIT_MAX_ATTEMPTS
            else 'WEBSOCKETS["rate_limit_max_attempts"]'
        )
        self._debug(f"Rate limit exceeded: {limit} attempts")
        logger.warning(
            "A connection was refused: %s (connection %s).",
            explanations.explain_limit(
                key,
                limit=f"{limit} attempts",
                minutes=minutes,
                seconds_left=(opened_at + window - timezone.now()).total_seconds(),
                source=source,
            ),
            explanations.quote(request.headers.get(inbound.CONNECTION_ID_HEADER, "")),
        )
