"""An event as integrations see it: its context, and what the client sent."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

from .context import EventContext

__all__ = ["Event", "Handshake", "header_text"]


@dataclass(frozen=True, slots=True)
class Handshake:
    """The request with which a client opens its connection."""

    headers: tuple[tuple[str, str], ...]
    """In the order and the case they came in, text read as ISO-8859-1."""
    query: tuple[tuple[str, str], ...] = ()
    """Decoded pairs of the query string."""
    raw_query: str = ""
    """The query string as it travelled, without the question mark."""

    def header_values(self, name: str) -> tuple[str, ...]:
        """Every value of a header as text, whatever the case of its name."""
        wanted = name.lower()
        return tuple(header_text(value) for key, value in self.headers if key.lower() == wanted)

    def query_values(self, name: str) -> tuple[str, ...]:
        """Every value of a query parameter."""
        return tuple(value for key, value in self.query if key == name)


class Event(NamedTuple):
    """Something that happened on a connection."""

    context: EventContext
    handshake: Handshake | None = None
    """Only `$connect` can look at the handshake; later events have none, as on AWS."""
    body: str = ""
    """The message; empty for the lifecycle events."""
    stage_variables: Mapping[str, str] = MappingProxyType({})


def header_text(value: str) -> str:
    """The text of a header's value: its octets as UTF-8 where they are, else as ISO-8859-1."""
    try:
        return value.encode("latin-1").decode()
    except UnicodeDecodeError:
        return value
