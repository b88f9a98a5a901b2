"""The second try of a statement that a database gave up in favour of another.

Closes of many sessions, marks of those that are gone, messages and disconnects change the same
rows. InnoDB locks a row and the indexes it is in one after the other, so that even two statements
of one row can wait for each other, and then the database ends one of them. It has changed nothing,
so it is made again. Within a transaction that cannot be: the project began it, and has to repeat
all of it. There, sessions are locked in one order (`WebSocketSession.mark_disconnected`).

Source: https://dev.mysql.com/doc/refman/8.4/en/innodb-deadlocks-handling.html and
https://www.postgresql.org/docs/current/explicit-locking.html#LOCKING-DEADLOCKS
"""

import random
import time
from collections.abc import Callable
from typing import Any, Final, TypeVar

from django.db import Error, OperationalError, connections

__all__ = ["has_lost_transaction", "outlast_deadlocks"]

T = TypeVar("T")

MOST_TRIES: Final = 10
"""Tries of one statement; the pauses between them come to a second at most."""

FIRST_PAUSE_SECONDS: Final = 0.01
LONGEST_PAUSE_SECONDS: Final = 0.2

_POSTGRESQL_STATES: Final = frozenset({"40P01", "40001"})
"""Deadlock detected, and a serialization failure."""

_MYSQL_CODES: Final = frozenset({1213, 1020})
"""Deadlock found, and MariaDB's record that has changed since it was read."""

_SQLITE_TEXT: Final = " is locked"


def outlast_deadlocks(statement: Callable[[], T], *, using: str) -> T:
    """Run a statement, again if the database gave it up in favour of another.

    Args:
        statement: a callable that changes nothing when it fails.
        using: alias of the database; within a transaction there is one try.

    Raises:
        OperationalError: any other failure, and that of the last try.
    """
    pause = FIRST_PAUSE_SECONDS
    for _ in range(MOST_TRIES - 1):
        try:
            return statement()
        except OperationalError as error:
            if connections[using].in_atomic_block or not _is_given_up(error):
                raise
        # The other side may be trying again as well.
        time.sleep(random.uniform(pause / 2, pause))  # noqa: S311 - no secret.
        pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
    return statement()


def has_lost_transaction(error: Error, *, using: str) -> bool:
    """Tell whether the open transaction is gone, with all that a project did in it.

    InnoDB rolls the whole of it back for a deadlock, and not to the savepoint. Such an error must
    be raised: Django would go on, and the project would believe that its rows are saved.
    """
    connection = connections[using]
    is_deadlock = bool(error.args) and error.args[0] in _MYSQL_CODES
    return connection.in_atomic_block and connection.vendor == "mysql" and is_deadlock


def _is_given_up(error: OperationalError) -> bool:
    cause: Any = error.__cause__
    state = getattr(cause, "sqlstate", None) or getattr(cause, "pgcode", None)
    code = error.args[0] if error.args else None
    is_of_sqlite = isinstance(code, str) and _SQLITE_TEXT in code and state is None
    return state in _POSTGRESQL_STATES or code in _MYSQL_CODES or is_of_sqlite
