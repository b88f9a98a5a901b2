"""The parts of a gateway that a request can be for; the resolver of addresses chooses one."""

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
    """A call of the control plane, with the decoded segments after `/v2`."""

    segments: tuple[str, ...]
    is_first_api: bool = False
    """True for API Gateway's first API, v1 or `apigateway`, whose paths have no version."""


@dataclass(frozen=True, slots=True)
class OperationsTarget:
    """A request for `/_gateway`, with the decoded segments after that."""

    segments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SocketTarget:
    """The address of a stage's sockets; the stage need not exist."""

    api_id: str
    stage: str
    by_domain: bool = False
    """True if a custom domain name leads to it."""


# A named tuple takes a third of a frozen dataclass's time to make, and every post needs one.
class ConnectionTarget(NamedTuple):
    """A connection by its id, which may be any text."""

    api_id: str
    stage: str
    connection_id: str
    by_domain: bool = False
    """True if a custom domain name leads to it."""


@dataclass(frozen=True, slots=True)
class Nowhere:
    """An address with nothing behind it."""

    reason: str
    unmatched_route: str = ""
    """Path to a connection below a mapping that has no such route."""


@dataclass(frozen=True, slots=True)
class ForeignHost:
    """A host that is not this gateway."""

    host: str


Target: TypeAlias = (
    ControlTarget | OperationsTarget | SocketTarget | ConnectionTarget | Nowhere | ForeignHost
)
