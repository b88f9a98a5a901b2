"""The pages of sessions, tokens and attempts: rows by the thousand, only to look at and act on.

Opening a page never reads a whole table, nor sends one to a browser.
"""

from typing import Any, ClassVar, Final

from django.contrib import admin, messages
from django.contrib.auth import get_permission_codename, get_user_model
from django.core.exceptions import FieldDoesNotExist
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.text import capfirst

from ..models import ConnectionRateLimit, Subscription, WebSocketSession, WebSocketToken
from .base import DatedAdmin
from .channel_filter import ChannelListFilter
from .lockouts import attempt_limits, explain_attempt, list_lockouts, token_limits
from .session_actions import close_sessions, send_message
from .subscription_inline import SubscriptionInline

__all__ = [
    "ConnectionRateLimitAdmin",
    "RecordAdmin",
    "WebSocketSessionAdmin",
    "WebSocketTokenAdmin",
]

MAX_DELETED_AT_ONCE: Final = 500
"""Rows of one deletion. The confirmation has a field for each, and Django takes 1,000 fields."""
MAX_NAMED_IN_CONFIRMATION: Final = 100
"""Rows the confirmation lists one by one."""


class RecordAdmin(DatedAdmin):
    """Pages of rows that can be looked at and deleted, and neither added nor changed."""

    hidden_fields: ClassVar[frozenset[str]] = frozenset()
    """Columns no page shows, and no query string can ask about."""

    list_per_page = 50
    # Both would count the whole table, once more for each choice of each filter.
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse everybody."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse everybody."""
        return False

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        """Refuse to filter by a hidden column.

        Django lets a query string filter by every column of the model, so that
        `?token__startswith=0`, and so on, would tell a secret letter by letter.
        """
        if lookup.partition("__")[0] in self.hidden_fields:
            return False
        return super().lookup_allowed(lookup, value, request)  # type: ignore[arg-type] # None is for Django 5 alone.

    def get_search_fields(self, request: HttpRequest) -> list[str]:
        """Return the fields to search, by the column names of the project's own user model."""
        user_model = get_user_model()
        names = {
            "user__username": f"user__{user_model.USERNAME_FIELD}",
            "user__email": f"user__{user_model.get_email_field_name()}",
        }
        fields = [names.get(name, name) for name in super().get_search_fields(request)]
        return [name for name in fields if _has_column(user_model, name)]

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """List the first rows for the confirmation, and the number of the others."""
        count = len(objs)
        # Rows of other models may be deleted too, or forbid it: Django has to look at every row.
        others = [one for one in self.model._meta.related_objects if one.name != "subscriptions"]
        if count <= MAX_NAMED_IN_CONFIRMATION or others:
            return super().get_deleted_objects(objs, request)
        label = capfirst(self.opts.verbose_name)
        named = [f"{label}: {row}" for row in objs[:MAX_NAMED_IN_CONFIRMATION]]
        more = f"… and {count - MAX_NAMED_IN_CONFIRMATION} more"
        lacking = set() if self.has_delete_permission(request) else {self.opts.verbose_name}
        return [*named, more], {self.opts.verbose_name_plural: count}, lacking, []

    def response_action(
        self, request: HttpRequest, queryset: Any, *args: Any, **kwargs: Any
    ) -> HttpResponse | None:
        """Run an action, unless the page after it could not hold the selected rows."""
        across = request.POST.get("select_across", "0") not in {"", "0"}
        # Counting to one more than the limit is enough; a full count would read the whole table.
        if across and queryset[: MAX_DELETED_AT_ONCE + 1].count() > MAX_DELETED_AT_ONCE:
            self.message_user(
                request,
                f"Nothing was done: at most {MAX_DELETED_AT_ONCE} can be selected at once. Select "
                "fewer with the filters, or use the commands clearWebSocketSessions and "
                "cleanupWebSocketTokens.",
                messages.ERROR,
            )
            return HttpResponseRedirect(request.get_full_path())
        return super().response_action(request, queryset, *args, **kwargs)


@admin.register(WebSocketSession)
class WebSocketSessionAdmin(RecordAdmin):
    """Open and closed connections."""

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
    search_fields = ("connection_id", "channel_name", "user__username", "user__email")
    actions = (close_sessions, send_message)
    inlines = (SubscriptionInline,)
    date_hierarchy = "created_on"
    fields = list_display
    readonly_fields = list_display

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Ask for no permission of subscriptions, which go with their connection."""
        listed, counts, lacking, protected = super().get_deleted_objects(objs, request)
        return listed, counts, lacking - {Subscription._meta.verbose_name}, protected

    def has_send_permission(self, request: HttpRequest) -> bool:
        """Ask for the permission to change sessions, which opens nothing else here."""
        codename = get_permission_codename("change", self.opts)
        return bool(request.user.has_perm(f"{self.opts.app_label}.{codename}"))

    def has_close_permission(self, request: HttpRequest) -> bool:
        """Ask for the permission to change sessions, or to delete them, which closes them too."""
        return self.has_send_permission(request) or self.has_delete_permission(request)


class LimitedAdmin(RecordAdmin):
    """Pages of what has a limit, with those who have used it up above the list."""

    change_list_template = "admin/django_aws_api_gateway_websockets/lockouts.html"
    lockouts_title = ""
    """The heading above them."""
    lockouts_remedy = ""
    """The sentence about how to let them in again."""

    def find_lockouts(self) -> list[str]:
        """Return a line for each who has used the limit up."""
        raise NotImplementedError

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the list below those who have used the limit up."""
        context = {
            "lockouts": self.find_lockouts() if self.has_view_permission(request) else [],
            "lockouts_title": self.lockouts_title,
            "lockouts_remedy": self.lockouts_remedy,
        }
        return super().changelist_view(request, context | (extra_context or {}))


@admin.register(WebSocketToken)
class WebSocketTokenAdmin(LimitedAdmin):
    """Tokens with their users, and whether they were used; never a whole token."""

    lockouts_title = "No new tokens at the moment"
    lockouts_remedy = "To give a user tokens again at once, delete the user's latest tokens."

    hidden_fields: ClassVar[frozenset[str]] = frozenset({"token", "session_key"})
    list_display = ("token_preview", "user", "created_at", "used")
    list_filter = ("used", "created_at")
    list_select_related = ("user",)
    search_fields = ("user__username", "user__email")
    fields = list_display
    readonly_fields = list_display

    def find_lockouts(self) -> list[str]:
        """Return a line for each user who gets no new token now."""
        return list_lockouts(token_limits(), "token:")

    @admin.display(description="Token")
    def token_preview(self, token: WebSocketToken) -> str:
        """Show enough of the token's hash to tell rows apart."""
        return f"{token.token[:16]}..."


@admin.register(ConnectionRateLimit)
class ConnectionRateLimitAdmin(LimitedAdmin):
    """Attempts to connect: by whom, from which address, and whether they were allowed."""

    lockouts_title = "Locked out at the moment"
    lockouts_remedy = "To let somebody in again at once, delete their latest attempts."
    list_display = ("ip_address", "user", "attempt_time", "successful")
    list_filter = ("successful", "attempt_time")
    list_select_related = ("user",)
    search_fields = ("ip_address", "user__username", "user__email")
    date_hierarchy = "attempt_time"
    fields = (*list_display, "locked_out")
    readonly_fields = fields

    def find_lockouts(self) -> list[str]:
        """Return a line for each address and user that cannot connect now."""
        return list_lockouts(attempt_limits(), "ip:", "user:")

    @admin.display(description="Locked out")
    def locked_out(self, attempt: Any) -> str:
        """Show until when this client is refused."""
        return explain_attempt(attempt) or "not at the moment"


def _has_column(user_model: Any, lookup: str) -> bool:
    relation, _, column = lookup.partition("__")
    if relation != "user":
        return True
    try:
        user_model._meta.get_field(column)
    except FieldDoesNotExist:
        return False
    return True
