"""Declarations of all resources of the control plane.

Members, lengths and defaults are those of botocore's model `apigatewayv2` 2018-11-29 and of
responses captured from AWS in September 2026. Members that the data plane ignores are kept and
shown.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from ...core.quotas import (
    MAX_DOMAIN_NAMES,
    MAX_INTEGRATION_TIMEOUT_MS,
    MAX_INTEGRATIONS,
    MAX_ROUTES,
    MAX_STAGES,
    MIN_INTEGRATION_TIMEOUT_MS,
)
from . import absent
from .api_rules import (
    check_api,
    check_api_deletion,
    check_deployment,
    check_deployment_deletion,
    check_route,
    check_route_response,
    check_stage,
    check_stage_deletion,
)
from .domains import (
    HOST_NAME,
    ROUTING_MODES,
    check_domain_name,
    check_mapping,
    configurations,
)
from .fields import Field, choice, constraints, flag, number, objects, stage_variables, text, texts
from .integration_rules import (
    METHODS,
    check_integration,
    check_integration_deletion,
    check_integration_response,
    derived_members,
    integration_response_warnings,
    integration_warnings,
)
from .model_rules import check_model, check_model_deletion
from .records import Change, JsonObject
from .stage_settings import (
    access_log_settings,
    route_settings,
    settings_by_route,
)

__all__ = ["API", "DOMAIN_NAME", "ROOT", "Resource"]

_DESCRIPTION: Final = Field("description", text(0, 1024))
_TAGS: Final = Field("tags", texts, is_fixed=True)


def _nothing_to_check(change: Change) -> None:
    """Accept every change."""


@dataclass(frozen=True, slots=True)
class Resource:
    """The name, content and rules of one kind of resource."""

    name: str
    """Name in error texts."""
    collection: str
    """Name in paths."""
    id_field: str
    id_length: int
    """Characters of an id that the gateway makes."""
    fields: tuple[Field, ...]
    check: Callable[[Change], None] = _nothing_to_check
    check_deletion: Callable[[Change], None] = _nothing_to_check
    chosen_id: Callable[[JsonObject], str | None] = lambda _: None
    """Function that returns the id that the caller wants, if callers may choose it."""
    derived: Callable[[JsonObject], JsonObject] = lambda _: {}
    """Function that returns the members that follow from the others."""
    warnings: Callable[[JsonObject], Iterable[str]] = lambda _: ()
    """Function that returns sentences about what is accepted and may surprise."""
    ignored: frozenset[str] = frozenset()
    """Members that AWS accepts and that have no effect, there as here."""
    quota: int | None = None
    """Size limit of a collection; `None` for no limit."""
    unsaved: frozenset[str] = frozenset()
    """Members that are commands, which the document does not keep."""
    children: "tuple[Resource, ...]" = ()

    def child(self, collection: str) -> "Resource | None":
        """Return the kind of resource in a collection below this one."""
        return next((child for child in self.children if child.collection == collection), None)


ROUTE_RESPONSE: Final = Resource(
    name="RouteResponse",
    collection="routeresponses",
    id_field="routeResponseId",
    id_length=6,
    fields=(
        # "API Gateway supports only $default": developer guide, page on route responses.
        Field("routeResponseKey", choice("$default"), is_required=True),
        Field("modelSelectionExpression", text(0, 128)),
        Field("responseModels", texts),
        Field("responseParameters", objects),
    ),
    check=check_route_response,
)

ROUTE: Final = Resource(
    name="Route",
    collection="routes",
    id_field="routeId",
    id_length=7,
    quota=MAX_ROUTES,
    fields=(
        Field("routeKey", text(1, 128), is_required=True),
        Field("apiKeyRequired", flag, default=False),
        Field("authorizationScopes", refusal=absent.SCOPES),
        Field("authorizationType", choice("NONE", "AWS_IAM", "CUSTOM", "JWT"), default="NONE"),
        Field("authorizerId", refusal=absent.AUTHORIZER),
        Field("modelSelectionExpression", text(0, 128)),
        Field("operationName", text(1, 64)),
        Field("requestModels", texts),
        Field("requestParameters", constraints),
        Field("routeResponseSelectionExpression", text(0, 128)),
        Field("target", text(1, 128)),
    ),
    check=check_route,
    children=(ROUTE_RESPONSE,),
)

INTEGRATION_RESPONSE: Final = Resource(
    name="IntegrationResponse",
    collection="integrationresponses",
    id_field="integrationResponseId",
    id_length=6,
    fields=(
        Field("integrationResponseKey", text(1, 128), is_required=True),
        Field("contentHandlingStrategy", choice("CONVERT_TO_BINARY", "CONVERT_TO_TEXT")),
        Field("responseParameters", texts),
        Field("responseTemplates", texts),
        Field("templateSelectionExpression", text(0, 128)),
    ),
    check=check_integration_response,
    warnings=integration_response_warnings,
)

INTEGRATION: Final = Resource(
    name="Integration",
    collection="integrations",
    id_field="integrationId",
    id_length=7,
    quota=MAX_INTEGRATIONS,
    fields=(
        Field(
            "integrationType",
            choice("AWS", "HTTP", "MOCK", "HTTP_PROXY", "AWS_PROXY"),
            is_required=True,
        ),
        Field("connectionId", text(1, 1024)),
        Field("connectionType", choice("INTERNET", "VPC_LINK"), default="INTERNET"),
        Field("contentHandlingStrategy", choice("CONVERT_TO_BINARY", "CONVERT_TO_TEXT")),
        Field("credentialsArn", text(1, 2048)),
        _DESCRIPTION,
        Field("integrationMethod", choice(*METHODS)),
        Field("integrationSubtype", refusal=absent.SUBTYPE),
        Field("integrationUri", text(1, 2048, pattern=r"[!-~]+")),
        Field(
            "passthroughBehavior",
            choice("WHEN_NO_MATCH", "NEVER", "WHEN_NO_TEMPLATES"),
            default="WHEN_NO_MATCH",
        ),
        Field("payloadFormatVersion", text(1, 64), default="1.0"),
        Field("requestParameters", texts),
        Field("requestTemplates", texts),
        Field("responseParameters", refusal=absent.RESPONSE_PARAMETERS),
        Field("templateSelectionExpression", text(0, 128)),
        Field(
            "timeoutInMillis",
            number(MIN_INTEGRATION_TIMEOUT_MS, MAX_INTEGRATION_TIMEOUT_MS),
            default=MAX_INTEGRATION_TIMEOUT_MS,
        ),
        Field("tlsConfig", refusal=absent.TLS_CONFIG),
    ),
    check=check_integration,
    check_deletion=check_integration_deletion,
    derived=derived_members,
    warnings=integration_warnings,
    children=(INTEGRATION_RESPONSE,),
)

MODEL: Final = Resource(
    name="Model",
    collection="models",
    id_field="modelId",
    id_length=6,
    fields=(
        Field("name", text(1, 128, pattern="[A-Za-z0-9]+"), is_required=True),
        Field("schema", text(0, 32768), is_required=True),
        Field("contentType", text(1, 256)),
        _DESCRIPTION,
    ),
    check=check_model,
    check_deletion=check_model_deletion,
)

STAGE: Final = Resource(
    name="Stage",
    collection="stages",
    id_field="stageName",
    id_length=0,
    quota=MAX_STAGES,
    fields=(
        # Accepted by AWS for WebSocket APIs as well:
        # https://github.com/terraform-aws-modules/terraform-aws-apigateway-v2/issues/7
        Field(
            "stageName",
            text(1, 128, pattern=r"[A-Za-z0-9_-]+|\$default"),
            is_required=True,
            is_fixed=True,
        ),
        Field("accessLogSettings", access_log_settings),
        Field("autoDeploy", flag),
        Field("clientCertificateId", text(1, 64)),
        Field(
            "defaultRouteSettings",
            route_settings,
            default={
                "dataTraceEnabled": False,
                "detailedMetricsEnabled": False,
                "loggingLevel": "OFF",
            },
        ),
        Field("deploymentId", text(1, 64)),
        _DESCRIPTION,
        Field("routeSettings", settings_by_route, default={}),
        Field("stageVariables", stage_variables, default={}),
        Field("tags", texts, default={}, is_fixed=True),
    ),
    check=check_stage,
    check_deletion=check_stage_deletion,
    chosen_id=lambda document: document["stageName"],
)

DEPLOYMENT: Final = Resource(
    name="Deployment",
    collection="deployments",
    id_field="deploymentId",
    id_length=6,
    fields=(_DESCRIPTION, Field("stageName", text(1, 128), is_fixed=True)),
    check=check_deployment,
    check_deletion=check_deployment_deletion,
    unsaved=frozenset({"stageName"}),
)

API: Final = Resource(
    name="API",
    collection="apis",
    id_field="apiId",
    id_length=10,
    fields=(
        Field("name", text(1, 128), is_required=True),
        Field("protocolType", choice("WEBSOCKET", "HTTP"), is_required=True, is_fixed=True),
        Field("routeSelectionExpression", text(1, 128)),
        Field("apiKeySelectionExpression", text(1, 128), default="$request.header.x-api-key"),
        Field("corsConfiguration", refusal=absent.CORS),
        _DESCRIPTION,
        Field("disableSchemaValidation", flag),
        Field("disableExecuteApiEndpoint", flag, default=False),
        Field("ipAddressType", choice("ipv4", "dualstack"), default="ipv4"),
        _TAGS,
        Field("version", text(1, 64)),
    ),
    check=check_api,
    check_deletion=check_api_deletion,
    ignored=frozenset({"credentialsArn", "routeKey", "target"}),
    # AWS emulators use this tag for an id that has to survive a restart.
    chosen_id=lambda document: document.get("tags", {}).get("_custom_id_"),
    children=(INTEGRATION, ROUTE, DEPLOYMENT, STAGE, MODEL),
)

API_MAPPING: Final = Resource(
    name="ApiMapping",
    collection="apimappings",
    id_field="apiMappingId",
    id_length=6,
    fields=(
        Field("apiId", text(1, 64), is_required=True),
        Field("apiMappingKey", text(0, 300), default=""),
        Field("stage", text(1, 128), is_required=True),
    ),
    check=check_mapping,
)

DOMAIN_NAME: Final = Resource(
    name="DomainName",
    collection="domainnames",
    id_field="domainName",
    id_length=0,
    quota=MAX_DOMAIN_NAMES,
    fields=(
        Field("domainName", text(1, 512, pattern=HOST_NAME), is_required=True, is_fixed=True),
        Field("domainNameConfigurations", configurations),
        Field("mutualTlsAuthentication", refusal=absent.MUTUAL_TLS),
        Field("routingMode", choice(*ROUTING_MODES), default="API_MAPPING_ONLY"),
        _TAGS,
    ),
    check=check_domain_name,
    chosen_id=lambda document: document["domainName"],
    children=(API_MAPPING,),
)

ROOT: Final = Resource(
    name="", collection="", id_field="", id_length=0, fields=(), children=(API, DOMAIN_NAME)
)
"""Resource above all APIs and domain names."""
