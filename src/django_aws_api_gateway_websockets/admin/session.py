from typing import ClassVar

from django.contrib import admin

from ..models import WebSocketSession
from .channel_filter import ChannelListFilter
from .records import RecordAdmin

__all__ = ["WebSocketSessionAdmin"]


@admin.register(WebSocketSession)
class WebSocketSessionAdmin(RecordAdmin):
    """Who is connected, and was."""

    hidden_fields: ClassVar[frozenset[str]] = frozenset({"session_key_hash", "auth_hash"})
    list_display = (
        "connection_id",
        "channel_name",
        "api_gateway",
        "user",
        "connected",
        "request_count",
        "created_on",
        "updated_on",
    )
    list_filter = ("connected", ("channel_name", ChannelListFilter))
    list_select_related = ("api_gateway", "user")
    search_fields = ("connection_id", "channel_name")
    date_hierarchy = "created_on"
    fields = list_display
    readonly_fields = list_display
