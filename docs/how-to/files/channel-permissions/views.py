from django.core.cache import cache

from django_aws_api_gateway_websockets.models import ChannelPermission
from django_aws_api_gateway_websockets.views import WebSocketView


class RuledSocketView(WebSocketView):
    ALLOWED_HANDLERS = {"default", "change_channel"}
    # A channel without a row is refused.
    ALLOW_UNLISTED_CHANNELS = False

    def default(self, request, *args, **kwargs):
        pass

    def change_channel(self, request, *args, **kwargs):
        return super().change_channel(request, *args, **kwargs)


class TenantSocketView(RuledSocketView):
    # A row that is not stored: everybody of the staff may be in a tenant's channel.
    def get_channel_permission(self, channel_name):
        if channel_name.startswith("tenant-"):
            access = ChannelPermission.Access.STAFF_ONLY
            return ChannelPermission(channel_name=channel_name, access=access)
        return super().get_channel_permission(channel_name)

    # A further condition, and then the rules.
    def can_join_channel(self, request, channel_name):
        if cache.get("channels-closed"):
            return False
        return super().can_join_channel(request, channel_name)
