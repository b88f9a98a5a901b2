"""Callbacks of `on_commit` while a test's own transaction is open, which never commits.

That transaction counts as none. So a callback runs at once where the code under test has begun no
transaction, and else at the end of its outermost one; what a savepoint takes back never runs.
Afterwards an empty callback stands in its place, so that whoever captures callbacks counts it and
cannot run it a second time.
"""

import logging
from collections.abc import Callable
from typing import Any, Final

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.transaction import Atomic

from ...deployment.after_commit import Deferred
from ...deployment.transactions import is_in_callers_transaction

__all__ = ["Commits"]

logger = logging.getLogger("django_aws_api_gateway_websockets.models")

_ON_COMMIT: Final[Any] = BaseDatabaseWrapper.on_commit
_EXIT: Final[Any] = Atomic.__exit__


class Commits:
    """Runs what is registered from now on, until the end of the test."""

    def begin(self) -> None:
        """Watch transactions; callbacks that wait already belong to what came before the kit."""
        for connection in connections.all(initialized_only=True):
            # In their own list: Django makes another of it when a savepoint is rolled back.
            waiting: Any = connection.run_on_commit
            waiting[:] = [(points, _Earlier(func), robust) for points, func, robust in waiting]

        def on_commit(connection: Any, func: Callable[[], object], robust: bool = False) -> None:  # noqa: FBT001, FBT002 - as in Django.
            _ON_COMMIT(connection, func, robust)
            _run_waiting(connection)

        def leave(atomic: Any, *exception: Any) -> None:
            _EXIT(atomic, *exception)
            _run_waiting(connections[atomic.using or DEFAULT_DB_ALIAS])

        _put(on_commit, leave)

    def end(self) -> None:
        """Leave transactions to Django again."""
        _put(_ON_COMMIT, _EXIT)


class _Earlier:
    """A callback that was there before the kit, which leaves it to Django."""

    def __init__(self, callback: Callable[[], object]) -> None:
        self._callback = callback

    def __call__(self) -> None:
        self._callback()


def _run_waiting(connection: Any) -> None:
    """Run what waits, where nothing but the transaction of the test is open."""
    is_over = not connection.in_atomic_block or connection.needs_rollback
    if is_over or is_in_callers_transaction(connection.alias):
        return
    waiting = connection.run_on_commit
    due = [index for index, (_, callback, _) in enumerate(waiting) if _must_run(callback)]
    callbacks = [waiting[index][1:] for index in due]
    for index in due:
        savepoints, _, robust = waiting[index]
        waiting[index] = (savepoints, _has_run, robust)
    for callback, robust in callbacks:
        _run(callback, robust=robust)


def _must_run(callback: Callable[[], object]) -> bool:
    # A call that changes an API in AWS stays where Django leaves it in a test.
    return callback is not _has_run and not isinstance(callback, _Earlier | Deferred)


def _put(on_commit: Any, leave: Any) -> None:
    """Put functions in the place of what Django calls; it has no other place for this."""
    BaseDatabaseWrapper.on_commit = on_commit  # type: ignore[method-assign]
    Atomic.__exit__ = leave  # type: ignore[method-assign]


def _has_run() -> None:
    """Do nothing: what stood here has run."""


def _run(callback: Callable[[], object], *, robust: bool) -> None:
    if not robust:
        callback()
        return
    try:
        callback()
    except Exception:
        logger.exception("Error calling %s in on_commit().", callback)
