"""The number of connections, in total and for each address.

Every connection costs a descriptor even if it never sends a byte, so each one counts from the
moment it is accepted.
"""

import resource
from collections import Counter
from typing import Final

from .proxies import address_of

__all__ = ["Occupancy", "Place", "most_connections"]

_RESERVED: Final = 200
"""Descriptors for backends, files, and connections that are only told that there is no room."""

_MOST: Final = 20_000


class Occupancy:
    """Count of connections, with limits.

    Addresses of this machine have no limit of their own: a developer's tests come from there, and
    the proxy does, whose clients count by their own addresses once they open a socket.
    """

    def __init__(self, *, most: int, most_per_address: int) -> None:
        self._most = most
        self._most_per_address = most_per_address
        self._by_address: Counter[str] = Counter()
        self.total = 0

    @property
    def is_full(self) -> bool:
        """Tell whether no further connection may be accepted."""
        return self.total >= self._most

    def is_full_for(self, address: str) -> bool:
        """Tell whether an address has as many connections as one address may have."""
        if self._by_address[address] < self._most_per_address:
            return False
        parsed = address_of(address)
        return parsed is None or not parsed.is_loopback

    def enter(self, address: str) -> None:
        """Count a new connection."""
        self.total += 1
        self._by_address[address] += 1

    def leave(self, address: str) -> None:
        """Count a connection out."""
        self.total -= 1
        if self._by_address[address] <= 1:
            del self._by_address[address]
        else:
            self._by_address[address] -= 1


class Place:
    """The place of one connection in the count."""

    def __init__(self, occupancy: Occupancy) -> None:
        self._occupancy = occupancy
        self._address: str | None = None

    def take(self, address: str) -> None:
        """Count the connection for an address."""
        self._occupancy.enter(address)
        self._address = address

    def leave(self) -> None:
        """Count the connection out, if it counts."""
        if self._address is not None:
            self._occupancy.leave(self._address)
            self._address = None


def most_connections() -> int:
    """Return the number of connections that the system allows this process, 20,000 at most."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = _MOST if soft == resource.RLIM_INFINITY else soft - _RESERVED
    return max(1, min(_MOST, allowed))
