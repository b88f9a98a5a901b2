"""What API Gateway has and this gateway has not: the sentence that refuses each.

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
    "VPC_LINK",
    "no_such_collection",
]

SCOPES: Final = (
    "belong to the JWT authorizers of HTTP APIs, which a WebSocket API cannot have: leave them out."
)
AUTHORIZER: Final = (
    "cannot be honoured: authorizers do not exist here, so the route would let everybody in. Leave "
    "it out, and let the $connect integration decide."
)
VPC_LINK: Final = (
    "cannot be honoured: VPC_LINK leads into a private network of AWS, which does not exist here. "
    "Use ConnectionType INTERNET and an IntegrationUri that this machine can reach."
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

_COLLECTIONS: Final = {
    "authorizers": (
        "nothing here runs Lambda functions, so let the $connect integration decide who gets in."
    ),
    "cache": "without authorizers there is no cache of them.",
    "clientcertificates": "no certificate is shown to backends, so none is generated.",
    "cors": "CORS belongs to HTTP APIs, and browsers ask no permission for a WebSocket.",
    "exports": "OpenAPI documents belong to HTTP APIs.",
    "portalproducts": "portals document REST APIs.",
    "portals": "portals document REST APIs.",
    "restapis": "create a WebSocket API with the service apigatewayv2.",
    "routingrules": "they lead to REST APIs only, so create an API mapping.",
    "vpclinks": (
        "there is no private network of AWS, so use integrations with the ConnectionType INTERNET."
    ),
}
"""Reasons by the segment of a path that leads nowhere."""


def no_such_collection(name: str) -> str:
    """Return the sentence about a path that goes on with something unknown."""
    place = _COLLECTIONS.get(name)
    end = " at this place." if place is None else f": {place}"
    return f"The local gateway has no {name[:64]!r}{end}"
