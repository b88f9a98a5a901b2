"""The resources of the control plane, each as a declaration.

Members, lengths and defaults are those of botocore's model `apigatewayv2` 2018-11-29 and of answers
captured from AWS in September 2026. Members the data plane makes nothing of are kept and shown.
"""

from collections.abc import Callable
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
from .change import Change
from .domains import HOST_NAME, check_domain_name, check_mapping
from .fields import (
    Member,
    choice,
    constraints,
    flag,
    number,
    objects,
    stage_variables,
    structures,
    text,
    texts,
)
from .integration_rules import (
    check_integration,
    check_integration_deletion,
    check_integration_response,
    selection_of_responses,
)
from .model_rules import check_model, check_model_deletion
from .records import JsonObject
from .rules import (
    check_api,
    check_api_deletion,
    check_deployment,
    check_deployment_deletion,
    check_route,
    check_route_response,
    check_stage,
    check_stage_deletion,
)
from .stage_settings import access_log_settings, route_settings, settings_by_route

__all__ = ["API", "DOMAIN_NAME", "ROOT", "Resource"]

_DESCRIPTION: Final = Member("description", text(0, 1024))
_TAGS: Final = Member("tags", texts, is_fixed=True)


def _nothing_to_check(change: Change) -> None:
    """Most deletions are always possible."""


@dataclass(frozen=True, slots=True)
class Resource:
    """How one kind of resource is named, what it holds and what it refuses."""

    name: str
    """As it stands in error texts."""
    collection: str
    """As it stands in paths."""
    id_member: str
    id_length: int
    """Characters of an id the gateway makes up."""
    members: tuple[Member, ...]
    check: Callable[[Change], None] = _nothing_to_check
    check_deletion: Callable[[Change], None] = _nothing_to_check
    chosen_id: Callable[[JsonObject], str | None] = lambda _: None
    """The id the caller wants, if it is the caller's to choose."""
    derived: Callable[[JsonObject], JsonObject] = lambda _: {}
    """Members a new one gets that depend on its others."""
    quota: int | None = None
    """How many a collection may hold; `None` for as many as there is memory."""
    unsaved: frozenset[str] = frozenset()
    """Members that say what to do rather than what to keep."""
    children: "tuple[Resource, ...]" = ()

    def child(self, collection: str) -> "Resource | None":
        """The kind of resource in a collection below this one."""
        return next((child for child in self.children if child.collection == collection), None)


ROUTE_RESPONSE: Final = Resource(
    name="RouteResponse",
    collection="routeresponses",
    id_member="routeResponseId",
    id_length=6,
    members=(
        # "API Gateway supports only $default": developer guide, page on route responses.
        Member("routeResponseKey", choice("$default"), is_required=True),
        Member("modelSelectionExpression", text(0, 128)),
        Member("responseModels", texts),
        Member("responseParameters", objects),
    ),
    check=check_route_response,
)

ROUTE: Final = Resource(
    name="Route",
    collection="routes",
    id_member="routeId",
    id_length=7,
    quota=MAX_ROUTES,
    members=(
        Member("routeKey", text(1, 128), is_required=True),
        Member("apiKeyRequired", flag, default=False),
        Member("authorizationType", choice("NONE", "AWS_IAM", "CUSTOM"), default="NONE"),
        Member("modelSelectionExpression", text(0, 128)),
        Member("operationName", text(1, 64)),
        Member("requestModels", texts),
        Member("requestParameters", constraints),
        Member("routeResponseSelectionExpression", text(0, 128)),
        Member("target", text(1, 128)),
    ),
    check=check_route,
    children=(ROUTE_RESPONSE,),
)

INTEGRATION_RESPONSE: Final = Resource(
    name="IntegrationResponse",
    collection="integrationresponses",
    id_member="integrationResponseId",
    id_length=6,
    members=(
        Member("integrationResponseKey", text(1, 128), is_required=True),
        Member("contentHandlingStrategy", choice("CONVERT_TO_BINARY", "CONVERT_TO_TEXT")),
        Member("responseParameters", texts),
        Member("responseTemplates", texts),
        Member("templateSelectionExpression", text(0, 128)),
    ),
    check=check_integration_response,
)

INTEGRATION: Final = Resource(
    name="Integration",
    collection="integrations",
    id_member="integrationId",
    id_length=7,
    quota=MAX_INTEGRATIONS,
    members=(
        Member(
            "integrationType",
            choice("AWS", "HTTP", "MOCK", "HTTP_PROXY", "AWS_PROXY"),
            is_required=True,
        ),
        Member("connectionType", choice("INTERNET"), default="INTERNET"),
        Member("contentHandlingStrategy", choice("CONVERT_TO_BINARY", "CONVERT_TO_TEXT")),
        Member("credentialsArn", text(1, 2048)),
        _DESCRIPTION,
        Member("integrationMethod", text(1, 64, pattern="[A-Z]+")),
        Member("integrationUri", text(1, 2048, pattern=r"[!-~]+")),
        Member(
            "passthroughBehavior",
            choice("WHEN_NO_MATCH", "NEVER", "WHEN_NO_TEMPLATES"),
            default="WHEN_NO_MATCH",
        ),
        Member("payloadFormatVersion", text(1, 64), default="1.0"),
        Member("requestParameters", texts),
        Member("requestTemplates", texts),
        Member("templateSelectionExpression", text(0, 128)),
        Member(
            "timeoutInMillis",
            number(MIN_INTEGRATION_TIMEOUT_MS, MAX_INTEGRATION_TIMEOUT_MS),
            default=MAX_INTEGRATION_TIMEOUT_MS,
        ),
    ),
    check=check_integration,
    check_deletion=check_integration_deletion,
    derived=selection_of_responses,
    children=(INTEGRATION_RESPONSE,),
)

MODEL: Final = Resource(
    name="Model",
    collection="models",
    id_member="modelId",
    id_length=6,
    members=(
        Member("name", text(1, 128, pattern="[A-Za-z0-9]+"), is_required=True),
        Member("schema", text(0, 32768), is_required=True),
        Member("contentType", text(1, 256)),
        _DESCRIPTION,
    ),
    check=check_model,
    check_deletion=check_model_deletion,
)

STAGE: Final = Resource(
    name="Stage",
    collection="stages",
    id_member="stageName",
    id_length=0,
    quota=MAX_STAGES,
    members=(
        Member(
            "stageName", text(1, 128, pattern="[A-Za-z0-9_-]+"), is_required=True, is_fixed=True
        ),
        Member("accessLogSettings", access_log_settings),
        Member("autoDeploy", flag),
        Member("clientCertificateId", text(1, 64)),
        Member(
            "defaultRouteSettings",
            route_settings,
            default={
                "dataTraceEnabled": False,
                "detailedMetricsEnabled": False,
                "loggingLevel": "OFF",
            },
        ),
        Member("deploymentId", text(1, 64)),
        _DESCRIPTION,
        Member("routeSettings", settings_by_route, default={}),
        Member("stageVariables", stage_variables, default={}),
        Member("tags", texts, default={}, is_fixed=True),
    ),
    check=check_stage,
    check_deletion=check_stage_deletion,
    chosen_id=lambda document: document["stageName"],
)

DEPLOYMENT: Final = Resource(
    name="Deployment",
    collection="deployments",
    id_member="deploymentId",
    id_length=6,
    members=(_DESCRIPTION, Member("stageName", text(1, 128), is_fixed=True)),
    check=check_deployment,
    check_deletion=check_deployment_deletion,
    unsaved=frozenset({"stageName"}),
)

API: Final = Resource(
    name="API",
    collection="apis",
    id_member="apiId",
    id_length=10,
    members=(
        Member("name", text(1, 128), is_required=True),
        Member("protocolType", choice("WEBSOCKET"), is_required=True, is_fixed=True),
        Member("routeSelectionExpression", text(1, 128)),
        Member("apiKeySelectionExpression", text(1, 128), default="$request.header.x-api-key"),
        _DESCRIPTION,
        Member("disableSchemaValidation", flag),
        Member("disableExecuteApiEndpoint", flag, default=False),
        Member("ipAddressType", choice("ipv4", "dualstack"), default="ipv4"),
        _TAGS,
        Member("version", text(1, 64)),
    ),
    check=check_api,
    check_deletion=check_api_deletion,
    # The convention of AWS emulators for an id that has to survive a restart.
    chosen_id=lambda document: document.get("tags", {}).get("_custom_id_"),
    children=(INTEGRATION, ROUTE, DEPLOYMENT, STAGE, MODEL),
)

API_MAPPING: Final = Resource(
    name="ApiMapping",
    collection="apimappings",
    id_member="apiMappingId",
    id_length=6,
    members=(
        Member("apiId", text(1, 64), is_required=True),
        Member("apiMappingKey", text(0, 300), default=""),
        Member("stage", text(1, 128), is_required=True),
    ),
    check=check_mapping,
)

DOMAIN_NAME: Final = Resource(
    name="DomainName",
    collection="domainnames",
    id_member="domainName",
    id_length=0,
    quota=MAX_DOMAIN_NAMES,
    members=(
        Member("domainName", text(1, 512, pattern=HOST_NAME), is_required=True, is_fixed=True),
        Member("domainNameConfigurations", structures),
        Member("mutualTlsAuthentication", objects),
        Member("routingMode", choice("API_MAPPING_ONLY"), default="API_MAPPING_ONLY"),
        _TAGS,
    ),
    check=check_domain_name,
    chosen_id=lambda document: document["domainName"],
    children=(API_MAPPING,),
)

ROOT: Final = Resource(
    name="", collection="", id_member="", id_length=0, members=(), children=(API, DOMAIN_NAME)
)
"""What is above every API and every domain name."""
