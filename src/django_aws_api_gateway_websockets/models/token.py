"""The row of a one-time token that opens a connection."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, ClassVar, Final

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Max
from django.utils import timezone

from .attempt_window import AttemptWindow, user_key
from .exact_text import ExactCharField
from .fingerprints import hash_token_use, is_token_use
from .login import Login, find_user, is_of_present_user, is_read_where_written
from .rows import Row
from .token_field import TokenField, is_token


@dataclass(frozen=True, slots=True)
class TokenRefusal:
    """The reason a token was not accepted."""

    reason: str
    """Reason in words, for the log."""
    user: Any = None
    """Owner of the token, if this connection has used it up itself: its connect was repeated."""
    is_too_old: bool = False
    """True for a used token that would have expired by now."""


LONGEST_REFUSAL: Final = 255


class WebSocketToken(Row):
    """A token that opens one connection, once, from the Django session it was made for."""

    token = TokenField(
        max_length=64,
        unique=True,
        # A new token, or the hash of a stored one.
        validators=[
            RegexValidator(r"^(h[a-f0-9]{63}|[a-f0-9]{64})\Z", "Invalid token format"),
        ],
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="websocket_tokens"
    )
    session_key = models.CharField(max_length=64, db_index=True)
    api_id = ExactCharField(
        "API id",
        max_length=32,
        blank=True,
        default="",
        # Servers of release 4.1.0 go on while a project is upgraded, and know no such column.
        db_default="",
        help_text="The API it opens a connection of; blank for any API of the project.",
    )
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)
    used = models.BooleanField(default=False)
    refusal = models.CharField(
        max_length=LONGEST_REFUSAL,
        blank=True,
        default="",
        db_default="",
        help_text="The reason for which the connect with this token was refused.",
    )

    class Meta:
        verbose_name = "token"
        indexes: ClassVar = [
            models.Index(fields=["token", "used"], name="idx_websocket_tokens_used"),
        ]

    def __str__(self) -> str:
        return f"{self.token[:16]}..."

    @classmethod
    def generate_token(
        cls, user: Any, session_key: str | Login, *, api_id: str = ""
    ) -> "WebSocketToken":
        """Store the hash of a new token; its row is returned with the token itself.

        Args:
            user: owner of the connection.
            session_key: key of the Django session that may use it, or its login; only a hash is
                stored.
            api_id: API it opens a connection of; "" for any API of the project.
        """
        return cls.objects.create(
            token=secrets.token_hex(32),
            user=user,
            session_key=_login(session_key).hash,
            api_id=api_id,
        )

    @classmethod
    def validate_and_consume(
        cls,
        token_value: str | None,
        session_key: str | Login,
        max_age_seconds: float = 60,
        *,
        likely_user: Any = None,
        connection_id: str = "",
        api_id: str = "",
    ) -> Any | None:
        """Use the token up and return its user; None when it is not to be accepted.

        Args:
            token_value: text the client sent; None when it sent nothing.
            session_key: key of the Django session the client sent, or its login.
            max_age_seconds: older tokens are refused.
            likely_user: the user of the session, if known: their token costs no further query.
            connection_id: the connection it is used for; `explain_refusal` recognises it later.
            api_id: the API the connection is of.
        """
        # PostgreSQL raises an error for some texts, and none of them is a token.
        if not is_token(token_value):
            return None
        # One conditional UPDATE decides: of any number of racing uses exactly one changes the row,
        # on every database and at every isolation level.
        login = _login(session_key)
        usable = cls.objects.filter(
            token=token_value,
            session_key__in=login.accepted_hashes,
            api_id__in=["", api_id],
            used=False,
            created_at__gte=timezone.now() - timedelta(seconds=max_age_seconds),
        )
        use = cls._use_of(login, connection_id)
        if likely_user is not None and is_read_where_written(likely_user):
            of_likely = usable.filter(is_of_present_user(), user=likely_user)
            if of_likely.update(**use):
                return likely_user
        user = find_user(websocket_tokens__in=usable)
        return user if user is not None and usable.update(**use) else None

    @classmethod
    def use_again(cls, token_value: str, session_key: str | Login, connection_id: str) -> None:
        """Use up a token that a rollback has given back."""
        use = cls._use_of(_login(session_key), connection_id)
        cls.objects.filter(token=token_value).update(**use)

    @classmethod
    def explain_refusal(
        cls,
        token_value: str,
        session_key: str | Login,
        *,
        max_age_seconds: float,
        connection_id: str,
        api_id: str = "",
    ) -> TokenRefusal:
        """Explain why `validate_and_consume` refused a token; one query, none without a token.

        Args:
            token_value: text the client sent.
            session_key: key of the Django session the client sent, or its login.
            max_age_seconds: older tokens are refused.
            connection_id: the connection that was to be opened.
            api_id: the API it would be of.
        """
        if not token_value:
            return TokenRefusal("there is no ws_token")
        if not is_token(token_value):
            return TokenRefusal("ws_token has not the form of a token")
        row = cls.objects.select_related("user").filter(token=token_value).first()
        if row is None:
            return TokenRefusal("the token is unknown: made up, or deleted since")
        if row.api_id not in {"", api_id}:
            return TokenRefusal("the token was made for another API")
        login = _login(session_key)
        return _explain(row, login, max_age_seconds=max_age_seconds, connection_id=connection_id)

    @classmethod
    def note_refusal(cls, token_value: str, reason: str) -> None:
        """Note why a connect with this token was refused, for the page that cannot see it."""
        if is_token(token_value):
            refused = cls.objects.filter(token=token_value)
            refused.update(refusal=reason[:LONGEST_REFUSAL])

    @classmethod
    def refusal_of(cls, token_value: str, user: Any) -> str:
        """Return why the connect with a token of this user was refused; "" when it was not."""
        if not is_token(token_value):
            return ""
        refused = cls.objects.filter(token=token_value, user=user)
        return refused.values_list("refusal", flat=True).first() or ""

    @staticmethod
    def _use_of(login: Login, connection_id: str) -> dict[str, Any]:
        # A used token needs its session no more, so the column now holds the use it was put to.
        if not connection_id:
            return {"used": True}
        return {"used": True, "session_key": hash_token_use(login.key, connection_id)}

    @classmethod
    def cleanup_expired(cls, max_age_seconds: float = 300) -> tuple[int, dict[str, int]]:
        """Delete every token older than this, used or not; return the result of Django's delete."""
        cutoff = timezone.now() - timedelta(seconds=max_age_seconds)
        return cls.objects.filter(created_at__lt=cutoff).delete()

    @classmethod
    def _prepare_deletion(cls, rows: Any) -> Callable[[], object]:
        """Return what lets those have tokens again whose tokens are deleted."""
        since = AttemptWindow.oldest_opening(using=rows.db)
        if since is None:
            return super()._prepare_deletion(rows)
        counted = rows.filter(created_at__gte=since).order_by()
        latest = counted.values_list("user_id").annotate(Max("created_at"))
        seen = {user_key("token", user_pk): created for user_pk, created in latest}
        return partial(AttemptWindow.open_doors, seen, using=rows.db)

    @classmethod
    def check_rate_limit(cls, user: Any, max_tokens_per_minute: int = 10) -> bool:
        """Tell whether the user had fewer tokens than the limit in the last 60 seconds."""
        since = timezone.now() - timedelta(minutes=1)
        return cls.objects.filter(user=user, created_at__gte=since).count() < max_tokens_per_minute


def _login(session_key: str | Login) -> Login:
    return session_key if isinstance(session_key, Login) else Login.of_key(session_key)


def _explain(
    row: WebSocketToken, login: Login, *, max_age_seconds: float, connection_id: str
) -> TokenRefusal:
    seconds_late = (timezone.now() - row.created_at).total_seconds() - max_age_seconds
    if row.used:
        is_repeated = is_token_use(row.session_key, login.key, connection_id)
        return TokenRefusal(
            "the token has been used already; fetch a new one for each connect",
            user=row.user if is_repeated else None,
            is_too_old=seconds_late > 0,
        )
    if row.session_key not in login.accepted_hashes:
        return TokenRefusal("the token was made for another session")
    if seconds_late <= 0:
        if find_user(pk=row.user_id) is None:
            return TokenRefusal("its user is hidden by the project's own manager, as if deleted")
        return TokenRefusal("the token was in use at that moment")
    return TokenRefusal(f"the token expired {seconds_late:.0f} s ago", is_too_old=True)
