"""The URLs of a gateway: what it may call, and where browsers connect."""

from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.http import HttpRequest

from ..conf import get_allowed_integration_hosts, get_local_gateway_address, uses_local_gateway

if TYPE_CHECKING:
    from ..models.gateway import ApiGateway

__all__ = ["validate_integration_host", "websocket_url"]

_LOOPBACK_NAMES: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})


def validate_integration_host(url: str | None, field: str) -> None:
    """Refuse a URL whose host the project does not allow; the answer does not list the hosts.

    Raises:
        ValidationError: on `field`.
    """
    allowed = get_allowed_integration_hosts()
    if not url or not allowed:
        return
    try:
        host = (urlsplit(url).hostname or "").lower()
    except ValueError:
        host = ""
    if not any(_host_matches(host, pattern) for pattern in allowed):
        raise ValidationError(
            {field: "This host is not among the hosts this site allows for integrations."}
        )


def websocket_url(gateway: "ApiGateway", request: HttpRequest | None = None) -> str:
    """The address browsers connect to, without query; "" while the API does not exist."""
    if not gateway.api_id:
        return ""
    if uses_local_gateway():
        address = get_local_gateway_address()
        host = address.host
        if request is not None:
            visited = request.get_host().rpartition(":")[0] or request.get_host()
            host = visited if visited in _LOOPBACK_NAMES else host
        return f"ws://{host}:{address.port}/_aws/execute-api/{gateway.api_id}/{gateway.stage}"
    if gateway.custom_domain_created and gateway.domain_name:
        return f"wss://{gateway.domain_name}"
    return f"{gateway.api_endpoint}/{gateway.stage}"


def _host_matches(host: str, pattern: str) -> bool:
    if pattern.startswith("*."):
        return host.endswith(pattern[1:]) and len(host) > len(pattern[1:])
    return host == pattern
