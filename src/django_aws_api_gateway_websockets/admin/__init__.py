"""The pages of Django's admin; changes, and AWS's part in them, are the work of the models."""

from .actions import create_api_gateway, create_custom_domain, sync_from_aws, sync_to_aws
from .gateway import ApiGatewayAdditionalRouteInline, ApiGatewayAdmin
from .overview import OverviewAdmin
from .permissions import ChannelPermissionAdmin, ChannelPermissionRuleInline
from .records import ConnectionRateLimitAdmin, WebSocketSessionAdmin, WebSocketTokenAdmin
from .route import ApiGatewayAdditionalRouteAdmin
from .subscription_inline import SubscriptionInline
from .subscriptions import SubscriptionAdmin
from .sync_errors import SyncErrorMessageMixin

__all__ = [
    "ApiGatewayAdditionalRouteAdmin",
    "ApiGatewayAdditionalRouteInline",
    "ApiGatewayAdmin",
    "ChannelPermissionAdmin",
    "ChannelPermissionRuleInline",
    "ConnectionRateLimitAdmin",
    "OverviewAdmin",
    "SubscriptionAdmin",
    "SubscriptionInline",
    "SyncErrorMessageMixin",
    "WebSocketSessionAdmin",
    "WebSocketTokenAdmin",
    "create_api_gateway",
    "create_custom_domain",
    "sync_from_aws",
    "sync_to_aws",
]
