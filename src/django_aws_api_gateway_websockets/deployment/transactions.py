"""Work that must stay recorded when a transaction of the caller is rolled back.

AWS keeps what it was told, so the rows that remember it may not be rolled back with a transaction
the project has opened. See docs/explanation/decisions/0004.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from django.db import DatabaseError, connections, transaction

from .rows import GatewayRow, alias_of, table_of

__all__ = ["is_in_callers_transaction", "run_outside_transaction"]

_WAY_OUT: Final = (
    "Call it outside transaction.atomic(); a view under ATOMIC_REQUESTS needs "
    "@transaction.non_atomic_requests."
)


def is_in_callers_transaction(alias: str) -> bool:
    """Tell whether the innermost transaction that is open was opened by the project.

    The ones Django's TestCase puts around each test do not count: nothing is ever committed there,
    so waiting for a commit would be waiting for ever.
    """
    blocks = connections[alias].atomic_blocks
    return bool(blocks) and not _is_of_testcase(blocks[-1])


def run_outside_transaction(gateway: GatewayRow, work: Callable[[GatewayRow], None]) -> None:
    """Run `work(gateway)` so that no open transaction can undo what it writes to the rows.

    Without an open transaction every write is kept anyway. In one, `work` runs in a thread of its
    own, where Django has a connection of its own, while this thread waits.

    Raises:
        ValueError: there is an open transaction and no second connection could write the rows:
            the database has one writer (SQLite), or this transaction has changed them.
    """
    alias = alias_of(gateway)
    if not _is_in_lasting_transaction(alias):
        work(gateway)
        return
    connection = connections[alias]
    # Without NOWAIT, the only way to find out that the row is locked here is to wait for it in
    # vain: this thread holds the lock and waits for the other one.
    if not connection.features.has_select_for_update_nowait:
        raise ValueError(
            f"{gateway.api_name}: a transaction is open, and if it is rolled back, what AWS has "
            f"created would be forgotten; {connection.display_name} cannot record it on a second "
            f"connection meanwhile. {_WAY_OUT}"
        )
    seen = _routes(gateway)

    def run() -> None:
        try:
            if gateway.pk is not None:
                _check_rows_are_free(gateway, alias, seen)
            work(gateway)
        finally:
            connections[alias].close()

    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="provisioning") as pool:
        pool.submit(run).result()


def _check_rows_are_free(gateway: GatewayRow, alias: str, seen: set[Any]) -> None:
    """Refuse when the transaction of the caller has rows that this connection cannot see."""
    try:
        with transaction.atomic(using=alias):
            locked = table_of(gateway).select_for_update(nowait=True).filter(pk=gateway.pk)
            is_there = bool(locked)
    except DatabaseError:
        is_there = False
    if not is_there or _routes(gateway) != seen:
        raise ValueError(
            f"{gateway.api_name}: a transaction is open that has changed this record or its "
            "routes, and if it is rolled back, what AWS has created would be forgotten. "
            f"Commit it first. {_WAY_OUT}"
        )


def _routes(gateway: GatewayRow) -> set[Any]:
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
