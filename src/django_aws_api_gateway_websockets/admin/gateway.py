"""The page of APIs, with their additional routes and the actions in AWS."""

from typing import Any, ClassVar, Final

from django.contrib import admin
from django.contrib.admin.widgets import AdminTextInputWidget, AdminURLFieldWidget
from django.db import models
from django.db.models import Count, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.http import urlencode

from ..aws.failures import explain_kind, name_kind
from ..core.errors import MissingRegionError
from ..models import ApiGateway, ApiGatewayAdditionalRoute, WebSocketSession
from .actions import (
    create_api_gateway,
    create_custom_domain,
    explain_dns,
    sync_from_aws,
    sync_to_aws,
)
from .base import DatedAdmin, TabularInline
from .forms import GIVEN_BY_AWS, ApiGatewayForm, RouteForm
from .sync_errors import SyncErrorMessageMixin

__all__ = ["ApiGatewayAdditionalRouteInline", "ApiGatewayAdmin"]

# The class that makes Django's fields wide would make three of them wider than the page.
NARROW: Final = {"class": "", "size": 22}
FOLDED: Final = {"classes": ("collapse",)}


class ApiGatewayAdditionalRouteInline(TabularInline):
    """Additional routes of an API."""

    model = ApiGatewayAdditionalRoute
    form = RouteForm
    extra = 1
    verbose_name_plural = "additional routes"
    fields = ("name", "route_key", "integration_url", "deployed")
    readonly_fields = ("deployed",)
    formfield_overrides: ClassVar = {
        models.CharField: {"widget": AdminTextInputWidget(attrs=NARROW)},
        models.URLField: {"widget": AdminURLFieldWidget(attrs=NARROW | {"size": 36})},
    }


@admin.register(ApiGateway)
class ApiGatewayAdmin(SyncErrorMessageMixin, DatedAdmin):
    """APIs with their routes, and actions for them in AWS."""

    form = ApiGatewayForm
    list_display = (
        "api_name",
        "domain_name",
        "default_channel_name",
        "api_id",
        "api_endpoint",
        "api_gateway_domain_name",
        "provisioning_status",
        "api_created",
        "deployment_id",
        "custom_domain_created",
        "created_on",
        "updated_on",
    )
    """Documented columns, for projects that build on them; the page shows those that fit."""
    list_filter = ("provisioning_status", "api_created", "custom_domain_created")
    search_fields = ("domain_name", "api_name")
    ordering = ("api_name",)
    date_hierarchy = "created_on"
    readonly_fields = ("last_error", "api_created", "deployment_id")
    inlines = (ApiGatewayAdditionalRouteInline,)
    actions = (create_api_gateway, create_custom_domain, sync_from_aws, sync_to_aws)
    fieldsets: ClassVar = [
        (None, {"fields": ["api_name", "target_base_endpoint"]}),
        ("Description and channel", {"fields": ["api_description", "default_channel_name"]}),
        ("Custom domain", {"fields": ["domain_name", "certificate_arn", "hosted_zone_id"]}),
        (
            "Routing",
            {
                "fields": [
                    "route_selection_expression",
                    "route_key",
                    "has_route_responses",
                    "api_key_selection_expression",
                    "stage_name",
                    "stage_description",
                    "tags",
                ]
            },
        ),
        (
            "In AWS",
            {
                "fields": [
                    "provisioning_status",
                    "last_error",
                    "api_created",
                    "api_id",
                    "api_endpoint",
                    "deployment_id",
                    "api_gateway_domain_name",
                    "api_mapping_id",
                ]
            },
        ),
    ]

    def get_list_display(self, request: HttpRequest) -> Any:
        """Return the columns that fit on a page, unless a project has chosen its own."""
        if self.list_display is not ApiGatewayAdmin.list_display:
            return super().get_list_display(request)
        return ("api_name", "provisioning_status", "address", "live_sockets")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Count the open connections of each API, for the list."""
        open_sessions = WebSocketSession.objects.filter(connected=True, api_gateway=OuterRef("pk"))
        counted = open_sessions.order_by().values("api_gateway").annotate(number=Count("pk"))
        number = Coalesce(Subquery(counted.values("number")), Value(0))
        counted_apis: QuerySet[Any] = super().get_queryset(request).annotate(live_sockets=number)
        return counted_apis

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Fold away what adding does not need; show where an API that exists is reached."""
        fieldsets = super().get_fieldsets(request, obj)
        if fieldsets is not self.fieldsets:
            return fieldsets
        (_, needed), *others, (title, in_aws) = fieldsets
        if obj is None:
            rest = [(name, options | FOLDED) for name, options in (*others, (title, in_aws))]
            return [(None, needed), *rest]
        shown = ["copied_address", *(["dns_record"] if explain_dns(obj) else [])]
        happened = [
            "failure" if name == "last_error" and obj.last_error else name
            for name in in_aws["fields"]
        ]
        first = {"fields": [*needed["fields"], *shown]}
        return [(None, first), *others, (title, {"fields": happened})]

    def get_inline_instances(self, request: HttpRequest, obj: Any = None) -> Any:
        """Fold the routes away while an API is added."""
        inlines = super().get_inline_instances(request, obj)
        for inline in inlines:
            if obj is None and isinstance(inline, ApiGatewayAdditionalRouteInline):
                inline.classes = FOLDED["classes"]
        return inlines

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Let nobody type what AWS has given, unless the API was registered by hand."""
        shown = ("copied_address", "dns_record", "failure")
        given = GIVEN_BY_AWS if obj is not None and obj.api_created else ()
        return (*super().get_readonly_fields(request, obj), *shown, *given)

    @admin.display(description="Address")
    def address(self, gateway: ApiGateway) -> str:
        """Show where browsers connect to."""
        return _address_of(gateway)

    @admin.display(description="Address")
    def copied_address(self, gateway: ApiGateway) -> str:
        """Show where browsers connect to, with a button that copies it."""
        address = _address_of(gateway)
        if not address.startswith("ws"):
            return address
        return format_html(
            '<code class="websockets-address">{}</code> '
            '<button type="button" class="button websockets-copy" data-text="{}">Copy</button>',
            address,
            address,
        )

    @admin.display(description="DNS record to make")
    def dns_record(self, gateway: ApiGateway) -> str:
        """Show the record that leads the custom domain to AWS."""
        return format_html(
            '<code class="websockets-address">{} CNAME {}</code>',
            gateway.domain_name,
            gateway.api_gateway_domain_name,
        )

    @admin.display(description="Last error")
    def failure(self, gateway: ApiGateway) -> str:
        """Explain the last error."""
        return f"{name_kind(gateway.last_error)}: {explain_kind(gateway.last_error)}."

    @admin.display(description="Live sockets", ordering="live_sockets")
    def live_sockets(self, gateway: Any) -> str:
        """Show how many connections are open, with a link to them."""
        number = gateway.live_sockets
        query = urlencode({"api_gateway__id__exact": gateway.pk, "connected__exact": 1})
        name = f"admin:{self.opts.app_label}_websocketsession_changelist"
        try:
            sessions = reverse(name, current_app=self.admin_site.name)
        except NoReverseMatch:
            # A site of the project's own may leave the page of sessions out.
            return str(number)
        return format_html('<a href="{}?{}">{}</a>', sessions, query, number)


def _address_of(gateway: ApiGateway) -> str:
    """Return the address of an API, or the reason there is none."""
    try:
        return gateway.websocket_url() or "None yet: run the action “Create API Gateway”."
    except MissingRegionError as error:
        return str(error)
