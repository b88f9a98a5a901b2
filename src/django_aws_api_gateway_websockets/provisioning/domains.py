"""A custom domain for an API, and the mapping that leads from it to a stage.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-custom-domain-names.html
"""

from typing import Any

from botocore.exceptions import ClientError

from .actual import id_from, pages
from .desired import DomainSpec
from .failures import is_conflict, is_not_found

__all__ = ["create_domain", "create_mapping"]


def create_domain(client: Any, spec: DomainSpec) -> str:
    """Create the domain name, or take the one the account has, and return its CNAME target."""
    configuration = {
        "CertificateArn": spec.certificate_arn,
        "DomainNameStatus": "AVAILABLE",
        "EndpointType": "REGIONAL",
        "SecurityPolicy": "TLS_1_2",
    }
    if spec.hosted_zone_id:
        configuration["HostedZoneId"] = spec.hosted_zone_id
    try:
        response = client.create_domain_name(
            DomainName=spec.name, DomainNameConfigurations=[configuration]
        )
    except ClientError as error:
        response = _existing_domain(client, spec.name, error)
    return str(response["DomainNameConfigurations"][0]["ApiGatewayDomainName"])[:255]


def create_mapping(client: Any, *, api_id: str, domain_name: str, stage_name: str) -> str:
    """Lead the domain to the stage, or take the mapping that does, and return the mapping's id."""
    try:
        response = client.create_api_mapping(ApiId=api_id, DomainName=domain_name, Stage=stage_name)
    except ClientError as error:
        if not is_conflict(error):
            raise
        # The domain may lead to another API, which only its owner may decide to cut off.
        mapping = _mapping_to(client, domain_name, api_id=api_id, stage_name=stage_name)
        if mapping is None:
            raise
        return id_from(mapping, "ApiMappingId")
    return id_from(response, "ApiMappingId")


def _mapping_to(
    client: Any, domain_name: str, *, api_id: str, stage_name: str
) -> dict[str, Any] | None:
    for page in pages(client.get_api_mappings, DomainName=domain_name):
        for mapping in page:
            place = mapping["ApiId"], mapping["Stage"], mapping.get("ApiMappingKey", "")
            if place == (api_id, stage_name, ""):
                return mapping
    return None


def _existing_domain(client: Any, name: str, error: ClientError) -> Any:
    """Return the account's domain of that name, or raise `error` when it says something else."""
    # AWS responds 400 with "The domain name you provided already exists.", whoever owns it.
    if not is_conflict(error) and "already exists" not in str(error):
        raise error
    try:
        return client.get_domain_name(DomainName=name)
    except ClientError as missing:
        if is_not_found(missing):
            raise error from None
        raise
