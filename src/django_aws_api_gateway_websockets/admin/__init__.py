"""The pages of Django's admin. What they change, and what AWS is told of it, the models do."""

from .actions import create_api_gateway, create_custom_domain, sync_from_aws, sync_to_aws
from .gateway import ApiGatewayAdditionalRouteInline, ApiGatewayAdmin
from .limits import ConnectionRateLimitAdmin
from .permissions import ChannelPermissionAdmin, ChannelPermissionRuleInline
from .route import ApiGatewayAdditionalRouteAdmin
from .session import WebSocketSessionAdmin
from .sync_errors import SyncErrorMessageMixin
from .token import WebSocketTokenAdmin

__all__ = [
    "ApiGatewayAdditionalRouteAdmin",
    "ApiGatewayAdditionalRouteInline",
    "ApiGatewayAdmin",
    "ChannelPermissionAdmin",
    "ChannelPermissionRuleInline",
    "ConnectionRateLimitAdmin",
    "SyncErrorMessageMixin",
    "WebSocketSessionAdmin",
    "WebSocketTokenAdmin",
    "create_api_gateway",
    "create_custom_domain",
    "sync_from_aws",
    "sync_to_aws",
]
