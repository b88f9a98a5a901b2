from django.contrib import admin

from ..models import ConnectionRateLimit
from .records import RecordAdmin

__all__ = ["ConnectionRateLimitAdmin"]


@admin.register(ConnectionRateLimit)
class ConnectionRateLimitAdmin(RecordAdmin):
    """Who tried to connect, from where, and whether it was allowed."""

    list_display = ("ip_address", "user", "attempt_time", "successful")
    list_filter = ("successful", "attempt_time")
    list_select_related = ("user",)
    search_fields = ("ip_address", "user__username", "user__email")
    date_hierarchy = "attempt_time"
    fields = list_display
    readonly_fields = list_display
