"""The statements that mark many sessions disconnected, in an order that all of them keep.

A statement locks the rows of many sessions in an order of its own, and a transaction keeps what it
has locked. When all lock in the order of the connection ids, none waits for another in a circle.
"""

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext
from datetime import datetime
from functools import partial
from typing import Any, Final

from django.db import Error, connections, transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from ..sending.closing import Advice, close_after_commit
from ..sending.messages import Recipient
from .cuts import close_if_cut
from .deadlocks import has_lost_transaction, outlast_deadlocks

__all__ = ["IDS_TOGETHER", "close_in_order", "close_marked", "closed_together", "note_gone"]

logger = logging.getLogger("django_aws_api_gateway_websockets.models")

IDS_TOGETHER: Final = 2000
"""Connection ids in one statement: SQLite takes 32,766 parameters, PostgreSQL twice as many."""

_TRIES: Final = 3
"""Tries to note that sessions are gone; a connection that was cut is opened anew for the next."""


def closed_together(connection_ids: Iterable[str]) -> Iterator[list[str]]:
    """Yield the ids in order, as many at a time as one statement takes."""
    in_order = sorted(connection_ids)
    for start in range(0, len(in_order), IDS_TOGETHER):
        yield in_order[start : start + IDS_TOGETHER]


def close_marked(
    recipients: list[Recipient],
    *,
    mark: Callable[[list[str]], object],
    using: str,
    advice: Advice | None = None,
) -> None:
    """Mark sessions disconnected, and close their sockets after the commit.

    Args:
        recipients: addresses of the sessions.
        mark: marks the sessions with these connection ids disconnected.
        using: alias of the database whose transaction counts.
        advice: sent to clients of the wire protocol before they are closed.
    """
    marked: set[str] = set()
    try:
        for together in closed_together([one.connection_id for one in recipients]):
            mark(together)
            marked.update(together)
    finally:
        # Also when the database fails midway: the socket of a closed session has to be closed.
        of_marked = [one for one in recipients if one.connection_id in marked]
        close_after_commit(of_marked, using=using, advice=advice)


def close_in_order(
    sessions: QuerySet[Any], moment: datetime, number: int, *, closed: list[str] | None = None
) -> None:
    """Mark sessions disconnected at a moment.

    Args:
        sessions: those of some connection ids.
        moment: goes into `updated_on`.
        number: how many ids that are; a single row needs no order.
        closed: takes the ids of those that were open; None when nobody wants to know.
    """
    changes = {"connected": False, "updated_on": moment}
    needs_order = number > 1 and connections[sessions.db].features.has_select_for_update
    if closed is None and not needs_order:
        sessions.update(**changes)
        return
    update = partial(_update_in_order, sessions, changes, tells=closed is not None)
    were_open = outlast_deadlocks(update, using=sessions.db)
    if closed is not None:
        closed += were_open


def note_gone(
    sessions: QuerySet[Any], connection_ids: list[str], *, closed: list[str] | None = None
) -> datetime:
    """Mark sessions disconnected whose connections are gone, and return the moment.

    It is bookkeeping beside a message that has been sent, whose sender must not hear of a failure
    and send it again. So one is logged; the next message finds the connections gone once more.

    Args:
        sessions: all there are.
        connection_ids: of those that are gone.
        closed: as in `close_in_order`.
    """
    now = timezone.now()
    for together in closed_together(connection_ids):
        _note(sessions.filter(connection_id__in=together), now, len(together), closed)
    return now


def _note(sessions: QuerySet[Any], moment: datetime, number: int, closed: list[str] | None) -> None:
    connection = connections[sessions.db]
    for tried in range(_TRIES):
        # A failed statement would end a transaction of the project, but for a savepoint.
        is_open = connection.in_atomic_block
        savepoint: Any = transaction.atomic(using=sessions.db) if is_open else nullcontext()
        try:
            with savepoint:
                close_in_order(sessions, moment, number, closed=closed)
        except Error as error:
            if has_lost_transaction(error, using=sessions.db):
                raise
            is_last = tried == _TRIES - 1
            level = logging.WARNING if is_last else logging.DEBUG
            logger.log(
                level, "%d gone sessions could not be marked disconnected.", number, exc_info=True
            )
            close_if_cut(sessions.db)
        else:
            return


def _update_in_order(sessions: QuerySet[Any], changes: dict[str, Any], *, tells: bool) -> list[str]:
    """Mark sessions disconnected under locks, and return the ids of those that were open.

    Args:
        sessions: those of some connection ids.
        changes: columns and their values.
        tells: False spares the statement that reads these ids; none is returned.
    """
    were_open: list[str] = []
    with transaction.atomic(using=sessions.db):
        if not _lock_in_order(sessions):
            return were_open
        if tells:
            # Locking and reading are two statements: for a further column, InnoDB would take
            # another index, and meet those who lock rows by the index of the ids in a deadlock.
            still_open = sessions.filter(connected=True)
            were_open += still_open.values_list("connection_id", flat=True)
        sessions.update(**changes)
    return were_open


def _lock_in_order(sessions: QuerySet[Any]) -> bool:
    """Lock sessions until the commit; False when there are none."""
    if connections[sessions.db].features.has_select_for_update:
        return bool(list(sessions.select_for_update().order_by("connection_id").values_list("pk")))
    # SQLite locks nothing until the first write.
    return bool(sessions.update(connected=F("connected")))
