"""How many connections there are, and how many of them one address has.

Every connection costs a descriptor whether or not it ever says a word, so they are counted from the
moment they are accepted.
"""

import resource
from collections import Counter
from typing import Final

from .proxies import address_of

__all__ = ["Occupancy", "most_connections"]

_RESERVED: Final = 200
"""Descriptors for backends, files, and connections that are only told that there is no room."""

_MOST: Final = 20_000


class Occupancy:
    """Counts connections and knows when there are enough.

    Addresses of this machine may have as many as there are: a developer's tests, and the proxy,
    whose clients are counted by their own addresses once they open a socket.
    """

    def __init__(self, *, most: int, most_per_address: int) -> None:
        self._most = most
        self._most_per_address = most_per_address
        self._by_address: Counter[str] = Counter()
        self.total = 0

    @property
    def is_full(self) -> bool:
        """Whether no further connection may be accepted."""
        return self.total >= self._most

    def is_full_for(self, address: str) -> bool:
        """Whether an address has as many connections as one may have."""
        if self._by_address[address] < self._most_per_address:
            return False
        parsed = address_of(address)
        return parsed is None or not parsed.is_loopback

    def enter(self, address: str) -> None:
        """A connection has come."""
        self.total += 1
        self._by_address[address] += 1

    def leave(self, address: str) -> None:
        """A connection has gone."""
        self.total -= 1
        if self._by_address[address] <= 1:
            del self._by_address[address]
        else:
            self._by_address[address] -= 1


def most_connections() -> int:
    """As many as the system lets this process have, within reason."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = _MOST if soft == resource.RLIM_INFINITY else soft - _RESERVED
    return max(1, min(_MOST, allowed))
