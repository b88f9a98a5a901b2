"""Doing what a rolled-back transaction must not undo.

What AWS was told stays told, so the rows that remember it may not be rolled back with the
transaction somebody else has opened. See docs/explanation/decisions/0004.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final, TypeVar

from django.db import DatabaseError, connections, router, transaction

if TYPE_CHECKING:
    from ..models.gateway import ApiGateway

__all__ = ["alias_of", "is_in_callers_transaction", "keep_whatever_happens"]

Result = TypeVar("Result")

_WAY_OUT: Final = (
    "Call it outside transaction.atomic(); a view under ATOMIC_REQUESTS needs "
    "@transaction.non_atomic_requests."
)


def alias_of(gateway: "ApiGateway") -> str:
    """The database this row is written to."""
    return router.db_for_write(type(gateway), instance=gateway)


def is_in_callers_transaction(alias: str) -> bool:
    """Whether the innermost transaction that is open was opened by the project.

    The ones Django's TestCase puts around each test do not count: nothing is ever committed there,
    so waiting for a commit would be waiting for ever.
    """
    blocks = connections[alias].atomic_blocks
    return bool(blocks) and not _is_of_testcase(blocks[-1])


def keep_whatever_happens(gateway: "ApiGateway", work: Callable[[], Result]) -> Result:
    """Run `work`, which records its progress in the rows of `gateway`, so that it stays recorded.

    Without an open transaction every write is kept anyway. In one, `work` runs in a thread of its
    own, where Django has a connection of its own, while this thread waits.

    Raises:
        ValueError: there is an open transaction and no second connection could write the rows:
            the database has one writer (SQLite), or this transaction has changed them.
    """
    alias = alias_of(gateway)
    if not _is_in_lasting_transaction(alias):
        return work()
    connection = connections[alias]
    # Without NOWAIT one could not find out that the row is locked here but by waiting for oneself.
    if not connection.features.has_select_for_update_nowait:
        raise ValueError(
            f"{gateway.api_name}: a transaction is open, and if it is rolled back, what AWS has "
            f"created would be forgotten; {connection.display_name} cannot record it on a second "
            f"connection meanwhile. {_WAY_OUT}"
        )
    seen = _rows(gateway)

    def run() -> Result:
        try:
            if gateway.pk is not None:
                _check_rows_are_free(gateway, alias, seen)
            return work()
        finally:
            connections[alias].close()

    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="provisioning") as pool:
        return pool.submit(run).result()


def _check_rows_are_free(gateway: "ApiGateway", alias: str, seen: set[Any]) -> None:
    """Refuse when the transaction of the caller has rows that this connection cannot see."""
    gateways = type(gateway)._default_manager.using(alias)
    try:
        with transaction.atomic(using=alias):
            is_there = bool(gateways.select_for_update(nowait=True).filter(pk=gateway.pk))
    except DatabaseError:
        is_there = False
    if not is_there or _rows(gateway) != seen:
        raise ValueError(
            f"{gateway.api_name}: a transaction is open that has changed this record or its "
            "routes, and if it is rolled back, what AWS has created would be forgotten. "
            f"Commit it first. {_WAY_OUT}"
        )


def _rows(gateway: "ApiGateway") -> set[Any]:
    if gateway.pk is None:
        return set()
    columns = ("pk", "route_key", "integration_url", "deployed")
    return set(gateway.additional_routes.values_list(*columns))


def _is_in_lasting_transaction(alias: str) -> bool:
    connection = connections[alias]
    if connection.atomic_blocks:
        return not _is_of_testcase(connection.atomic_blocks[0])
    return not connection.get_autocommit()


def _is_of_testcase(block: Any) -> bool:
    # The attribute behind Django's own check of `atomic(durable=True)`.
    return bool(getattr(block, "_from_testcase", False))
