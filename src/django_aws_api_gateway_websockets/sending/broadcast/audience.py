"""The audience of a broadcast, as rows hand it over."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from ..messages import Recipient

__all__ = ["Audience", "StageAudience"]


@dataclass(frozen=True, slots=True)
class StageAudience:
    """All connections that are reached through one stage."""

    stage: Recipient
    """Stage, as a recipient without connection."""
    connection_ids: Iterable[str]
    """Ids of the connections, read once, as there is room to post."""


class Audience(Protocol):
    """Connected sessions, read while they are sent to."""

    @property
    def database(self) -> str:
        """Alias of the database whose transaction a broadcast waits for."""

    def count(self) -> tuple[int, int]:
        """Return the number of sockets that have an address, and of different users."""

    def count_without_gateway(self) -> int:
        """Return the number of sessions that have no address."""

    def stages(self) -> Iterator[StageAudience]:
        """Yield the audience by stage."""

    def mark_gone(self, connection_ids: list[str]) -> object:
        """Note that these connections are gone, as API Gateway says."""
