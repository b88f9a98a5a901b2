"""Deletes the sessions whose connection is over."""

# The name is that of the command, as documented.
# ruff: noqa: N999

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import QuerySet
from django.utils import timezone

from ...models import WebSocketSession

BATCH: Final = 1000
"""Rows of one statement: a long one would keep the table locked, and some databases limit it."""

CONNECTION_HOURS: Final = 2.0
"""How long a connection lasts at most.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html
"""

SAFE_STALE_HOURS: Final = 3.0
"""Two hours, and one for clocks that disagree."""


class Command(BaseCommand):
    """Deletes sessions that are marked disconnected, and on request those that must be."""

    help = (
        "Deletes the WebSocket sessions that are marked disconnected. API Gateway does not always "
        "say that a connection has ended, so some rows are never marked; --stale-hours closes "
        "those as well."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Whether connections that must have ended are closed first."""
        parser.add_argument(
            "--stale-hours",
            type=float,
            nargs="?",
            const=SAFE_STALE_HOURS,
            metavar="HOURS",
            help="also close and delete sessions older than this; API Gateway ends every "
            f"connection after {CONNECTION_HOURS:g} hours, so it has to be more than that "
            "(default without HOURS: %(const)g)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Close what is stale, delete what is closed, and say how many."""
        closed = 0
        if options["stale_hours"] is not None:
            closed = close_stale(options["stale_hours"])
        deleted = 0
        sessions = WebSocketSession.objects.filter(connected=False)
        for batch in _batches(sessions):
            deleted += batch.delete()[0]
        if options["verbosity"] > 0:
            stale = f", {closed} of them stale" if options["stale_hours"] is not None else ""
            self.stdout.write(f"Deleted {deleted} sessions{stale}")


def close_stale(hours: float) -> int:
    """Mark sessions older than `hours` disconnected; returns how many.

    Raises:
        CommandError: connections of that age may still be open.
    """
    if not hours > CONNECTION_HOURS:
        raise CommandError(
            f"--stale-hours must be more than {CONNECTION_HOURS:g}: until then it may be open."
        )
    now = timezone.now()
    stale = WebSocketSession.objects.filter(
        connected=True, created_on__lt=now - timedelta(hours=hours)
    )
    return sum(batch.update(connected=False, updated_on=now) for batch in _batches(stale))


def _batches(sessions: "QuerySet[WebSocketSession]") -> Iterator["QuerySet[WebSocketSession]"]:
    """Parts of a queryset whose rows leave it when they are dealt with, until it is empty."""
    # MySQL has no LIMIT inside an IN subquery, so the keys are fetched first.
    while keys := list(sessions.order_by("pk").values_list("pk", flat=True)[:BATCH]):
        yield sessions.filter(pk__in=keys)
