from typing import ClassVar

from django.contrib import admin

from ..models import WebSocketToken
from .records import RecordAdmin

__all__ = ["WebSocketTokenAdmin"]


@admin.register(WebSocketToken)
class WebSocketTokenAdmin(RecordAdmin):
    """Which tokens were made for whom, and whether they were used; never a whole token."""

    hidden_fields: ClassVar[frozenset[str]] = frozenset({"token", "session_key"})
    list_display = ("token_preview", "user", "created_at", "used")
    list_filter = ("used", "created_at")
    list_select_related = ("user",)
    search_fields = ("user__username", "user__email")
    fields = list_display
    readonly_fields = list_display

    @admin.display(description="Token")
    def token_preview(self, token: WebSocketToken) -> str:
        """Enough of the token to tell it from others, too little to guess the rest."""
        return f"{token.token[:16]}..."
