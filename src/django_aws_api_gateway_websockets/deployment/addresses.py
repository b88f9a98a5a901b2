"""The URLs of a gateway: the ones it may call, and the one browsers connect to."""

import logging
import os
from functools import lru_cache

from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.http.request import split_domain_port

from ..aws.advice import missing_gateway_advice
from ..aws.clients import get_region_name
from ..aws.endpoints import get_dns_suffix
from ..conf import (
    LocalGatewayAddress,
    get_allowed_integration_hosts,
    get_local_gateway_address,
    get_websockets_config,
    uses_local_gateway,
)
from ..core.authority import read_url_authority
from .rows import GatewayRow

__all__ = ["validate_integration_host", "websocket_url"]

logger = logging.getLogger("django_aws_api_gateway_websockets.models")


def validate_integration_host(url: str | None, field: str) -> None:
    """Refuse a URL whose host the project does not allow; the error does not list the hosts.

    Raises:
        ValidationError: on `field`.
    """
    # A setting without a usable host allows none: a mistake in it must not open every host.
    if not url or not get_websockets_config().get("allowed_integration_hosts"):
        return
    allowed = get_allowed_integration_hosts()
    authority = read_url_authority(url)
    host = "" if authority is None else authority.host
    if not any(_host_matches(host, pattern) for pattern in allowed):
        raise ValidationError(
            {field: "This host is not among the hosts this site allows for integrations."}
        )


def websocket_url(gateway: GatewayRow, request: HttpRequest | None = None) -> str:
    """Return the address browsers connect to, without query; "" while the API does not exist."""
    if not gateway.api_id:
        return ""
    if uses_local_gateway():
        _warn_without_gateway(os.getpid(), get_local_gateway_address())
        base = get_local_gateway_address().as_seen_from(_host_name(request))
        return f"{base}/_aws/execute-api/{gateway.api_id}/{gateway.stage}"
    if gateway.custom_domain_created and gateway.domain_name:
        return f"wss://{gateway.domain_name}"
    if gateway.api_endpoint:
        return f"{gateway.api_endpoint}/{gateway.stage}"
    # The row of an API that was registered by hand has only its id.
    region = get_region_name()
    host = f"{gateway.api_id}.execute-api.{region}.{get_dns_suffix(region)}"
    return f"wss://{host}/{gateway.stage}"


@lru_cache(maxsize=4)
def _warn_without_gateway(process: int, address: LocalGatewayAddress) -> None:
    """Say once in a process that pages get an address where nothing is.

    Servers such as gunicorn start no gateway, and a browser tells nobody why it cannot connect.
    """
    if advice := missing_gateway_advice():
        logger.warning("%s", advice)


def _host_name(request: HttpRequest | None) -> str:
    return "" if request is None else split_domain_port(request.get_host())[0]


def _host_matches(host: str, pattern: str) -> bool:
    if pattern.startswith("*."):
        return host.endswith(pattern[1:]) and len(host) > len(pattern[1:])
    return host == pattern
