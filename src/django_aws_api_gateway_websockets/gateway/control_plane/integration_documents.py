"""The parser of integration documents, which both planes use.

The control plane uses it to refuse bad documents, the data plane to serve the good ones.
"""

from ...core.events.expressions import SelectionExpression
from ...core.events.integration import Integration, IntegrationKind
from ...core.events.parameters import parse_parameters
from ...core.events.templates import MappingTemplate
from ...core.events.transformations import (
    IntegrationResponse,
    Passthrough,
    RequestTransformation,
    Templates,
    parse_response_key,
)
from .records import JsonObject

__all__ = ["integration_from", "integration_response_from", "request_transformation_from"]


def integration_from(document: JsonObject) -> Integration:
    """Make the integration that a document describes.

    Raises:
        ExpressionError, TemplateError: an expression or a template is invalid.
    """
    return Integration(
        # A mock has neither.
        method=document.get("integrationMethod", ""),
        uri=document.get("integrationUri", ""),
        timeout_seconds=document["timeoutInMillis"] / 1000,
        parameters=parse_parameters(document.get("requestParameters", {})),
        kind=IntegrationKind(document["integrationType"]),
        request=request_transformation_from(document),
        responses=tuple(map(integration_response_from, document.get("responses", []))),
    )


def request_transformation_from(document: JsonObject) -> RequestTransformation:
    """Make the transformation of messages into bodies that an integration's document describes.

    A proxy applies no templates (developer guide, page on integration requests).

    Raises:
        ExpressionError, TemplateError: an expression or a template is invalid.
    """
    is_proxy = document["integrationType"] == IntegrationKind.HTTP_PROXY
    templates = {} if is_proxy else document.get("requestTemplates", {})
    passthrough = Passthrough(document.get("passthroughBehavior", "WHEN_NO_MATCH"))
    return RequestTransformation(
        templates=_templates(templates, document, sees_response=False),
        passthrough=Passthrough.WHEN_NO_MATCH if is_proxy else passthrough,
        decodes_base64=document.get("contentHandlingStrategy") == "CONVERT_TO_BINARY",
    )


def integration_response_from(document: JsonObject) -> IntegrationResponse:
    """Make the integration response that a document describes.

    Raises:
        ExpressionError, TemplateError: its key, an expression or a template is invalid.
    """
    return IntegrationResponse(
        status_pattern=parse_response_key(document["integrationResponseKey"]),
        templates=_templates(document.get("responseTemplates", {}), document, sees_response=True),
        encodes_base64=document.get("contentHandlingStrategy") == "CONVERT_TO_TEXT",
    )


def _templates(texts: dict[str, str], document: JsonObject, *, sees_response: bool) -> Templates:
    expression = document.get("templateSelectionExpression")
    return Templates(
        by_key={key: MappingTemplate.parse(text) for key, text in texts.items()},
        selection=SelectionExpression.parse(expression, sees_response=sees_response)
        if expression
        else None,
    )
