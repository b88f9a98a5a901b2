"""The end of a login closes its sockets, in API Gateway once the change is certain."""

import logging
from collections.abc import Iterable
from typing import Any, Final

from asgiref.local import Local
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.db import Error, connections, router
from django.http import HttpRequest

from .login import Login, find_user, may_hide_users, note_login
from .session import WebSocketSession

__all__ = [
    "close_sessions_of_deleted_user",
    "close_sessions_of_ended_login",
    "close_sessions_of_replaced_login",
    "close_sessions_of_this_logout_again",
    "close_sessions_on_logout",
]

logger = logging.getLogger("django_aws_api_gateway_websockets.models")

_logged_out: Final = Local()
"""Its `logins` are those that the request at hand has ended."""

_MOST_LOGOUTS: Final = 100
"""Logins remembered; outside of requests, nothing ever asks for them."""

# A login says nothing about the user's other columns, and Django saves it at each one.
_DECISIVE_FIELDS = frozenset({"password", "is_active"})


def close_sessions_on_logout(
    sender: Any, request: HttpRequest | None = None, **kwargs: Any
) -> None:
    """Close the connections opened from the session that ends; receiver of `user_logged_out`.

    Django ends the session after this. A page whose socket is closed here may connect again before
    that, so the end of the request closes once more.
    """
    login = Login.of(getattr(request, "session", None))
    _close_opened_by(login)
    if login.key:
        _logged_out.logins = [*getattr(_logged_out, "logins", []), login][-_MOST_LOGOUTS:]


def close_sessions_of_this_logout_again(sender: Any, **kwargs: Any) -> None:
    """Close what came while its login ended; receiver of `request_finished`."""
    logins = getattr(_logged_out, "logins", ())
    if not logins:
        return
    _logged_out.logins = []
    connection = connections[router.db_for_write(WebSocketSession)]
    was_open = connection.connection is not None
    try:
        for login in logins:
            _close_opened_by(login)
    except Error:
        # The logout is done, and its response is sent.
        logger.exception("The connections that came during a logout could not be closed.")
    if not was_open:
        # Django has closed it at the end of the request already.
        connection.close()


def close_sessions_of_replaced_login(
    sender: Any, request: HttpRequest | None = None, **kwargs: Any
) -> None:
    """Close the connections of another login of this browser, and note the new one.

    A receiver of `user_logged_in`. Django ends the session of another user without
    `user_logged_out`. The new session has no key then until it is saved, which it has in every
    other case; the old key is left in the cookie, and the login in the session's memory.
    """
    session = getattr(request, "session", None)
    if request is None or session is None:
        return
    if not session.session_key:
        key = request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")
        replaced = Login.of_cookie(key, session)
        if replaced.key != Login.of(session).key:
            _close_opened_by(replaced)
    # A client that logs in without a session, as those of an API do, must not get one by this.
    if SESSION_KEY in session:
        note_login(session)


def _close_opened_by(login: Login) -> None:
    if login.key:
        WebSocketSession.objects.filter(session_key_hash__in=login.accepted_hashes).close()


def close_sessions_of_ended_login(
    sender: Any, instance: Any, update_fields: Iterable[str] | None = None, **kwargs: Any
) -> None:
    """Close the connections a deactivation or a new password ended; receiver of `post_save`."""
    if kwargs.get("created") or kwargs.get("raw"):
        return
    is_decisive = update_fields is None or _DECISIVE_FIELDS & set(update_fields)
    if not is_decisive and not may_hide_users():
        return
    sessions = list(WebSocketSession.objects.filter(user=instance, connected=True))
    if not sessions:
        return
    is_present = find_user(pk=instance.pk) is not None
    ended = []
    for session in sessions:
        session.user, session.user_is_present = instance, is_present
        if not session.has_valid_login():
            ended.append(session.pk)
    if ended:
        WebSocketSession.objects.filter(pk__in=ended).close()


def close_sessions_of_deleted_user(sender: Any, instance: Any, **kwargs: Any) -> None:
    """Close the connections of a user, whose rows alone would go; receiver of `pre_delete`."""
    WebSocketSession.objects.filter(user=instance).close()
