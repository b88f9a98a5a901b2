"""Custom domain names: their rules, their documents, and the stages behind them.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-custom-domain-names.html
"""

import re
from typing import Final

from ...core.events.identifiers import ApiId
from ..deployed.apis import Mappings
from .records import Change, JsonObject, Record, bad_request, conflict

__all__ = [
    "HOST_NAME",
    "check_domain_name",
    "check_mapping",
    "complete_configuration",
    "mappings_by_host",
]

_LABEL: Final = "[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
HOST_NAME: Final = rf"{_LABEL}(\.{_LABEL})+"

_KEY: Final = re.compile(r"[A-Za-z0-9$_.+!*'(),-]*")

_HOSTED_ZONE_ID: Final = "Z0LOCAL0GATEWAY"
"""Zone id, where AWS has that of its own regional endpoint."""


def check_domain_name(change: Change) -> None:
    """Check that a domain name is new, with one configuration that WebSocket APIs can have."""
    configurations = change.document.get("domainNameConfigurations") or []
    if len(configurations) != 1:
        raise bad_request("Invalid input. Expected one domain name configuration")
    kind = configurations[0].get("endpointType", "REGIONAL")
    if kind != "REGIONAL" or configurations[0].get("securityPolicy", "TLS_1_2") == "TLS_1_0":
        raise bad_request(
            "Only REGIONAL domain names with a security policy of TLS 1.2 can be managed through "
            "the API Gateway V2 API. For EDGE domain names, or REGIONAL domain names with "
            "TLS 1.0, please use the API Gateway V1 API."
        )
    name = change.document["domainName"].lower()
    taken = {key.lower() for key in change.root.below("domainnames")}
    if change.own_id is None and name in taken:
        raise bad_request("The domain name you provided already exists.")


def check_mapping(change: Change) -> None:
    """Check that a mapping has an existing stage, and a key of its own."""
    document = change.document
    if not _KEY.fullmatch(document.get("apiMappingKey", "")):
        raise bad_request(
            "An ApiMapping key may contain only letters, numbers and one of $-_.+!*'(),"
        )
    api = change.root.below("apis").get(document["apiId"])
    if api is None:
        raise bad_request("Invalid API identifier specified")
    if document["stage"] not in api.below("stages"):
        raise bad_request("Invalid stage identifier specified")
    if change.repeats(change.parent.below("apimappings"), "apiMappingKey"):
        raise conflict("ApiMapping key already exists for this domain name")


def complete_configuration(document: JsonObject, *, own_name: str, region: str) -> JsonObject:
    """Add the members of a domain name's document that API Gateway sets.

    Args:
        document: the document as the caller gave it.
        own_name: first label of the name from API Gateway, which changes keep.
        region: AWS region the gateway plays.
    """
    configuration = {
        "domainNameStatus": "AVAILABLE",
        "endpointType": "REGIONAL",
        "hostedZoneId": _HOSTED_ZONE_ID,
        "ipAddressType": "ipv4",
        "securityPolicy": "TLS_1_2",
        **document["domainNameConfigurations"][0],
        # AWS's name ends in amazonaws.com; this one leads to the machine it is on.
        "apiGatewayDomainName": f"{own_name}.execute-api.{region}.localhost",
    }
    return {
        **document,
        "apiMappingSelectionExpression": "$request.basepath",
        "domainNameArn": f"arn:aws:apigateway:{region}::/domainnames/{document['domainName']}",
        "domainNameConfigurations": [configuration],
    }


def mappings_by_host(root: Record) -> dict[str, Mappings]:
    """Return the mappings of each custom domain, by lower-case host name."""
    return {
        name.lower(): {
            mapping.document["apiMappingKey"]: (
                ApiId(mapping.document["apiId"]),
                mapping.document["stage"],
            )
            for mapping in domain.below("apimappings").values()
        }
        for name, domain in root.below("domainnames").items()
    }
