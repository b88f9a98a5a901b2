"""A command that deletes tokens and connection attempts of no more use."""

# The name is that of the command, as documented.
# ruff: noqa: N999

import argparse
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ...conf import get_setting
from ...models import RATE_LIMIT_RETENTION_DAYS, ConnectionRateLimit, WebSocketToken

SHORTEST_TOKEN_AGE_SECONDS: Final = 300
"""Default age of tokens, unless they are accepted for longer."""


class Command(BaseCommand):
    """Deletion by age."""

    help = (
        "Deletes WebSocket tokens and recorded connection attempts that have outlived their use. "
        "Run it daily, with cron or a task queue."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Add an option for each age."""
        parser.add_argument(
            "--token-age",
            type=_age,
            metavar="SECONDS",
            help="delete tokens older than this, used or not (default: 300, or "
            "WEBSOCKETS['token_expiry_seconds'] if that is longer)",
        )
        parser.add_argument(
            "--rate-limit-age",
            type=_age,
            default=RATE_LIMIT_RETENTION_DAYS,
            metavar="DAYS",
            help="delete connection attempts older than this (default: %(default)s)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Delete, and print the numbers."""
        seconds, days = options["token_age"], options["rate_limit_age"]
        if seconds is None:
            seconds = max(SHORTEST_TOKEN_AGE_SECONDS, get_setting("token_expiry_seconds"))
        # Keywords of `call_command` do not pass through the parser.
        if seconds < 0 or days < 0:
            raise CommandError("Ages cannot be negative: that would delete what is still in use.")
        tokens, _ = WebSocketToken.cleanup_expired(max_age_seconds=seconds)
        attempts, _ = ConnectionRateLimit.cleanup_old_records(days=days)
        self.stdout.write(
            self.style.SUCCESS(f"Deleted {tokens} tokens older than {seconds} seconds")
        )
        self.stdout.write(
            self.style.SUCCESS(f"Deleted {attempts} connection attempts older than {days} days")
        )


def _age(text: str) -> int:
    age = int(text)
    if age < 0:
        raise argparse.ArgumentTypeError("an age cannot be negative")
    return age
