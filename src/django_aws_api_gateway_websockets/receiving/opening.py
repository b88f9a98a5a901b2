"""The session that a connect opens."""

from typing import Any

from django.db import IntegrityError

from ..channels.membership import note_connected
from ..models import WebSocketSession, hash_user_auth
from ..models.insertion import insert
from .event import Event
from .hooks import Hooks
from .live_page import note_session

__all__ = ["Opening"]


class Opening:
    """Stores the session of one connect.

    Args:
        view: knows the gateway.
        event: the connect.
    """

    def __init__(self, view: Hooks, event: Event) -> None:
        self._view = view
        self._event = event
        self.session: WebSocketSession | None = None
        """The session; None until it is stored."""

    def store(self, channel: str) -> bool:
        """Store the session; False when the connection's id already belongs to another one."""
        user = self._event.user
        session = WebSocketSession(
            connection_id=self._event.connection_id,
            channel_name=channel,
            user=user,
            api_gateway=self._view.api_gateway,
            session_key_hash=self._event.login.hash,
            auth_hash=hash_user_auth(user),
        )
        try:
            insert(session)
        except IntegrityError:
            return self.is_repeated(user)
        self.session = session
        note_session(self._event.request, user, channel)
        note_connected(session)
        return True

    def is_repeated(self, user: Any) -> bool:
        """Tell whether this very connection is open: API Gateway may send a connect twice."""
        found = WebSocketSession.objects.filter(
            connection_id=self._event.connection_id,
            api_gateway=self._view.api_gateway,
            user=user,
            session_key_hash__in=self._event.login.accepted_hashes or [""],
            connected=True,
        )
        return bool(found.exists())
