"""Rules for integrations that reach their backend through a VPC link, and for those links.

Here is no VPC, so such an integration is called like any other.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/vpc-links-v1.html
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from ...core.events.integration import STAGE_VARIABLE, IntegrationKind
from .records import Change, JsonObject, Record, bad_request

__all__ = [
    "VPC_LINKS",
    "check_connection",
    "check_vpc_link_deletion",
    "connection_of",
    "connection_warnings",
    "is_of_network_load_balancer",
]

VPC_LINKS: Final = "vpclinks"
"""Collection of the VPC links of the first API."""

_VPC_LINK: Final = "VPC_LINK"


def check_connection(change: Change) -> None:
    """Check that an integration has a VPC link exactly when its ConnectionType asks for one.

    AWS's texts are not known.
    """
    document = change.document
    if document["connectionType"] != _VPC_LINK:
        if change.given.get("connectionId"):
            raise bad_request(
                "ConnectionId names a VPC link: give the ConnectionType VPC_LINK with it, or leave "
                "it out."
            )
        return
    if document["integrationType"] == IntegrationKind.MOCK:
        raise bad_request("ConnectionType VPC_LINK needs a backend, which a MOCK has not.")
    link_id = document.get("connectionId")
    if not link_id:
        raise bad_request(
            "ConnectionType VPC_LINK needs a ConnectionId: the id of a VPC link made with "
            "CreateVpcLink of the service apigateway."
        )
    # A REST API may leave the choice to the stage, and so may a WebSocket API here.
    if STAGE_VARIABLE.fullmatch(link_id) is None:
        _check_link(change.root.below(VPC_LINKS).get(link_id), link_id)


def _check_link(link: Record | None, link_id: str) -> None:
    if link is None:
        raise bad_request(
            f"ConnectionId {link_id[:64]} is no VPC link: make one with CreateVpcLink of the "
            "service apigateway."
        )
    if not is_of_network_load_balancer(link.document):
        raise bad_request(
            f"ConnectionId {link_id[:64]} is a VPC link that fails, because its target is no "
            "Network Load Balancer: make another."
        )


def is_of_network_load_balancer(link: JsonObject) -> bool:
    """Tell whether the target of a VPC link is of the kind that it can lead to."""
    return all(":loadbalancer/net/" in arn for arn in link["targetArns"])


def connection_of(document: JsonObject) -> JsonObject:
    """Return the ConnectionId that an integration keeps: none, when it needs no VPC link."""
    return {} if document["connectionType"] == _VPC_LINK else {"connectionId": None}


def connection_warnings(document: JsonObject) -> Iterator[str]:
    """Yield what a VPC link does not do here."""
    if document["connectionType"] == _VPC_LINK:
        yield (
            "here is no VPC, so its IntegrationUri is called as it stands, and this machine has "
            "to reach it."
        )


def check_vpc_link_deletion(change: Change) -> None:
    """Refuse to delete a VPC link while an integration, or a deployed copy of one, uses it.

    Both texts were met on AWS, the second with links of HTTP APIs.

    Source: https://github.com/hashicorp/terraform/issues/18392 and
    https://github.com/hashicorp/terraform-provider-aws/issues/12195
    """
    link_id = change.own_id or ""
    apis = change.root.below("apis").values()
    uses = [use for api in apis for use in _deployed_uses(api, link_id)]
    form = "[Method:Resource:Stage]"
    if not uses:
        uses = [use for api in apis for use in _uses_now(api, link_id)]
        form = "[Method:Resource]"
    if uses:
        raise bad_request(
            f"Cannot delete vpc link. Vpc link '{link_id}', is referenced in [{', '.join(uses)}] "
            f"in format of {form}."
        )


def _deployed_uses(api: Record, link_id: str) -> Iterator[str]:
    for name, stage in api.below("stages").items():
        deployment = api.below("deployments").get(stage.document.get("deploymentId", ""))
        if deployment is not None and deployment.snapshot is not None:
            snapshot = deployment.snapshot
            variables = stage.document.get("stageVariables", {})
            for use in _uses(link_id, snapshot["integrations"], snapshot["routes"], variables):
                yield f"{use}:{name}"


def _uses_now(api: Record, link_id: str) -> Iterator[str]:
    integrations = {
        f"integrations/{key}": integration.document
        for key, integration in api.below("integrations").items()
    }
    routes = [route.document for route in api.below("routes").values()]
    return _uses(link_id, integrations, routes, {})


def _uses(
    link_id: str,
    integrations: Mapping[str, JsonObject],
    routes: Iterable[JsonObject],
    variables: Mapping[str, str],
) -> Iterator[str]:
    """Yield method and route of each integration with a link; without a route, its own id."""
    for target, integration in integrations.items():
        named = integration.get("connectionId", "")
        if STAGE_VARIABLE.sub(lambda found: variables.get(found[1], ""), named) == link_id:
            ids = [route["routeId"] for route in routes if route.get("target") == target]
            for own_id in ids or [integration["integrationId"]]:
                yield f"{integration['integrationMethod']}:{own_id}"
