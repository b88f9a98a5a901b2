"""When a login ends, its sockets end: they are closed in API Gateway once the change is certain."""

import logging
from collections.abc import Iterable
from functools import partial
from typing import Any

from django.db import router, transaction
from django.http import HttpRequest

from ..outbound import close_connections
from .aws import client_for
from .fingerprints import accepted_session_key_hashes
from .session import WebSocketSession

__all__ = [
    "close_sessions_of_deleted_user",
    "close_sessions_of_ended_login",
    "close_sessions_on_logout",
]

logger = logging.getLogger("django_aws_api_gateway_websockets.models")

# A login says nothing about the user's other columns, and Django saves it at each one.
_DECISIVE_FIELDS = frozenset({"password", "is_active"})


def close_sessions_on_logout(
    sender: Any, request: HttpRequest | None = None, **kwargs: Any
) -> None:
    """Receiver of `user_logged_out`: closes what was opened from the session that ends."""
    key = getattr(getattr(request, "session", None), "session_key", None)
    if key:
        hashes = accepted_session_key_hashes(key)
        close_sessions(WebSocketSession.objects.filter(session_key_hash__in=hashes))


def close_sessions_of_ended_login(
    sender: Any, instance: Any, update_fields: Iterable[str] | None = None, **kwargs: Any
) -> None:
    """Receiver of `post_save` of users: closes what a deactivation or a new password ended."""
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
        close_sessions(WebSocketSession.objects.filter(pk__in=ended))


def close_sessions_of_deleted_user(sender: Any, instance: Any, **kwargs: Any) -> None:
    """Receiver of `pre_delete` of users: the rows go with the user, the sockets would not."""
    close_sessions(WebSocketSession.objects.filter(user=instance))


def close_sessions(sessions: Any) -> None:
    """Mark these sessions disconnected now, and close their sockets once that is committed.

    A socket that cannot be closed is logged: its session is closed for us either way, so nothing
    more is sent to it and nothing it sends is taken.
    """
    recipients = list(sessions.filter(connected=True).recipients())
    if not recipients:
        return
    WebSocketSession.mark_disconnected([recipient.connection_id for recipient in recipients])
    transaction.on_commit(
        partial(_close_sockets, recipients),
        using=router.db_for_write(WebSocketSession),
        # A failure here must not keep the project's own callbacks from running.
        robust=True,
    )


def _close_sockets(recipients: list[Any]) -> None:
    try:
        close_connections([one for one in recipients if one.api_id], client_for)
    except Exception:  # Without region or credentials, logging out must still work.
        logger.warning("The sockets of a login that ended could not be closed.", exc_info=True)
