"""The login that a token and a connection belong to, whatever key its Django session has now.

Django gives a session another key with `cycle_key()`, and where sessions are kept in cookies their
key is their content, another one with each write. A login keeps one key in its session's data: the
first key of the session, or a random one where sessions are kept in cookies. It goes when Django
ends the session.

When another user logs in, Django clears the session first and tells of it afterwards. So a session
that is cleared remembers the key, in memory, for the signal that follows.
"""

import functools
import secrets
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Final, Self

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.sessions.backends.base import SessionBase
from django.db import router
from django.db.models import Manager, Q

from .fingerprints import accepted_session_key_hashes, hash_session_key

__all__ = [
    "Login",
    "find_user",
    "is_of_present_user",
    "is_present",
    "is_read_where_written",
    "may_hide_users",
    "note_login",
    "remember_cleared_logins",
]

_NAME: Final = "_websockets_login"
"""Name of the key within the data of a session."""

_CLEARED: Final = "_websockets_cleared_login"
"""Attribute of a session that was cleared."""

_LONGEST_STORED_KEY: Final = 40
"""Characters of a key under which a session is stored, as Django's column has them.

A session in a cookie has more already when it is empty, whatever class keeps it there: a signature
of SHA-256 has 43."""


@dataclass(frozen=True, slots=True)
class Login:
    """The keys by which a login is known; both are secrets."""

    key: str
    """Key that stays the same; "" without session."""
    session_key: str
    """Key of the session at this moment, by which rows were made that do not know the other."""

    @classmethod
    def of(cls, session: Any) -> Self:
        """Return the login of a request's session; of None there is none."""
        if session is None:
            return cls("", "")
        session_key = str(session.session_key or "")
        return cls(_noted(session) or session_key, session_key)

    @classmethod
    def of_cookie(cls, session_key: str, session: Any) -> Self:
        """Return the login that a browser had before another one began; asks no database.

        Args:
            session_key: as the browser's cookie has it.
            session: the browser's session, which Django has cleared for the other login.
        """
        key = str(getattr(session, _CLEARED, ""))
        if not key and _is_content(session_key):
            key = _noted(type(session)(session_key))
        return cls(key or session_key, session_key)

    @classmethod
    def of_key(cls, session_key: str | None) -> Self:
        """Return the login of a session by its key, without asking a database or a cache."""
        session_key = session_key or ""
        if not _is_content(session_key):
            return cls(session_key, session_key)
        engine = import_module(settings.SESSION_ENGINE)
        return cls(_noted(engine.SessionStore(session_key)) or session_key, session_key)

    @property
    def hash(self) -> str:
        """Text stored in place of the key; "" without session."""
        return hash_session_key(self.key) if self.key else ""

    @property
    def accepted_hashes(self) -> list[str]:
        """Texts that rows of this login may hold."""
        keys = dict.fromkeys(key for key in (self.key, self.session_key) if key)
        return [one for key in keys for one in accepted_session_key_hashes(key)]


def note_login(session: Any) -> Login:
    """Write the key of a login into its session, unless it is there; the session gets a key, too.

    Args:
        session: of a request whose response will save it.
    """
    if not _noted(session):
        if not session.session_key:
            session.create()
        key = str(session.session_key or "")
        is_stored = key and not _is_content(key)
        session[_NAME] = key if is_stored else secrets.token_urlsafe(32)
    return Login.of(session)


def remember_cleared_logins() -> None:
    """Let each session that is cleared remember its login; safe to call twice.

    Every engine's `flush()` and `aflush()` come through `clear()`, and nothing that Django tells
    afterwards leads from the key in the browser's cookie to the login (see decision 0007).
    """
    clear: Any = SessionBase.clear
    if hasattr(clear, _CLEARED):
        return

    @functools.wraps(clear)
    def clear_and_remember(session: Any) -> None:
        # A session that is not loaded stays so: to load it is a query, perhaps in an event loop.
        if noted := _noted(getattr(session, "_session_cache", {})):
            setattr(session, _CLEARED, noted)
        clear(session)

    setattr(clear_and_remember, _CLEARED, "")
    SessionBase.clear = clear_and_remember  # type: ignore[assignment, method-assign]


def find_user(**conditions: Any) -> Any | None:
    """Return the user of these conditions; None for one that the project's own manager hides.

    Such a manager may leave out users that were deleted in name only, who cannot log in either.
    """
    users = get_user_model()._default_manager
    return users.using(router.db_for_write(users.model)).filter(**conditions).first()


def is_read_where_written(user: Any) -> bool:
    """Tell whether a user is as the database has it that users are written to.

    A replica that lags behind may have a user who is inactive by now, or another password.
    """
    state = getattr(user, "_state", None)
    # A user without a row, such as that of a signed request, cannot lag behind one.
    return state is None or state.db in {None, router.db_for_write(get_user_model())}


def may_hide_users() -> bool:
    """Tell whether the project's manager of users has a queryset of its own."""
    return type(get_user_model()._default_manager).get_queryset is not Manager.get_queryset


def is_of_present_user() -> Q:
    """Return the condition of rows whose user that manager does not hide, and of those without one.

    Its result may change with time or with the request, so it is asked whenever rows are.
    """
    if not may_hide_users():
        return Q()
    # The rows are in the same database, whichever is asked.
    present = get_user_model()._default_manager.using(None)
    return Q(user=None) | Q(user__in=present.values("pk"))


def is_present(user: Any, *, known: bool | None) -> bool:
    """Tell whether the project's manager does not hide a user; it hides nobody where there is none.

    Args:
        user: None for nobody.
        known: the answer where it was read with the user; None to ask for it.
    """
    if known is None:
        return user is None or not may_hide_users() or find_user(pk=user.pk) is not None
    return known


def _noted(session: Any) -> str:
    key = session.get(_NAME)
    return key if isinstance(key, str) else ""


def _is_content(session_key: str) -> bool:
    """Tell whether a key is the session itself, kept in a cookie, so that asking costs nothing."""
    return len(session_key) > _LONGEST_STORED_KEY
