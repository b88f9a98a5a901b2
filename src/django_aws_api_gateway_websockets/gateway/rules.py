"""What the control plane refuses beyond the kind of each member, in AWS's words where known.

Texts with "here" in them are this gateway's own: AWS takes the call, nothing here could honour it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from ..core.errors import ExpressionError
from ..core.expressions import SelectionExpression
from ..core.integration import STAGE_VARIABLE
from ..core.parameters import parse_parameters
from .records import JsonObject, Record, bad_request, conflict, not_found

__all__ = [
    "AUTO_DEPLOY_REFUSAL",
    "Change",
    "check_api",
    "check_api_deletion",
    "check_deployment",
    "check_deployment_deletion",
    "check_integration",
    "check_integration_deletion",
    "check_route",
    "check_stage",
    "check_stage_deletion",
]

AUTO_DEPLOY_REFUSAL: Final = (
    "Deployments cannot be set on a stage with AutoDeploy: it follows every change by itself."
)
NO_ROUTES: Final = "At least one route is required before deploying the Api."


@dataclass(frozen=True, slots=True)
class Change:
    """A resource about to be created, changed or deleted."""

    root: Record
    """What is above everything."""
    parent: Record
    """The record its collection is in; empty for an API or a domain name."""
    api: Record
    """The API it belongs to; an API belongs to itself, and what is in no API to an empty one."""
    document: JsonObject
    """What it will be, or was in a deletion."""
    given: JsonObject
    """What the caller said."""
    own_id: str | None = None
    """Its id; `None` while it has none."""


def check_api(change: Change) -> None:
    """An API must be one this gateway can be."""
    expression = change.document.get("routeSelectionExpression")
    if expression is None:
        raise bad_request("RouteSelectionExpression is required for WEBSOCKET APIs.")
    try:
        SelectionExpression.parse(expression)
    except ExpressionError as error:
        raise bad_request(f"Invalid RouteSelectionExpression. {error}") from error


def check_api_deletion(change: Change) -> None:
    """An API cannot go while a custom domain leads to it."""
    if any(mapping["apiId"] == change.own_id for mapping in _mappings(change.root)):
        raise bad_request(
            f"Deleting API {change.own_id} failed. Please remove all API mappings for the API "
            "from your custom domain names."
        )


def check_integration(change: Change) -> None:
    """An integration must be an HTTP endpoint with mappings that can be evaluated."""
    document = change.document
    if document["integrationType"] not in {"HTTP", "HTTP_PROXY"}:
        raise bad_request(
            f"{document['integrationType']} integrations do not exist here: use HTTP_PROXY."
        )
    if document.get("payloadFormatVersion") != "1.0":
        raise bad_request("PayloadFormatVersion must be 1.0 for WEBSOCKET APIs.")
    if "integrationMethod" not in document:
        raise bad_request("IntegrationMethod is required for HTTP integrations.")
    if not _is_http_endpoint(document.get("integrationUri", "")):
        raise bad_request("Invalid HTTP endpoint specified for URI")
    try:
        parse_parameters(document.get("requestParameters", {}))
    except ExpressionError as error:
        raise bad_request(str(error)) from error


def check_integration_deletion(change: Change) -> None:
    """An integration cannot go while a route leads to it."""
    users = [
        key
        for key, route in change.api.below("routes").items()
        if route.document.get("target") == f"integrations/{change.own_id}"
    ]
    if users:
        raise conflict(
            "Cannot delete Integration because it is referenced by the following Routes with Ids: "
            f"[{', '.join(users)}]"
        )


def check_route(change: Change) -> None:
    """A route needs a key of its own and a target that exists."""
    key = change.document["routeKey"]
    for other_id, other in change.api.below("routes").items():
        if other_id != change.own_id and other.document["routeKey"] == key:
            raise conflict(f"Route with key {key} already exists for this API")
    target = change.document.get("target")
    integration_id = (target or "").removeprefix("integrations/")
    if target is not None and (
        integration_id == target or integration_id not in change.api.below("integrations")
    ):
        raise not_found(f"Invalid Integration identifier specified {integration_id}")
    if change.document.get("apiKeyRequired"):
        raise bad_request("API keys are not checked here: leave ApiKeyRequired false.")


def check_stage(change: Change) -> None:
    """A stage may only point at a deployment of its own API."""
    deployment_id = change.given.get("deploymentId")
    if deployment_id is None:
        return
    if deployment_id not in change.api.below("deployments"):
        raise not_found(f"Invalid Deployment identifier specified {deployment_id}")
    # Together with creating the stage AWS allows it, as a first deployment.
    if change.document.get("autoDeploy") and change.own_id is not None:
        raise bad_request(AUTO_DEPLOY_REFUSAL)


def check_stage_deletion(change: Change) -> None:
    """A stage cannot go while a custom domain leads to it."""
    used = (change.api.document["apiId"], change.own_id)
    if used in {(mapping["apiId"], mapping["stage"]) for mapping in _mappings(change.root)}:
        raise bad_request(
            f"Deleting stage {change.own_id} failed. Please remove all API mappings for the stage "
            "from your custom domain names."
        )


def check_deployment(change: Change) -> None:
    """A deployment needs something to deploy, and a stage that waits for it if one is named."""
    if change.own_id is not None:
        return
    if not change.api.below("routes"):
        raise bad_request(NO_ROUTES)
    stage_name = change.given.get("stageName")
    if stage_name is None:
        return
    stage = change.api.below("stages").get(stage_name)
    if stage is None:
        raise not_found(f"Invalid Stage identifier specified {stage_name}")
    if stage.document.get("autoDeploy"):
        raise bad_request(AUTO_DEPLOY_REFUSAL)


def check_deployment_deletion(change: Change) -> None:
    """A deployment cannot go while a stage points to it."""
    stages = change.api.below("stages").values()
    if any(stage.document.get("deploymentId") == change.own_id for stage in stages):
        raise bad_request("Active stages pointing to this deployment must be moved or deleted")


def _mappings(root: Record) -> Iterator[JsonObject]:
    for domain in root.below("domainnames").values():
        for mapping in domain.below("apimappings").values():
            yield mapping.document


def _is_http_endpoint(uri: str) -> bool:
    # A stage variable may stand for a host or a port, so something that can be either is put there.
    try:
        url = urlsplit(STAGE_VARIABLE.sub("1", uri))
        return url.scheme in {"http", "https"} and bool(url.hostname) and url.port != 0
    except ValueError:
        return False
