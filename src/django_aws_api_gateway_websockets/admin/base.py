"""The bases of all our pages of the admin.

Django's classes are generic for the type checker only; `ModelAdmin`, `ModelForm` and
`TabularInline` are usable as bases for both.
"""

from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.conf import settings
from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db import connections
from django.http import HttpRequest
from django.utils import timezone

__all__ = ["DatedAdmin", "ModelAdmin", "ModelForm", "PageAdmin", "TabularInline"]

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]
    ModelForm = forms.ModelForm[Any]
    TabularInline = admin.TabularInline[Any, Any]
else:
    ModelAdmin = admin.ModelAdmin
    ModelForm = forms.ModelForm
    TabularInline = admin.TabularInline


class PageAdmin(ModelAdmin):
    """Pages on which names of any length stay within the window."""

    class Media:
        css: ClassVar = {"all": ["django_aws_api_gateway_websockets/admin.css"]}
        js: ClassVar = ["django_aws_api_gateway_websockets/admin.js"]


class DatedAdmin(PageAdmin):
    """A list with a date hierarchy, but without it where the database cannot compute one.

    MySQL and MariaDB know the time zones only after `mysql_tzinfo_to_sql`; until then Django would
    respond to every request for such a list with an error page.

    Source: https://docs.djangoproject.com/en/stable/ref/databases/#time-zone-definitions
    """

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        """Leave the date hierarchy out of Django's list where it would fail."""
        changelist = super().get_changelist_instance(request)
        if changelist.date_hierarchy and not _can_convert_times(changelist.queryset.db):
            changelist.date_hierarchy = None
        return changelist


def _can_convert_times(alias: str) -> bool:
    connection: Any = connections[alias]
    zone = timezone.get_current_timezone_name()
    if connection.vendor != "mysql" or not settings.USE_TZ or zone == connection.timezone_name:
        return True
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT CONVERT_TZ('2000-01-01 00:00:00', %s, %s)", [connection.timezone_name, zone]
        )
        return cursor.fetchone()[0] is not None
