"""The connections that a message must have reached, as a test names them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model

from ..models import WebSocketSession
from .memory.sent import Sent

__all__ = ["NamedConnections"]


@dataclass(frozen=True, slots=True)
class NamedConnections:
    """Connections that a test asks for, by name or by channel."""

    ids: frozenset[str] | None = None
    """Ids of the connections; None where none is named."""
    channel: str | None = None
    """Channel; None where none is named."""

    @classmethod
    def of(cls, to: Any, channel: str | None) -> "NamedConnections":
        """Read what a test gives.

        Args:
            to: a client, session, user or connection id, or a list of these; None for nobody named.
            channel: name of a channel; None for none.

        Raises:
            TypeError: something in `to` is none of these.
        """
        return cls(None if to is None else frozenset(_ids_of(to)), channel)

    def has_all_of(self, sent: Sent) -> bool:
        """Tell whether a message reached everybody here."""
        if self.ids is not None and not (self.ids and self.ids <= set(sent.to)):
            return False
        if self.channel is None or sent.channel == self.channel:
            return True
        members = set(_in_channel(self.channel))
        return bool(members) and members <= set(sent.to)

    def has_some_of(self, sent: Sent) -> bool:
        """Tell whether a message reached anybody here; anybody at all where nobody is named."""
        if self.ids is None and self.channel is None:
            return True
        members = set(_in_channel(self.channel)) if self.channel is not None else set()
        asked = members | (self.ids or frozenset())
        return sent.channel == self.channel or bool(asked & set(sent.to))

    def describe(self, label: Callable[[str], str]) -> str:
        """Say whom the test named.

        Args:
            label: gives the name of a connection for people.
        """
        parts = []
        if self.ids is not None:
            named = ", ".join(map(label, sorted(self.ids)))
            parts.append(f"to {named}" if named else "to somebody who has no open socket")
        if self.channel is not None:
            parts.append(f"to the channel {self.channel!r}")
        return " and ".join(parts)


def _ids_of(to: Any) -> Iterable[str]:
    if isinstance(to, str):
        return [to]
    if hasattr(to, "connection_id"):
        return [to.connection_id]
    if isinstance(to, get_user_model()):
        sessions = WebSocketSession.objects.filter(user=to, connected=True)
        return list(sessions.values_list("connection_id", flat=True))
    if isinstance(to, Iterable):
        return [one for several in to for one in _ids_of(several)]
    raise TypeError(
        f"{to!r} has no connection: give a WebSocketClient, a session, a user, a connection id, or "
        "a list of these."
    )


def _in_channel(name: str) -> Iterable[str]:
    sessions = WebSocketSession.objects.in_channel(name).connected()
    ids: Iterable[str] = sessions.values_list("connection_id", flat=True)
    return ids
