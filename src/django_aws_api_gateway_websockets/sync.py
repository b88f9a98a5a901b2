"""The documented door to `deployment`, which brings a gateway's rows and its API in AWS together.

`ApiGateway.sync_to_aws()` and `sync_from_aws()` do the same.
"""

from .deployment import (
    API_FIELDS,
    DEFAULT_ROUTE_KEYS,
    SYNCED_GATEWAY_FIELDS,
    pull_gateway,
    push_gateway,
)
from .provisioning.actual import integration_id_of, list_integrations, list_routes
from .provisioning.failures import ApiGatewaySyncError, describe_error, is_not_found

__all__ = [
    "API_FIELDS",
    "DEFAULT_ROUTE_KEYS",
    "SYNCED_GATEWAY_FIELDS",
    "ApiGatewaySyncError",
    "describe_error",
    "integration_id_of",
    "is_not_found",
    "list_integrations",
    "list_routes",
    "pull_gateway",
    "push_gateway",
]
