"""The bridge from `ApiGateway` rows and settings to `provisioning`.

Rows are handed in, so nothing here imports a model; boto3 clients are handed in too, because
projects patch `models.get_boto3_client` in their tests.
"""

from ..provisioning.calls import deploy
from .addresses import validate_integration_host, websocket_url
from .after_commit import collect_deferred_sync_errors, run_aws_after_commit
from .creation import create_custom_domain, create_gateway
from .pull import pull_gateway, pull_through
from .push import push_gateway, push_through
from .registration import register_gateway
from .routes import (
    create_route,
    create_route_at_once,
    delete_route,
    delete_route_before_row,
    delete_route_later,
    push_changes,
    push_route,
    pushes,
    update_route,
)
from .specs import API_FIELDS, DEFAULT_ROUTE_KEYS, SYNCED_GATEWAY_FIELDS
from .transactions import alias_of

__all__ = [
    "API_FIELDS",
    "DEFAULT_ROUTE_KEYS",
    "SYNCED_GATEWAY_FIELDS",
    "alias_of",
    "collect_deferred_sync_errors",
    "create_custom_domain",
    "create_gateway",
    "create_route",
    "create_route_at_once",
    "delete_route",
    "delete_route_before_row",
    "delete_route_later",
    "deploy",
    "pull_gateway",
    "pull_through",
    "push_changes",
    "push_gateway",
    "push_route",
    "push_through",
    "pushes",
    "register_gateway",
    "run_aws_after_commit",
    "update_route",
    "validate_integration_host",
    "websocket_url",
]
