"""The row of a one-time token that opens a connection."""

import re
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar, Final

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.validators import RegexValidator
from django.db import models
from django.utils import timezone

from .fingerprints import (
    accepted_session_key_hashes,
    hash_session_key,
    hash_token_use,
    is_token_use,
)

_TOKEN: Final = re.compile(r"[a-f0-9]{64}")


@dataclass(frozen=True, slots=True)
class TokenRefusal:
    """The reason a token was not accepted."""

    reason: str
    """Reason in words, for the log."""
    user: Any = None
    """Owner of the token, if this connection has used it up itself: its connect was repeated."""
    is_too_old: bool = False
    """True for a used token that would have expired by now."""


class WebSocketToken(models.Model):
    """A token that opens one connection, once, from the Django session it was made for."""

    token = models.CharField(
        max_length=64,
        unique=True,
        validators=[RegexValidator(r"^[a-f0-9]{64}$", "Invalid token format")],
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="websocket_tokens"
    )
    session_key = models.CharField(max_length=64, db_index=True)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)
    used = models.BooleanField(default=False)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["token", "used"], name="idx_websocket_tokens_used"),
        ]

    def __str__(self) -> str:
        return f"{self.token[:16]}..."

    @classmethod
    def generate_token(cls, user: Any, session_key: str) -> "WebSocketToken":
        """Store and return a new token.

        Args:
            user: owner of the connection.
            session_key: key of the Django session that may use it; only its hash is stored.
        """
        return cls.objects.create(
            token=secrets.token_hex(32), user=user, session_key=hash_session_key(session_key)
        )

    @classmethod
    def validate_and_consume(
        cls,
        token_value: str | None,
        session_key: str,
        max_age_seconds: float = 60,
        *,
        likely_user: Any = None,
        connection_id: str = "",
    ) -> Any | None:
        """Use the token up and return its user; None when it is not to be accepted.

        Args:
            token_value: text the client sent; None when it sent nothing.
            session_key: key of the Django session the client sent.
            max_age_seconds: older tokens are refused.
            likely_user: the user of the session, if known: their token costs no further query.
            connection_id: the connection it is used for; `explain_refusal` recognises it later.
        """
        # PostgreSQL raises an error for some texts, and none of them is a token.
        if not isinstance(token_value, str) or not _TOKEN.fullmatch(token_value):
            return None
        # One conditional UPDATE decides: of any number of racing uses exactly one changes the row,
        # on every database and at every isolation level.
        usable = cls.objects.filter(
            token=token_value,
            session_key__in=accepted_session_key_hashes(session_key),
            used=False,
            created_at__gte=timezone.now() - timedelta(seconds=max_age_seconds),
        )
        use = cls._use_of(session_key, connection_id)
        if likely_user is not None and usable.filter(user=likely_user).update(**use):
            return likely_user
        if not usable.update(**use):
            return None
        return get_user_model()._default_manager.get(websocket_tokens__token=token_value)

    @classmethod
    def use_again(cls, token_value: str, session_key: str, connection_id: str) -> None:
        """Use up a token that a rollback has given back."""
        use = cls._use_of(session_key, connection_id)
        cls.objects.filter(token=token_value).update(**use)

    @classmethod
    def explain_refusal(
        cls, token_value: str, session_key: str, *, max_age_seconds: float, connection_id: str
    ) -> TokenRefusal:
        """Explain why `validate_and_consume` refused a token; one query, none without a token.

        Args:
            token_value: text the client sent.
            session_key: key of the Django session the client sent.
            max_age_seconds: older tokens are refused.
            connection_id: the connection that was to be opened.
        """
        if not token_value:
            return TokenRefusal("there is no ws_token")
        if not _TOKEN.fullmatch(token_value):
            return TokenRefusal("ws_token has not the form of a token")
        row = cls.objects.select_related("user").filter(token=token_value).first()
        if row is None:
            return TokenRefusal("the token is unknown: made up, or deleted since")
        return _explain(
            row, session_key, max_age_seconds=max_age_seconds, connection_id=connection_id
        )

    @staticmethod
    def _use_of(session_key: str, connection_id: str) -> dict[str, Any]:
        # A used token needs its session no more, so the column now holds the use it was put to.
        if not connection_id:
            return {"used": True}
        return {"used": True, "session_key": hash_token_use(session_key, connection_id)}

    @classmethod
    def cleanup_expired(cls, max_age_seconds: float = 300) -> tuple[int, dict[str, int]]:
        """Delete every token older than this, used or not; return the result of Django's delete."""
        cutoff = timezone.now() - timedelta(seconds=max_age_seconds)
        return cls.objects.filter(created_at__lt=cutoff).delete()

    @classmethod
    def check_rate_limit(cls, user: Any, max_tokens_per_minute: int = 10) -> bool:
        """Tell whether the user had fewer tokens than the limit in the last 60 seconds."""
        since = timezone.now() - timedelta(minutes=1)
        return cls.objects.filter(user=user, created_at__gte=since).count() < max_tokens_per_minute


def _explain(
    row: WebSocketToken, session_key: str, *, max_age_seconds: float, connection_id: str
) -> TokenRefusal:
    seconds_late = (timezone.now() - row.created_at).total_seconds() - max_age_seconds
    if row.used:
        is_repeated = is_token_use(row.session_key, session_key, connection_id)
        return TokenRefusal(
            "the token has been used already; fetch a new one for each connect",
            user=row.user if is_repeated else None,
            is_too_old=seconds_late > 0,
        )
    if row.session_key not in accepted_session_key_hashes(session_key):
        return TokenRefusal("the token was made for another session")
    if seconds_late <= 0:
        return TokenRefusal("the token was in use at that moment")
    return TokenRefusal(f"the token expired {seconds_late:.0f} s ago", is_too_old=True)
