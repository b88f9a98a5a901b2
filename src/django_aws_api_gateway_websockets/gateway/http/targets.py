"""The parts of a gateway that a request can be for; the router tells which."""

from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

__all__ = [
    "ConnectionTarget",
    "ControlTarget",
    "ForeignHost",
    "Nowhere",
    "OperationsTarget",
    "SocketTarget",
    "Target",
]


@dataclass(frozen=True, slots=True)
class ControlTarget:
    """A call of the control plane; the segments after `/v2`, decoded."""

    segments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OperationsTarget:
    """Something for whoever runs the gateway; the segments after `/_gateway`, decoded."""

    segments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SocketTarget:
    """The address of a stage's sockets; the stage need not exist."""

    api_id: str
    stage: str
    by_domain: bool = False
    """Whether a custom domain name leads to it."""


# A named tuple, as everything that is made for each post: a third of a frozen dataclass's time.
class ConnectionTarget(NamedTuple):
    """A connection by its id, which may be anything."""

    api_id: str
    stage: str
    connection_id: str
    by_domain: bool = False
    """Whether a custom domain name leads to it."""


@dataclass(frozen=True, slots=True)
class Nowhere:
    """Nothing is at this address."""

    reason: str
    unmatched_route: str = ""
    """The path to a connection below a mapping that has no such route."""


@dataclass(frozen=True, slots=True)
class ForeignHost:
    """The request is meant for another host, whatever network it came over."""

    host: str


Target: TypeAlias = (
    ControlTarget | OperationsTarget | SocketTarget | ConnectionTarget | Nowhere | ForeignHost
)
