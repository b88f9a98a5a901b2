"""Resources of the control plane, and a value for every member a client may give for one of them.

The members are read out of botocore's model, so a newer botocore with a new member fails a test
until somebody decides what becomes of it.
"""

from dataclasses import dataclass
from functools import cached_property
from itertools import count
from typing import Any

import botocore.session

from tests.conformance.control_plane import create_api
from tests.gateway.aws import first_control_plane

MODEL = botocore.session.get_session().get_service_model("apigatewayv2")
NAMES = count()

ROLE = "arn:aws:iam::000000000000:role/r"
CERTIFICATE = "arn:aws:acm:us-east-1:000000000000:certificate/1"
ROUTE_SETTINGS = {
    "DataTraceEnabled": True,
    "DetailedMetricsEnabled": True,
    "LoggingLevel": "ERROR",
    "ThrottlingBurstLimit": 2222,
    "ThrottlingRateLimit": 8888.0,
}
CORS = {
    "AllowCredentials": True,
    "AllowHeaders": ["x"],
    "AllowMethods": ["GET"],
    "AllowOrigins": ["*"],
    "ExposeHeaders": ["y"],
    "MaxAge": 5,
}
CONFIGURATION = {
    "ApiGatewayDomainName": "d-1.execute-api.us-east-1.amazonaws.com",
    "CertificateArn": CERTIFICATE,
    "CertificateName": "mine",
    "CertificateUploadDate": "2026-01-02T03:04:05Z",
    "DomainNameStatus": "PENDING_OWNERSHIP_VERIFICATION",
    "DomainNameStatusMessage": "said by a client",
    "EndpointType": "REGIONAL",
    "HostedZoneId": "Z1",
    "IpAddressType": "dualstack",
    "SecurityPolicy": "TLS_1_2",
    "OwnershipVerificationCertificateArn": CERTIFICATE,
}

VALUES: dict[str, dict[str, Any]] = {
    "Api": {
        "ApiKeySelectionExpression": "$context.authorizer.usageIdentifierKey",
        "CorsConfiguration": CORS,
        "CredentialsArn": ROLE,
        "Description": "text",
        "DisableSchemaValidation": True,
        "DisableExecuteApiEndpoint": True,
        "IpAddressType": "dualstack",
        "Name": "other",
        "ProtocolType": "WEBSOCKET",
        "RouteKey": "join",
        "RouteSelectionExpression": "$request.body.kind",
        "Tags": {"team": "chat"},
        "Target": "http://127.0.0.1:9/quick",
        "Version": "1",
    },
    "Route": {
        "ApiKeyRequired": True,
        "AuthorizationScopes": ["read"],
        "AuthorizationType": "CUSTOM",
        "AuthorizerId": "abc123",
        "ModelSelectionExpression": "$request.body.kind",
        "OperationName": "GET",
        "RequestModels": {"$default": "Text"},
        "RequestParameters": {"route.request.querystring.room": {"Required": True}},
        "RouteKey": "join",
        "RouteResponseSelectionExpression": "$default",
        "Target": "integrations/{integration}",
    },
    "RouteResponse": {
        "ModelSelectionExpression": "$request.body.kind",
        "ResponseModels": {"$default": "Text"},
        "ResponseParameters": {"route.response.header.x": {"Required": True}},
        "RouteResponseKey": "$default",
    },
    "Integration": {
        "ConnectionId": "vpclink1",
        "ConnectionType": "VPC_LINK",
        "ContentHandlingStrategy": "CONVERT_TO_BINARY",
        "CredentialsArn": ROLE,
        "Description": "text",
        "IntegrationMethod": "PUT",
        "IntegrationSubtype": "SQS-SendMessage",
        "IntegrationType": "HTTP_PROXY",
        "IntegrationUri": "http://127.0.0.1:9/other",
        "PassthroughBehavior": "NEVER",
        "PayloadFormatVersion": "1.0",
        "RequestParameters": {"integration.request.header.x": "'y'"},
        "RequestTemplates": {"$default": "x"},
        "ResponseParameters": {"200": {"overwrite:statuscode": "403"}},
        "TemplateSelectionExpression": "$request.body.kind",
        "TimeoutInMillis": 1234,
        "TlsConfig": {"ServerNameToVerify": "www.example.com"},
    },
    "IntegrationResponse": {
        "ContentHandlingStrategy": "CONVERT_TO_TEXT",
        "IntegrationResponseKey": "/200/",
        "ResponseParameters": {"method.response.header.x": "'y'"},
        "ResponseTemplates": {"$default": "x"},
        "TemplateSelectionExpression": "$request.body.kind",
    },
    "Model": {
        "ContentType": "application/json",
        "Description": "text",
        "Name": "Other",
        "Schema": '{"type": "object"}',
    },
    "Stage": {
        "AccessLogSettings": {
            "DestinationArn": "arn:aws:logs:us-east-1:000000000000:log-group:x",
            "Format": "$context.requestId",
        },
        "AutoDeploy": True,
        "ClientCertificateId": "{certificate}",
        "DefaultRouteSettings": ROUTE_SETTINGS,
        "DeploymentId": "{deployment}",
        "Description": "text",
        "RouteSettings": {"$default": ROUTE_SETTINGS},
        "StageName": "other",
        "StageVariables": {"host": "a"},
        "Tags": {"team": "chat"},
    },
    "Deployment": {"Description": "text", "StageName": "prod"},
    "DomainName": {
        "DomainName": "{domain}",
        "DomainNameConfigurations": [CONFIGURATION],
        "MutualTlsAuthentication": {"TruststoreUri": "s3://b/k", "TruststoreVersion": "1"},
        "RoutingMode": "ROUTING_RULE_ONLY",
        "Tags": {"team": "chat"},
    },
    "ApiMapping": {"ApiId": "{api}", "ApiMappingKey": "chat", "Stage": "prod"},
}
"""A value for each member; what stands in braces is the id of a resource that exists."""


@dataclass
class Workshop:
    """An API with something of each kind, in which resources of one kind can be made."""

    client: Any

    def __post_init__(self) -> None:
        own = {"ApiId": create_api(self.client)["ApiId"]}
        self.api = own["ApiId"]
        client = self.client
        uri = {"IntegrationMethod": "POST", "IntegrationUri": "http://127.0.0.1:9/"}
        self.integration = client.create_integration(**own, IntegrationType="HTTP", **uri)[
            "IntegrationId"
        ]
        self.route = client.create_route(**own, RouteKey="leave")["RouteId"]
        client.create_model(**own, Name="Text", Schema='{"type": "string"}')
        client.create_stage(**own, StageName="prod")
        self.deployment = client.create_deployment(**own)["DeploymentId"]

    @cached_property
    def domain(self) -> str:
        """A domain name, which an account has a quota of."""
        name = f"n{next(NAMES)}.example.com"
        self.client.create_domain_name(
            DomainName=name, DomainNameConfigurations=[{"CertificateArn": CERTIFICATE}]
        )
        return name

    @cached_property
    def certificate(self) -> str:
        """A client certificate; an account has a quota of them, so the tests share one."""
        first = first_control_plane(self.client.meta.endpoint_url)
        made = first.get_client_certificates()["items"] or [first.generate_client_certificate()]
        return made[0]["clientCertificateId"]

    def needed(self, kind: str) -> dict[str, Any]:
        """Return the members that a call must have to create a resource of a kind."""
        own = {"ApiId": self.api}
        return {
            "Api": {
                "Name": "chat",
                "ProtocolType": "WEBSOCKET",
                "RouteSelectionExpression": "$request.body.action",
            },
            "Route": {**own, "RouteKey": "$connect"},
            "RouteResponse": {**own, "RouteId": self.route, "RouteResponseKey": "$default"},
            "Integration": {
                **own,
                "IntegrationType": "HTTP",
                "IntegrationMethod": "POST",
                "IntegrationUri": "http://127.0.0.1:9/ws",
            },
            "IntegrationResponse": {
                **own,
                "IntegrationId": self.integration,
                "IntegrationResponseKey": "$default",
            },
            "Model": {**own, "Name": "Made", "Schema": "{}"},
            "Stage": {**own, "StageName": "made"},
            "Deployment": own,
            "DomainName": {
                "DomainName": f"n{next(NAMES)}.example.com",
                "DomainNameConfigurations": [{"CertificateArn": CERTIFICATE}],
            },
            "ApiMapping": {"ApiId": self.api, "Stage": "prod"},
        }[kind] | ({"DomainName": self.domain} if kind == "ApiMapping" else {})

    def value(self, kind: str, member: str) -> Any:
        value = VALUES[kind][member]
        if member == "DomainName":
            return f"n{next(NAMES)}.example.com"
        for name in ("api", "certificate", "deployment", "integration"):
            if isinstance(value, str) and f"{{{name}}}" in value:
                value = value.replace(f"{{{name}}}", getattr(self, name))
        return value

    def create(self, kind: str, **given: Any) -> dict[str, Any]:
        return self._call("create", kind, self.needed(kind) | given)

    def update(self, kind: str, made: dict[str, Any], **given: Any) -> dict[str, Any]:
        return self._call("update", kind, self._address(kind, made) | given)

    def get(self, kind: str, made: dict[str, Any]) -> dict[str, Any]:
        return self._call("get", kind, self._address(kind, made))

    def _address(self, kind: str, made: dict[str, Any]) -> dict[str, Any]:
        """The members of a path that lead to a resource."""
        known = {"RouteId": self.route, "IntegrationId": self.integration, "ApiId": self.api}
        known |= made
        if kind == "ApiMapping":
            known["DomainName"] = self.domain
        shape = MODEL.operation_model(f"Update{kind}").input_shape
        return {name: known[name] for name in shape.required_members}

    def _call(self, verb: str, kind: str, given: dict[str, Any]) -> dict[str, Any]:
        shape = MODEL.operation_model(f"{verb.title()}{kind}").input_shape
        operation = verb + "".join(f"_{c.lower()}" if c.isupper() else c for c in kind)
        given = {name: value for name, value in given.items() if name in shape.members}
        return getattr(self.client, operation)(**given)


def members_of(verb: str, kind: str) -> dict[str, Any]:
    """The shapes of what a call takes beside its address, by name."""
    shape = MODEL.operation_model(f"{verb}{kind}").input_shape
    return {
        name: member
        for name, member in shape.members.items()
        if not member.serialization.get("location")
    }
