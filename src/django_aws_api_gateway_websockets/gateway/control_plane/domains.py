"""Custom domain names: their rules, their documents, and the stages behind them.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-custom-domain-names.html
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from ...core.events.identifiers import ApiId
from ..deployed.apis import Mappings
from .fields import Kind, anything, choice, complaint_about, text
from .records import Change, JsonObject, Record, bad_request, conflict

__all__ = [
    "HOST_NAME",
    "ROUTING_MODES",
    "SECONDS_OF_DOMAIN_CHANGES",
    "check_domain_name",
    "check_mapping",
    "complete_configuration",
    "configurations",
    "mappings_by_host",
    "shown_domain_name",
]

_LABEL: Final = "[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
HOST_NAME: Final = rf"{_LABEL}(\.{_LABEL})+"

_KEY: Final = re.compile(r"[A-Za-z0-9$_.+!*'(),-]*")

SECONDS_OF_DOMAIN_CHANGES: Final = 60.0
"""Time, by the gateway's clock, in which a changed domain name is UPDATING; AWS's is not published.

Terraform's provider for AWS waits up to an hour for it.
"""

ROUTING_MODES: Final = (
    "API_MAPPING_ONLY",
    "ROUTING_RULE_ONLY",
    "ROUTING_RULE_THEN_API_MAPPING",
)
_RULES_ONLY: Final = "ROUTING_RULE_ONLY"
"""Mode in which no mapping leads anywhere.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/set-routing-mode.html
"""

_HOSTED_ZONE_ID: Final = "Z0LOCAL0GATEWAY"
"""Zone id, where AWS has that of its own regional endpoint."""


def configurations(value: Any) -> str | None:
    """Accept a list of configurations of a domain name; the rules want exactly one."""
    if not isinstance(value, list):
        return "Member must be a list of structures"
    return next((found for item in value if (found := complaint_about(item, _MEMBERS))), None)


_ARN: Final = text(0, 2048, pattern="(arn:.+)?")
_NAME: Final = text(0, 1024)

# The values that a caller gives for output members are read and not kept.
_MEMBERS: Final[Mapping[str, Kind]] = {
    "apiGatewayDomainName": _NAME,
    "certificateArn": _ARN,
    "certificateName": text(0, 128),
    "certificateUploadDate": anything,
    "domainNameStatus": _NAME,
    "domainNameStatusMessage": _NAME,
    "endpointType": choice("REGIONAL", "EDGE", ""),
    "hostedZoneId": _NAME,
    "ipAddressType": choice("ipv4", "dualstack", ""),
    "ownershipVerificationCertificateArn": _ARN,
    "securityPolicy": choice("TLS_1_0", "TLS_1_2", ""),
}

_OUTPUT_MEMBERS: Final = frozenset(
    {
        "apiGatewayDomainName",
        "certificateUploadDate",
        "domainNameStatus",
        "domainNameStatusMessage",
    }
)
"""Members that API Gateway sets; the released package gives one, and AWS takes its calls."""


def check_domain_name(change: Change) -> None:
    """Check that a domain name is new, with one configuration that WebSocket APIs can have."""
    given = change.document.get("domainNameConfigurations") or []
    if len(given) != 1:
        raise bad_request("Invalid input. Expected one domain name configuration")
    [configuration] = given
    kind = configuration.get("endpointType") or "REGIONAL"
    if kind != "REGIONAL" or configuration.get("securityPolicy") == "TLS_1_0":
        raise bad_request(
            "Only REGIONAL domain names with a security policy of TLS 1.2 can be managed through "
            "the API Gateway V2 API. For EDGE domain names, or REGIONAL domain names with "
            "TLS 1.0, please use the API Gateway V1 API."
        )
    if not configuration.get("certificateArn"):
        raise bad_request(
            "CertificateArn is required: a domain name needs a certificate of AWS Certificate "
            "Manager. Nothing here looks at it, so any ARN will do."
        )
    name = change.document["domainName"].lower()
    taken = {key.lower() for key in change.root.below("domainnames")}
    if change.own_id is None and name in taken:
        raise bad_request("The domain name you provided already exists.")


def check_mapping(change: Change) -> None:
    """Check that a mapping has an existing stage, and a key of its own."""
    document = change.document
    if change.parent.document.get("routingMode") == _RULES_ONLY:
        raise bad_request(
            "The domain name's RoutingMode is ROUTING_RULE_ONLY, and routing rules lead to REST "
            "APIs only: set API_MAPPING_ONLY or ROUTING_RULE_THEN_API_MAPPING."
        )
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
    [given] = document["domainNameConfigurations"]
    kept = {name: value for name, value in given.items() if name not in _OUTPUT_MEMBERS}
    configuration = {
        "domainNameStatus": "AVAILABLE",
        "endpointType": "REGIONAL",
        "hostedZoneId": _HOSTED_ZONE_ID,
        "ipAddressType": "ipv4",
        "securityPolicy": "TLS_1_2",
        **{name: value for name, value in kept.items() if value not in {"", None}},
        # AWS's name ends in amazonaws.com; this one leads to the machine it is on.
        "apiGatewayDomainName": f"{own_name}.execute-api.{region}.localhost",
    }
    return {
        **document,
        "apiMappingSelectionExpression": "$request.basepath",
        "domainNameArn": f"arn:aws:apigateway:{region}::/domainnames/{document['domainName']}",
        "domainNameConfigurations": [configuration],
    }


def shown_domain_name(record: Record, *, now: float) -> JsonObject:
    """Return a domain name's document as it is at a moment: a change takes a while on AWS."""
    if now >= record.settles_at:
        return record.document
    [configuration] = record.document["domainNameConfigurations"]
    updating = {**configuration, "domainNameStatus": "UPDATING"}
    return {**record.document, "domainNameConfigurations": [updating]}


def mappings_by_host(root: Record) -> dict[str, Mappings]:
    """Return the mappings of each custom domain, by lower-case host name."""
    return {
        name.lower(): {
            mapping.document["apiMappingKey"]: (
                ApiId(mapping.document["apiId"]),
                mapping.document["stage"],
            )
            for mapping in domain.below("apimappings").values()
            if domain.document.get("routingMode") != _RULES_ONLY
        }
        for name, domain in root.below("domainnames").items()
    }
