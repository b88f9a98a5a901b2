"""The end of a login closes its sockets, in API Gateway once the change is certain."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from .fingerprints import accepted_session_key_hashes
from .session import WebSocketSession

__all__ = [
    "close_sessions_of_deleted_user",
    "close_sessions_of_ended_login",
    "close_sessions_of_replaced_login",
    "close_sessions_on_logout",
]

# A login says nothing about the user's other columns, and Django saves it at each one.
_DECISIVE_FIELDS = frozenset({"password", "is_active"})


def close_sessions_on_logout(
    sender: Any, request: HttpRequest | None = None, **kwargs: Any
) -> None:
    """Close the connections opened from the session that ends; receiver of `user_logged_out`."""
    key = getattr(getattr(request, "session", None), "session_key", None)
    if key:
        _close_opened_from(key)


def close_sessions_of_replaced_login(
    sender: Any, request: HttpRequest | None = None, **kwargs: Any
) -> None:
    """Close the connections of another login of this browser; receiver of `user_logged_in`.

    Django ends the session of another user without `user_logged_out`. The new session has no key
    then until it is saved, which it has in every other case; the old key is left in the cookie.
    """
    session = getattr(request, "session", None)
    if request is None or session is None or session.session_key is not None:
        return
    if key := request.COOKIES.get(settings.SESSION_COOKIE_NAME):
        _close_opened_from(key)


def _close_opened_from(session_key: str) -> None:
    hashes = accepted_session_key_hashes(session_key)
    WebSocketSession.objects.filter(session_key_hash__in=hashes).close()


def close_sessions_of_ended_login(
    sender: Any, instance: Any, update_fields: Iterable[str] | None = None, **kwargs: Any
) -> None:
    """Close the connections a deactivation or a new password ended; receiver of `post_save`."""
    if kwargs.get("created") or kwargs.get("raw"):
        return
    if update_fields is not None and not _DECISIVE_FIELDS & set(update_fields):
        return
    sessions = WebSocketSession.objects.filter(user=instance, connected=True)
    ended = []
    for session in sessions:
        session.user = instance
        if not session.has_valid_login():
            ended.append(session.pk)
    if ended:
        WebSocketSession.objects.filter(pk__in=ended).close()


def close_sessions_of_deleted_user(sender: Any, instance: Any, **kwargs: Any) -> None:
    """Close the connections of a user, whose rows alone would go; receiver of `pre_delete`."""
    WebSocketSession.objects.filter(user=instance).close()
