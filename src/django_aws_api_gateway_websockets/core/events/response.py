"""The response of an integration to an event."""

from typing import NamedTuple

from .event import header_text

__all__ = ["BackendResponse"]


class BackendResponse(NamedTuple):
    """A response of a backend, or of a mock in its place."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    """Octets read as ISO-8859-1."""
    body: bytes = b""

    def header_values(self, name: str) -> tuple[str, ...]:
        """Every value of a header as text, whatever the case of its name."""
        wanted = name.lower()
        return tuple(header_text(value) for key, value in self.headers if key.lower() == wanted)
