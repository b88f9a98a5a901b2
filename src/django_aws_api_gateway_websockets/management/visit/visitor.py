"""The visitor: a browser that has logged in at the site, as far as cookies and tokens go."""

import secrets
import string
from importlib import import_module
from typing import Any, Final

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, load_backend
from django.contrib.sessions.backends.base import SessionBase
from django.middleware.csrf import CSRF_SESSION_KEY

from ...models.login import Login, note_login

__all__ = ["Visitor", "keeps_sessions_to_itself"]

_CSRF_CHARACTERS: Final = 32
_IN_MEMORY: Final = "locmem"


class Visitor:
    """A browser with the cookies of one login, or of none."""

    def __init__(self) -> None:
        self.user: Any = None
        """The user who is logged in, if any."""
        self.token = ""
        """One-time token for the next connect."""
        self.csrf_secret = "".join(
            secrets.choice(string.ascii_letters + string.digits) for _ in range(_CSRF_CHARACTERS)
        )
        self._session: SessionBase | None = None

    @property
    def cookie(self) -> str:
        """The Cookie header of a socket: no browser is without any cookie for long."""
        session = self._session
        if session is None:
            return "websockets_visit=1"
        return f"{settings.SESSION_COOKIE_NAME}={session.session_key}"

    @property
    def cookies_of_page(self) -> str:
        """The Cookie header of a page's request, which has Django's protection against CSRF."""
        return f"{self.cookie}; {settings.CSRF_COOKIE_NAME}={self.csrf_secret}"

    @property
    def secrets(self) -> list[str]:
        """Texts that nobody else may see."""
        key = self._session.session_key if self._session is not None else None
        return [text for text in (key, self.token, self.csrf_secret) if text]

    @property
    def login(self) -> Login:
        """The login, as sessions of sockets know it."""
        return Login.of(self._session)

    def begin_session(self, user: Any = None) -> None:
        """Make a Django session in which this user, or nobody, is logged in.

        No receiver hears of it: nobody has logged in.
        """
        store: Any = import_module(settings.SESSION_ENGINE).SessionStore
        session = store()
        if user is not None:
            session[SESSION_KEY] = user._meta.pk.value_to_string(user)
            session[BACKEND_SESSION_KEY] = _backend_of(user)
            session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        if settings.CSRF_USE_SESSIONS:
            session[CSRF_SESSION_KEY] = self.csrf_secret
        note_login(session)
        session.save()
        self.user, self._session = user, session

    def forget(self) -> None:
        """Delete the Django session."""
        if self._session is not None:
            self._session.delete()


def _backend_of(user: Any) -> str:
    """Return the path of the backend that finds a user: some only count or refuse logins."""
    paths = list(settings.AUTHENTICATION_BACKENDS)
    finding = (path for path in paths if load_backend(path).get_user(user.pk) is not None)
    return next(finding, paths[0])


def keeps_sessions_to_itself() -> bool:
    """Tell whether logins are kept in the memory of one process, so that no other knows them."""
    return _IN_MEMORY in str(settings.CACHES) and "cache" in settings.SESSION_ENGINE
