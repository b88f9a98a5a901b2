"""The channels of a connection on its page, only to look at."""

from typing import Any

from django.http import HttpRequest

from ..models import Subscription
from .base import TabularInline

__all__ = ["SubscriptionInline"]


class SubscriptionInline(TabularInline):
    """The channels a connection has subscribed to, on its page."""

    model = Subscription
    extra = 0
    can_delete = False
    ordering = ("channel_name",)
    fields = ("channel_name", "created_on", "checked_on")
    readonly_fields = fields

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Show them to everybody who may see the connection."""
        return True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse everybody."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse everybody."""
        return False
