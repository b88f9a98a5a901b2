"""A command that delivers queued broadcasts: a worker, or a second chance beside a task queue."""

# The name is that of the command, like the other ones of the package.
# ruff: noqa: N999

import logging
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ...core.errors import WebSocketsError
from ...models import QueuedBroadcast
from ...provisioning.failures import AWS_ERRORS
from ..gateways import explain_in_full

logger = logging.getLogger("django_aws_api_gateway_websockets.models")

POLL_SECONDS = 1.0


class Command(BaseCommand):
    """Delivery of queued broadcasts that are not finished."""

    help = (
        "Delivers queued broadcasts that are not finished. Run it from cron beside a task queue, "
        "so that a broadcast whose workers have all died is finished; without a task queue it is "
        "the worker, and --watch keeps it running."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the option that keeps the command running."""
        parser.add_argument(
            "--watch", action="store_true", help="wait for further broadcasts until interrupted"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Deliver every unfinished broadcast, the oldest first."""
        try:
            stopped = self._deliver_all(options["verbosity"])
            while options["watch"]:
                time.sleep(POLL_SECONDS)
                self._deliver_all(options["verbosity"])
        except KeyboardInterrupt:
            # The next worker continues the broadcast that was interrupted.
            self.stderr.write("Interrupted.")
            return
        if stopped:
            raise CommandError(f"Not delivered, see the log: {', '.join(stopped)}.")

    def _deliver_all(self, verbosity: int) -> list[str]:
        """Deliver unfinished broadcasts, and return the ids of those that an error has stopped."""
        stopped = []
        for broadcast in QueuedBroadcast.objects.filter(finished_on=None).order_by("created_on"):
            try:
                broadcast.deliver()
            except (*AWS_ERRORS, WebSocketsError) as error:
                logger.error("Broadcast %s was stopped. %s", broadcast.pk, explain_in_full(error))
                stopped.append(str(broadcast.pk))
                continue
            except Exception:
                # The other broadcasts may use another API and need not wait for this one.
                logger.exception("Broadcast %s was stopped.", broadcast.pk)
                stopped.append(str(broadcast.pk))
                continue
            if verbosity > 0:
                self.stdout.write(f"{broadcast.pk}: {broadcast.report()}")
        return stopped
