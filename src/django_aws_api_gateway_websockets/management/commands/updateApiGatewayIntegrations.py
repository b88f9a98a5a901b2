"""A command that updates the headers integrations add, the gateway secret above all."""

# The name is that of the command, as documented.
# ruff: noqa: N999

from collections.abc import Iterator
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ...aws.integration_headers import get_source_ip_headers
from ...core.errors import WebSocketsError
from ...models import (
    GATEWAY_SECRET_HEADER,
    ApiGateway,
    get_boto3_client,
    integration_request_parameters,
)
from ...provisioning.failures import AWS_ERRORS
from ...sync import list_integrations
from ..gateways import add_pk_argument, explain_in_full, find_gateway

_HEADER: Final = "integration.request.header."
_CONNECTION_ID: Final = f"{_HEADER}connectionId"
_SECRET: Final = f"{_HEADER}{GATEWAY_SECRET_HEADER}"


class Command(BaseCommand):
    """Update of the request parameters of the integrations of one API, or of every one."""

    help = (
        "Makes the integrations of deployed APIs send the gateway secret of the settings, or none "
        "if none is set, and deploys what changed. Run it after WEBSOCKETS['gateway_secret'] has "
        "changed, while Django still accepts the former one."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the options that name a record and that prevent every change."""
        add_pk_argument(parser, required=False, explanation=" (default: every deployed API)")
        parser.add_argument(
            "--dry-run", action="store_true", help="say what would change, and change nothing"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Update one API after the other; a refusal of AWS stops only that API."""
        try:
            ours = integration_request_parameters()
        except ValueError as error:
            raise CommandError(str(error)) from error
        failed = []
        for gateway in _gateways(options["pk"]):
            try:
                self._update(gateway, ours, is_dry=options["dry_run"])
            except (*AWS_ERRORS, WebSocketsError) as error:
                self.stderr.write(f"{gateway.api_name}: {explain_in_full(error)}")
                failed.append(gateway.api_name)
        if failed:
            raise CommandError(f"Could not update {', '.join(failed)}.")

    def _update(self, gateway: ApiGateway, ours: dict[str, str], *, is_dry: bool) -> None:
        client = get_boto3_client()
        has_changed = False
        for integration_id, present in _our_integrations(client, gateway.api_id):
            wanted = _without_ours(present) | ours
            if present == wanted:
                self.stdout.write(f"{gateway.api_name}: {integration_id} is up to date")
            elif is_dry:
                self.stdout.write(f"{gateway.api_name}: would update {integration_id}")
            else:
                _replace(client, gateway.api_id, integration_id, present=present, wanted=wanted)
                has_changed = True
                self.stdout.write(f"{gateway.api_name}: updated {integration_id}")
        if has_changed:
            gateway.deploy_api(client)
            # Only these columns: the rest of the row may be invalid, and AWS is updated already.
            gateway.save(update_fields=["deployment_id", "updated_on"])
            self.stdout.write(f"{gateway.api_name}: deployed")


def _gateways(pk: int | None) -> list[ApiGateway]:
    if pk is not None:
        gateway = find_gateway(pk)
        if not gateway.api_created:
            raise CommandError(f"{gateway.api_name} has no API yet: run createApiGateway first.")
        return [gateway]
    return list(ApiGateway.objects.filter(api_created=True).order_by("pk"))


def _our_integrations(client: Any, api_id: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield id and request parameters of the integrations that pass the connection id on."""
    for integration in list_integrations(client, api_id):
        parameters = integration.get("RequestParameters") or {}
        if _CONNECTION_ID in parameters:
            yield integration["IntegrationId"], parameters


def _without_ours(parameters: dict[str, str]) -> dict[str, str]:
    """Drop our parameters; the name of the header with the address depends on SECRET_KEY."""
    address = f"{_HEADER}{get_source_ip_headers()[0].rpartition('-')[0]}-"
    return {
        name: value
        for name, value in parameters.items()
        if name != _SECRET and not name.startswith(address)
    }


def _replace(
    client: Any,
    api_id: str,
    integration_id: str,
    *,
    present: dict[str, str],
    wanted: dict[str, str],
) -> None:
    target = {"ApiId": api_id, "IntegrationId": integration_id}
    response = client.update_integration(**target, RequestParameters=wanted)
    kept = response.get("RequestParameters")
    # AWS merges the new map into the one it has; an empty value deletes an entry.
    left = (set(present) - set(wanted)) & set(kept) if isinstance(kept, dict) else set()
    if left:
        removed = dict.fromkeys(sorted(left), "")
        client.update_integration(**target, RequestParameters=wanted | removed)
