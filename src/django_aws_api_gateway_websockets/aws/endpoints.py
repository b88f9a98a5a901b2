"""Addresses of AWS's APIs, or of what a project calls in their place."""

import os
from functools import lru_cache

from ..conf import get_endpoint_url, get_management_endpoint_override

__all__ = ["get_dns_suffix", "get_management_endpoint_url"]


@lru_cache(maxsize=64)
def get_dns_suffix(region: str) -> str:
    """Return the domain of AWS's services in this region's partition, such as amazonaws.com.cn."""
    import botocore.session
    from botocore.regions import EndpointResolver

    resolver = EndpointResolver(botocore.session.get_session().get_data("endpoints"))
    partition = resolver.get_partition_for_region(region)
    return str(resolver.get_partition_dns_suffix(partition))


def get_management_endpoint_url(*, api_id: str, stage: str, region: str) -> str:
    """Return the address of `@connections` of one stage of one API.

    Args:
        api_id: id of the API.
        stage: name of the stage.
        region: AWS region; decides the domain, which differs between AWS's partitions.

    Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-how-to-call-websocket-api-connections.html
    """
    if override := get_management_endpoint_override(api_id=api_id, stage=stage):
        return override
    base = get_endpoint_url()
    if base is None:
        # botocore's own variable for this service names the whole path, stage included.
        if url := os.environ.get("AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI"):
            return url.rstrip("/")
        base = os.environ.get("AWS_ENDPOINT_URL", "").rstrip("/")
    if base:
        return f"{base}/_aws/execute-api/{api_id}/{stage}"
    return f"https://{api_id}.execute-api.{region}.{get_dns_suffix(region)}/{stage}"
