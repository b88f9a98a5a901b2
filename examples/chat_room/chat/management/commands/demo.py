"""The chat room from nothing: database, gateway, API and server, in one command."""

import os
from typing import Any

from django.core.management import call_command
from django.core.management.base import CommandError, CommandParser

from django_aws_api_gateway_websockets.management.commands import runserver


class Command(runserver.Command):
    """`runserver` after `migrate`, without the reloader, saying what a visitor needs to know."""

    help = "Runs the chat room on this machine: PORT and GATEWAY_PORT choose other ports."

    def add_arguments(self, parser: CommandParser) -> None:
        """Keep runserver's options; a demo's code does not change while it runs."""
        super().add_arguments(parser)
        parser.set_defaults(
            addrport=os.environ.get("PORT", "8000"), use_reloader=False, skip_checks=False
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Prepare everything, then serve until Ctrl-C."""
        self.stdout.write("Preparing the database ...")
        try:
            call_command("migrate", verbosity=0, skip_checks=True)
        except OSError as error:
            raise CommandError(f"The demo's folder cannot be written: {error}") from error
        super().handle(*args, **options)

    def on_bind(self, server_port: int) -> None:
        """Say where the chat room is, once it can be opened."""
        self.announce(
            f"\nThe chat room is open: http://127.0.0.1:{server_port}/\n"
            "Open it in two browser windows, one of them private, and talk.\n"
            "Ctrl-C stops everything.\n"
        )
