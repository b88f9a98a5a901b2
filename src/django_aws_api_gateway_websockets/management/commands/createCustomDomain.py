"""A command that creates the custom domain of a WebSocket API."""

# The name is that of the command, as documented.
# ruff: noqa: N999

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ..gateways import add_pk_argument, find_gateway, reasons_shown


class Command(BaseCommand):
    """Creation of the custom domain of one record, also after a run that stopped."""

    help = (
        "Creates the custom domain of an ApiGateway record in AWS and maps it to the API's stage. "
        "The API has to exist, and the record needs domain_name and certificate_arn. "
        "The DNS record is yours to make: the command says where it has to point."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the option that names the record."""
        add_pk_argument(parser, required=True)

    def handle(self, *args: Any, **options: Any) -> None:
        """Create the domain and print the target of its DNS record."""
        gateway = find_gateway(options["pk"])
        if gateway.needs_api_creation:
            raise CommandError(
                f"{gateway.api_name} is not ready: run createApiGateway --pk {gateway.pk} first."
            )
        if not gateway.needs_custom_domain:
            raise CommandError(f"{gateway.api_name} has its custom domain already.")
        with reasons_shown():
            gateway.create_custom_domain()
        if options["verbosity"] > 0:
            self.stdout.write(
                f"{gateway.api_name} is served at wss://{gateway.domain_name} once its DNS record "
                f"points to {gateway.api_gateway_domain_name}"
            )
