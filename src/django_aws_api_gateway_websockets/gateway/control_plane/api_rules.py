"""Rules for APIs, routes, stages and deployments, in AWS's words where they are known.

Texts with "here" in them are our own: AWS accepts the call, but this gateway cannot fulfil it.
"""

from collections.abc import Iterator
from typing import Final

from ...core.errors import ExpressionError
from ...core.events.expressions import SelectionExpression
from ...core.events.parameters import required_parameters
from ...core.events.routes import CONNECT
from .model_rules import check_route_models
from .records import Change, JsonObject, Record, bad_request, conflict, not_found
from .stage_certificates import check_certificate_of_stage
from .stage_settings import check_access_log, check_route_settings

__all__ = [
    "AUTO_DEPLOY_REFUSAL",
    "check_api",
    "check_api_deletion",
    "check_deployment",
    "check_deployment_deletion",
    "check_route",
    "check_route_response",
    "check_stage",
    "check_stage_deletion",
]

AUTO_DEPLOY_REFUSAL: Final = (
    "Deployments cannot be set on a stage with AutoDeploy: it follows every change by itself."
)
NO_ROUTES: Final = "At least one route is required before deploying the Api."


def check_api(change: Change) -> None:
    """Check that this gateway can serve an API."""
    if change.document["protocolType"] != "WEBSOCKET":
        raise bad_request("ProtocolType HTTP does not exist here: only WEBSOCKET APIs are served.")
    expression = change.document.get("routeSelectionExpression")
    if expression is None:
        raise bad_request("RouteSelectionExpression is required for WEBSOCKET APIs.")
    try:
        SelectionExpression.parse(expression)
    except ExpressionError as error:
        raise bad_request(f"Invalid RouteSelectionExpression. {error}") from error


def check_api_deletion(change: Change) -> None:
    """Refuse to delete an API while a custom domain leads to it."""
    if any(mapping["apiId"] == change.own_id for mapping in _mappings(change.root)):
        raise bad_request(
            f"Deleting API {change.own_id} failed. Please remove all API mappings for the API "
            "from your custom domain names."
        )


def check_route(change: Change) -> None:
    """Check that a route has a key of its own and an existing target."""
    key = change.document["routeKey"]
    if change.repeats(change.api.below("routes"), "routeKey"):
        raise conflict(f"Route with key {key} already exists for this API")
    target = change.document.get("target")
    integration_id = (target or "").removeprefix("integrations/")
    if target is not None and (
        integration_id == target or integration_id not in change.api.below("integrations")
    ):
        raise not_found(
            f"Invalid Integration identifier specified {integration_id}",
            resource_type="Integration",
        )
    _check_authorization(change.document)
    _check_parameters(change.document)
    if change.document.get("apiKeyRequired"):
        raise bad_request("API keys are not checked here: leave ApiKeyRequired false.")
    check_route_models(change)


def check_route_response(change: Change) -> None:
    """Check that a route has only one response: AWS knows no other key than `$default`."""
    key = change.document["routeResponseKey"]
    if change.repeats(change.parent.below("routeresponses"), "routeResponseKey"):
        raise conflict(f"Route response with key {key} already exists for this route")


def _check_authorization(document: JsonObject) -> None:
    """Refuse authorization: no authorizer runs here, so no route may look as if one did."""
    if document["authorizationType"] == "NONE":
        return
    if document["routeKey"] != CONNECT:
        raise bad_request("Currently, authorization is restricted to the $connect route only")
    raise bad_request(
        "Authorizers and IAM do not exist here, so AuthorizationType "
        f"{document['authorizationType']} would let everybody in: use NONE, and let the $connect "
        "integration decide."
    )


def _check_parameters(document: JsonObject) -> None:
    declared = document.get("requestParameters") or {}
    if declared and document["routeKey"] != CONNECT:
        raise bad_request(
            "Request parameters are only supported for the $connect route in WEBSOCKET APIs"
        )
    try:
        required_parameters(declared)
    except ExpressionError as error:
        raise bad_request(str(error)) from error


def check_stage(change: Change) -> None:
    """Check that a stage has what it names, and a log format of one line."""
    check_route_settings(change)
    check_access_log(change)
    check_certificate_of_stage(change)
    deployment_id = change.given.get("deploymentId")
    if deployment_id is None:
        return
    if deployment_id not in change.api.below("deployments"):
        raise not_found(
            f"Invalid Deployment identifier specified {deployment_id}", resource_type="Deployment"
        )
    # AWS allows it in the call that creates the stage, as a first deployment.
    if change.document.get("autoDeploy") and change.own_id is not None:
        raise bad_request(AUTO_DEPLOY_REFUSAL)


def check_stage_deletion(change: Change) -> None:
    """Refuse to delete a stage while a custom domain leads to it."""
    used = (change.api.document["apiId"], change.own_id)
    if used in {(mapping["apiId"], mapping["stage"]) for mapping in _mappings(change.root)}:
        raise bad_request(
            f"Deleting stage {change.own_id} failed. Please remove all API mappings for the stage "
            "from your custom domain names."
        )


def check_deployment(change: Change) -> None:
    """Check that a deployment has routes, and a stage without AutoDeploy if it names one."""
    if change.own_id is not None:
        return
    if not change.api.below("routes"):
        raise bad_request(NO_ROUTES)
    stage_name = change.given.get("stageName")
    if stage_name is None:
        return
    stage = change.api.below("stages").get(stage_name)
    if stage is None:
        raise not_found(f"Invalid Stage identifier specified {stage_name}", resource_type="Stage")
    if stage.document.get("autoDeploy"):
        raise bad_request(AUTO_DEPLOY_REFUSAL)


def check_deployment_deletion(change: Change) -> None:
    """Refuse to delete a deployment while a stage points to it."""
    stages = change.api.below("stages").values()
    if any(stage.document.get("deploymentId") == change.own_id for stage in stages):
        raise bad_request("Active stages pointing to this deployment must be moved or deleted")


def _mappings(root: Record) -> Iterator[JsonObject]:
    for domain in root.below("domainnames").values():
        for mapping in domain.below("apimappings").values():
            yield mapping.document
