"""The chat room from nothing: database, gateway, API and server, in one command."""

import os
from typing import Any

from django.core.management import call_command
from django.core.management.base import CommandError, CommandParser

from django_aws_api_gateway_websockets.conf import get_local_gateway_address
from django_aws_api_gateway_websockets.management.commands import runserver
from django_aws_api_gateway_websockets.management.local_gateway import is_usable
from django_aws_api_gateway_websockets.management.ports import find_free_port


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

    def words_for_port(self, port: int) -> str:
        """Return the words that start the demo at another port."""
        address = get_local_gateway_address()
        gateway_port = address.port
        if not is_usable(address):
            # Both at once: somebody who starts a second demo should not be sent away twice.
            gateway_port = find_free_port(address.host, after=gateway_port, avoided=port)
        return f"make demo PORT={port} GATEWAY_PORT={gateway_port}"

    def words_for_gateway_port(self, host: str, port: int) -> str:
        """Return the words that give the demo's gateway another port."""
        return f"start with another port: make demo PORT={self.port} GATEWAY_PORT={port}"

    def on_bind(self, server_port: int) -> None:
        """Say where the chat room is, once it can be opened."""
        self.announce(
            f"\nThe chat room is open: http://127.0.0.1:{server_port}/\n"
            "Open it in two browser windows, one of them private, and talk.\n"
            "Ctrl-C stops everything.\n"
        )
