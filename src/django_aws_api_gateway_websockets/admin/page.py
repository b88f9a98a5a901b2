"""What all our pages of the admin have in common."""

from typing import ClassVar

from .typed import ModelAdmin

__all__ = ["PageAdmin"]


class PageAdmin(ModelAdmin):
    """Pages on which names of any length stay within the window."""

    class Media:
        css: ClassVar = {"all": ["django_aws_api_gateway_websockets/admin.css"]}
