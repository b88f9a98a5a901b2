"""The addresses behind a host name: resolved again now and then, and used in turn."""

import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

__all__ = ["Address", "AddressBook"]

RESOLVE_SECONDS: Final = 30.0
"""Seconds for which addresses are used; AWS's records of moving endpoints live for a minute."""

FAILURE_SECONDS: Final = 1.0
"""Seconds for which a name that does not resolve is not asked for by further recipients."""


@dataclass(frozen=True, slots=True)
class Address:
    """A place to connect a socket to."""

    family: int
    target: tuple[object, ...]


class AddressBook:
    """The addresses of one host and port; safe to share between threads."""

    def __init__(self, host: str, port: int, *, clock: Callable[[], float]) -> None:
        self._host = host
        self._port = port
        self._clock = clock
        self._lock = threading.Lock()
        self._addresses: list[Address] = []
        self._error: OSError | None = None
        self._expires = float("-inf")

    def pick(self) -> Address:
        """Return the address to connect to next; each takes its turn.

        Raises:
            OSError: the name does not resolve.
        """
        with self._lock:
            if self._clock() >= self._expires:
                self._resolve()
            if self._error:
                raise self._error
            self._addresses.append(self._addresses.pop(0))
            return self._addresses[-1]

    def avoid(self, address: Address) -> bool:
        """Leave out an address that did not respond; false when there is no other left to try.

        It comes back when the name is resolved again, which is at once when none is left: on a
        machine where `localhost` has two addresses, servers come and go on either of them.
        """
        with self._lock:
            others = [other for other in self._addresses if other != address]
            if others:
                self._addresses = others
            else:
                self._expires = float("-inf")
            return bool(others)

    def _resolve(self) -> None:
        try:
            found = socket.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM)
        except OSError as error:
            # Addresses that worked half a minute ago beat none at all.
            self._error = None if self._addresses else error
            self._expires = self._clock() + FAILURE_SECONDS
            return
        self._addresses = [Address(family, target) for family, _, _, _, target in found]
        self._error = None
        self._expires = self._clock() + RESOLVE_SECONDS
