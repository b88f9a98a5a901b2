"""The sentences that refuse what API Gateway has and this gateway has not.

A member is refused as "{Member} {sentence}", a path by its first unknown segment.
"""

from typing import Final

__all__ = [
    "AUTHORIZER",
    "CORS",
    "MUTUAL_TLS",
    "RESPONSE_PARAMETERS",
    "SCOPES",
    "SUBTYPE",
    "TLS_CONFIG",
    "no_such_collection",
]

SCOPES: Final = (
    "belong to the JWT authorizers of HTTP APIs, which a WebSocket API cannot have: leave them out."
)
AUTHORIZER: Final = (
    "cannot be honoured: authorizers do not exist here, so the route would let everybody in. Leave "
    "it out, and let the $connect integration decide."
)
SUBTYPE: Final = (
    "belongs to the AWS service integrations of HTTP APIs, which a WebSocket API cannot have: "
    "leave it out."
)
RESPONSE_PARAMETERS: Final = (
    "of an integration belong to HTTP APIs: a WebSocket API has ResponseTemplates of integration "
    "responses."
)
TLS_CONFIG: Final = (
    "belongs to the private integrations of HTTP APIs, which a WebSocket API cannot have: leave it "
    "out."
)
CORS: Final = (
    "belongs to HTTP APIs: browsers ask no permission for a WebSocket. Leave it out, and check the "
    "Origin header in the $connect integration."
)
MUTUAL_TLS: Final = (
    "cannot be honoured: no client is asked for a certificate here, so the domain would let "
    "everybody in. Leave it out."
)

_WITHOUT_KEYS: Final = (
    "API keys are not checked here, so let the $connect integration decide who gets in."
)
_OF_REST_DOMAINS: Final = (
    "those of apigateway lead to REST APIs, so use CreateDomainName and CreateApiMapping of the "
    "service apigatewayv2."
)
_OF_A_DOMAIN: Final = "basepathmappings"
_COLLECTIONS: Final = {
    "apikeys": _WITHOUT_KEYS,
    "authorizers": (
        "nothing here runs Lambda functions, so let the $connect integration decide who gets in."
    ),
    _OF_A_DOMAIN: _OF_REST_DOMAINS,
    "cache": "without authorizers there is no cache of them.",
    "cors": "CORS belongs to HTTP APIs, and browsers ask no permission for a WebSocket.",
    "domainnameaccessassociations": "they lead to private REST APIs.",
    "domainnames": _OF_REST_DOMAINS,
    "exports": "OpenAPI documents belong to HTTP APIs.",
    "portalproducts": "portals document REST APIs.",
    "portals": "portals document REST APIs.",
    "rejectdomainnameaccessassociations": "they lead to private REST APIs.",
    "restapis": "create a WebSocket API with the service apigatewayv2.",
    "routingrules": "they lead to REST APIs only, so create an API mapping.",
    "sdktypes": "SDKs are generated for REST APIs.",
    "usageplans": _WITHOUT_KEYS,
    "vpclinks": (
        "the VPC links of apigatewayv2 serve HTTP APIs, so make one to a Network Load Balancer "
        "with CreateVpcLink of the service apigateway."
    ),
}
"""Reasons by the segment of a path that leads nowhere."""


def no_such_collection(segments: tuple[str, ...]) -> str:
    """Return the sentence about a path that goes on with something unknown.

    Args:
        segments: what the path goes on with: collections and ids in turn.
    """
    name = segments[0]
    if segments[2:3] == (_OF_A_DOMAIN,):
        name = _OF_A_DOMAIN
    place = _COLLECTIONS.get(name)
    end = " at this place." if place is None else f": {place}"
    return f"The local gateway has no {name[:64]!r}{end}"
