"""Deployment knows rows, and when AWS has to follow them; `provisioning` calls AWS, without rows.

Rows are arguments, typed by the Protocols in `rows`; nothing here imports a model.
Names say who acts: rows are pushed, pulled, added and withdrawn here, AWS's things are created and
deleted in `provisioning`.
"""

from ..provisioning.calls import create_deployment
from .addresses import validate_integration_host, websocket_url
from .after_commit import collect_deferred_sync_errors, run_after_commit
from .creation import create_custom_domain, create_gateway
from .local_backend import GatewayProject, read_project, write_project
from .progress import ProvisioningStatus
from .pull import pull_gateway
from .push import push_gateway
from .registration import is_in_gateway, register_gateway
from .routes import (
    add_route,
    add_route_of_new_row,
    change_route,
    must_push,
    push_columns_after_commit,
    push_route_after_commit,
    withdraw_route,
    withdraw_route_after_commit,
    withdraw_route_before_row,
)
from .rows import table_of
from .specs import API_FIELDS, DEFAULT_ROUTE_KEYS, SYNCED_GATEWAY_FIELDS

__all__ = [
    "API_FIELDS",
    "DEFAULT_ROUTE_KEYS",
    "SYNCED_GATEWAY_FIELDS",
    "GatewayProject",
    "ProvisioningStatus",
    "add_route",
    "add_route_of_new_row",
    "change_route",
    "collect_deferred_sync_errors",
    "create_custom_domain",
    "create_deployment",
    "create_gateway",
    "is_in_gateway",
    "must_push",
    "pull_gateway",
    "push_columns_after_commit",
    "push_gateway",
    "push_route_after_commit",
    "read_project",
    "register_gateway",
    "run_after_commit",
    "table_of",
    "validate_integration_host",
    "websocket_url",
    "withdraw_route",
    "withdraw_route_after_commit",
    "withdraw_route_before_row",
    "write_project",
]
