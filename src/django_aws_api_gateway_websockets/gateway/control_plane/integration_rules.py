"""Rules for integrations and integration responses."""

from typing import Final
from urllib.parse import urlsplit

from ...core.errors import ExpressionError, TemplateError
from ...core.events.integration import STAGE_VARIABLE, IntegrationKind
from ...core.events.parameters import parse_parameters
from .integration_documents import integration_response_from, request_transformation_from
from .records import Change, JsonObject, bad_request, conflict

__all__ = [
    "check_integration",
    "check_integration_deletion",
    "check_integration_response",
    "selection_of_responses",
]

STATUS_CODE: Final = "${integration.response.statuscode}"
"""The only IntegrationResponseSelectionExpression of HTTP and MOCK.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-data-transformations.html
"""


def check_integration(change: Change) -> None:
    """Check that an integration can be called, and its templates evaluated."""
    document = change.document
    if document["integrationType"] in {"AWS", "AWS_PROXY"}:
        raise bad_request(
            f"{document['integrationType']} integrations do not exist here, because nothing here "
            "runs Lambda functions: use HTTP_PROXY, HTTP or MOCK."
        )
    if document.get("payloadFormatVersion") != "1.0":
        raise bad_request("PayloadFormatVersion must be 1.0 for WEBSOCKET APIs.")
    if document["integrationType"] != IntegrationKind.MOCK:
        _check_endpoint(document)
    try:
        parse_parameters(document.get("requestParameters", {}))
        request_transformation_from(document)
    except (ExpressionError, TemplateError) as error:
        raise bad_request(str(error)) from error


def check_integration_deletion(change: Change) -> None:
    """Refuse to delete an integration while a route leads to it."""
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


def check_integration_response(change: Change) -> None:
    """Check that an integration response has a key of its own and valid templates."""
    document = change.document
    key = document["integrationResponseKey"]
    if change.repeats(change.parent.below("integrationresponses"), "integrationResponseKey"):
        raise conflict(f"Integration response with key {key} already exists for this integration")
    if document.get("contentHandlingStrategy") == "CONVERT_TO_BINARY":
        raise bad_request(
            "CONVERT_TO_BINARY of an answer does not exist here: only text leaves this gateway. "
            "Use CONVERT_TO_TEXT, or none."
        )
    if document.get("responseParameters"):
        raise bad_request(
            "ResponseParameters do not exist here: a message has no headers they could set."
        )
    try:
        integration_response_from(document)
    except (ExpressionError, TemplateError) as error:
        raise bad_request(str(error)) from error


def selection_of_responses(document: JsonObject) -> JsonObject:
    """Return the expression that selects an integration response, for all but proxies."""
    if document["integrationType"] == IntegrationKind.HTTP_PROXY:
        return {}
    return {"integrationResponseSelectionExpression": STATUS_CODE}


def _check_endpoint(document: JsonObject) -> None:
    if "integrationMethod" not in document:
        raise bad_request("IntegrationMethod is required for HTTP integrations.")
    if not _is_http_endpoint(document.get("integrationUri", "")):
        raise bad_request("Invalid HTTP endpoint specified for URI")


def _is_http_endpoint(uri: str) -> bool:
    # A stage variable may stand for a host or a port, so it is replaced by a text that is both.
    try:
        url = urlsplit(STAGE_VARIABLE.sub("1", uri))
        return url.scheme in {"http", "https"} and bool(url.hostname) and url.port != 0
    except ValueError:
        return False
