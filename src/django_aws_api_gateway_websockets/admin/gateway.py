"""The page of APIs, with their additional routes and the actions in AWS."""

from typing import Any, ClassVar, Final

from django.contrib import admin
from django.contrib.admin.widgets import AdminTextInputWidget, AdminURLFieldWidget
from django.core.exceptions import ValidationError
from django.db import models

from ..models import ApiGateway, ApiGatewayAdditionalRoute
from .actions import create_api_gateway, create_custom_domain, sync_from_aws, sync_to_aws
from .base import DatedAdmin, ModelForm, TabularInline
from .sync_errors import SyncErrorMessageMixin

__all__ = ["ApiGatewayAdditionalRouteInline", "ApiGatewayAdmin", "ApiGatewayForm"]

GIVEN_BY_AWS: Final = (
    "provisioning_status",
    "api_id",
    "api_endpoint",
    "api_gateway_domain_name",
    "api_mapping_id",
)

# The class that makes Django's fields wide would make three of them wider than the page.
NARROW: Final = {"class": "", "size": 22}


class ApiGatewayForm(ModelForm):
    """A form of the fields of an API."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in GIVEN_BY_AWS:
            if name in self.fields:
                self.fields[name].show_hidden_initial = True

    def clean_tags(self) -> dict[str, Any]:
        """Take an empty field for no tags, and refuse everything that is not an object."""
        tags = self.cleaned_data["tags"] or {}
        if not isinstance(tags, dict):
            raise ValidationError('Enter an object such as {"team": "chat"}.')
        return tags

    def clean(self) -> dict[str, Any]:
        """Keep the values AWS gave, unless they were changed in this form.

        Somebody may have run an action while the form was open: an empty field of the form must
        not replace the id that the action has stored.
        """
        cleaned = super().clean() or self.cleaned_data
        for name in GIVEN_BY_AWS:
            if name in cleaned and name not in self.changed_data:
                cleaned[name] = getattr(self.instance, name)
        return cleaned


class ApiGatewayAdditionalRouteInline(TabularInline):
    """Additional routes of an API."""

    model = ApiGatewayAdditionalRoute
    extra = 1
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
    list_filter = ("provisioning_status", "api_created", "custom_domain_created")
    search_fields = ("domain_name", "api_name")
    ordering = ("api_name",)
    date_hierarchy = "created_on"
    readonly_fields = ("last_error", "api_created", "deployment_id")
    inlines = (ApiGatewayAdditionalRouteInline,)
    actions = (create_api_gateway, create_custom_domain, sync_from_aws, sync_to_aws)
    fieldsets: ClassVar = [
        (
            None,
            {
                "fields": [
                    "api_name",
                    "api_description",
                    "target_base_endpoint",
                    "default_channel_name",
                ]
            },
        ),
        ("Custom domain", {"fields": ["domain_name", "certificate_arn", "hosted_zone_id"]}),
        (
            "Routing",
            {
                "fields": [
                    "route_selection_expression",
                    "route_key",
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
