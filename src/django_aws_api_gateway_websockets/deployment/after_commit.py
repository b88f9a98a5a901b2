"""Operations in AWS that wait for a commit, and the errors of those that fail then.

Django runs the callbacks of a commit one after the other and drops the rest when one raises. Our
error is therefore raised after the project's own callbacks have run.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final

from django.apps import apps
from django.db import connections, router

from ..provisioning.failures import ApiGatewaySyncError

__all__ = [
    "Deferred",
    "collect_deferred_sync_errors",
    "run_after_commit",
    "run_by_public_name",
    "waiting_operations",
]

logger = logging.getLogger("django_aws_api_gateway_websockets.sync")

Operation = Callable[[], None]

_collected: Final[ContextVar[list[ApiGatewaySyncError] | None]] = ContextVar(
    "collected_sync_errors", default=None
)


@contextmanager
def collect_deferred_sync_errors() -> Iterator[list[ApiGatewaySyncError]]:
    """Collect the sync errors of commits within the block in a list, in place of raising them.

    The error of a change that is made within the block and committed after it, as under
    ATOMIC_REQUESTS, is logged: a caller who collects does not want an error page, and `last_error`
    keeps the kind of the error.
    """
    errors: list[ApiGatewaySyncError] = []
    token = _collected.set(errors)
    try:
        yield errors
    finally:
        _collected.reset(token)


def run_after_commit(operation: Operation, alias: str) -> None:
    """Run `operation` now when no transaction is open on this database, else at its commit.

    Args:
        operation: raises `ApiGatewaySyncError` when AWS does not do its part.
        alias: the database.
    """
    connection = connections[alias]
    if connection.in_atomic_block:
        deferred = Deferred(operation, connection)
        connection.on_commit(deferred)
        deferred.queue = connection.run_on_commit
    else:
        operation()


def run_by_public_name(operation: Operation, alias: str) -> None:
    """Run `operation` as the present value of `models.run_aws_after_commit` does.

    That attribute is documented as the place where projects put a double in their tests. It is told
    the database only where that is not the one it takes by itself.
    """
    models: Any = apps.get_app_config("django_aws_api_gateway_websockets").models_module
    is_usual = alias == router.db_for_write(models.ApiGateway)
    models.run_aws_after_commit(operation, **({} if is_usual else {"using": alias}))


def waiting_operations(alias: str) -> list[Operation]:
    """Return the operations that wait for the commit of this database's open transaction."""
    queue: list[Any] = connections[alias].run_on_commit
    return [callback.operation for _, callback, _ in queue if isinstance(callback, Deferred)]


class Deferred:
    """A callback of a commit."""

    def __init__(self, operation: Operation, connection: Any) -> None:
        self.operation = operation
        self.queue: list[Any] = []
        self._connection = connection
        self._was_collecting = _collected.get() is not None

    def __call__(self) -> None:
        try:
            self.operation()
        except ApiGatewaySyncError as error:
            errors = _collected.get()
            if errors is not None:
                errors.append(error)
            elif self._was_collecting:
                logger.warning("AWS was not told of a change that is committed: %s", error)
            else:
                self._raise_last(error)
        except Exception as error:  # noqa: BLE001 - raised, after the callbacks of others.
            self._raise_last(error)

    def _raise_last(self, error: Exception) -> None:
        """Raise `error` when every other callback of this commit has run."""

        def raise_error() -> None:
            raise error

        if self._connection.in_atomic_block:
            # A test runs captured callbacks inside its own transaction, and these in turn.
            self._connection.on_commit(raise_error)
        elif all(callback is not self for _, callback, _ in self.queue):
            # Django takes callbacks from this list and has taken this one already. Calling
            # `on_commit` here would raise at once: the transaction is over.
            self.queue.append((set(), raise_error, False))
        else:
            # A savepoint was rolled back since, and Django goes through another list. Raising now
            # would lose the project's callbacks, so the error is only logged.
            logger.error("A change is committed, and AWS was not told.", exc_info=error)
