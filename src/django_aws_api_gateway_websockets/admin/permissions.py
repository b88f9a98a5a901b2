"""The page of channels and the rules for joining them."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.contrib.auth.models import Permission
from django.db.models import ManyToManyField, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from ..models import ChannelPermission, ChannelPermissionRule, Subscription
from .base import PageAdmin, TabularInline

__all__ = ["ChannelPermissionAdmin", "ChannelPermissionRuleInline"]


class ChannelPermissionRuleInline(TabularInline):
    """Rules of a channel, one of which has to be satisfied."""

    model = ChannelPermissionRule
    extra = 0
    filter_horizontal = ("permissions",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Fetch the rules together with the parts of their names."""
        return super().get_queryset(request).prefetch_related("permissions__content_type")

    def formfield_for_manytomany(
        self, db_field: "ManyToManyField[Any, Any]", request: HttpRequest, **kwargs: Any
    ) -> Any:
        """Fetch the choices with their content types, which their names need."""
        if db_field.name == "permissions":
            kwargs["queryset"] = Permission.objects.select_related("content_type")
        return super().formfield_for_manytomany(db_field, request, **kwargs)


@admin.register(ChannelPermission)
class ChannelPermissionAdmin(PageAdmin):
    """Channels, and the users who may join them."""

    list_display = ("channel_name", "access", "rules_summary", "updated_on")
    list_filter = ("access",)
    search_fields = ("channel_name", "description")
    inlines = (ChannelPermissionRuleInline,)
    readonly_fields = ("subscriptions",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Fetch the rows with their rules, in a few statements for any number of them."""
        return super().get_queryset(request).prefetch_related("rules__permissions__content_type")

    @admin.display(description="Rules")
    def rules_summary(self, channel: ChannelPermission) -> str:
        """Show the rules as one line, `(app.a AND app.b)  OR  (app.c)`; or "" if unused."""
        if channel.access != ChannelPermission.Access.PERMISSIONS:
            return ""
        return "  OR  ".join(f"({str(rule).strip('()')})" for rule in channel.rules.all())

    @admin.display(description="Subscriptions")
    def subscriptions(self, channel: ChannelPermission) -> str:
        """Show a link to the connections in the channel."""
        if channel.pk is None:
            return self.get_empty_value_display()
        label = Subscription._meta.app_label
        query = urlencode({"channel_name": channel.channel_name})
        address = f"{reverse(f'admin:{label}_subscription_changelist')}?{query}"
        return format_html('<a href="{}">Connections in this channel</a>', address)
