"""Ports of this machine: whether one is free, and which one is, for hints that work."""

import errno
import socket
from typing import Final

__all__ = ["find_free_port", "is_of_no_address_here", "refusal_of_port"]

_MOST_TRIED: Final = 200
_LARGEST_PORT: Final = 65535


def refusal_of_port(host: str, port: int) -> OSError | None:
    """Return the error that listening here would end in; None when it would not."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            return error
    return None


def is_of_no_address_here(refusal: OSError) -> bool:
    """Tell whether nobody can listen there because the host is no address of this machine."""
    return isinstance(refusal, socket.gaierror) or refusal.errno == errno.EADDRNOTAVAIL


def find_free_port(host: str, *, after: int, avoided: int = 0) -> int:
    """Find a port above another one that is free, and not meant for something else.

    Args:
        host: the address to listen at.
        after: the port that cannot be had.
        avoided: a port that is about to be used.
    """
    for port in range(after + 1, min(after + _MOST_TRIED, _LARGEST_PORT)):
        if port != avoided and refusal_of_port(host, port) is None:
            return port
    return after + 1
