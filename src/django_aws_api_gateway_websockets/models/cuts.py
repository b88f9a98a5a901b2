"""The second try of bookkeeping whose connection to the database was cut.

A server that is started again or changes its primary cuts every connection, and takes new ones a
moment later. A worker that has sent to many must not end before that is noted, or another sends to
them again.
"""

import time
from collections.abc import Callable
from typing import Final, TypeVar

from django.db import Error, connections

__all__ = ["close_if_cut", "outlast_cuts"]

T = TypeVar("T")

PAUSES_SECONDS: Final = (0.0, 0.1, 0.2, 0.5)
"""Pauses before each further try; a connection that was only idle for too long needs none."""


def outlast_cuts(act: Callable[[], T], *, using: str) -> T:
    """Do what may be done twice, again on a new connection where the database has cut the old one.

    Args:
        act: a callable that does the same when it is called again.
        using: alias of the database; within a transaction there is one try.

    Raises:
        Error: any other failure, and that of the last try.
    """
    for pause in PAUSES_SECONDS:
        try:
            return act()
        except Error:
            if not close_if_cut(using):
                raise
        time.sleep(pause)
    return act()


def close_if_cut(using: str) -> bool:
    """Close a connection that cannot be used any more; tell whether a new one may do better.

    Args:
        using: alias of the database. The changes of an open transaction are lost with it, so that
            no other connection will do.
    """
    connection = connections[using]
    if connection.connection is None:
        # It could not be opened at all, or was closed meanwhile.
        return not connection.in_atomic_block
    if connection.in_atomic_block or not connection.get_autocommit() or connection.is_usable():
        return False
    connection.close()
    return True
