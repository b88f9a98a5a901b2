"""A session engine whose sessions no other object ever sees, as in the memory of one process."""

from django.contrib.sessions.backends.db import SessionStore as DatabaseStore


class SessionStore(DatabaseStore):
    def load(self):
        self._session_key = None
        return {}

    def save(self, must_create=False):
        self._session_key = self._get_new_session_key()
