"""The page of additional routes."""

from django.contrib import admin

from ..models import ApiGatewayAdditionalRoute
from .base import DatedAdmin
from .forms import RouteForm
from .sync_errors import SyncErrorMessageMixin

__all__ = ["ApiGatewayAdditionalRouteAdmin"]


@admin.register(ApiGatewayAdditionalRoute)
class ApiGatewayAdditionalRouteAdmin(SyncErrorMessageMixin, DatedAdmin):
    """Additional routes of all APIs."""

    form = RouteForm
    list_display = ("name", "api_gateway", "route_key", "integration_url", "deployed")
    list_filter = ("api_gateway",)
    list_select_related = ("api_gateway",)
    search_fields = ("name", "route_key")
    date_hierarchy = "created_on"
    autocomplete_fields = ("api_gateway",)
    readonly_fields = ("deployed",)
