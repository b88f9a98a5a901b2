"""Rules for integrations and integration responses."""

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

from ...core.authority import read_authority
from ...core.errors import ExpressionError, TemplateError
from ...core.events.integration import STAGE_VARIABLE, IntegrationKind
from ...core.events.parameters import parse_parameters
from ...core.events.transformations import JSON_TYPE, Templates
from ..runtime.log import quotable
from .integration_documents import integration_response_from, request_transformation_from
from .private_integrations import check_connection, connection_of, connection_warnings
from .records import Change, JsonObject, bad_request, conflict

__all__ = [
    "METHODS",
    "check_integration",
    "check_integration_deletion",
    "check_integration_response",
    "derived_members",
    "integration_response_warnings",
    "integration_warnings",
]

STATUS_CODE: Final = "${integration.response.statuscode}"
"""The only IntegrationResponseSelectionExpression of HTTP and MOCK.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-data-transformations.html
"""


METHODS: Final = ("ANY", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")
"""Methods that an integration can name.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-http.html
"""

_SERVICE: Final = re.compile(r"arn:aws[a-z-]*:apigateway:[a-z0-9-]+:(?P<service>[a-z0-9.-]+):")


def check_integration(change: Change) -> None:
    """Check that an integration can be called, and its templates evaluated."""
    document = change.document
    if document["integrationType"] in {"AWS", "AWS_PROXY"}:
        raise bad_request(
            f"Integrations of the IntegrationType {document['integrationType']} do not exist here, "
            f"because {_reason_without(document)}: use HTTP_PROXY, HTTP or MOCK."
        )
    check_connection(change)
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


def integration_warnings(document: JsonObject) -> Iterator[str]:
    """Yield what of an integration has another effect than its author may think."""
    yield from connection_warnings(document)
    if document["integrationType"] == IntegrationKind.HTTP_PROXY:
        if document.get("requestTemplates"):
            yield "RequestTemplates change nothing in a proxy integration: use HTTP for them."
        return
    yield from _template_warnings(
        "RequestTemplates", request_transformation_from(document).templates
    )


def integration_response_warnings(document: JsonObject) -> Iterator[str]:
    """Yield what of an integration response has another effect than its author may think."""
    yield from _template_warnings(
        "ResponseTemplates", integration_response_from(document).templates
    )


def _template_warnings(member: str, templates: Templates) -> Iterator[str]:
    if templates.is_assumed:
        yield (
            f"the template {JSON_TYPE} in {member} is used for every message here, and whether AWS "
            "does so is not published: call it $default."
        )
    for key in templates.unreachable:
        yield (
            f"nothing selects the template {quotable(key)} in {member}: call it $default, or give "
            "a TemplateSelectionExpression that results in its key."
        )


def derived_members(document: JsonObject) -> JsonObject:
    """Return the members of an integration that follow from the others.

    The expression selects an integration response, which proxies do not have.
    """
    is_proxy = document["integrationType"] == IntegrationKind.HTTP_PROXY
    selection = None if is_proxy else STATUS_CODE
    return {"integrationResponseSelectionExpression": selection, **connection_of(document)}


def _reason_without(document: JsonObject) -> str:
    """Say which service of AWS an integration would need."""
    found = _SERVICE.match(document.get("integrationUri", ""))
    if found is None or found["service"] == "lambda":
        return "nothing here runs Lambda functions"
    return f"there is no AWS service {found['service']} here"


def _check_endpoint(document: JsonObject) -> None:
    method = document.get("integrationMethod")
    if method is None:
        raise bad_request("IntegrationMethod is required for HTTP integrations.")
    if method == "ANY":
        raise bad_request(
            "IntegrationMethod ANY stands for the method of a client's request, which a message "
            "has not: name one, such as POST."
        )
    if not _is_http_endpoint(document.get("integrationUri", "")):
        raise bad_request("Invalid HTTP endpoint specified for URI")


def _is_http_endpoint(uri: str) -> bool:
    # A stage variable may stand for a host or a port, so it is replaced by a text that is both.
    try:
        url = urlsplit(STAGE_VARIABLE.sub("1", uri))
    except ValueError:
        return False
    authority = read_authority(url.netloc.rpartition("@")[2])
    return url.scheme in {"http", "https"} and authority is not None and authority.port != 0
