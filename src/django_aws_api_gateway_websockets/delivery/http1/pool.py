"""Connections that outlive the call they were made in.

Threads borrow and give back; nobody shares a connection. A forked child starts with an empty pool
and closes its copies of the parent's sockets, which the parent does not notice.
"""

import os
import ssl
import threading
import time
import weakref
from collections.abc import Callable
from typing import Final

from .addresses import AddressBook
from .connection import BrokenConnectionError, Connection
from .destination import Destination

__all__ = ["MAX_IDLE", "MAX_IDLE_SECONDS", "Pool"]

MAX_IDLE: Final = 384
"""Connections kept for one destination; some 33 KB each with TLS.

They are half as many again as a broadcast uses: connections that are lost to requests without
response are then not missed by the next broadcast."""

MAX_IDLE_SECONDS: Final = 50.0
"""Seconds a connection may rest; load balancers of AWS close it after 60.

Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-load-balancer-attributes.html
"""

SESSION_SECONDS: Final = 60.0
"""Seconds for which new connections resume the same session of TLS."""


class Pool:
    """The idle connections of this process, by destination."""

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.monotonic,
        max_idle: int = MAX_IDLE,
        max_idle_seconds: float = MAX_IDLE_SECONDS,
    ) -> None:
        self._clock = clock
        self._max_idle = max_idle
        self._max_idle_seconds = max_idle_seconds
        self._start_empty()
        _pools.add(self)

    def borrow(self, destination: Destination) -> Connection | None:
        """Return an open idle connection, the one used last; `None` when there is none."""
        while True:
            with self._lock:
                idle = self._idle.get(destination)
                if not idle:
                    return None
                connection = idle.pop()
                oldest_allowed = self._clock() - self._max_idle_seconds
            if connection.idle_since >= oldest_allowed and connection.is_alive():
                return connection
            connection.close()

    def open(self, destination: Destination) -> Connection:
        """Return a new connection, on its way to the destination's next address.

        Raises:
            BrokenConnectionError: the host has no address, or no socket could be made.
        """
        try:
            address = self._book(destination).pick()
            _, session = self._sessions.get(destination, (0.0, None))
            connection = Connection(destination, address, session)
        except OSError as error:
            raise BrokenConnectionError(error.strerror or str(error)) from error
        with self._lock:
            self._open.add(connection)
        self._close_rested()
        return connection

    def avoid(self, connection: Connection) -> bool:
        """Leave out the address of a connection that did not come about, if there is another."""
        return self._book(connection.destination).avoid(connection.address)

    def give_back(self, connection: Connection) -> None:
        """Keep a connection whose response is complete for the next call that asks."""
        connection.rest()
        connection.idle_since = self._clock()
        self._keep_session(connection)
        oldest_allowed = connection.idle_since - self._max_idle_seconds
        surplus: list[Connection] = []
        with self._lock:
            idle = self._idle.setdefault(connection.destination, [])
            idle.append(connection)
            while len(idle) > self._max_idle or idle[0].idle_since < oldest_allowed:
                surplus.append(idle.pop(0))
        for old in surplus:
            old.close()

    def count_idle(self, destination: Destination) -> int:
        """Return the number of connections to a destination that rest here."""
        with self._lock:
            return len(self._idle.get(destination, ()))

    def close(self) -> None:
        """Close the connections that rest here; the pool can go on being used."""
        with self._lock:
            resting = [connection for idle in self._idle.values() for connection in idle]
            self._idle.clear()
        for connection in resting:
            connection.close()

    def _keep_session(self, connection: Connection) -> None:
        """Remember the TLS session from which the next handshake may go on."""
        destination, now = connection.destination, connection.idle_since
        taken_at, known = self._sessions.get(destination, (now, None))
        # To copy one costs as much as some posts, and all connections of a broadcast have one.
        if known is None or now - taken_at > SESSION_SECONDS:
            session = connection.session
            if session is not None:
                with self._lock:
                    self._sessions[destination] = now, session

    def _close_rested(self) -> None:
        """Close connections that have rested too long, also those nobody asks for any more."""
        oldest_allowed = self._clock() - self._max_idle_seconds
        rested: list[Connection] = []
        with self._lock:
            for destination, idle in list(self._idle.items()):
                while idle and idle[0].idle_since < oldest_allowed:
                    rested.append(idle.pop(0))
                if not idle:
                    del self._idle[destination]
        for connection in rested:
            connection.close()

    def _book(self, destination: Destination) -> AddressBook:
        with self._lock:
            if destination.called not in self._books:
                self._books[destination.called] = AddressBook(
                    *destination.called, clock=self._clock
                )
            return self._books[destination.called]

    def _start_empty(self) -> None:
        self._lock = threading.Lock()
        self._idle: dict[Destination, list[Connection]] = {}
        self._books: dict[tuple[str, int], AddressBook] = {}
        self._open: weakref.WeakSet[Connection] = weakref.WeakSet()
        self._sessions: dict[Destination, tuple[float, ssl.SSLSession]] = {}

    def _forget_parent(self) -> None:
        """Drop the copies a fork made, also of connections that another thread was using."""
        inherited = list(self._open)
        # Another thread may have held the lock, and that thread does not exist here.
        self._start_empty()
        for connection in inherited:
            connection.close()


_pools: weakref.WeakSet[Pool] = weakref.WeakSet()


def _forget_parents() -> None:
    for pool in list(_pools):
        pool._forget_parent()  # noqa: SLF001 - the same module.


os.register_at_fork(after_in_child=_forget_parents)
