"""The bridge from `ApiGateway` rows and settings to `provisioning`.

Rows are handed in, so nothing here imports a model; boto3 clients are handed in too, because
projects patch `models.get_boto3_client` in their tests.
"""

from .addresses import validate_integration_host, websocket_url
from .creation import create_custom_domain, create_gateway
from .registration import register_gateway

__all__ = [
    "create_custom_domain",
    "create_gateway",
    "register_gateway",
    "validate_integration_host",
    "websocket_url",
]
