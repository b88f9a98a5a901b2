"""A command that does what only time can trigger; see `channels.relay`."""

# The name is that of the command, like the other ones of the package.
# ruff: noqa: N999

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from ...channels.relay import Relay


class Command(BaseCommand):
    """The tasks of the relay, until Ctrl-C or once."""

    help = (
        "Announces who has left a channel, finds connections that are gone though nobody was told, "
        "and asks the rules of old subscriptions again. Several may run: each task is one's at a "
        "time. Without it everything works but what only time can trigger."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the option for cron."""
        parser.add_argument("--once", action="store_true", help="do every task once; for cron")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do the tasks as they become due."""
        relay = Relay()
        if options["once"]:
            done = relay.run_due(at_once=True)
            self._say(options, f"Done: {', '.join(done) or 'nothing, another relay is at it'}.")
            return
        self._say(options, "The relay runs until Ctrl-C.")
        try:
            relay.run()
        except KeyboardInterrupt:
            self._say(options, "The relay has stopped.")

    def _say(self, options: dict[str, Any], line: str) -> None:
        if options["verbosity"] > 0:
            self.stdout.write(line)
            self.stdout.flush()
