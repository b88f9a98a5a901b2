"""A command that creates a WebSocket API in AWS."""

# The name is that of the command, as documented.
# ruff: noqa: N999

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ..gateways import add_pk_argument, find_gateway, reasons_shown


class Command(BaseCommand):
    """Creation of the API of one record, also after a run that stopped."""

    help = (
        "Creates the WebSocket API of an ApiGateway record in AWS: the API, its routes, a stage "
        "and a deployment. A run that stopped is taken up where it stopped. "
        "The AWS credentials and the region come from the settings."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the option that names the record."""
        add_pk_argument(parser, required=True)

    def handle(self, *args: Any, **options: Any) -> None:
        """Create the API and print its address."""
        gateway = find_gateway(options["pk"])
        with reasons_shown():
            if not gateway.create_gateway():
                raise CommandError(f"{gateway.api_name} is complete: nothing is left to create.")
        if options["verbosity"] > 0:
            self.stdout.write(f"{gateway.api_name} is served at {gateway.websocket_url()}")
