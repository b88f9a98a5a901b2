from typing import Any

from django.contrib import admin
from django.contrib.auth.models import Permission
from django.db.models import ManyToManyField, QuerySet
from django.http import HttpRequest

from ..models import ChannelPermission, ChannelPermissionRule
from .page import PageAdmin
from .typed import TabularInline

__all__ = ["ChannelPermissionAdmin", "ChannelPermissionRuleInline"]


class ChannelPermissionRuleInline(TabularInline):
    """The rules of a channel, of which one has to be satisfied."""

    model = ChannelPermissionRule
    extra = 0
    filter_horizontal = ("permissions",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """The rules with what their names are made of."""
        return super().get_queryset(request).prefetch_related("permissions__content_type")

    def formfield_for_manytomany(
        self, db_field: "ManyToManyField[Any, Any]", request: HttpRequest, **kwargs: Any
    ) -> Any:
        """The picker's choices, whose names each need a content type."""
        if db_field.name == "permissions":
            kwargs["queryset"] = Permission.objects.select_related("content_type")
        return super().formfield_for_manytomany(db_field, request, **kwargs)


@admin.register(ChannelPermission)
class ChannelPermissionAdmin(PageAdmin):
    """Who may join which channel."""

    list_display = ("channel_name", "access", "rules_summary", "updated_on")
    list_filter = ("access",)
    search_fields = ("channel_name", "description")
    inlines = (ChannelPermissionRuleInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """The rows with their rules, in a few statements whatever their number."""
        return super().get_queryset(request).prefetch_related("rules__permissions__content_type")

    @admin.display(description="Rules")
    def rules_summary(self, channel: ChannelPermission) -> str:
        """The rules as one line: `(app.a AND app.b)  OR  (app.c)`; "" where rules say nothing."""
        if channel.access != ChannelPermission.Access.PERMISSIONS:
            return ""
        return "  OR  ".join(f"({str(rule).strip('()')})" for rule in channel.rules.all())
