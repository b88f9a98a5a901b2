"""The list of connections in channels, only to look at.

The rules of a channel take members out of it, which tells the client and the others.
"""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from ..models import Subscription, WebSocketSession
from .channel_filter import ChannelListFilter
from .records import RecordAdmin

__all__ = ["SubscriptionAdmin"]


@admin.register(Subscription)
class SubscriptionAdmin(RecordAdmin):
    """Connections in channels, found by channel."""

    list_display = ("channel_name", "session", "user", "connected", "created_on", "checked_on")
    list_filter = ("session__connected", ("channel_name", ChannelListFilter))
    list_select_related = ("session__user",)
    search_fields = ("user__username", "user__email")
    fields = list_display
    readonly_fields = list_display

    def get_search_fields(self, request: HttpRequest) -> list[str]:
        """Return the fields to search: the channel, and what identifies the connection."""
        of_session = ["connection_id", *super().get_search_fields(request)]
        return ["channel_name", *(f"session__{name}" for name in of_session)]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse everybody: a row that is only deleted would tell nobody that somebody has left."""
        return False

    @admin.display(description="User", ordering="session__user")
    def user(self, subscription: Subscription) -> Any:
        """Show the user of the connection."""
        return subscription.session.user

    @admin.display(description="Connected", boolean=True, ordering="session__connected")
    def connected(self, subscription: Subscription) -> bool:
        """Show whether the connection is open."""
        session: WebSocketSession = subscription.session
        return session.connected
