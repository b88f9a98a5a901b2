"""The exchange of frames: what is sent for a line, and what a frame that comes is a reply to."""

import secrets
import uuid
from dataclasses import dataclass
from enum import StrEnum
from itertools import count
from typing import Any, Final

from ...core.wire_protocol import PROTOCOL_VERSION
from .json_texts import format_json, parse_json
from .lines import Order, Request, Text, Word
from .places import Places, Position

__all__ = ["Exchange", "Kind", "Outgoing", "Received"]

_LETTERS: Final = "bcdfghjkmnpqrstvwxz"
_PREFIX_LETTERS: Final = 5


class Kind(StrEnum):
    """Kinds of frames that a client sends."""

    HELLO = "hello"
    """The first one of a connection."""
    PLACES = "places"
    """Subscribes or unsubscribes."""
    PING = "ping"
    """Asks for a sign of life."""
    OWN = "own"
    """The person's own."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A frame to be sent."""

    kind: Kind
    text: str
    id: str | int | None
    """Comes back in the reply; None where nobody can tell which frame is the reply."""

    @property
    def goes_first(self) -> bool:
        """True when what comes behind it waits for its reply.

        API Gateway hands frames to Django side by side.
        """
        return self.kind in {Kind.HELLO, Kind.PLACES}


@dataclass(frozen=True, slots=True)
class Received:
    """A frame that came."""

    values: dict[str, Any]
    """Its members; empty for one that is no object."""
    reply_to: Outgoing | None = None
    """The frame it is the reply to."""


class Exchange:
    """The frames of one client, from connection to connection.

    Args:
        selection_key: member that names what a frame is for.
        channels: to be in from the start, with positions.
    """

    def __init__(self, selection_key: str, channels: dict[str, Position]) -> None:
        self.places = Places(channels)
        self.pending: dict[str | int, Outgoing] = {}
        """Frames whose replies have not come, by id."""
        self._key = selection_key
        self._client = str(uuid.uuid4())
        # A person's own ids are like "1": a reply to one of them must not pass for one of ours.
        self._prefix = "".join(secrets.choice(_LETTERS) for _ in range(_PREFIX_LETTERS))
        self._numbers = count(1)

    def hello(self) -> Outgoing:
        """Return the first frame of a connection, which subscribes to all channels at once."""
        members = {
            "ws": PROTOCOL_VERSION,
            "client": self._client,
            "channels": dict(self.places.positions),
        }
        return self._make(Kind.HELLO, "hello", members)

    def ping(self) -> Outgoing:
        """Return a frame that asks for a sign of life."""
        return self._make(Kind.PING, "subscribe", {"channels": {}})

    def frame_of(self, line: Text | Request | Order) -> Outgoing:
        """Return the frame for a line that asks for one."""
        if isinstance(line, Text):
            given = line.values.get("id")
            known = given if isinstance(given, str | int) else None
            return Outgoing(Kind.OWN, line.text, known)
        if isinstance(line, Request):
            return self._make(Kind.OWN, line.handler, line.values)
        if line.word is Word.PING:
            return self.ping()
        names = list(line.names)
        if line.word is Word.UNSUBSCRIBE:
            return self._make(Kind.PLACES, "unsubscribe", {"channels": names})
        return self._make(Kind.PLACES, "subscribe", {"channels": dict.fromkeys(names)})

    def note_sent(self, frame: Outgoing) -> None:
        """Expect the reply to a frame."""
        if frame.id is not None:
            self.pending[frame.id] = frame

    def receive(self, text: str) -> Received:
        """Read a frame that came.

        The channels of a hello's reply are left to the caller, who knows what was before.
        """
        try:
            values = parse_json(text)
        except (ValueError, RecursionError):
            return Received({})
        if not isinstance(values, dict):
            return Received({})
        if values.get("ws") != "reply":
            self.places.take(values)
            return Received(values)
        given = values.get("id")
        sent = self.pending.pop(given, None) if isinstance(given, str | int) else None
        if sent is not None and sent.kind is Kind.PLACES:
            self._follow(sent, values)
        return Received(values, sent)

    def _follow(self, sent: Outgoing, reply: dict[str, Any]) -> None:
        told = reply.get("channels")
        if isinstance(told, list):
            self.places.leave([name for name in told if isinstance(name, str)])
        else:
            self.places.join(told)

    def _make(self, kind: Kind, action: str, members: dict[str, Any]) -> Outgoing:
        values = {self._key: action, "id": f"{self._prefix}-{next(self._numbers)}", **members}
        given = values["id"]
        known = given if isinstance(given, str | int) else None
        return Outgoing(kind, format_json(values), known)
