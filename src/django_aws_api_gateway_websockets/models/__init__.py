"""The tables, and the functions that are documented to be beside them.

This file is a door: it holds names, no logic.
"""

from ..aws.clients import (
    AWS_CONNECT_TIMEOUT,
    AWS_MAX_ATTEMPTS,
    AWS_READ_TIMEOUT,
    clear_boto3_client_cache,
    get_boto3_client,
    get_region_name,
)
from ..aws.integration_headers import (
    GATEWAY_SECRET_HEADER,
    GATEWAY_SECRET_PATTERN,
    get_gateway_secrets,
    integration_request_parameters,
)
from ..core.quotas import MAX_MESSAGE_BYTES as MAX_MESSAGE_SIZE
from ..deployment import collect_deferred_sync_errors, validate_integration_host
from ..provisioning.failures import ApiGatewaySyncError
from ..sending.messages import (
    BROADCAST_CONNECT_TIMEOUT,
    BROADCAST_MAX_ATTEMPTS,
    BROADCAST_MAX_WORKERS,
    BROADCAST_READ_TIMEOUT,
    serialise_message,
)
from .attempt_window import AttemptWindow, attempt_key
from .channel_state import ChannelMember, ChannelState
from .connection_attempt import (
    RATE_LIMIT_PURGE_BATCH,
    RATE_LIMIT_PURGE_ONE_IN,
    RATE_LIMIT_RETENTION_DAYS,
    ConnectionRateLimit,
)
from .fingerprints import hash_session_key, hash_user_auth
from .gateway import ApiGateway, disconnect_sessions_of_deleted_gateway, run_aws_after_commit
from .login_end import close_sessions_on_logout
from .permissions import ChannelPermission, ChannelPermissionRule
from .queued_broadcast import BroadcastRange, QueuedBroadcast
from .relay_task import RelayTask
from .route import ApiGatewayAdditionalRoute, delete_route_from_aws
from .session import WebSocketSession
from .session_queryset import WebSocketSessionQuerySet
from .subscription import Subscription
from .token import WebSocketToken

__all__ = [
    "AWS_CONNECT_TIMEOUT",
    "AWS_MAX_ATTEMPTS",
    "AWS_READ_TIMEOUT",
    "BROADCAST_CONNECT_TIMEOUT",
    "BROADCAST_MAX_ATTEMPTS",
    "BROADCAST_MAX_WORKERS",
    "BROADCAST_READ_TIMEOUT",
    "GATEWAY_SECRET_HEADER",
    "GATEWAY_SECRET_PATTERN",
    "MAX_MESSAGE_SIZE",
    "RATE_LIMIT_PURGE_BATCH",
    "RATE_LIMIT_PURGE_ONE_IN",
    "RATE_LIMIT_RETENTION_DAYS",
    "ApiGateway",
    "ApiGatewayAdditionalRoute",
    "ApiGatewaySyncError",
    "AttemptWindow",
    "BroadcastRange",
    "ChannelMember",
    "ChannelPermission",
    "ChannelPermissionRule",
    "ChannelState",
    "ConnectionRateLimit",
    "QueuedBroadcast",
    "RelayTask",
    "Subscription",
    "WebSocketSession",
    "WebSocketSessionQuerySet",
    "WebSocketToken",
    "attempt_key",
    "clear_boto3_client_cache",
    "close_sessions_on_logout",
    "collect_deferred_sync_errors",
    "delete_route_from_aws",
    "disconnect_sessions_of_deleted_gateway",
    "get_boto3_client",
    "get_gateway_secrets",
    "get_region_name",
    "hash_session_key",
    "hash_user_auth",
    "integration_request_parameters",
    "run_aws_after_commit",
    "serialise_message",
    "validate_integration_host",
]
