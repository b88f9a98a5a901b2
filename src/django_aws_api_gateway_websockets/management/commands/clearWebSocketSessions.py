"""A command that deletes the sessions of ended connections."""

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
"""Rows of one statement: more would lock the table for long, and some databases limit them."""

CONNECTION_HOURS: Final = 2.0
"""Longest life of a connection.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html
"""

SAFE_STALE_HOURS: Final = 3.0
"""Two hours, and one more for clocks that disagree."""


class Command(BaseCommand):
    """Deletion of sessions that are marked disconnected, and on request of stale ones."""

    help = (
        "Deletes the WebSocket sessions that are marked disconnected. API Gateway does not always "
        "say that a connection has ended, so some rows are never marked; --stale-hours closes "
        "those as well."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the option that marks sessions disconnected whose connection must have ended."""
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
        """Mark stale sessions, delete disconnected ones, and print the number."""
        closed = 0
        if options["stale_hours"] is not None:
            closed = close_stale(options["stale_hours"])
        deleted = 0
        sessions = WebSocketSession.objects.filter(connected=False)
        for batch in _batches(sessions):
            _, by_model = batch.delete()
            # Their subscriptions go with them.
            deleted += by_model.get(WebSocketSession._meta.label, 0)
        if options["verbosity"] > 0:
            stale = f", {closed} of them stale" if options["stale_hours"] is not None else ""
            self.stdout.write(f"Deleted {deleted} sessions{stale}")


def close_stale(hours: float) -> int:
    """Mark sessions older than `hours` disconnected, and return their number.

    Raises:
        CommandError: connections of that age may still be open.
    """
    if not hours > CONNECTION_HOURS:
        raise CommandError(
            f"--stale-hours must be more than {CONNECTION_HOURS:g}: until then it may be open."
        )
    stale = WebSocketSession.objects.filter(
        connected=True, created_on__lt=timezone.now() - timedelta(hours=hours)
    )
    closed = 0
    for batch in _batches(stale):
        connection_ids = list(batch.values_list("connection_id", flat=True))
        WebSocketSession.mark_disconnected(connection_ids)
        closed += len(connection_ids)
    return closed


def _batches(sessions: "QuerySet[WebSocketSession]") -> Iterator["QuerySet[WebSocketSession]"]:
    """Yield parts of a queryset until it is empty; the caller takes the rows of each part out."""
    # MySQL has no LIMIT inside an IN subquery, so the keys are fetched first.
    while keys := list(sessions.order_by("pk").values_list("pk", flat=True)[:BATCH]):
        yield sessions.filter(pk__in=keys)
