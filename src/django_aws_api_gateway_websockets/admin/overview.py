"""The overview: how the sockets are, on one page, for people who are on duty."""

from typing import Any, Final

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from ..models import ConnectionRateLimit, Subscription, WebSocketSession, WebSocketToken
from .base import PageAdmin
from .figures import (
    read_broadcasts,
    read_busy_channels,
    read_day,
    read_lag,
    read_refused_attempts,
    read_refused_tokens,
)
from .lockouts import attempt_limits, list_lockouts, token_limits
from .sparkline import draw

__all__ = ["Overview", "OverviewAdmin"]

REFRESH_SECONDS: Final = 30


class Overview(WebSocketSession):
    """The page as a model, which is how a page gets into Django's admin."""

    class Meta:
        proxy = True
        app_label = WebSocketSession._meta.app_label
        verbose_name = verbose_name_plural = "overview"
        default_permissions = ()
        # There is no table, and nothing for a migration or a content type to know of.
        auto_created = True


@admin.register(Overview)
class OverviewAdmin(PageAdmin):
    """The overview, for whoever may look at sessions."""

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Admit those who may look at sessions."""
        return _may_see(request, WebSocketSession)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse everybody."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse everybody."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse everybody."""
        return False

    def get_urls(self) -> list[Any]:
        """Return the one address there is."""
        return [one for one in super().get_urls() if str(one.name).endswith("_changelist")]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the page; tables that somebody may not look at are left out."""
        if not self.has_view_permission(request):
            return super().changelist_view(request, extra_context)
        day = read_day()
        context = {
            **self.admin_site.each_context(request),
            "title": "Overview",
            "opts": self.opts,
            "media": self.media,
            "day": day,
            "spark": draw(day.hours),
            "peak": max(day.hours),
            "lag": read_lag(),
            "broadcasts": read_broadcasts(),
            "refresh_seconds": None if "still" in request.GET else REFRESH_SECONDS,
            **_read_what_may_be_seen(request),
            **(extra_context or {}),
        }
        template = "admin/django_aws_api_gateway_websockets/overview.html"
        response = TemplateResponse(request, template, context)
        response.headers["Cache-Control"] = "no-store"
        return response


def _read_what_may_be_seen(request: HttpRequest) -> dict[str, Any]:
    context: dict[str, Any] = {}
    if _may_see(request, Subscription):
        context["channels"] = read_busy_channels()
    if _may_see(request, ConnectionRateLimit):
        every, refused = read_refused_attempts()
        context |= {"attempts": every, "refused_attempts": refused}
        context["locked_out"] = list_lockouts(attempt_limits(), "ip:", "user:")
    if _may_see(request, WebSocketToken):
        context["refused_tokens"] = read_refused_tokens()
        context["without_tokens"] = list_lockouts(token_limits(), "token:")
    return context


def _may_see(request: HttpRequest, model: Any) -> bool:
    user: Any = request.user
    label, name = model._meta.app_label, model._meta.model_name
    return any(user.has_perm(f"{label}.{right}_{name}") for right in ("view", "change"))
